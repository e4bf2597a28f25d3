// A timeline for people: what became of a thing, in sentences, without the searching and the octets in between.
#pragma once

#include <string>
#include <vector>

#include "tools/world/timeline.h"

namespace simurgh::world {

// One line for each turn of events; what repeats itself is told once, with how often and until when.
[[nodiscard]] std::string story(const Timeline& timeline);

// Where the life of one thing takes a turn, at most so many.
struct Turn {
  radio::Time at{};
  std::string sentence;  // without its subject
};
[[nodiscard]] std::vector<Turn> turns(const Timeline& timeline, const std::string& thing, std::size_t most);

}  // namespace simurgh::world
