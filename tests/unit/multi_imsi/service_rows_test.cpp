// Rows of the state machine: VERIFY and ONLINE.
#include "tests/unit/multi_imsi/row_scenarios.h"

using namespace simurgh;
using namespace simurgh::test;

const RowScenarios& test::service_rows() {
  static const RowScenarios kRows{
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
      {58, [] {
         MachineBench b;
         b.online();
         b.state.alternations = 2;
         b.now += 7 * 3600;
         CHECK(b.registered() == 58);
         CHECK(b.state.alternations == 1);
       }},
      {32, [] {
         MachineBench b;
         b.online();
         CHECK(b.expire(Timer::min_stay) == 32);
         CHECK(b.state.pending == 2);
         CHECK(b.state.pending_reason == Reason::prefer);
       }},
      {59, [] {
         MachineBench b;
         b.online();
         b.gate.session = true;  // not in the middle of a session
         CHECK(b.expire(Timer::min_stay) == 59);
         CHECK(b.v.phase == Phase::online);
         CHECK(b.runs(Timer::min_stay));
       }},
      {69, [] {
         MachineBench b;
         b.clock("2026-02-27").config.identities[1].valid_from = day("2026-03-01");
         b.online();
         CHECK(b.state.wall != 0);
         b.stop(Timer::home);
         CHECK(b.expire(Timer::date) == 70);  // a day later it is looked at again
         CHECK(b.expire(Timer::date) == 69);
         CHECK(b.state.wall_clock(b.now) == day("2026-03-01") * 86400);
         CHECK(b.state.pending == 2);
         CHECK(b.state.pending_reason == Reason::prefer);
         // Without a preference only the end of the identity in use leads away from it.
         MachineBench ends;
         ends.clock("2026-02-28").config.policy = 0;
         ends.config.identities[0].valid_to = day("2026-02-28");
         ends.config.identities[1].valid_from = day("2026-02-28");
         ends.online();
         CHECK(ends.expire(Timer::date) == 69);
         CHECK(ends.state.pending == 2);
       }},
      {70, [] {
         MachineBench b;
         b.clock("2026-02-28").config.identities[1].valid_from = day("2026-03-01");
         b.online();
         b.stop(Timer::home);
         b.gate.session = true;
         CHECK(b.expire(Timer::date) == 70);  // not in the middle of a session
         CHECK(*b.v.deadlines[static_cast<std::size_t>(Timer::date)] == b.now + 60);
         b.gate.session = false;
         CHECK(b.expire(Timer::date) == 69);
         MachineBench beginning;
         beginning.config.policy = 0;
         beginning.clock("2026-02-28").config.identities[1].valid_from = day("2026-03-01");
         beginning.online();
         CHECK(beginning.expire(Timer::date) == 70);  // nobody asked for the better one
         CHECK(beginning.v.phase == Phase::online);
       }},
      {71, [] {
         MachineBench b;
         b.config.identities[1].valid_from = day("2026-03-01");
         b.online();
         CHECK_FALSE(b.runs(Timer::date));  // what day is it?
         CHECK(b.feed({.event = Event::clock, .wall = day("2026-03-01") * 86400 - 100}) == 71);
         CHECK(*b.v.deadlines[static_cast<std::size_t>(Timer::date)] == b.now + 100);
       }},
  };
  return kRows;
}

TEST_CASE("Rows for when there is service do what they say", "[multi_imsi]") { take_rows(service_rows()); }
