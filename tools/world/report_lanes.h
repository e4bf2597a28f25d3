// The picture of one thing's life: lanes over a time axis that squeezes the hours in which nothing happens.
#pragma once

#include <string>

#include "tools/world/engine.h"
#include "tools/world/story.h"

namespace simurgh::world {

// Text for HTML, also inside attributes.
[[nodiscard]] std::string escaped(std::string_view text);
// An SVG element; the turns are numbered along its top, from 1.
[[nodiscard]] std::string lanes(const Scenario& scenario, const RunResult& run, const ThingSummary& thing, const std::vector<Turn>& turns);

}  // namespace simurgh::world
