// Every row of the state machine, in the order of docs/multi-imsi.md.
#include <fstream>
#include <map>
#include <sstream>

#include "tests/support/paths.h"
#include "tests/unit/multi_imsi/machine_bench.h"

using namespace simurgh;
using namespace simurgh::test;

namespace {

// Brings the machine to the row and takes it.
const std::map<unsigned, void (*)()>& scenarios() {
  static const std::map<unsigned, void (*)()> kScenarios{
      {1, [] {
         MachineBench b;
         b.swapping();
         REQUIRE(b.state.pending == 2);
         b.v = {};
         CHECK(b.feed(Event::reset) == 1);
         CHECK(b.state.active == 2);
         CHECK(b.state.pending == 0);
         CHECK(b.state.boot == Boot::refresh);
         CHECK((b.state.ring.back().flags & record_flag::committed) != 0);
       }},
      {2, [] {
         MachineBench b;
         CHECK(b.feed(Event::reset) == 2);
         CHECK(b.state.boots_without_reg == 1);
         b.state.online = true;
         CHECK(b.feed({.event = Event::reset, .wake = true}) == 2);
         CHECK(b.state.boots_without_reg == 1);  // a wake is no boot
         CHECK(b.state.boot == Boot::wake);
       }},
      {3, [] {
         MachineBench b;
         b.terminal.refresh = false;
         CHECK(b.boot() == 3);
         CHECK(b.v.phase == Phase::dormant);
         CHECK(b.limited() == 0);
       }},
      {4, [] {
         MachineBench b;
         b.state.mode = Mode::pinned;
         CHECK(b.boot() == 4);
         CHECK(b.v.phase == Phase::pinned);
         CHECK(b.runs(Timer::escape));
         CHECK(b.asked(Errand::Kind::events));
       }},
      {5, [] {
         MachineBench b;
         b.swapping();
         CHECK(b.boot() == 5);
         CHECK(b.v.phase == Phase::settle);
         CHECK(b.runs(Timer::settle));
         CHECK(b.state.good_mode == 0x04);
       }},
      {6, [] {
         MachineBench b;
         b.online();
         CHECK(b.boot(true) == 6);
         CHECK(b.v.phase == Phase::verify);
       }},
      {7, [] {
         MachineBench b;
         b.state.hold_until = b.now + 500;
         CHECK(b.boot() == 7);
         CHECK(b.v.phase == Phase::hold);
         CHECK(b.v.attempt);
       }},
      {8, [] {
         MachineBench b;
         CHECK(b.boot() == 9);
         CHECK(b.boot() == 9);
         CHECK(b.boot() == 8);  // the third with events
         CHECK(b.v.phase == Phase::swap);
         CHECK(b.state.pending_reason == Reason::boots);
         MachineBench silent;
         silent.terminal.location_events = false;
         CHECK(silent.boot() == 9);
         CHECK(silent.boot() == 8);
       }},
      {9, [] {
         MachineBench b;
         CHECK(b.boot() == 9);
         CHECK(b.v.phase == Phase::probe);
         CHECK(b.runs(Timer::observe));
         CHECK_FALSE(b.runs(Timer::poll));
         MachineBench silent;
         silent.terminal.location_events = false;
         silent.boot();
         CHECK(silent.runs(Timer::poll));
       }},
      {10, [] {
         MachineBench b;
         b.boot();
         CHECK(b.registered() == 10);
         CHECK(b.v.phase == Phase::verify);
         CHECK(b.state.boots_without_reg == 0);
         CHECK(b.runs(Timer::stable));
         CHECK_FALSE(b.runs(Timer::observe));
       }},
      {11, [] {
         MachineBench b;
         b.boot();
         CHECK(b.limited() == 11);
         CHECK(b.v.phase == Phase::limited);
         CHECK(b.runs(Timer::limited));
       }},
      {12, [] {
         MachineBench b;
         b.boot();
         CHECK(b.feed(Event::no_service) == 12);
         CHECK(b.v.phase == Phase::no_service);
       }},
      {13, [] {
         for (const Event event : {Event::location_refused, Event::authenticated, Event::sync_failure, Event::mac_failure}) {
           MachineBench b;
           b.boot();
           CHECK(b.feed(event) == 13);
           CHECK(b.v.phase == Phase::observe);
         }
         MachineBench b;
         b.boot();
         CHECK(b.rejected(17) == 13);
       }},
      {14, [] {
         MachineBench b;
         b.boot();
         CHECK(b.expire(Timer::observe) == 14);
         CHECK(b.v.phase == Phase::observe);
         CHECK(b.asked(Errand::Kind::ask_location));
         CHECK(*b.v.deadlines[0] == b.now + 10);
       }},
      {15, [] {
         MachineBench b;
         b.boot();
         b.rejected(17);
         b.expire(Timer::observe);
         CHECK(b.expire(Timer::observe) == 15);
         CHECK(b.state.pending_reason == Reason::rejected);
       }},
      {16, [] {
         MachineBench b;
         b.boot();
         b.expire(Timer::observe);
         CHECK(b.expire(Timer::observe) == 16);
         CHECK(b.v.phase == Phase::no_service);
       }},
      {17, [] {
         MachineBench b;
         b.boot();
         b.feed(Event::authenticated);  // the network has proved who it is
         CHECK(b.rejected(8) == 17);
         CHECK(b.state.of(1).quarantined_until == b.now + kBarredTwice);
         CHECK(b.state.pending_reason == Reason::barred);
         MachineBench settling;
         settling.swapping();
         settling.boot();
         settling.feed(Event::authenticated);
         CHECK(settling.rejected(3) == 17);
       }},
      {18, [] {
         MachineBench b;
         b.boot();
         b.limited();
         CHECK(b.rejected(11) == 18);
         CHECK(b.v.phase == Phase::limited);  // one network
         CHECK(b.state.hard(1, kHome, b.now));
         CHECK(b.rejected(11, kOther) == 18);
         CHECK(b.v.phase == Phase::swap);
         MachineBench slow;
         slow.boot();
         slow.limited();
         slow.now += 40;  // a third of T_lim
         CHECK(slow.rejected(14) == 18);
         CHECK(slow.v.phase == Phase::swap);
         MachineBench searching;
         searching.boot();
         searching.feed(Event::no_service);
         searching.now += 60;  // of searching, which is not of being refused
         (void)searching.rejected(11);
         CHECK(searching.v.phase != Phase::swap);
       }},
      {19, [] {
         MachineBench b;
         b.boot();
         b.limited();
         const auto deadline = *b.v.deadlines[1];
         CHECK(b.rejected(22) == 19);
         CHECK(*b.v.deadlines[1] == deadline + 900);
         CHECK(b.rejected(22) == 19);
         CHECK(*b.v.deadlines[1] == deadline + 900);  // once
         CHECK(b.rejected(15) == 19);
         CHECK(b.v.phase == Phase::limited);
       }},
      {20, [] {
         MachineBench b;
         b.boot();
         b.limited();
         CHECK(b.rejected(6) == 20);
         CHECK(b.asked(Errand::Kind::alarm));
         CHECK(b.v.phase == Phase::swap);
         b.boot();
         b.expire(Timer::settle);
         CHECK(b.rejected(6) == 20);
         CHECK(b.v.phase == Phase::hold);
       }},
      {21, [] {
         MachineBench b;
         b.boot();
         b.limited(kHome);
         CHECK(b.expire(Timer::limited) == 21);
         CHECK(b.state.pair(1, kHome)->outcome == Pair::Outcome::soft);
         CHECK(b.state.pending == 2);
         CHECK(b.took(34));
         CHECK(b.took(36));
       }},
      {22, [] {
         MachineBench b;
         b.boot();
         b.limited();
         b.now += 100;
         CHECK(b.feed(Event::no_service) == 22);
         CHECK(b.v.phase == Phase::no_service);
         CHECK(b.v.limited_left == 20);
       }},
      {23, [] {
         MachineBench b;
         b.boot();
         b.limited();
         b.now += 100;
         b.feed(Event::no_service);
         CHECK(b.limited() == 23);
         CHECK(*b.v.deadlines[1] == b.now + 30);  // thirty at least
       }},
      {24, [] {
         MachineBench b;
         b.boot();
         b.feed(Event::no_service);
         CHECK(b.expire(Timer::no_service) == 24);
         CHECK(b.state.pending_reason == Reason::lost);
         // After it was registered: only for another access technology that the modem has.
         MachineBench wide;
         wide.config.identities[0].rats = 0x04;
         wide.config.identities[2].rats = 0x05;
         wide.online();
         wide.feed({.event = Event::access, .access = 0x00});
         wide.feed(Event::no_service);
         CHECK(wide.expire(Timer::no_service) == 24);
       }},
      {25, [] {
         MachineBench b;
         b.online();
         b.feed(Event::no_service);
         for (const std::uint32_t length : {600U, 1200U, 2400U, 3600U, 3600U}) {
           CHECK(b.expire(Timer::no_service) == 25);
           CHECK(*b.v.deadlines[2] == b.now + length);
         }
         CHECK(b.v.phase == Phase::no_service);
       }},
      {26, [] {
         MachineBench b;
         b.boot();
         b.registered();
         b.state.of(1).streak = 3;
         CHECK(b.expire(Timer::stable) == 26);
         CHECK(b.v.phase == Phase::online);
         CHECK(b.state.of(1).streak == 0);
         CHECK(b.asked(Errand::Kind::online));
         CHECK(b.runs(Timer::min_stay));  // B is at home here
       }},
      {27, [] {
         MachineBench b;
         b.config.identities[0].flags = flag::data_check;
         b.boot();
         b.registered();
         CHECK(b.expire(Timer::stable) == 27);
         CHECK(b.v.phase == Phase::verify);
         CHECK(b.asked(Errand::Kind::check_data));
         CHECK(b.feed(Event::data_ok) == 26);
       }},
      {28, [] {
         MachineBench b;
         b.online();
         CHECK(b.feed(Event::data_failed) == 0);
         b.now += 150;
         CHECK(b.feed(Event::data_failed) == 0);
         b.now += 100;
         CHECK(b.feed(Event::data_failed) == 0);  // three, within five minutes
         b.now += 100;
         CHECK(b.feed(Event::data_failed) == 28);
         CHECK(b.state.pending_reason == Reason::data);
       }},
      {29, [] {
         MachineBench b;
         b.online();
         CHECK(b.limited() == 29);
         CHECK(b.v.phase == Phase::limited);
         CHECK(b.asked(Errand::Kind::offline));
       }},
      {30, [] {
         MachineBench b;
         b.online();
         CHECK(b.feed(Event::no_service) == 30);
         CHECK(b.v.phase == Phase::no_service);
       }},
      {31, [] {
         MachineBench b;
         b.config.identities[2].mcc_preferences = {{0x998, 0}};
         b.online();
         b.v.deadlines = {};
         CHECK(b.registered(kAbroad) == 31);
         CHECK_FALSE(b.runs(Timer::min_stay));
         b.now += 60;
         CHECK(b.registered(kAbroad) == 31);
         CHECK_FALSE(b.runs(Timer::min_stay));
         b.now += 60;
         CHECK(b.registered(kAbroad) == 31);
         CHECK(b.runs(Timer::min_stay));
       }},
      {32, [] {
         MachineBench b;
         b.online();
         CHECK(b.expire(Timer::min_stay) == 32);
         CHECK(b.state.pending == 2);
         CHECK(b.state.pending_reason == Reason::prefer);
       }},
      {33, [] {
         MachineBench b;
         b.config.identities.resize(1);
         b.boot();
         b.limited();
         b.expire(Timer::limited);
         CHECK(b.took(33));
         CHECK(b.v.phase == Phase::observe);
         CHECK(b.v.stretch == 2);
         CHECK(*b.v.deadlines[0] == b.now + 240);
         CHECK((b.state.ring.back().flags & record_flag::stay) != 0);
       }},
      {34, [] {
         MachineBench b;
         b.swapping();
         CHECK(b.took(34));
         CHECK(b.state.pending == 2);
         CHECK(b.state.hour_level == 3000);
         CHECK(b.state.of(1).quarantined_until > b.now);
       }},
      {35, [] {
         MachineBench b;
         for (Identity& identity : b.config.identities) b.state.of(identity.id).quarantined_until = b.now + 86400;
         b.boot();
         b.limited();
         b.expire(Timer::limited);
         CHECK(b.took(35));
         CHECK(b.v.phase == Phase::hold);
         CHECK(b.state.hold_until == b.now + 900);
         b.expire(Timer::hold);
         MachineBench poor;
         poor.config.swaps_an_hour = 0;
         poor.boot();
         poor.limited();
         poor.expire(Timer::limited);
         CHECK(poor.took(35));
         CHECK((poor.state.ring.back().kinds & excluded::budget) != 0);
       }},
      {36, [] {
         MachineBench b;
         b.swapping();
         CHECK(b.took(36));
         CHECK(b.refresh_mode() == 0x04);
         MachineBench held;
         held.online();
         held.expire(Timer::min_stay);
         REQUIRE(held.v.phase == Phase::swap);
         held.boot();
         held.online(kHome);
       }},
      {50, [] {
         MachineBench b;
         b.gate.proving = true;
         b.gate.longest = 240;
         b.swapping();
         CHECK(b.took(50));
         CHECK_FALSE(b.refresh_mode());
         CHECK(*b.v.deadlines[static_cast<std::size_t>(Timer::defer)] == b.now + 240);
         CHECK(b.expire(Timer::defer) == 36);  // the bound has passed
         MachineBench freed;
         freed.gate.proving = true;
         freed.swapping();
         freed.gate.proving = false;
         CHECK(freed.feed(Event::idle) == 36);
       }},
      {37, [] {
         MachineBench b;
         b.config.refresh_modes = {0x02};
         b.swapping();
         REQUIRE(b.refresh_mode() == 0x02);
         b.feed(Event::fetched);
         REQUIRE(b.state.active == 2);
         CHECK(b.feed({.event = Event::response, .result = 0x00}) == 37);
         CHECK(b.v.phase == Phase::settle);
         CHECK(b.runs(Timer::settle));
       }},
      {38, [] {
         MachineBench b;
         b.swapping();
         for (const std::uint32_t pause : {10U, 30U, 60U, 300U}) {
           b.feed(Event::fetched);
           CHECK(b.feed({.event = Event::response, .result = 0x20}) == 38);
           CHECK(*b.v.deadlines[static_cast<std::size_t>(Timer::retry)] == b.now + pause);
           CHECK(b.expire(Timer::retry) == 61);
           CHECK(b.refresh_mode() == 0x04);
         }
         b.feed(Event::fetched);
         CHECK(b.feed({.event = Event::response, .result = 0x20}) == 40);
       }},
      {39, [] {
         MachineBench b;
         b.swapping();
         for (const std::uint8_t mode : std::initializer_list<std::uint8_t>{0x00, 0x02, 0x06}) {
           CHECK(b.feed({.event = Event::response, .result = 0x30}) == 39);
           CHECK(b.refresh_mode() == mode);
         }
       }},
      {40, [] {
         MachineBench b;
         b.config.policy = 0;
         b.swapping();
         for (int i = 0; i < 3; ++i) b.feed({.event = Event::response, .result = 0x31});
         CHECK(b.feed({.event = Event::response, .result = 0x31}) == 40);
         CHECK(b.v.phase == Phase::hold);
         CHECK(b.state.pending == 0);
         MachineBench patient;  // boots rotate: it stays staged
         patient.swapping();
         for (int i = 0; i < 4; ++i) patient.feed({.event = Event::response, .result = 0x31});
         CHECK(patient.state.pending == 2);
         patient.boot();
         CHECK(patient.state.active == 2);
       }},
      {41, [] {
         MachineBench b;
         b.swapping();
         const auto level = b.state.hour_level;
         CHECK(b.registered() == 41);
         CHECK(b.v.phase == Phase::verify);
         CHECK(b.state.pending == 0);
         CHECK(b.state.hour_level > level);
         CHECK(b.asked(Errand::Kind::withdraw));
         MachineBench late;  // the terminal has the REFRESH: too late
         late.swapping();
         late.feed(Event::fetched);
         CHECK(late.registered() == 0);
         CHECK(late.state.pending == 2);
       }},
      {42, [] {
         MachineBench b;
         b.swapping();
         b.boot();
         CHECK(b.limited() == 42);
         CHECK(b.feed(Event::no_service) == 42);
         CHECK(b.rejected(11) == 42);
         CHECK(b.v.phase == Phase::settle);
       }},
      {43, [] {
         MachineBench b;
         b.swapping();
         b.boot();
         CHECK(b.expire(Timer::settle) == 43);
         CHECK(b.v.phase == Phase::observe);
         CHECK(b.state.of(2).streak == 1);
       }},
      {44, [] {
         MachineBench b;
         for (Identity& identity : b.config.identities) b.state.of(identity.id).quarantined_until = b.now + 86400;
         b.boot();
         b.limited(kHome);
         b.expire(Timer::limited);
         REQUIRE(b.v.phase == Phase::hold);
         CHECK(b.limited(kHome) == 0);  // the same country
         CHECK(b.limited(kAbroad) == 44);
         CHECK(b.state.pending_reason == Reason::hold);
       }},
      {45, [] {
         MachineBench b;
         b.state.hold_until = b.now + 500;
         b.state.hold_step = 3;
         b.boot();
         CHECK(b.registered() == 45);
         CHECK(b.v.phase == Phase::verify);
         CHECK(b.state.hold_step == 0);
       }},
      {46, [] {
         MachineBench b;
         b.state.mode = Mode::pinned;
         b.boot();
         CHECK(b.expire(Timer::escape) == 46);
         CHECK(b.state.mode == Mode::automatic);
         CHECK(b.state.pending_reason == Reason::escape);
       }},
      {47, [] {
         MachineBench b;
         b.online();
         CHECK(b.feed({.event = Event::select, .id = 9}) == 0);
         CHECK(b.feed({.event = Event::select, .id = 3, .pin = true}) == 47);
         CHECK(b.v.phase == Phase::swap);
         CHECK(b.state.mode == Mode::pinned);
         CHECK(b.state.pending_reason == Reason::manual);
         CHECK((b.state.ring.back().flags & record_flag::manual) != 0);
         b.boot();
         CHECK(b.state.active == 3);
         CHECK(b.v.phase == Phase::pinned);
         CHECK(b.feed({.event = Event::select, .id = 1, .by_operator = true}) == 47);
         CHECK(b.state.pending_reason == Reason::ota);
       }},
      {48, [] {
         MachineBench b;
         b.online();
         CHECK(b.feed(Event::table) == 48);
         CHECK(b.v.phase == Phase::online);
         CHECK(*b.v.deadlines[static_cast<std::size_t>(Timer::changed)] == b.now + 60);
         CHECK(b.expire(Timer::changed) == 32);
         CHECK(b.state.pending_reason == Reason::ota);
       }},
      {49, [] {
         MachineBench b;
         b.swapping();
         CHECK(b.feed(Event::profile_switch) == 49);
         CHECK(b.state.pending == 0);
         CHECK(b.asked(Errand::Kind::withdraw));
         CHECK(b.v.phase == Phase::observe);
       }},
      {51, [] {
         MachineBench b;
         b.config.identities[0].flags = flag::data_check;
         b.boot();
         b.registered();
         b.expire(Timer::stable);
         CHECK(b.expire(Timer::data) == 51);
         CHECK(b.asked(Errand::Kind::check_data));
         CHECK(b.v.phase == Phase::verify);
       }},
      {52, [] {
         MachineBench b;
         b.state.mode = Mode::pinned;
         b.boot();
         CHECK(b.registered() == 52);
         CHECK_FALSE(b.runs(Timer::escape));
       }},
      {53, [] {
         MachineBench b;
         b.state.mode = Mode::pinned;
         b.boot();
         b.registered();
         CHECK(b.limited() == 53);
         CHECK(b.runs(Timer::escape));
       }},
      {54, [] {
         MachineBench b;
         b.online();
         b.feed({.event = Event::select, .id = 1, .pin = true});
         REQUIRE(b.v.phase == Phase::pinned);
         CHECK(b.expire(Timer::manual) == 54);
         CHECK(b.state.mode == Mode::automatic);
         CHECK(b.v.phase == Phase::verify);
       }},
      {55, [] {
         MachineBench b;
         b.online();
         CHECK(b.feed(Event::automatic) == 55);
         CHECK(b.v.phase == Phase::online);
       }},
      {56, [] {
         MachineBench b;
         for (Identity& identity : b.config.identities) b.state.of(identity.id).quarantined_until = b.now + 86400;
         b.state.hold_until = b.now + 5000;
         b.state.of(2).last_tried = 500;
         b.state.of(3).last_tried = 400;
         b.boot();
         CHECK(b.expire(Timer::observe) == 56);
         CHECK(b.state.pending == 3);  // tried longest ago
       }},
      {57, [] {
         MachineBench b;
         b.boot();
         b.state.proof_until = b.now + 100;
         b.feed(Event::table);
         CHECK(b.expire(Timer::proof) == 57);
         CHECK(b.asked(Errand::Kind::rollback));
         MachineBench proven;
         proven.boot();
         proven.state.proof_until = proven.now + 1000;
         proven.feed(Event::table);
         proven.registered();
         CHECK(proven.state.proof_until == 0);
       }},
      {58, [] {
         MachineBench b;
         b.online();
         b.state.alternations = 2;
         b.now += 7 * 3600;
         CHECK(b.registered() == 58);
         CHECK(b.state.alternations == 1);
       }},
      {59, [] {
         MachineBench b;
         b.online();
         b.gate.session = true;  // not in the middle of a session
         CHECK(b.expire(Timer::min_stay) == 59);
         CHECK(b.v.phase == Phase::online);
         CHECK(b.runs(Timer::min_stay));
       }},
      {60, [] {
         MachineBench b;
         b.swapping();
         b.boot();
         b.limited();
         b.expire(Timer::settle);
         CHECK(b.expire(Timer::observe) == 60);
         CHECK(b.v.phase == Phase::limited);
       }},
      {61, [] {
         MachineBench b;
         b.swapping();
         b.feed({.event = Event::response, .result = 0x21});
         CHECK(b.expire(Timer::retry) == 61);
       }},
      {62, [] {
         MachineBench b;
         b.swapping();
         b.feed(Event::fetched);
         b.feed({.event = Event::response, .result = 0x00});
         CHECK(b.v.phase == Phase::swap);  // the reset is to come
         CHECK(b.expire(Timer::deaf) == 62);
         CHECK(b.refresh_mode() == 0x04);
         b.feed({.event = Event::response, .result = 0x00});
         CHECK(b.expire(Timer::deaf) == 39);
         CHECK(b.refresh_mode() == 0x00);
       }},
      {63, [] {
         MachineBench b;
         b.terminal.location_events = false;
         b.boot();
         for (int i = 0; i < 10; ++i) {
           CHECK(b.feed({.event = Event::timer, .timer = Timer::poll}) == 63);
           CHECK(b.asked(Errand::Kind::ask_location));
         }
         CHECK(*b.v.deadlines[static_cast<std::size_t>(Timer::poll)] == b.now + 120);
       }},
      {64, [] {
         MachineBench b;
         b.swapping();
         CHECK(b.feed(Event::session_end) == 64);
         CHECK(b.state.active == 2);
         CHECK(b.v.guarding);
       }},
      {65, [] {
         MachineBench b;
         b.swapping();
         CHECK(b.feed(Event::fetched) == 65);
         CHECK(b.state.active == 1);  // a reset commits
       }},
      {66, [] {
         MachineBench b;
         b.config.refresh_modes = {0x06};
         b.swapping();
         b.feed(Event::fetched);
         b.feed({.event = Event::response, .result = 0x00});
         CHECK(b.feed(Event::reread) == 66);
         CHECK(b.state.good_mode == 0x06);
       }},
      {67, [] {
         MachineBench b;
         b.config.refresh_modes = {0x00};
         b.swapping();
         b.feed(Event::fetched);
         b.feed({.event = Event::response, .result = 0x00});
         CHECK(b.expire(Timer::deaf) == 67);
         CHECK(b.refresh_mode() == 0x04);
         CHECK(b.state.deaf_modes == 0x01);
       }},
  };
  return kScenarios;
}

}  // namespace

TEST_CASE("Every row of the state machine does what it says", "[multi_imsi]") {
  for (const auto& [row, scenario] : scenarios()) {
    DYNAMIC_SECTION("row " << row) { scenario(); }
  }
}

TEST_CASE("No row of the state machine is without a scenario or without its line in the documentation", "[multi_imsi]") {
  std::ifstream in(source_dir() + "/docs/multi-imsi.md");
  REQUIRE(in);
  std::stringstream page;
  page << in.rdbuf();
  std::set<unsigned> known;
  for (const Transition& row : transitions()) {
    INFO("row " << static_cast<unsigned>(row.row));
    known.insert(row.row);
    CHECK(scenarios().contains(row.row));
    CHECK(page.str().find("\n| " + std::to_string(row.row) + " |") != std::string::npos);
    CHECK(row.action != nullptr);
  }
  for (const auto& [row, scenario] : scenarios()) {
    INFO("row " << row);
    CHECK(known.contains(row));
  }
  CHECK(known.size() == 67);
}
