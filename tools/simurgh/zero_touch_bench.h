// simurgh zero-touch --bench: whole runs per second, where their time goes, and many devices in one process.
#pragma once

#include <string>

#include "tools/simurgh/command.h"
#include "tools/world/engine.h"

namespace simurgh::tool {

struct BenchOptions {
  double seconds = 2;        // for each measurement
  unsigned devices = 0;      // instead of runs per second: one run with so many of the scenario's first device
};

struct BenchLine {
  std::string text, json;
};
// Measures one scenario. Failure(usage) where it does not fit.
[[nodiscard]] BenchLine bench_scenario(const world::Scenario& scenario, const BenchOptions& options);

}  // namespace simurgh::tool
