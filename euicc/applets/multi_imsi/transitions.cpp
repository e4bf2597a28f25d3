// The rows of the state machine. Numbers up to 49 are those of the documented table; 50 and above fill what it leaves open.
#include "euicc/applets/multi_imsi/rows.h"

namespace simurgh::multi_imsi {
namespace {

constexpr std::uint16_t bit(Phase phase) { return static_cast<std::uint16_t>(1U << static_cast<unsigned>(phase)); }
template <typename... P>
constexpr std::uint16_t in(P... phases) {
  return static_cast<std::uint16_t>((bit(phases) | ...));
}
constexpr std::uint16_t kAny = 0x1FFF;

using enum Phase;
using R = Rows;

#define SIMURGH_TIMER(t) Event::timer, Timer::t

constexpr auto kSearching = in(probe, observe, Phase::limited, no_service, settle);
constexpr auto kTransitions = std::to_array<Transition>({
    // row, from, event, timer, guard, action
    {1, kAny, Event::reset, std::nullopt, "an identity is pending", &R::pending, "it becomes the active one; COLD", &R::r1},
    {2, kAny, Event::reset, std::nullopt, "", nullptr, "after our REFRESH, a wake, or a boot; COLD", &R::r2},
    {3, in(cold), Event::profile, std::nullopt, "no REFRESH", &R::no_refresh, "DORMANT", &R::r3},
    {4, in(cold), Event::profile, std::nullopt, "pinned or held", &R::is_pinned, "events, menu, T_escape; PINNED", &R::r4},
    {5, in(cold), Event::profile, std::nullopt, "after our REFRESH", &R::booted_refresh, "events, T_settle; SETTLE", &R::r5},
    {6, in(cold), Event::profile, std::nullopt, "a wake, and it was ONLINE", &R::woken, "events, T_stable; VERIFY", &R::r6},
    {7, in(cold), Event::profile, std::nullopt, "the hold has not passed", &R::holding, "events, one attempt after a real boot; HOLD", &R::r7},
    {8, in(cold), Event::profile, std::nullopt, "policy: boots, and 2 without registration (3 with events)", &R::many_boots, "DECIDE boots", &R::r8},
    {9, in(cold), Event::profile, std::nullopt, "", nullptr, "events, polling, T_obs; PROBE", &R::r9},
    {10, kSearching, Event::registered, std::nullopt, "", nullptr, "T_stable; VERIFY", &R::r10},
    {11, in(probe, observe), Event::limited, std::nullopt, "", nullptr, "T_lim; LIMITED", &R::r11},
    {12, in(probe, observe), Event::no_service, std::nullopt, "", nullptr, "T_nosvc; NOSERVICE", &R::r12},
    {13, in(probe), Event::rejected, std::nullopt, "", nullptr, "OBSERVE", &R::r13},
    {13, in(probe), Event::location_refused, std::nullopt, "", nullptr, "OBSERVE", &R::r13},
    {13, in(probe), Event::authenticated, std::nullopt, "", nullptr, "OBSERVE", &R::r13},
    {13, in(probe), Event::sync_failure, std::nullopt, "", nullptr, "OBSERVE", &R::r13},
    {13, in(probe), Event::mac_failure, std::nullopt, "", nullptr, "OBSERVE", &R::r13},
    {14, in(probe, observe), SIMURGH_TIMER(observe), "nothing known of service", &R::nothing_known, "ask for the location, wait 10 s; OBSERVE", &R::r14},
    {15, in(probe, observe), SIMURGH_TIMER(observe), "a reject was seen", &R::saw_reject, "DECIDE rejected", &R::r15},
    {60, in(probe, observe), SIMURGH_TIMER(observe), "service is limited", &R::knows_limited, "T_lim; LIMITED", &R::r60},
    {16, in(probe, observe), SIMURGH_TIMER(observe), "", nullptr, "T_nosvc; NOSERVICE", &R::r16},
    {17, in(observe, Phase::limited), Event::rejected, std::nullopt, "bars the identity, and is believed", &R::barring, "quarantine; DECIDE barred", &R::r17},
    {18, in(observe, Phase::limited), Event::rejected, std::nullopt, "about identity and network", &R::of_class_pair,
     "hard; DECIDE rejected when all networks seen here refuse, and two did or a third of T_lim passed since the first refusal", &R::r18},
    {19, in(observe, Phase::limited), Event::rejected, std::nullopt, "about an area, or passing", &R::area_or_soft, "soft; congestion lengthens T_lim once", &R::r19},
    {20, in(observe, Phase::limited, verify), Event::rejected, std::nullopt, "about the device", &R::of_device,
     "alarm; one other identity in 24 h, else HOLD", &R::r20},
    {21, in(Phase::limited), SIMURGH_TIMER(limited), "", nullptr, "soft; DECIDE limited", &R::r21},
    {22, in(Phase::limited), Event::no_service, std::nullopt, "", nullptr, "keep the rest of T_lim, T_nosvc; NOSERVICE", &R::r22},
    {23, in(no_service), Event::limited, std::nullopt, "", nullptr, "the rest of T_lim, 30 s at least; LIMITED", &R::r23},
    {24, in(no_service), SIMURGH_TIMER(no_service), "a candidate has other access technologies, or never registered since the reset", &R::worth_losing,
     "DECIDE lost", &R::r24},
    {25, in(no_service), SIMURGH_TIMER(no_service), "", nullptr, "T_nosvc doubles up to 1 h", &R::r25},
    {26, in(verify), SIMURGH_TIMER(stable), "no data check wanted, or data ok", &R::proven, "counters cleared, T_home; ONLINE", &R::r26},
    {26, in(verify), Event::data_ok, std::nullopt, "T_data runs", &R::data_running, "ONLINE", &R::r26},
    {27, in(verify), SIMURGH_TIMER(stable), "", nullptr, "ask for a check, T_data; VERIFY", &R::r27},
    {28, in(verify, online), SIMURGH_TIMER(data), "three failures", &R::data_dead, "soft; DECIDE data", &R::r28},
    {28, in(verify, online), Event::data_failed, std::nullopt, "three failures in 5 min or more", &R::data_dead, "soft; DECIDE data", &R::r28},
    {51, in(verify, online), SIMURGH_TIMER(data), "", nullptr, "ask again, T_data", &R::r51},
    {29, in(verify, online), Event::limited, std::nullopt, "", nullptr, "T_lim; LIMITED", &R::r29},
    {30, in(verify, online), Event::no_service, std::nullopt, "", nullptr, "T_nosvc; NOSERVICE", &R::r30},
    {31, in(online), Event::registered, std::nullopt, "another country", &R::other_country, "confirmed after 120 s: T_min_stay", &R::r31},
    {58, in(online), Event::registered, std::nullopt, "", nullptr, "the same country", &R::r58},
    {32, in(online), SIMURGH_TIMER(min_stay), "a better identity, not frozen, not critical", &R::may_prefer, "DECIDE prefer", &R::r32},
    {32, in(online), SIMURGH_TIMER(home), "a better identity, not frozen, not critical", &R::may_prefer, "DECIDE prefer", &R::r32},
    {32, in(online), SIMURGH_TIMER(changed), "a better identity, not frozen, not critical", &R::may_prefer, "DECIDE OTA", &R::r32},
    {59, in(online), SIMURGH_TIMER(min_stay), "", nullptr, "later", &R::r59},
    {59, in(online), SIMURGH_TIMER(home), "", nullptr, "later", &R::r59},
    {59, in(online), SIMURGH_TIMER(changed), "", nullptr, "later", &R::r59},
    {33, in(Phase::decide), Event::decided, std::nullopt, "the winner is in use", &R::winner_active, "T_obs and T_lim double up to fourfold; OBSERVE", &R::r33},
    {34, in(Phase::decide), Event::decided, std::nullopt, "another winner, within the budget", &R::winner_affordable, "stage it; SWAP", &R::r34},
    {35, in(Phase::decide), Event::decided, std::nullopt, "", nullptr, "T_hold doubles up to 24 h; HOLD", &R::r35},
    {36, in(swap), Event::idle, std::nullopt, "nothing critical, or service is lost", &R::is_idle, "REFRESH", &R::r36},
    {36, in(swap), SIMURGH_TIMER(defer), "not asked yet", &R::unasked, "REFRESH", &R::r36},
    {50, in(swap), Event::idle, std::nullopt, "critical", &R::is_not_idle, "T_defer, or what a proof takes", &R::r50},
    {64, in(swap), Event::session_end, std::nullopt, "asked", &R::staged_and_asked, "commit", &R::r64},
    {64, in(swap), Event::fetched, std::nullopt, "a mode without a reset", &R::in_session_mode, "commit", &R::r64},
    {65, in(swap), Event::fetched, std::nullopt, "", nullptr, "the terminal has it", &R::r65},
    {37, in(swap), Event::response, std::nullopt, "performed", &R::performed, "T_settle; SETTLE, or wait for the reset", &R::r37},
    {38, in(swap), Event::response, std::nullopt, "busy, less than four times", &R::busy, "again after 10, 30, 60, 300 s", &R::r38},
    {39, in(swap), Event::response, std::nullopt, "not possible, and there is another mode", &R::refused_mode, "REFRESH with it", &R::r39},
    {40, in(swap), Event::response, std::nullopt, "", nullptr, "stays staged when boots rotate, else unstaged; HOLD", &R::r40},
    {61, in(swap), SIMURGH_TIMER(retry), "", nullptr, "REFRESH again", &R::r61},
    {62, in(swap), SIMURGH_TIMER(deaf), "performed and no reset, first time", &R::deaf_again, "REFRESH again", &R::r62},
    {39, in(swap), SIMURGH_TIMER(deaf), "no reset again, and there is another mode", &R::deaf_next, "REFRESH with it", &R::r39},
    {40, in(swap), SIMURGH_TIMER(deaf), "", nullptr, "stays staged when boots rotate, else unstaged; HOLD", &R::r40},
    {41, in(swap), Event::registered, std::nullopt, "the REFRESH is not at the terminal, and service was the reason", &R::undoable,
     "unstaged, token back; VERIFY", &R::r41},
    {17, in(settle), Event::rejected, std::nullopt, "bars the identity, and is believed", &R::barring, "quarantine; DECIDE barred", &R::r17},
    {42, in(settle), Event::limited, std::nullopt, "", nullptr, "recorded only", &R::r42},
    {42, in(settle), Event::no_service, std::nullopt, "", nullptr, "recorded only", &R::r42},
    {42, in(settle), Event::rejected, std::nullopt, "", nullptr, "recorded only", &R::r42},
    {43, in(settle), SIMURGH_TIMER(settle), "", nullptr, "one failure more; T_obs, OBSERVE", &R::r43},
    {66, in(settle, verify, observe, Phase::limited), Event::reread, std::nullopt, "", nullptr, "the mode works at this terminal", &R::r66},
    {66, in(settle, verify, observe, Phase::limited), SIMURGH_TIMER(deaf), "EF.IMSI was read", &R::heard, "the mode works at this terminal", &R::r66},
    {67, in(settle, verify, observe, Phase::limited), SIMURGH_TIMER(deaf), "EF.IMSI was not read, and there is another mode", &R::deaf_in_session,
     "REFRESH with it; SWAP", &R::r67},
    {44, in(Phase::hold), SIMURGH_TIMER(hold), "", nullptr, "DECIDE hold expired", &R::r44},
    {44, in(Phase::hold), Event::limited, std::nullopt, "another country", &R::moved, "DECIDE hold expired", &R::r44},
    {44, in(Phase::hold), Event::rejected, std::nullopt, "another country", &R::moved, "DECIDE hold expired", &R::r44},
    {44, in(Phase::hold), Event::table, std::nullopt, "", nullptr, "DECIDE hold expired", &R::r44},
    {56, in(Phase::hold), SIMURGH_TIMER(observe), "an attempt after the boot", &R::attempt, "DECIDE hold expired", &R::r56},
    {45, in(Phase::hold), Event::registered, std::nullopt, "", nullptr, "T_stable; VERIFY", &R::r45},
    {46, in(pinned), SIMURGH_TIMER(escape), "", nullptr, "automatic again; DECIDE escape", &R::r46},
    {52, in(pinned), Event::registered, std::nullopt, "", nullptr, "T_escape stops", &R::r52},
    {53, in(pinned), Event::limited, std::nullopt, "", nullptr, "T_escape", &R::r53},
    {53, in(pinned), Event::no_service, std::nullopt, "", nullptr, "T_escape", &R::r53},
    {54, in(pinned), SIMURGH_TIMER(manual), "", nullptr, "automatic; VERIFY or PROBE", &R::r54},
    {54, in(pinned), Event::automatic, std::nullopt, "", nullptr, "automatic; VERIFY or PROBE", &R::r54},
    {55, kAny, Event::automatic, std::nullopt, "", nullptr, "automatic", &R::r55},
    {47, kAny & ~in(cold, dormant), Event::select, std::nullopt, "known, within the budget and two more", &R::selectable, "pinned or automatic; SWAP", &R::r47},
    {68, kAny & ~in(cold, dormant), Event::keep, std::nullopt, "", nullptr, "what is staged is unstaged; held; PINNED", &R::r68},
    {48, kAny, Event::table, std::nullopt, "", nullptr, "histories follow their IMSI; a preference is looked at after 60 s", &R::r48},
    {49, kAny, Event::profile_switch, std::nullopt, "", nullptr, "unstaged, REFRESH withdrawn: the switch goes first", &R::r49},
    {57, kAny, SIMURGH_TIMER(proof), "no identity of the new table has registered", &R::unproven, "the table before comes back", &R::r57},
    {69, in(online), SIMURGH_TIMER(date), "a better identity begins, or the one in use has ended, and nothing is critical", &R::date_decides, "DECIDE prefer", &R::r69},
    {70, kAny, SIMURGH_TIMER(date), "", nullptr, "T_date for the next date; a table that waits may come into force", &R::r70},
    {71, kAny, Event::clock, std::nullopt, "", nullptr, "T_date", &R::r71},
    {72, kAny, Event::later, std::nullopt, "", nullptr, "T_date; ask for the time of day", &R::r72},
    {63, in(probe, observe, Phase::limited, no_service, settle), SIMURGH_TIMER(poll), "", nullptr, "ask for the location", &R::r63},
});

#undef SIMURGH_TIMER

}  // namespace

std::span<const Transition> transitions() noexcept { return kTransitions; }

void committed(const Config& config, State& s, std::uint64_t now) {
  if (s.pending == 0) return;
  const std::uint8_t before = s.active, next = s.pending;
  s.pending = 0;
  s.active = next;
  if (const Identity* identity = config.find(next)) s.active_imsi = identity->imsi;
  s.boots_without_reg = 0;
  s.online = false;
  s.of(next).last_tried = now;
  if (before != next) {
    // There and back within T_freeze: wishes wait, twice as long each time. Nothing with T_freeze 0.
    const std::uint64_t freeze = config.timers[static_cast<std::size_t>(Timer::freeze)];
    if (s.last_from == next && s.last_to == before && now < s.last_swap + freeze) {
      if (s.alternations < 6) ++s.alternations;
      s.frozen_until = now + std::min<std::uint64_t>(86400, freeze << s.alternations);
      s.decayed_at = now;
    }
    s.last_from = before;
    s.last_to = next;
    s.last_swap = now;
  }
  if (LogRecord* last = s.last_record(); last != nullptr && last->to == next && (last->flags & record_flag::stay) == 0) {
    last->flags |= record_flag::committed;
    last->to_commit = static_cast<std::uint16_t>(std::min<std::uint64_t>(0xFFFE, now - std::min<std::uint64_t>(now, last->elapsed)));
  }
}

Bytes refresh_modes(const Config& config, const State& state, const Change& change, bool steering_supported) {
  if (!change.imsi) return change.operator_list && steering_supported ? Bytes{0x07, 0x01, kUiccReset} : Bytes{0x01, kUiccReset};
  Bytes out;
  const auto add = [&](std::uint8_t mode) {
    if (std::ranges::find(out, mode) == out.end()) out.push_back(mode);
  };
  if (!state.tac.empty()) {
    for (const TerminalModes& own : config.terminals) {
      if (state.tac.starts_with(own.tac)) {
        for (const std::uint8_t mode : own.modes) add(mode);
        return out.empty() ? Bytes{kUiccReset} : out;
      }
    }
  }
  if (change.deep) add(kUiccReset);
  if (state.good_mode <= 0x07 && state.good_digest == state.terminal_digest) add(state.good_mode);
  for (const std::uint8_t mode : config.refresh_modes) add(mode);
  for (const std::uint8_t mode : {std::uint8_t{0x04}, std::uint8_t{0x00}, std::uint8_t{0x02}, std::uint8_t{0x06}}) add(mode);
  // Modes that did nothing here come last.
  std::ranges::stable_partition(out, [&](std::uint8_t mode) { return (state.deaf_modes >> mode & 1) == 0; });
  return out;
}

}  // namespace simurgh::multi_imsi
