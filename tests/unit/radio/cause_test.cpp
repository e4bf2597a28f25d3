// The cause table against the text of TS 24.301 5.5.1.2.5.
#include <catch2/catch.hpp>

#include "tools/radio/cause.h"

using namespace simurgh::radio;

TEST_CASE("Causes 3, 6 and 8 end the subscription, 7 its packet service", "[radio]") {
  for (const int cause : {3, 6, 8}) {
    REQUIRE(cause_row(static_cast<std::uint8_t>(cause))->invalid == Invalid::everything);
    REQUIRE(cause_row(static_cast<std::uint8_t>(cause))->forgets_identity);
  }
  REQUIRE(cause_row(7)->invalid == Invalid::packet);
}

TEST_CASE("Causes 11 and 35 bar the network, 12, 13 and 15 an area, 14 its packet service, 42 the technology", "[radio]") {
  REQUIRE(cause_row(11)->barred == Barred::plmn);
  REQUIRE(cause_row(35)->barred == Barred::plmn);
  REQUIRE(cause_row(12)->barred == Barred::area_regional);
  REQUIRE(cause_row(12)->next == Next::stay);
  REQUIRE(cause_row(13)->barred == Barred::area_roaming);
  REQUIRE(cause_row(13)->next == Next::other_plmn);
  REQUIRE(cause_row(15)->next == Next::other_area);
  REQUIRE(cause_row(14)->barred == Barred::packet_plmn);
  REQUIRE(cause_row(42)->barred == Barred::plmn_and_rat);
  // Of 5GMM: this technology of the network, not the network.
  for (const int cause : {27, 31, 62}) {
    REQUIRE(cause_row(static_cast<std::uint8_t>(cause))->barred == Barred::plmn_and_rat);
    REQUIRE(cause_row(static_cast<std::uint8_t>(cause))->next == Next::other_area);
  }
}

TEST_CASE("Causes 17 and 19 count attempts, 9 and 10 attach at once, 22 waits", "[radio]") {
  REQUIRE(cause_row(17)->next == Next::again);
  REQUIRE(cause_row(19)->next == Next::again);
  REQUIRE(cause_row(9)->next == Next::at_once);
  REQUIRE(cause_row(10)->next == Next::at_once);
  REQUIRE(cause_row(22)->next == Next::back_off);
}

TEST_CASE("T3247 runs for the causes that an unprotected message could abuse", "[radio]") {
  for (int cause = 0; cause < 256; ++cause) {
    const CauseRow* row = cause_row(static_cast<std::uint8_t>(cause));
    if (row == nullptr) continue;
    const bool abusable = row->invalid == Invalid::everything || row->invalid == Invalid::packet || (row->barred != Barred::nothing && cause != 42 && cause != 25);
    INFO("cause " << cause);
    REQUIRE(row->starts_t3247 == abusable);
  }
  REQUIRE(cause_row(111) == nullptr);
  REQUIRE(cause_name(111) == "abnormal case");
}
