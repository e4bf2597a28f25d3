// What naive applets do wrong, one test each; those about files, the card and the air are in tests/card/multi_imsi_test.cpp.
#include "tests/unit/multi_imsi/machine_bench.h"

using namespace simurgh;
using namespace simurgh::test;

TEST_CASE("Mistake 7: the first limited service of an attach changes nothing", "[multi_imsi]") {
  MachineBench b;
  b.boot();
  b.limited();
  b.now += 20;
  CHECK(b.registered() == 10);
  b.pass(3600);
  CHECK(b.state.active == 1);
  CHECK(b.state.ring.size() <= 1);  // the preference for B, if anything
  CHECK((b.state.ring.empty() || b.state.ring.back().reason == Reason::prefer));
}

TEST_CASE("Mistake 8: no service in a tunnel does not walk the list of identities", "[multi_imsi]") {
  MachineBench b;
  b.config.policy = 0;
  b.online();
  b.feed(Event::no_service);
  b.pass(6 * 3600);
  CHECK(b.v.phase == Phase::no_service);
  CHECK(b.state.ring.empty());
}

TEST_CASE("Mistake 9: two identities that a network refuses do not chase each other for ever", "[multi_imsi]") {
  MachineBench b;
  b.config.identities.pop_back();
  unsigned swaps = 0;
  b.boot();
  const std::uint64_t end = b.now + 24 * 3600;
  while (b.now < end) {
    if (b.v.phase == Phase::swap) {
      ++swaps;
      b.now += 30;
      b.boot();
    }
    b.rejected(11, kHome);
    b.rejected(11, kOther);
    b.limited(kHome);
    b.pass(600);
  }
  // Both are refused for good: what is left are attempts of the hold, each twice as far as the one before.
  CHECK(swaps <= 10);
  CHECK(b.state.hard(1, kHome, b.now));
  CHECK(b.state.hard(2, kHome, b.now));
}

TEST_CASE("Mistake 10: congestion, failures and steering are not the identity's fault", "[multi_imsi]") {
  MachineBench b;
  b.boot();
  b.limited();
  for (const int cause : {17, 22, 15, 17}) b.rejected(static_cast<std::uint8_t>(cause), kHome);
  CHECK(b.v.phase == Phase::limited);
  CHECK(b.state.of(1).quarantined_until == 0);
  CHECK_FALSE(b.state.hard(1, kHome, b.now));
  CHECK(b.state.pair(1, kHome)->count == 2);  // three rejects of steering count once, the fourth counts again
}

TEST_CASE("Mistake 11: one fake cell does not disable all identities", "[multi_imsi]") {
  MachineBench b;
  b.boot();
  b.limited();
  for (const int cause : {3, 8, 3, 8, 3}) CHECK(b.rejected(static_cast<std::uint8_t>(cause), kHome, 7) == 0);  // one cell, nobody authenticated
  CHECK(b.v.phase == Phase::limited);
  for (const Identity& identity : b.config.identities) CHECK(b.state.of(identity.id).quarantined_until == 0);
  // Another cell says the same: believed, and even then for a day and not for ever.
  CHECK(b.rejected(8, kHome, 8) == 17);
  CHECK(b.state.of(1).quarantined_until == b.now + kBarredTwice);
}

TEST_CASE("Mistake 12: resets every five minutes still lead to a decision", "[multi_imsi]") {
  MachineBench b;
  b.config.timers[static_cast<std::size_t>(Timer::observe)] = 1200;
  b.config.timers[static_cast<std::size_t>(Timer::limited)] = 1200;
  unsigned swaps = 0;
  for (int boot = 0; boot < 6; ++boot) {
    b.boot();
    b.limited();
    b.pass(300);
    if (b.state.pending != 0) ++swaps;
  }
  CHECK(swaps >= 1);
}

TEST_CASE("Mistake 13: wakes out of power saving are no boots", "[multi_imsi]") {
  MachineBench b;
  b.online();
  b.state.alternations = 0;
  for (int day = 0; day < 30; ++day) {
    CHECK(b.boot(true) == 6);
    b.registered();
  }
  CHECK(b.state.boots_without_reg == 0);
  CHECK(b.state.active == 1);
  CHECK(b.state.pending == 0);
}

TEST_CASE("Mistake 15: without events the terminal is asked, and boots decide earlier", "[multi_imsi]") {
  MachineBench b;
  b.terminal.location_events = b.terminal.rejection_events = false;
  b.boot();
  REQUIRE(b.runs(Timer::poll));
  CHECK(b.expire(Timer::poll) == 63);
  CHECK(b.asked(Errand::Kind::ask_location));
}

TEST_CASE("Mistake 16: no REFRESH in the middle of a session while there is service", "[multi_imsi]") {
  MachineBench b;
  b.online();
  b.gate.session = true;
  CHECK(b.feed({.event = Event::select, .id = 3, .pin = true}) == 47);
  CHECK(b.v.phase == Phase::swap);
  CHECK(b.took(50));
  CHECK_FALSE(b.refresh_mode());
  b.gate.session = false;
  CHECK(b.feed(Event::idle) == 36);
  CHECK(b.refresh_mode());
  // Lost for T_lim it is broken.
  MachineBench lost;
  lost.gate.session = true;
  lost.swapping();
  CHECK(lost.refresh_mode());
}

TEST_CASE("Mistake 17: a switch of profiles and a swap never both have a REFRESH in the queue", "[multi_imsi]") {
  MachineBench b;
  b.swapping();
  b.feed(Event::profile_switch);
  CHECK(b.asked(Errand::Kind::withdraw));
  b.gate.switch_pending = true;
  b.feed({.event = Event::select, .id = 3});
  CHECK(b.state.pending == 0);
  CHECK_FALSE(b.refresh_mode());
}

TEST_CASE("Mistake 18: the absence of a TERMINAL RESPONSE after a UICC reset is the success", "[multi_imsi]") {
  MachineBench b;
  b.swapping();
  b.feed(Event::fetched);
  CHECK(b.boot() == 5);
  CHECK(b.state.active == 2);
  CHECK(b.state.ring.back().refresh == 0x84);  // mode 04, no response
  b.registered();
  CHECK((b.state.ring.back().flags & record_flag::online) != 0);
}

TEST_CASE("Mistake 19: an identity is its IMSI, not its place in the table", "[multi_imsi]") {
  MachineBench b;
  b.online();
  CHECK(b.config.find(b.state.active)->imsi == b.state.active_imsi);
}

TEST_CASE("Mistake 21: preference waits for its stay, and freezes for commuters at a border", "[multi_imsi]") {
  MachineBench b;
  b.config.identities[2].mcc_preferences = {{0x998, 0}};
  std::uint64_t first = 0;
  unsigned swaps = 0;
  b.boot();
  for (int crossing = 0; crossing < 20; ++crossing) {
    const Plmn where = crossing % 2 == 0 ? kHome : kAbroad;
    for (int report = 0; report < 10; ++report) {
      b.registered(where);
      b.pass(70);
      if (b.v.phase != Phase::swap) continue;
      ++swaps;
      if (first == 0) first = b.now;
      b.boot();
    }
  }
  INFO(swaps);
  CHECK(first >= 1000 + 600);
  CHECK(swaps <= 6);
}

TEST_CASE("Mistake 22: a server that is away is no reason for another identity", "[multi_imsi]") {
  MachineBench b;
  b.online();
  b.v.deadlines = {};
  b.feed(Event::data_failed);
  b.now += 20;
  b.feed(Event::data_failed);
  b.feed(Event::data_ok);  // the other target answers
  b.now += 1000;
  CHECK(b.feed(Event::data_failed) == 0);
  CHECK(b.v.phase == Phase::online);
}

TEST_CASE("Mistake 25: days count for each identity and country, and only where somebody is at home", "[multi_imsi]") {
  MachineBench b;
  b.config.rules.push_back({.pattern = {"99E9EE"_hex}, .ids = {1, 2, 3}, .flags = rule_flag::legal, .max_days = 3, .timers = {}});
  b.state.wall = 1772323200;
  b.state.wall_at = b.now;
  b.online();
  for (int day = 0; day < 4; ++day) {
    b.registered();
    b.now += 86400;
  }
  CHECK(b.state.days_in(1, 0x999) == 4);
  CHECK(b.state.days_in(2, 0x999) == 0);
  const auto order = candidates(b.config, b.state, {b.now, kHome, {}, b.eid});
  REQUIRE(order.size() == 3);
  CHECK(order[0].excluded == excluded::legal);
  CHECK(order[1].excluded == 0);
  Config abroad = three();
  abroad.identities[1].mcc_preferences.clear();
  abroad.rules = b.config.rules;
  CHECK(candidates(abroad, b.state, {b.now, kHome, {}, b.eid})[0].excluded == 0);
}

TEST_CASE("Also seen: FF in the middle of EF.FPLMN is no PLMN, and groups of rules decide by how exact they are", "[multi_imsi]") {
  CHECK_FALSE(Plmn::read("FFFFFF"_hex));
  Config config = three();
  for (const auto& [pattern, id] : {std::pair{""_hex, 1}, std::pair{"99E9EE"_hex, 2}, std::pair{"99F907"_hex, 3}}) {
    Rule rule;
    rule.pattern.octets = pattern;
    rule.ids = {static_cast<std::uint8_t>(id)};
    config.rules.push_back(std::move(rule));
  }
  CHECK(config.rules_for(kHome) == std::vector<std::size_t>{2, 1, 0});
  CHECK(choose(config, State{}, Reason::limited, {0, kHome, {}, {}}).winner == 3);
  CHECK(choose(config, State{}, Reason::limited, {0, kOther, {}, {}}).winner == 2);
  CHECK(choose(config, State{}, Reason::limited, {0, kAbroad, {}, {}}).winner == 1);
}

TEST_CASE("The last resort is tried when everything else is out of use, and every hour", "[multi_imsi]") {
  MachineBench b;
  b.config.fallback_id = 3;
  b.now = 10000;
  b.state.of(2).quarantined_until = b.now + 86400;
  b.state.of(3).quarantined_until = b.now + 86400;
  b.boot();
  b.limited(kHome);
  b.expire(Timer::limited);
  CHECK(b.state.pending == 3);
}

TEST_CASE("REFRESH modes: by the type of terminal, by what worked, and a reset for what is read once", "[multi_imsi]") {
  Config config = three();
  State state;
  CHECK(refresh_modes(config, state, {}) == "04000206"_hex);
  config.refresh_modes = {0x02};
  CHECK(refresh_modes(config, state, {}) == "02040006"_hex);
  CHECK(refresh_modes(config, state, {.imsi = true, .deep = true}) == "04020006"_hex);
  state.good_mode = 0x06;
  CHECK(refresh_modes(config, state, {}) == "06020400"_hex);
  state.deaf_modes = 0x04;
  CHECK(refresh_modes(config, state, {}) == "06040002"_hex);
  config.terminals.push_back({.tac = "3555", .modes = {0x00}});
  state.tac = "35555555";
  CHECK(refresh_modes(config, state, {}) == "00"_hex);
  CHECK(refresh_modes(config, state, {.imsi = false, .operator_list = true}, true) == "070104"_hex);
  CHECK(refresh_modes(config, state, {.imsi = false}) == "0104"_hex);
}

TEST_CASE("Quarantine doubles to a day, a tenth more or less by the card", "[multi_imsi]") {
  const Config config = three();
  const Bytes one(16, 1), two(16, 2);
  std::uint64_t before = 0;
  for (unsigned n = 1; n <= 6; ++n) {
    const auto length = quarantine_seconds(config, n, one);
    CHECK(length > before);
    CHECK(length >= (1800U << (n - 1)) * 9 / 10);
    CHECK(length <= (1800U << (n - 1)) * 11 / 10);
    before = length;
  }
  CHECK(quarantine_seconds(config, 40, one) <= 86400);
  CHECK(quarantine_seconds(config, 1, one) == quarantine_seconds(config, 1, one));
  bool differs = false;
  for (unsigned n = 1; n <= 6; ++n) differs = differs || quarantine_seconds(config, n, one) != quarantine_seconds(config, n, two);
  CHECK(differs);
}
