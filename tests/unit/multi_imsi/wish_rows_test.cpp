// Rows of the state machine: HOLD, PINNED and what people and operators want.
#include "tests/unit/multi_imsi/row_scenarios.h"

using namespace simurgh;
using namespace simurgh::test;

const RowScenarios& test::wish_rows() {
  static const RowScenarios kRows{
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
      {46, [] {
         MachineBench b;
         b.state.mode = Mode::pinned;
         b.boot();
         CHECK(b.expire(Timer::escape) == 46);
         CHECK(b.state.mode == Mode::automatic);
         CHECK(b.state.pending_reason == Reason::escape);
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
      {68, [] {
         MachineBench b;
         b.swapping();
         CHECK(b.feed({.event = Event::keep, .pin_seconds = 7200, .by_operator = true}) == 68);
         CHECK(b.v.phase == Phase::pinned);
         CHECK(b.state.mode == Mode::hold);
         CHECK(b.state.pending == 0);
         CHECK(b.asked(Errand::Kind::withdraw));
         CHECK(b.state.ring.back().reason == Reason::ota);
         CHECK((b.state.ring.back().flags & record_flag::stay) != 0);
         // Nothing the network says moves it, a reset neither; then its time has passed.
         for (const Plmn& plmn : {kHome, kOther}) CHECK(b.rejected(11, plmn) == 0);
         CHECK(b.boot() == 4);
         b.pass(7000);
         CHECK(b.v.phase == Phase::pinned);
         CHECK(b.expire(Timer::manual) == 54);
         CHECK(b.state.mode == Mode::automatic);
         // Held without service for T_escape: automatic before that.
         MachineBench lost;
         lost.boot();
         lost.feed({.event = Event::keep, .pin_seconds = 255 * 3600});
         CHECK(lost.expire(Timer::escape) == 46);
         CHECK(lost.state.pending_reason == Reason::escape);
       }},
      {72, [] {
         MachineBench b;
         b.online();
         b.state.later_at = day("2026-03-01") * 86400;
         CHECK(b.feed(Event::later) == 72);
         CHECK(b.asked(Errand::Kind::ask_time));
         b.clock("2026-02-28");
         CHECK(b.feed(Event::later) == 72);
         CHECK_FALSE(b.asked(Errand::Kind::ask_time));
         CHECK(*b.v.deadlines[static_cast<std::size_t>(Timer::date)] == b.now + 43200);
       }},
  };
  return kRows;
}

TEST_CASE("Rows for when somebody or nobody may choose do what they say", "[multi_imsi]") { take_rows(wish_rows()); }
