// What naive applets do wrong with files, keys, terminals and messages, one test each; those of decisions are in
// tests/unit/multi_imsi/mistakes_test.cpp.
#include "tests/card/multi_imsi_desk.h"

using namespace simurgh;
using namespace simurgh::test;

TEST_CASE("Mistake 1: what the terminal writes while its session ends stays out of the next identity's files", "[multi_imsi]") {
  Desktop d;
  d.on();
  d.send(kLimited);
  const std::string announced = d.raw("80C200000ED70C82028281A401" + to_hex(Bytes{d.timer}) + "A503000000");
  REQUIRE(announced.starts_with("91"));
  REQUIRE(d.raw("80120000" + announced.substr(2)).substr(10, 4) == "0104");
  const std::string guti = "0BF699F9078001010000000199F907123400";
  // Before its session ends the files are those of A; after STATUS says so they are B's, and stay clean.
  d.update("6FE3", guti);
  CHECK(d.read("6FE3") == guti);
  CHECK(d.imsi() == kImsiA);
  REQUIRE(d.apdu(kUsim) == "9000");
  REQUIRE(d.raw("80F2020C00") == "9000");
  d.update("6FE3", guti);
  d.card.reset();
  CHECK(d.imsi() == kImsiB);
  CHECK(d.read("6FE3") == "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFF000001");
}

TEST_CASE("Mistake 2 and 3: contexts of the identity before are gone, and counters are each identity's own", "[multi_imsi]") {
  Desktop d;
  d.on();
  d.update("6FE3", "0BF699F9078001010000000199F907123400");
  CHECK(d.authenticate(kKeyA, kOpcA, 0x2000).starts_with("DB"));
  d.send(kLimited);
  d.expire();
  REQUIRE(d.imsi() == kImsiB);
  CHECK(d.read("6FE3") == "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFF000001");
  CHECK(d.read("6F08").starts_with("07FF"));
  // B begins with counters of its own: a low SQN is fresh.
  CHECK(d.authenticate(kKeyB, kOpcB, 32).starts_with("DB"));
  // And back at A its own counters are where they were.
  d.send(kLimited);
  d.choose("02");
  REQUIRE(d.imsi() == kImsiA);
  CHECK(d.authenticate(kKeyA, kOpcA, 0x1000).starts_with("DC"));
  CHECK(d.authenticate(kKeyA, kOpcA, 0x3000).starts_with("DB"));
}

TEST_CASE("Mistake 4 and 5: the length of the MNC and the access class follow the identity", "[multi_imsi]") {
  Desktop d;
  d.on();
  d.choose("04");  // Automatic, A, B, C
  CHECK(d.imsi() == kImsiC);
  CHECK(d.read("6FAD").substr(6, 2) == "03");
  CHECK(d.read("6F78") == "0008");
  CHECK(d.state().mode == multi_imsi::Mode::pinned);
}


TEST_CASE("Mistake 6: a modem's own list of forbidden networks, written back, is neither the next identity's nor evidence against it", "[multi_imsi]") {
  const std::string list = "99F90799F91799F927", empty(24, 'F');
  for (const bool before_session_ends : {true, false}) {
    INFO(before_session_ends);
    Desktop d;
    d.on();
    d.send(kLimited);
    const std::string announced = d.raw("80C200000ED70C82028281A401" + to_hex(Bytes{d.timer}) + "A503000000");
    REQUIRE(d.raw("80120000" + announced.substr(2)).substr(10, 4) == "0104");
    if (before_session_ends) d.update("6F7B", list + "FFFFFF");
    REQUIRE(d.apdu(kUsim) == "9000");
    REQUIRE(d.raw("80F2020C00") == "9000");
    if (!before_session_ends) d.update("6F7B", list + "FFFFFF");
    d.resets = false;
    d.restart();
    REQUIRE(d.imsi() == kImsiB);
    CHECK(d.read("6F7B") == empty);
    // The list is A's, for when it comes back.
    CHECK(to_hex(d.state().find(1)->fplmn).starts_with(list));
    // A modem that keeps it over the reset writes all of it at once: no network has refused B.
    d.update("6F7B", list + "FFFFFF");
    for (const std::uint8_t third : {std::uint8_t{0x07}, std::uint8_t{0x17}, std::uint8_t{0x27}})
      CHECK(d.state().pair(2, multi_imsi::Plmn({0x99, 0xF9, third})) == nullptr);
    // One more is a refusal.
    d.update("6F7B", list + "99F937");
    CHECK(d.state().hard(2, multi_imsi::Plmn({0x99, 0xF9, 0x37}), d.state().elapsed));
  }
}

TEST_CASE("Mistake 14: time is counted by the interval that the terminal granted", "[multi_imsi]") {
  // Refresh, poll interval, neither timers nor events.
  const std::string poor = "801000000F" "0100A80000000000" "00000000000000";
  const auto statuses = [&](const std::string& granted) {
    Desktop d;
    d.granted = granted;
    d.settle(d.raw(poor));
    REQUIRE(std::find(d.fetched.begin(), d.fetched.end(), "0300") != d.fetched.end());
    int count = 0;
    for (; count < 200 && d.notes.all.find("timer T_obs") == std::string::npos; ++count) d.send("80F2000C00");
    return count;
  };
  // T_obs is 120 s; half a minute was asked for.
  CHECK(statuses("") == 4);
  CHECK(statuses("013C") == 2);
  CHECK(statuses("010A") == 12);
  CHECK(statuses("0002") == 1);   // minutes
}

TEST_CASE("Mistake 14: a day does not fit the terminal's timer, and its digits are swapped", "[multi_imsi]") {
  multi_imsi::Config alone = table();
  alone.identities.resize(1);
  alone.key_sets.clear();
  Desktop d(make(alone));
  d.on();
  d.send(kNormal);
  CHECK(d.timer_value == "001000");  // T_stable: 60 s
  d.expire();
  CHECK(d.timer_value == "329595");  // of T_home's 86400 seconds
  d.expire();
  CHECK(d.timer_value == "000010");  // the one that was left
  CHECK(d.state().ring.empty());
}

TEST_CASE("Mistake 18: after a UICC reset nobody waits for a TERMINAL RESPONSE, and nobody swaps again", "[multi_imsi]") {
  Desktop d;
  d.on();
  d.send(kLimited);
  d.expire();
  REQUIRE(d.imsi() == kImsiB);
  CHECK(d.state().ring.size() == 1);
  CHECK(d.state().ring.back().refresh == 0x84);  // mode 04, no response
  d.send(kNormal);
  d.expire();
  CHECK(d.state().ring.size() == 1);
  CHECK(d.imsi() == kImsiB);
}

TEST_CASE("Mistake 19: a table that numbers the identities anew leaves the one in use as it is", "[multi_imsi]") {
  Desktop d;
  d.on();
  d.choose("03");
  REQUIRE(d.imsi() == kImsiB);
  // What was 2 is 1, and what was 1 is 2.
  const auto proof = d.message("E13A 80040000002A 810100 A114 800101 8109089999070000000020 820102 830102 A111 800102 8109080910100000000010 820102 A706 800101 850118"_hex);
  REQUIRE(to_hex(proof.data).find("80040000002A810100820101") != std::string::npos);
  CHECK(d.imsi() == kImsiB);
  CHECK(d.state().active == 1);
  d.restart();
  CHECK(d.imsi() == kImsiB);
  CHECK(d.authenticate(kKeyB, kOpcB, 32).starts_with("DB"));
}

TEST_CASE("Mistake 20: a table that retires the identity it came over is answered over that identity", "[multi_imsi]") {
  Desktop d;
  d.on();
  d.send(kNormal);
  const auto proof = d.message("E113 80040000002A 810102 A703 800102 A403 800101"_hex);
  REQUIRE(proof.status == 0);
  CHECK(to_hex(proof.data).find("80040000002A810100") != std::string::npos);
  CHECK(d.imsi() == kImsiA);
  CHECK(d.authenticate(kKeyA, kOpcA, 32).starts_with("DB"));
  CHECK(std::find(d.fetched.begin(), d.fetched.end(), "0104") == d.fetched.end());
  // In service for T_stable, then another one is asked for.
  for (int timers = 0; timers < 4 && d.imsi() == kImsiA; ++timers) d.expire();
  CHECK(d.imsi() == kImsiB);
}

TEST_CASE("Mistake 20: an old message changes nothing, neither as it was nor packed anew", "[multi_imsi]") {
  Desktop d;
  d.on();
  const Bytes older = "E114 80040000002A 810101 A209 800399F907 81020301"_hex, newer = "E114 80040000002B 810101 A209 800399F907 81020201"_hex;
  REQUIRE(d.message(older).status == 0);
  REQUIRE(d.message(newer).status == 0);
  d.counter -= 2;  // the very octets of the first message
  CHECK(d.message(older).status != 0);
  d.counter += 5;
  const std::string reply = to_hex(d.message(older).data);
  CHECK(reply.find("80040000002B810202") != std::string::npos);
}

TEST_CASE("Mistake 13: programs that look at the card reset it, and are no boots without registration", "[multi_imsi]") {
  Desktop d;
  for (int look = 0; look < 10; ++look) {
    d.card.reset();
    CHECK(d.imsi() == kImsiA);
  }
  d.on();
  CHECK(d.state().boots_without_reg == 1);
  CHECK(std::find(d.fetched.begin(), d.fetched.end(), "0104") == d.fetched.end());
  CHECK(d.imsi() == kImsiA);
}
