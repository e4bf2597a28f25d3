// The native toolkit applications that every card of this program has at hand; a profile's package decides which of them it uses.
#pragma once

#include "euicc/card/applets.h"

namespace simurgh::tool {

[[nodiscard]] card::Applets card_applets();

}  // namespace simurgh::tool
