// A card for a terminal: --reader NAME or --card FILE, with its reset.
#pragma once

#include "tools/simurgh/card_access.h"
#include "tools/terminal/link.h"

namespace simurgh::tool {

// Opens what was chosen. Throws Failure (unreachable or local).
[[nodiscard]] std::unique_ptr<terminal::Link> open_link(const CardChoice& choice);

}  // namespace simurgh::tool
