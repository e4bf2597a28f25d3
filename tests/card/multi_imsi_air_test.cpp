// Tables and wishes over the air: secured packets (SCP80) to the applet's TAR.
#include <fstream>
#include <sstream>

#include "euicc/applets/multi_imsi/table.h"
#include "tests/card/multi_imsi_desk.h"
#include "tests/support/paths.h"

using namespace simurgh;
using namespace simurgh::test;

TEST_CASE("A table over the air changes the identities, and the proof tells its version", "[multi_imsi]") {
  Desktop d;
  d.on();
  const auto proof = d.message("E114 80040000002A 810101 A209 800399F907 81020301"_hex);
  REQUIRE(proof.status == 0);
  CHECK(to_hex(proof.data).starts_with("E2"));
  CHECK(to_hex(proof.data).find("80040000002A810100") != std::string::npos);
  d.send(kLimited);
  d.send(reject("11"));
  d.expire();
  CHECK(d.imsi() == kImsiC);  // the rule of the table
}

TEST_CASE("A table that is refused changes nothing: old, unprotected, senseless", "[multi_imsi]") {
  Desktop d;
  d.on();
  const auto before = d.store.cells();
  const auto unchanged = [&] {
    for (const auto& [key, cell] : before) {
      if (key.space != state::Space::applet) continue;
      const auto now = d.store.cells().find(key);
      if (now == d.store.cells().end() || *now->second != *cell) return false;
    }
    return true;
  };
  CHECK(to_hex(d.message("E114 800400000001 810101 A209 800399F907 81020301"_hex).data).find("8104") == std::string::npos);
  CHECK(unchanged());
  CHECK(to_hex(d.message("E114 80040000002A 810101 A209 800399F907 81020901"_hex).data).find("810205A2") != std::string::npos);
  CHECK(unchanged());
  (void)d.message("E1FF"_hex);
  CHECK(unchanged());
}

TEST_CASE("An identity forced over the air is in use after its REFRESH", "[multi_imsi]") {
  Desktop d;
  d.on();
  CHECK(d.message("E114 80040000002A 810103 A509 800101 810103 820102"_hex).status == 0);
  d.send("80F2000C00");
  CHECK(d.imsi() == kImsiC);
  CHECK(d.state().ring.back().reason == multi_imsi::Reason::ota);
}


TEST_CASE("An identity held over the air stays whatever the networks say, until its hours have passed", "[multi_imsi]") {
  Desktop d;
  d.on();
  REQUIRE(d.message("E111 80040000002A 810103 A506 800102 820102"_hex).status == 0);
  CHECK(d.state().mode == multi_imsi::Mode::hold);
  CHECK(d.state().ring.back().reason == multi_imsi::Reason::ota);
  CHECK(d.timer_value == "200000");  // two hours, before T_escape
  d.send(kLimited);
  d.send(reject("0B"));
  d.send("80C2000019D61799011282028381FD0599F9171234BF0108F40109F5010B");
  CHECK(d.imsi() == kImsiA);
  d.restart();
  CHECK(d.imsi() == kImsiA);
  CHECK(d.state().mode == multi_imsi::Mode::hold);
  d.expire();
  CHECK(d.state().mode == multi_imsi::Mode::automatic);
  // And the operator may let it go before.
  REQUIRE(d.message("E10E 80040000002A 810103 A503 800102"_hex).status == 0);
  CHECK(d.state().mode == multi_imsi::Mode::hold);
  REQUIRE(d.message("E10E 80040000002A 810103 A503 800100"_hex).status == 0);
  CHECK(d.state().mode == multi_imsi::Mode::automatic);
}

TEST_CASE("A table for later waits until the network's clock says so, also over a reset", "[multi_imsi]") {
  // From 2026-03-01 00:00:00 UTC: C and then A in 999-70.
  const Bytes table = "E11A 80040000002A 810101 860469A38180 A209 800399F907 81020301"_hex;
  const std::string version = "80040000002A", before = "800400000001";
  for (const bool reset : {false, true}) {
    INFO(reset);
    Desktop d;
    d.date_time = "62208232950000";  // 2026-02-28 23:59:00 UTC
    d.on();
    const std::string reply = to_hex(d.message(table).data);
    CHECK(reply.find(before + "810100") != std::string::npos);
    CHECK(reply.find("860469A38180") != std::string::npos);
    CHECK(d.state().later_at == 0x69A38180);
    if (reset) d.restart();
    d.send(kNormal);
    d.expire();  // T_stable: ONLINE, and what time is it?
    CHECK(std::find(d.fetched.begin(), d.fetched.end(), "2603") != d.fetched.end());
    CHECK(d.timer_value == "001000");  // the minute until midnight
    CHECK(d.state().later_at != 0);
    d.expire();
    CHECK(d.state().later_at == 0);
    CHECK(d.state().proof_until != 0);
    CHECK(to_hex(d.message("E109 80040000002A 810104"_hex).data).find(version + "8101") != std::string::npos);
  }
}

TEST_CASE("Another table takes the place of one that waits, and one that makes no sense never waits", "[multi_imsi]") {
  Desktop d;
  d.on();
  REQUIRE(d.message("E11A 80040000002A 810101 860469A38180 A209 800399F907 81020301"_hex).status == 0);
  REQUIRE(d.state().later_at != 0);
  REQUIRE(to_hex(d.message("E114 800400000029 810101 A209 800399F907 81020201"_hex).data).find("800400000029810100") != std::string::npos);
  CHECK(d.state().later_at == 0);
  CHECK(to_hex(d.message("E11A 80040000002A 810101 860469A38180 A209 800399F907 81020901"_hex).data).find("810205A2") != std::string::npos);
  CHECK(d.state().later_at == 0);
}

TEST_CASE("The table of a recipe travels in short messages, its keys under the card's key encryption key", "[multi_imsi]") {
  std::ifstream in(source_dir() + "/vectors/multi_imsi/bootstrap.yaml");
  REQUIRE(in);
  std::stringstream yaml;
  yaml << in.rdbuf();
  const multi_imsi::Config config = perso::read_multi_imsi_table(yaml.str());
  Desktop d;
  d.on();
  // Under another key the card cannot read them, and changes nothing.
  const Bytes other(16, 0x77);
  const std::string refused = to_hex(d.message(multi_imsi::write_message(config, {.version = 7, .key_encryption = other})).data);
  CHECK(refused.find("80040000000181020583") != std::string::npos);
  const auto proof = d.message(multi_imsi::write_message(config, {.version = 7, .key_encryption = kTestKey}));
  REQUIRE(proof.status == 0);
  REQUIRE(to_hex(proof.data).find("800400000007810100") != std::string::npos);
  d.choose("03");
  CHECK(d.imsi() == kImsiB);
  CHECK(d.authenticate("202122232425262728292A2B2C2D2E2F"_hex, "303132333435363738393A3B3C3D3E3F"_hex, 32).starts_with("DB"));
}

TEST_CASE("A change of mode reads as it was written", "[multi_imsi]") {
  Desktop d;
  d.on();
  REQUIRE(d.message(multi_imsi::write_mode({.wish = multi_imsi::ModeWish::hold, .id = 0, .hours = 2})).status == 0);
  CHECK(d.state().mode == multi_imsi::Mode::hold);
  REQUIRE(d.message(multi_imsi::write_mode({})).status == 0);
  CHECK(d.state().mode == multi_imsi::Mode::automatic);
  REQUIRE(d.message(multi_imsi::write_mode({.wish = multi_imsi::ModeWish::pin, .id = 3, .hours = 1})).status == 0);
  d.send("80F2000C00");
  CHECK(d.imsi() == kImsiC);
}
