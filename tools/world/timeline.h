// What happened in a run, in the order of virtual time. The text is the same for the same scenario, seed and program.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tools/radio/access.h"

namespace simurgh::world {

// What a thing has used from its beginning.
struct Totals {
  std::uint64_t microjoules = 0, up = 0, down = 0, apdus = 0;  // up and down: octets over the air, with headers
  std::uint64_t round_trips = 0;                               // times that something had to come back before more could go
  double cost = 0;                                             // by the prices of the world
};

struct Mark {
  radio::Time at{};
  std::string thing;  // empty: the world
  std::string name;
  std::vector<std::pair<std::string, std::string>> fields;
  Totals totals = {};  // of the thing, up to here; not in the text
  [[nodiscard]] const std::string* field(std::string_view key) const noexcept;
};

struct Timeline {
  std::vector<Mark> marks;
  [[nodiscard]] std::string text() const;
};
[[nodiscard]] std::string describe(const Mark& mark);

}  // namespace simurgh::world
