#include "euicc/toolkit/proactive.h"

#include <catch2/catch.hpp>

using namespace simurgh;
using namespace simurgh::toolkit;
using namespace simurgh::literals;

namespace {

apdu::Command fetch_command(std::uint16_t le) {
  apdu::Command command;
  command.cla = 0x80;
  command.ins = 0x12;
  command.le = le;
  return command;
}

}  // namespace

TEST_CASE("Nothing is announced before TERMINAL PROFILE", "[toolkit]") {
  Proactive toolkit;
  toolkit.queue_refresh(RefreshMode::uicc_reset);
  REQUIRE_FALSE(toolkit.announced());
  REQUIRE(toolkit.fetch(fetch_command(11)).error().sw == apdu::Sw::conditions_not_satisfied);
  toolkit.terminal_profile("FFFF"_hex);
  REQUIRE(toolkit.announced() == 11);
}

TEST_CASE("REFRESH for a profile switch has the octets of SGP.22, and its response ends it", "[toolkit]") {
  Proactive toolkit;
  toolkit.terminal_profile("FF"_hex);
  toolkit.queue_refresh(RefreshMode::euicc_profile_state_change);
  const auto command = toolkit.fetch(fetch_command(11));
  REQUIRE(command);
  REQUIRE(to_hex(command->data) == "D009810301010982028182");
  REQUIRE(toolkit.busy());
  REQUIRE_FALSE(toolkit.announced());
  const auto result = toolkit.terminal_response("810301010982028281830100"_hex);
  REQUIRE(result);
  REQUIRE(result->type == 0x01);
  REQUIRE(result->performed());
  REQUIRE_FALSE(toolkit.busy());
}

TEST_CASE("A wrong Le on FETCH tells the right one and keeps the command; a second FETCH finds nothing", "[toolkit]") {
  Proactive toolkit;
  toolkit.terminal_profile("FF"_hex);
  toolkit.queue_refresh(RefreshMode::uicc_reset);
  REQUIRE(toolkit.fetch(fetch_command(12)).error().sw == apdu::wrong_le(11));
  REQUIRE(toolkit.fetch(fetch_command(11)));
  REQUIRE(toolkit.fetch(fetch_command(11)).error().sw == apdu::Sw::conditions_not_satisfied);
}

TEST_CASE("A TERMINAL RESPONSE that cannot be read or names another command leaves the outstanding one waiting", "[toolkit]") {
  Proactive toolkit;
  REQUIRE(toolkit.terminal_response("810301010982028281830100"_hex).error().sw == apdu::Sw::conditions_not_satisfied);
  toolkit.terminal_profile("FF"_hex);
  toolkit.queue_refresh(RefreshMode::uicc_reset);
  REQUIRE(toolkit.fetch(fetch_command(11)));
  REQUIRE(toolkit.terminal_response("8103"_hex).error().sw == apdu::Sw::incorrect_data);
  REQUIRE(toolkit.terminal_response("81030101048202"_hex).error().sw == apdu::Sw::incorrect_data);
  REQUIRE(toolkit.terminal_response("810355010482028281830100"_hex));
  REQUIRE(toolkit.outstanding());
  // Comprehension bits may differ from the command's.
  const auto refused = toolkit.terminal_response("010301010402028281030120"_hex);
  REQUIRE(refused);
  REQUIRE_FALSE(refused->performed());
  REQUIRE_FALSE(toolkit.outstanding());
}

TEST_CASE("Profile bits count from byte 1 bit 1 and absent bytes read as zero", "[toolkit]") {
  Proactive toolkit;
  toolkit.terminal_profile("0180"_hex);
  REQUIRE(toolkit.terminal_has(1, 1));
  REQUIRE_FALSE(toolkit.terminal_has(1, 2));
  REQUIRE(toolkit.terminal_has(2, 8));
  REQUIRE_FALSE(toolkit.terminal_has(34, 6));
}
