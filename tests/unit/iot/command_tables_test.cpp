#include <catch2/catch.hpp>
#include <set>

#include "euicc/iot/run.h"

using namespace simurgh;
using namespace simurgh::iot;

TEST_CASE("Every command of a package has its name, its result and its clause, and is found from its version on", "[iot]") {
  CHECK(psmo_table().size() == 9);
  CHECK(eco_table().size() == 4);
  for (const auto table : {psmo_table(), eco_table()}) {
    std::set<std::uint32_t> results;
    for (const PackageCommand& row : table) {
      INFO(row.name);
      CHECK(results.insert(row.result).second);
      CHECK(std::string(row.reference).starts_with("SGP.32"));
      CHECK(find_command(table, row.tag, ecasd::IotVersion::v1_2) == &row);
      CHECK((find_command(table, row.tag, ecasd::IotVersion::v1_0) == nullptr) == (row.since != ecasd::IotVersion::v1_0));
    }
    CHECK(find_command(table, 0xAF, ecasd::IotVersion::v1_2) == nullptr);
  }
}
