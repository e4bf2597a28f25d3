// A run as a page: one self-contained HTML document with lanes over time.
#pragma once

#include <string>
#include <vector>

#include "tools/world/engine.h"

namespace simurgh::world {

struct ReportRun {
  Scenario scenario;
  RunResult run;
  std::vector<AblationResult> ablations;
};
[[nodiscard]] std::string report(const std::vector<ReportRun>& runs);

}  // namespace simurgh::world
