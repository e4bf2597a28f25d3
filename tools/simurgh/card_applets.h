// The native toolkit applications that every card of this program has at hand; a profile's package decides which of
// them it uses. The assistant is the card's own: its recipe decides.
#pragma once

#include "euicc/card/applets.h"

namespace simurgh::tool {

[[nodiscard]] card::Applets card_applets();

}  // namespace simurgh::tool
