// The table of transitions as a whole: every row has a scenario and its line in docs/multi-imsi.md.
#include <fstream>
#include <sstream>

#include "tests/support/paths.h"
#include "tests/unit/multi_imsi/row_scenarios.h"

using namespace simurgh;
using namespace simurgh::test;

TEST_CASE("No row of the state machine is without a scenario or without its line in the documentation", "[multi_imsi]") {
  std::ifstream in(source_dir() + "/docs/multi-imsi.md");
  REQUIRE(in);
  std::stringstream page;
  page << in.rdbuf();
  std::set<unsigned> shown;
  for (const RowScenarios* part : {&start_rows(), &search_rows(), &service_rows(), &swap_rows(), &wish_rows()}) {
    for (const auto& [row, scenario] : *part) {
      INFO("row " << row);
      CHECK(shown.insert(row).second);
    }
  }
  std::set<unsigned> known;
  for (const Transition& row : transitions()) {
    INFO("row " << static_cast<unsigned>(row.row));
    known.insert(row.row);
    CHECK(page.str().find("\n| " + std::to_string(row.row) + " |") != std::string::npos);
    CHECK(row.action != nullptr);
  }
  CHECK(shown == known);
  CHECK(known.size() == 72);
}
