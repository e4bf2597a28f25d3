// One scenario for each row of the state machine: it brings the machine to the row and takes it. A file for each part of the table.
#pragma once

#include <map>

#include "tests/unit/multi_imsi/machine_bench.h"

namespace simurgh::test {

using RowScenarios = std::map<unsigned, void (*)()>;

[[nodiscard]] const RowScenarios& start_rows();
[[nodiscard]] const RowScenarios& search_rows();
[[nodiscard]] const RowScenarios& service_rows();
[[nodiscard]] const RowScenarios& swap_rows();
[[nodiscard]] const RowScenarios& wish_rows();

inline void take_rows(const RowScenarios& rows) {
  for (const auto& [row, scenario] : rows) {
    DYNAMIC_SECTION("row " << row) { scenario(); }
  }
}

}  // namespace simurgh::test
