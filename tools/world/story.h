// A timeline for people: what became of a thing, in sentences, without the searching and the octets in between.
#pragma once

#include <string>

#include "tools/world/timeline.h"

namespace simurgh::world {

// One line for each turn of events; what repeats itself is told once, with how often and until when.
[[nodiscard]] std::string story(const Timeline& timeline);

}  // namespace simurgh::world
