// Runs a scenario in virtual time: one queue of what is due, ordered by time and then by who.
#pragma once

#include <memory>

#include "tools/world/thing.h"
#include "tools/world/verdict.h"

namespace simurgh::world {

struct RunOptions {
  std::uint64_t seed = 1;
  bool detail = true;    // commands and envelopes of the card on the timeline
  bool timeline = true;  // marks are kept when they have been judged
  terminal::Link* card = nullptr;  // the card of the only thing; must outlive the run
  std::chrono::milliseconds patience{10'000};  // real time that a real server has for an answer
  std::optional<std::pair<std::string, std::uint64_t>> cut = {};  // a thing, and before which APDU of its card the power fails for two seconds
};

struct ThingSummary {
  std::string name, device;
  std::map<std::string, unsigned> counts;  // marks by name
  std::map<std::string, std::uint64_t> microjoules;
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> octets;  // "identity server" -> up, down
  Totals totals;
  double online_percent = 0;
  std::optional<Time> first_online;
};

struct RunResult {
  std::string scenario;
  std::uint64_t seed = 0;
  bool passed = false;
  Time ended{0};
  std::uint64_t steps = 0;
  Timeline timeline;
  std::vector<Outcome> outcomes;
  std::vector<ThingSummary> things;
  Effort effort = {};  // of all things
};

// Throws ScenarioError when the run does not end by itself, LinkError when a card from elsewhere is gone.
[[nodiscard]] RunResult run(const Scenario& scenario, const CardKit& kit, const RunOptions& options);

struct AblationResult {
  std::string disable;
  bool proven = false;                // one of the named expectations failed, as it should
  std::vector<std::string> failed;    // ids
  RunResult run;
};
[[nodiscard]] std::vector<AblationResult> ablate(const std::string& yaml, const Scenario& scenario, const RunOptions& options);

}  // namespace simurgh::world
