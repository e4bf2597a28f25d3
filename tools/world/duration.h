// Lengths of time as scenarios write them: ISO 8601 ("PT5M", "P40DT2M") or a number with its unit ("90s", "20ms", "24h").
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tools/radio/access.h"

namespace simurgh::world {

using radio::Time;

[[nodiscard]] std::optional<Time> read_duration(std::string_view text);
// "40d 00:02:10", shorter when days or hours are none: "2:10".
[[nodiscard]] std::string write_duration(Time time);
// Seconds since 1970 of "2026-03-01T08:00:00Z".
[[nodiscard]] std::optional<std::int64_t> read_instant(std::string_view text);

}  // namespace simurgh::world
