#include "tools/trace/explain.h"

#include <catch2/catch.hpp>

#include "euicc/card/core.h"
#include "euicc/isdr/es10_table.h"
#include "euicc/toolkit/commands.h"

using namespace simurgh;
using namespace simurgh::trace;

namespace {

std::string text(const std::string& hex, Reading as = Reading::automatic) {
  const auto explained = explain(from_hex(hex).value(), as);
  return explained ? to_text(explained->node) : "refused: " + explained.error();
}

}  // namespace

TEST_CASE("Octets are read by the narrowest form that fits, and say what they mean", "[explain]") {
  struct Row {
    const char* octets;
    Reading reading;
    const char* says;
  };
  const std::vector<Row> rows{
      {"9000", Reading::status, "done"},
      {"6108", Reading::status, "8 octets wait for GET RESPONSE"},
      {"6100", Reading::status, "256 octets"},
      {"6C1F", Reading::status, "the right one is 1F"},
      {"910B", Reading::status, "proactive command of 11 octets"},
      {"63C2", Reading::status, "2 tries left"},
      {"9F16", Reading::status, "22 octets wait"},
      {"00A40004022FE2", Reading::command, "EF.ICCID"},
      {"00A4080C047FFF6F07", Reading::command, "current ADF/EF.IMSI"},
      {"00A4040407A0000000871002", Reading::command, "USIM"},
      {"01B0820510", Reading::command, "SFI 2, offset 5"},
      {"00B2010400", Reading::command, "record 1, absolute"},
      {"0070000001", Reading::command, "open a channel"},
      {"81E2910006BF3E035C015A", Reading::command, "GetEUICCData"},
      {"A0A40000023F00", Reading::command, "TS 51.011"},
      {"80F2000000", Reading::command, "STATUS"},
      {"00C0000010", Reading::command, "GET RESPONSE"},
      {"D009810301010982028182", Reading::proactive, "number 1, REFRESH, qualifier 09"},
      {"D02781030140018202818235010339020578470908696E7465726E65743C03021F903E0521C0000201", Reading::proactive, "TCP port 8080"},
      {"D02781030140018202818235010339020578470908696E7465726E65743C03021F903E0521C0000201", Reading::proactive, "192.0.2.1"},
      {"D011810308270082028182A40101A503000003", Reading::proactive, "30 s"},
      {"D60E99010982028281B8028100B70105", Reading::envelope, "data available"},
      {"D60B99010A82028281B8020105", Reading::envelope, "link dropped"},
      {"81030140018202828183023A01", Reading::terminal_response, "Bearer Independent Protocol error, additional 01"},
      {"BF2503800100", Reading::tlv, "StoreMetadata"},
      {"BF2D0BA009E3079F700101950102", Reading::tlv, "enabled"},
      {"621982054221000A0583022FE28A01058B032F06018002000A8800", Reading::tlv, "linear fixed, shareable, 5 records of 10"},
      {"A0000005591010FFFFFFFF8900000100", Reading::aid, "ISD-R"},
      {"5A0A980010325476981032549000", Reading::response, "ICCID 8900012345678901"},
  };
  for (const Row& row : rows) {
    INFO(row.octets);
    const auto explained = explain(from_hex(row.octets).value());
    REQUIRE(explained);
    CHECK(word_of(explained->reading) == word_of(row.reading));
    CHECK(to_text(explained->node).find(row.says) != std::string::npos);
  }
}

TEST_CASE("A reading that is asked for is taken or refused by name", "[explain]") {
  CHECK(text("9000", Reading::response) == "response\n  SW: 9000  done\n");
  CHECK(text("00A4", Reading::command).starts_with("refused: these octets cannot be read as apdu"));
  CHECK(text("D0", Reading::proactive).starts_with("refused"));
  CHECK(text("01", Reading::aid).starts_with("refused"));
  CHECK(text("1122334455").starts_with("refused: these octets are neither"));
  CHECK_FALSE(explain({}));
  CHECK_FALSE(explain(from_hex("90").value()));
  for (const char* word : {"apdu", "response", "sw", "tlv", "fcp", "proactive", "terminal-response", "envelope", "aid"}) {
    REQUIRE(reading_of(word));
    CHECK(word_of(*reading_of(word)) == word);
  }
  CHECK_FALSE(reading_of("morse"));
}

TEST_CASE("Every command of the card, every ES10 function and every proactive command has its name", "[explain]") {
  for (const card::CommandRow& row : card::command_table()) {
    const std::uint8_t cla = row.family == apdu::ClaFamily::iso ? 0x00 : row.family == apdu::ClaFamily::gsm ? 0xA0 : 0x80;
    INFO(row.name << " " << to_hex(Bytes{cla, row.ins}));
    CHECK(command_name(Bytes{cla, row.ins, 0x00, 0x00, 0x00}) == row.name);
  }
  for (const isdr::Es10Row& row : isdr::es10_table()) {
    INFO(row.name);
    CHECK(text(to_hex(be_bytes(row.tag, 2)) + "00").find(row.name) != std::string::npos);
  }
  for (const toolkit::CommandTypeRow& row : toolkit::command_types()) {
    INFO(row.name);
    CHECK(text(to_hex(toolkit::ProactiveCommand{row.type, 0, row.destination, {}}.encode(1))).find(row.name) != std::string::npos);
  }
}

TEST_CASE("Nestings without an end and long lists stay short", "[explain]") {
  std::string deep = "0500";
  for (int i = 0; i < 60; ++i) deep = "30" + to_hex(Bytes{static_cast<std::uint8_t>(deep.size() / 2)}) + deep;
  CHECK(text(deep).size() < 4000);
  std::string many;
  for (int i = 0; i < 5000; ++i) many += "8000";
  CHECK(text(many).size() < many.size() + 200);
}
