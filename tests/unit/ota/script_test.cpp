#include "euicc/ota/script.h"

#include <catch2/catch.hpp>

#include "asn1/tlv.h"
#include "tools/ota/proof.h"

using namespace simurgh;
using namespace simurgh::literals;

namespace {

// Echoes command data of 00 D6 nothing, answers 00 A4 with data that wait, 00 B0 with P3 octets; 00 20 is refused with 63C2.
struct Echo final : ota::Application {
  std::vector<std::string> seen;
  std::vector<std::string> actions;
  apdu::Answer execute(const apdu::Command& command) override {
    seen.push_back(to_hex(Bytes{command.cla, command.ins, command.p1, command.p2}) + to_hex(command.data));
    switch (command.ins) {
      case 0xA4:
        return apdu::with_data(Bytes(command.p1 == 1 ? 300 : 5, 0x62));
      case 0xB0:
        return apdu::with_data(Bytes(4, 0xB0));
      case 0xB2:
        return apdu::with_data(Bytes(3, 0xB2), apdu::Sw::data_may_be_corrupt);
      case 0xD6:
        return apdu::done();
      case 0x20:
        return apdu::refuse(apdu::tries_left(2), "wrong");
      default:
        return apdu::refuse(apdu::Sw::ins_not_supported, "unknown");
    }
  }
  [[nodiscard]] bool outgoing(const apdu::Command& header) const override { return header.ins == 0xB0 || header.ins == 0xB2; }
  [[nodiscard]] bool data_waits(const apdu::Command& command) const override { return command.ins == 0xA4; }
  void proactive(ByteView objects) override { actions.push_back(to_hex(objects)); }
};

std::string run(const char* script) {
  Echo echo;
  return to_hex(ota::run_script(from_hex(script).value(), echo));
}

}  // namespace

TEST_CASE("Compact scripts run to their end or to the first error", "[ota]") {
  CHECK(run("00A40004023F00") == "016105");
  CHECK(run("00A40004023F00 00C0000005") == "0290006262626262");
  CHECK(run("00A40004023F00 00C0000003") == "026102626262");
  CHECK(run("00A40004023F00 00C0000006") == "026C05");
  CHECK(run("00A40004023F00 00D6000001FF 00C0000005") == "036985");
  CHECK(run("00B0000004") == "019000B0B0B0B0");
  CHECK(run("00B0000005") == "016C04");
  CHECK(run("00D6000001FF 00B0000004") == "029000B0B0B0B0");
  CHECK(run("00D6000001FF 0020000100 00D6000001FF") == "0263C2");
  CHECK(run("00440000 00 00D6000001FF") == "016D00");
  CHECK(run("00B2010403 00D6000001FF") == "029000");     // a warning goes on
  CHECK(run("00A40004023F0000") == "0190006262626262");  // a last Le
  CHECK(run("") == "009000");
  CHECK(run("00A400") == "006700");
  CHECK(run("00D6000001FF 00A4000402") == "016700");
  CHECK(run("01D6000001FF") == "016881");
  CHECK(run("04D6000001FF") == "016882");
  CHECK(run("FFD6000001FF") == "016E00");
}

TEST_CASE("Expanded scripts of definite length answer with AB", "[ota]") {
  CHECK(run("AA 07 22 05 00B0000004") == "AB0B8001012306B0B0B0B09000");
  CHECK(run("AA 11 22 06 00D6000001FF 22 07 00A40004023F00") ==
        "AB0B800102230290002302"
        "6105");
  CHECK(run("AA 0A 22 08 00A40004023F0000") ==
        "AB0C80010123076262626262"
        "9000");
  CHECK(run("AA 0F 22 05 0020000100 22 06 00D6000001FF") == "AB07800101230263C2");
  CHECK(run("AA 00") == "AB03800100");
  CHECK(run("AA 08 22 05 00B0000004") == "AB06800100900102");
  CHECK(run("AA 03 99 01 00") == "AB06800100900101");
  CHECK(run("AA 02 22 05") == "AB06800100900102");
}

TEST_CASE("Expanded scripts of indefinite length answer with AF", "[ota]") {
  CHECK(run("AE80 22 05 00B0000004 0000") == "AF802306B0B0B0B090000000");
  CHECK(run("AE80 0000") == "AF800000");
  CHECK(run("AE80 22 05 00B0000004") == "AF802306B0B0B0B090009001030000");
  CHECK(run("AE07 22 05 00B0000004") == "AF809001030000");
}

TEST_CASE("Actions of an expanded script become proactive commands", "[ota]") {
  Echo echo;
  (void)ota::run_script("AA 17 81 05 0103010104 82 05 0103010200 22 05 0020000100 81 00"_hex, echo);
  CHECK(echo.actions == std::vector<std::string>{"0103010104", "0103010200"});
  Echo fine;
  (void)ota::run_script("AA 0E 82 05 0103010200 22 05 00B0000004"_hex, fine);
  CHECK(fine.actions.empty());
}

TEST_CASE("The sender reads what scripts answer", "[ota]") {
  Echo echo;
  const std::vector<Bytes> apdus{"00D6000001FF"_hex, "00B0000004"_hex};
  const auto compact = ota_sender::read_script_result(ota::run_script(ota_sender::compact_script(apdus), echo));
  REQUIRE(compact);
  CHECK(compact->executed == 2U);
  CHECK(compact->answers.back().status == 0x9000);
  CHECK(to_hex(compact->answers.back().data) == "B0B0B0B0");
  for (const bool definite : {true, false}) {
    const auto expanded = ota_sender::read_script_result(ota::run_script(ota_sender::expanded_script(apdus, definite), echo));
    REQUIRE(expanded);
    REQUIRE(expanded->answers.size() == 2);
    CHECK(expanded->answers[1].status == 0x9000);
    CHECK(to_hex(expanded->answers[1].data) == "B0B0B0B0");
    CHECK(expanded->executed.has_value() == definite);
  }
}
