// The same story told in several ways, side by side: what each way costs over the air, on the card's interface, in time and in energy.
#pragma once

#include "tools/world/engine.h"

namespace simurgh::world {

struct SpanCost {
  std::string name;
  bool there = false;       // both of its marks came
  Totals used;
  Time took{0};
  unsigned channels = 0, polls = 0;
};

struct VariantResult {
  std::string name;
  std::vector<SpanCost> spans;  // of the first device
  RunResult run;
};

// Runs the `compare` block of a scenario. Throws ScenarioError.
[[nodiscard]] std::vector<VariantResult> compare(const std::string& yaml, const Scenario& scenario, const RunOptions& options);
// A table for each span.
[[nodiscard]] std::string comparison_text(const std::vector<VariantResult>& results);

}  // namespace simurgh::world
