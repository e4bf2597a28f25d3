// The machine with three identities, a clock that a test turns, and nobody else.
#pragma once

#include <catch2/catch.hpp>
#include <chrono>
#include <set>

#include "euicc/applets/multi_imsi/machine.h"

namespace simurgh::test {

using namespace simurgh::multi_imsi;
using namespace simurgh::literals;

inline const Plmn kHome(std::array<std::uint8_t, 3>{0x99, 0xF9, 0x07});    // 999-70
inline const Plmn kOther(std::array<std::uint8_t, 3>{0x99, 0xF9, 0x17});   // 999-71
inline const Plmn kAbroad(std::array<std::uint8_t, 3>{0x99, 0xF8, 0x07});  // 998-70
inline const Plmn kThird(std::array<std::uint8_t, 3>{0x99, 0xF9, 0x27});   // 999-72

// Days since 1970 of "2026-03-01".
inline std::uint32_t day(const std::string& text) {
  const std::chrono::year_month_day date{std::chrono::year{std::stoi(text.substr(0, 4))}, std::chrono::month{static_cast<unsigned>(std::stoi(text.substr(5, 2)))},
                                         std::chrono::day{static_cast<unsigned>(std::stoi(text.substr(8, 2)))}};
  return static_cast<std::uint32_t>(std::chrono::sys_days{date}.time_since_epoch().count());
}

inline Identity identity(std::uint8_t id, const std::string& label, const std::string& imsi) {
  Identity out;
  out.id = id;
  out.label = label;
  out.imsi = from_hex(imsi).value();
  return out;
}

// A is the default, B is at home in 999, C is for everywhere.
inline Config three() {
  Config out;
  out.version = 1;
  out.policy = policy::prefer | policy::boots;
  out.identities = {identity(1, "A", "089910070000000001"), identity(2, "B", "089999070000000020"), identity(3, "C", "089989070000000030")};
  out.identities[1].mcc_preferences = {{0x999, 0}};
  return out;
}

struct MachineBench {
  Config config = three();
  State state;
  Volatile v;
  Terminal terminal;
  Gate gate;
  std::uint64_t now = 1000;
  Bytes eid = "89049032123451234512345678901235"_hex;
  std::vector<Errand> errands;
  std::vector<unsigned> rows;
  std::vector<LogRecord> decisions;

  explicit MachineBench(Config own = three()) : config(std::move(own)) {
    state.active = 1;
    state.active_imsi = config.identities[0].imsi;
    state.levels_at = now;
  }

  unsigned feed(Input input) {
    Machine machine(config, state, v, terminal, gate, eid, now);
    const unsigned row = machine.step(input);
    errands = machine.errands();
    rows = machine.rows();
    decisions = machine.decisions();
    for (const Errand& errand : errands) {
      if (errand.kind != Errand::Kind::commit) continue;
      committed(config, state, now);
      begin_stay(v, now);
    }
    return row;
  }
  unsigned feed(Event event) { return feed(Input{.event = event}); }
  unsigned registered(const Plmn& plmn = kHome, std::uint32_t area = 1) { return feed({.event = Event::registered, .plmn = plmn, .access = 0x08, .area = area}); }
  unsigned limited(const Plmn& plmn = {}) { return feed({.event = Event::limited, .plmn = plmn}); }
  unsigned rejected(std::uint8_t cause, const Plmn& plmn = kHome, std::uint32_t area = 1, Mobility mobility = Mobility::emm) {
    return feed({.event = Event::rejected, .plmn = plmn, .access = 0x08, .area = area, .cause = cause, .mobility = mobility});
  }
  // The clock goes on to this timer's end.
  unsigned expire(Timer timer) {
    const auto deadline = v.deadlines[static_cast<std::size_t>(timer)];
    REQUIRE(deadline);
    now = std::max(now, *deadline);
    return feed({.event = Event::timer, .timer = timer});
  }
  // Time passes with everything that falls due.
  void pass(std::uint64_t seconds) {
    const std::uint64_t end = now + seconds;
    for (;;) {
      const auto next = Machine::next_deadline(v);
      if (!next || next->second > end) break;
      now = std::max(now, next->second);
      feed({.event = Event::timer, .timer = next->first});
    }
    now = end;
  }
  void stop(Timer timer) { v.deadlines[static_cast<std::size_t>(timer)].reset(); }
  // It is noon of this day.
  MachineBench& clock(const std::string& today) {
    state.wall = day(today) * 86400 + 43200;
    state.wall_at = now;
    return *this;
  }
  // Card reset and TERMINAL PROFILE.
  unsigned boot(bool wake = false) {
    v = {};
    feed({.event = Event::reset, .wake = wake});
    return feed(Event::profile);
  }
  MachineBench& online(const Plmn& plmn = kHome) {
    boot();
    registered(plmn);
    expire(Timer::stable);
    REQUIRE(v.phase == Phase::online);
    return *this;
  }
  // From PROBE into LIMITED and out of it: the machine asks for a swap.
  MachineBench& swapping() {
    boot();
    limited(kHome);
    expire(Timer::limited);
    REQUIRE(v.phase == Phase::swap);
    return *this;
  }
  [[nodiscard]] bool asked(Errand::Kind kind) const {
    for (const Errand& errand : errands) {
      if (errand.kind == kind) return true;
    }
    return false;
  }
  [[nodiscard]] std::optional<std::uint8_t> refresh_mode() const {
    for (const Errand& errand : errands) {
      if (errand.kind == Errand::Kind::refresh) return errand.value;
    }
    return std::nullopt;
  }
  [[nodiscard]] bool took(unsigned row) const { return std::find(rows.begin(), rows.end(), row) != rows.end(); }
  [[nodiscard]] bool runs(Timer timer) const { return v.deadlines[static_cast<std::size_t>(timer)].has_value(); }
};

}  // namespace simurgh::test
