// What happened in a run, in the order of virtual time. The text is the same for the same scenario, seed and program.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tools/radio/access.h"

namespace simurgh::world {

struct Mark {
  radio::Time at{};
  std::string thing;  // empty: the world
  std::string name;
  std::vector<std::pair<std::string, std::string>> fields;
  std::uint64_t microjoules = 0, octets = 0, apdus = 0;  // of the thing, up to here; not in the text
  [[nodiscard]] const std::string* field(std::string_view key) const noexcept;
};

struct Timeline {
  std::vector<Mark> marks;
  [[nodiscard]] std::string text() const;
};
[[nodiscard]] std::string describe(const Mark& mark);

}  // namespace simurgh::world
