// Command APDUs and status words (ISO 7816-4 5, TS 102 221 10).
#include "euicc/apdu/command.h"

#include <catch2/catch.hpp>
#include <set>
#include <string>

using namespace simurgh;
using namespace simurgh::apdu;
using namespace simurgh::literals;

namespace {

Command parsed(const char* hex) {
  static Bytes buffer;
  buffer = from_hex(hex).value();
  const auto command = parse_command(buffer);
  REQUIRE(command);
  return *command;
}

Sw refused(const char* hex) {
  const Bytes octets = from_hex(hex).value();
  const auto command = parse_command(octets);
  REQUIRE_FALSE(command);
  return command.error().sw;
}

}  // namespace

TEST_CASE("The four cases are told apart by length alone", "[apdu]") {
  const Command one = parsed("00A40004");
  REQUIRE(one.data.empty());
  REQUIRE_FALSE(one.le);
  const Command two = parsed("00B0000009");
  REQUIRE(two.data.empty());
  REQUIRE(two.le == 9);
  REQUIRE_FALSE(two.p3_zero_alone);
  const Command zero = parsed("00B0000000");
  REQUIRE(zero.le == 256);
  REQUIRE(zero.p3_zero_alone);
  const Command three = parsed("00A40004023F00");
  REQUIRE(to_hex(three.data) == "3F00");
  REQUIRE_FALSE(three.le);
  const Command four = parsed("00A40004023F0000");
  REQUIRE(to_hex(four.data) == "3F00");
  REQUIRE(four.le == 256);
}

TEST_CASE("Lengths that do not fit are wrong lengths, extended ones too", "[apdu]") {
  for (const char* bad : {"", "00", "00A400", "00A40004033F00", "00A40004013F0000", "00A4000400023F00", "00B000000000FF"}) {
    INFO(bad);
    REQUIRE(refused(bad) == Sw::wrong_length);
  }
}

TEST_CASE("CLA gives family, channel and secure messaging", "[apdu]") {
  const auto is = [](const char* hex, ClaFamily family, unsigned channel, bool secure) {
    const Command command = parsed(hex);
    INFO(hex);
    CHECK(command.family == family);
    CHECK(command.channel == channel);
    CHECK(command.secure_messaging == secure);
  };
  using enum ClaFamily;
  is("00A40000", iso, 0, false);
  is("03A40000", iso, 3, false);
  is("04A40000", iso, 0, true);
  is("0FA40000", iso, 3, true);
  is("40A40000", iso, 4, false);
  is("4FA40000", iso, 19, false);
  is("6FA40000", iso, 19, true);
  is("80F20000", proprietary, 0, false);
  is("83F20000", proprietary, 3, false);
  is("84F20000", proprietary, 0, true);
  is("C0F20000", proprietary, 4, false);
  is("CFF20000", proprietary, 19, false);
  is("EEF20000", proprietary, 18, true);
  is("A0A40000", gsm, 0, false);
  for (const char* unknown : {"10A40000", "20A40000", "3FA40000", "90A40000", "A1A40000", "B0A40000", "FFA40000"}) {
    INFO(unknown);
    REQUIRE(refused(unknown) == Sw::cla_not_supported);
  }
}

TEST_CASE("Status words that carry a number wrap at 256 and saturate at 15", "[apdu]") {
  REQUIRE(value(more_data(1)) == 0x6101);
  REQUIRE(value(more_data(255)) == 0x61FF);
  REQUIRE(value(more_data(256)) == 0x6100);
  REQUIRE(value(more_data(900)) == 0x6100);
  REQUIRE(value(wrong_le(256)) == 0x6C00);
  REQUIRE(value(proactive_pending(256)) == 0x9100);
  REQUIRE(value(gsm_data(22)) == 0x9F16);
  REQUIRE(value(gsm_wrong_p3(16)) == 0x6710);
  REQUIRE(value(tries_left(3)) == 0x63C3);
  REQUIRE(value(tries_left(200)) == 0x63CF);
}

TEST_CASE("Every status word of TS 102 221, TS 31.102 and TS 51.011 has words for people", "[apdu]") {
  std::set<std::string_view> said;
  for (const unsigned sw :
       {0x9000U, 0x9300U, 0x6200U, 0x6281U, 0x6282U, 0x6283U, 0x6285U, 0x62F1U, 0x62F2U, 0x63F1U, 0x63F2U, 0x6310U, 0x6400U, 0x6581U,
        0x6700U, 0x6881U, 0x6882U, 0x6981U, 0x6982U, 0x6983U, 0x6984U, 0x6985U, 0x6986U, 0x6A80U, 0x6A81U, 0x6A82U, 0x6A83U, 0x6A84U,
        0x6A86U, 0x6A87U, 0x6A88U, 0x6B00U, 0x6D00U, 0x6E00U, 0x6F00U, 0x9240U, 0x9400U, 0x9402U, 0x9404U, 0x9408U, 0x9802U, 0x9804U,
        0x9808U, 0x9810U, 0x9840U, 0x9850U, 0x9862U, 0x9863U, 0x9864U, 0x9865U, 0x9866U, 0x6110U, 0x6C10U, 0x9110U, 0x9F10U, 0x63C2U}) {
    const auto words = describe(static_cast<Sw>(sw));
    INFO(sw);
    CHECK(words != describe(static_cast<Sw>(0x1234)));
    said.insert(words);
  }
  CHECK(said.size() > 45);
}
