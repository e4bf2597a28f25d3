// Rows of the state machine: From a reset to PROBE.
#include "tests/unit/multi_imsi/row_scenarios.h"

using namespace simurgh;
using namespace simurgh::test;

const RowScenarios& test::start_rows() {
  static const RowScenarios kRows{
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
         CHECK(b.state.boot == Boot::real);
         CHECK(b.state.boots_without_reg == 0);  // nobody has sent a TERMINAL PROFILE yet
         b.feed(Event::profile);
         CHECK(b.state.boots_without_reg == 1);
         b.state.online = true;
         b.boot(true);
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
  };
  return kRows;
}

TEST_CASE("Rows for when the card is reset and the terminal says what it can do do what they say", "[multi_imsi]") { take_rows(start_rows()); }
