// Readers of the parts of a scenario; for the files scenario_*.cpp only.
#pragma once

#include <algorithm>

#include "tools/world/yaml_map.h"

namespace simurgh::world {

inline constexpr std::int64_t kMostQuota = std::int64_t{1} << 50;

inline bool digits(const std::string& text, std::size_t least, std::size_t most) {
  return text.size() >= least && text.size() <= most && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// scenario_devices.cpp: needs servers, tables and sponsors.
void read_device(YamlMap& map, Scenario& out);
// A profile of a card, or one that waits at an SM-DP+.
[[nodiscard]] ProfileSpec read_profile(YamlMap& map, const Scenario& out, const std::string& iccid);
// 18 digits and what makes them an ICCID (ITU-T E.118), or 14 and an IMEI.
[[nodiscard]] std::string with_check_digit(std::string number);

// scenario_servers.cpp
void read_server(YamlMap& map, Scenario& out);
// Rules name profiles of cards, which are read later.
void check_servers(const Scenario& scenario);
void read_event(YamlMap& map, Scenario& out);
void check_events(const Scenario& scenario);

// scenario_expectations.cpp: needs devices; an ablation the expectations.
void read_expectation(YamlMap& map, Scenario& out);
void read_ablation(YamlMap& map, Scenario& out);
void read_comparison(YamlMap& map, Comparison& out);

}  // namespace simurgh::world
