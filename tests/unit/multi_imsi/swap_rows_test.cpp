// Rows of the state machine: DECIDE, SWAP and SETTLE.
#include "tests/unit/multi_imsi/row_scenarios.h"

using namespace simurgh;
using namespace simurgh::test;

const RowScenarios& test::swap_rows() {
  static const RowScenarios kRows{
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
  return kRows;
}

TEST_CASE("Rows for when a decision is taken and carried out do what they say", "[multi_imsi]") { take_rows(swap_rows()); }
