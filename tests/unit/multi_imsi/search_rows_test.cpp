// Rows of the state machine: PROBE, OBSERVE, LIMITED and NOSERVICE.
#include "tests/unit/multi_imsi/row_scenarios.h"

using namespace simurgh;
using namespace simurgh::test;

const RowScenarios& test::search_rows() {
  static const RowScenarios kRows{
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
      {60, [] {
         MachineBench b;
         b.swapping();
         b.boot();
         b.limited();
         b.expire(Timer::settle);
         CHECK(b.expire(Timer::observe) == 60);
         CHECK(b.v.phase == Phase::limited);
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
  };
  return kRows;
}

TEST_CASE("Rows for when service is not there yet, or lost do what they say", "[multi_imsi]") { take_rows(search_rows()); }
