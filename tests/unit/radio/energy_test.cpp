// What a link costs.
#include <catch2/catch.hpp>

#include "tools/radio/energy.h"

using namespace simurgh::radio;
using std::chrono::seconds;

TEST_CASE("Power times time is energy, without rounding away small things", "[radio]") {
  EnergyMeter meter;
  meter.add(Use::search, 200, seconds(60));
  REQUIRE(meter.microjoules(Use::search) == 12'000'000);
  for (int i = 0; i < 1000; ++i) meter.add_microwatts(Use::sleep, 10, Time(1));
  REQUIRE(meter.microjoules(Use::sleep) == 10);
  meter.add(Use::idle, 5, Time(-7));
  REQUIRE(meter.total_microjoules() == 12'000'010);
}

TEST_CASE("A sent octet costs what the table of links says", "[radio]") {
  const struct {
    Rat rat;
    unsigned coverage;
    std::uint64_t least, most;  // microjoules for a thousand octets
  } kRows[] = {{Rat::nbiot, 0, 290'000, 310'000}, {Rat::nbiot, 2, 16'900'000, 17'100'000}, {Rat::ltem, 0, 44'000, 47'000}, {Rat::lte, 0, 3'100, 3'700}, {Rat::gsm, 0, 710'000, 730'000}};
  for (const auto& row : kRows) {
    EnergyMeter meter;
    add_transfer(meter, link_model(row.rat, row.coverage), 1000, 0);
    INFO(name_of(row.rat) << " " << row.coverage);
    REQUIRE(meter.microjoules(Use::send) >= row.least);
    REQUIRE(meter.microjoules(Use::send) <= row.most);
  }
}

TEST_CASE("Technologies have names, both ways", "[radio]") {
  for (const Rat rat : kAllRats) REQUIRE(rat_of(name_of(rat)) == rat);
  REQUIRE_FALSE(rat_of("wifi"));
  REQUIRE(technology_of(Rat::nbiot) == simurgh::terminal::AccessTechnology::eutran);
}
