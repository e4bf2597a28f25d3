// The rows of the state machine. Numbers up to 49 are those of the documented table; 50 and above fill what it leaves open.
#include "euicc/applets/multi_imsi/pieces.h"

namespace simurgh::multi_imsi {
namespace {

constexpr std::uint16_t bit(Phase phase) { return static_cast<std::uint16_t>(1U << static_cast<unsigned>(phase)); }
template <typename... P>
constexpr std::uint16_t in(P... phases) {
  return static_cast<std::uint16_t>((bit(phases) | ...));
}
constexpr std::uint16_t kAny = 0x1FFF;

}  // namespace

struct Rows : Pieces {
  // ---- actions, by row

  static Phase r1(M& m, const I&) {
    m.errand(K::commit);
    m.s.boot = Boot::refresh;
    m.s.refreshing = false;
    return Phase::cold;
  }
  static Phase r2(M& m, const I& i) {
    m.s.boot = m.s.refreshing ? Boot::refresh : i.wake && m.s.online ? Boot::wake : Boot::real;
    m.s.refreshing = false;
    if (m.s.boot != Boot::wake && m.s.boots_without_reg < 0xFF) ++m.s.boots_without_reg;
    if (m.s.boot != Boot::wake) ++m.s.boots;
    return Phase::cold;
  }
  static Phase r3(M& m, const I&) {
    m.stop_all();
    return Phase::dormant;
  }
  static Phase r4(M& m, const I&) {
    m.errand(K::events);
    m.start(Timer::escape);
    if (m.s.mode_until != 0) m.start(Timer::manual, m.s.mode_until - std::min(m.s.mode_until, m.now_));
    return Phase::pinned;
  }
  static Phase r5(M& m, const I&) {
    m.errand(K::events);
    m.start(Timer::settle);
    poll(m);
    if (const LogRecord* last = m.s.last_record(); last != nullptr && (last->refresh & 0x7F) <= 0x07) {
      m.s.good_mode = last->refresh & 0x7F;
      m.s.good_digest = m.terminal_.digest;
    }
    return Phase::settle;
  }
  static Phase r6(M& m, const I&) {
    m.errand(K::events);
    return verify(m);
  }
  static Phase r7(M& m, const I&) {
    m.errand(K::events);
    m.start(Timer::hold, m.s.hold_until - m.now_);
    // A technician's power cycle has an effect: one attempt.
    m.v.attempt = m.s.boot == Boot::real;
    if (m.v.attempt) m.start(Timer::observe);
    return Phase::hold;
  }
  static Phase r8(M& m, const I&) {
    m.errand(K::events);
    return decide(m, Reason::boots);
  }
  static Phase r9(M& m, const I&) {
    m.errand(K::events);
    return probe(m);
  }
  static Phase r10(M& m, const I&) {
    m.s.boots_without_reg = 0;
    return verify(m);
  }
  static Phase r11(M& m, const I&) { return limited(m); }
  static Phase r12(M& m, const I&) { return no_service(m); }
  static Phase r13(M&, const I&) { return Phase::observe; }
  static Phase r14(M& m, const I&) {
    m.v.observed = 1;
    if (m.terminal_.local_information) m.errand(K::ask_location);
    m.start(Timer::observe, kAnswer);
    return Phase::observe;
  }
  static Phase r15(M& m, const I&) { return decide(m, Reason::rejected); }
  static Phase r16(M& m, const I&) { return no_service(m); }
  static Phase r17(M& m, const I& i) { return bar(m, i); }
  static Phase r18(M& m, const I&) {
    const Surroundings where = m.surroundings();
    const auto heard_here = std::ranges::count_if(m.v.seen, [&](const Plmn& plmn) { return !where.plmn.known() || plmn.mcc() == where.plmn.mcc(); });
    const bool waited = m.now_ >= m.v.limited_since + m.seconds(Timer::limited) / 3;
    if (refused_everywhere(m.s, m.s.active, where) && (heard_here >= 2 || waited)) return decide(m, Reason::rejected);
    return m.v.phase;
  }
  static Phase r19(M& m, const I& i) {
    constexpr std::uint8_t kCongested = 22;
    auto& deadline = m.v.deadlines[static_cast<std::size_t>(Timer::limited)];
    if (i.cause == kCongested && deadline && !m.v.extended) {
      *deadline += kCongestion;
      m.v.extended = true;
    }
    return m.v.phase;
  }
  static Phase r20(M& m, const I&) {
    if (m.s.device_change != 0 && m.now_ < m.s.device_change + kDeviceSpan) return hold(m);
    m.s.device_change = std::max<std::uint64_t>(m.now_, 1);
    return decide(m, Reason::rejected);
  }
  static Phase r21(M& m, const I&) {
    soft(m);
    return decide(m, Reason::limited);
  }
  static Phase r22(M& m, const I&) {
    const auto deadline = m.v.deadlines[static_cast<std::size_t>(Timer::limited)];
    m.v.limited_left = deadline ? *deadline - std::min(*deadline, m.now_) : 0;
    return no_service(m);
  }
  static Phase r23(M& m, const I&) {
    const std::uint64_t left = m.v.limited_left;
    const Phase next = limited(m);
    if (left != 0) m.start(Timer::limited, std::max<std::uint64_t>(left, 30));
    m.v.limited_left = 0;
    return next;
  }
  static Phase r24(M& m, const I&) {
    m.v.lost_tried = true;
    return decide(m, Reason::lost);
  }
  static Phase r25(M& m, const I&) {
    m.v.no_service_length = std::min(kLongestSearch, m.v.no_service_length * 2);
    m.start(Timer::no_service, m.v.no_service_length);
    return Phase::no_service;
  }
  static Phase r26(M& m, const I&) {
    m.stop_all();
    IdentityState& own = m.s.of(m.s.active);
    own.streak = 0;
    own.quarantined_until = 0;
    m.v.failed = false;
    m.s.online = true;
    if (m.s.decayed_at == 0) m.s.decayed_at = m.now_;
    m.errand(K::online);
    preferences(m);
    return Phase::online;
  }
  static Phase r27(M& m, const I&) {
    m.errand(K::check_data);
    m.start(Timer::data);
    return Phase::verify;
  }
  static Phase r28(M& m, const I&) {
    soft(m);
    return decide(m, Reason::data);
  }
  static Phase r29(M& m, const I&) {
    m.s.online = false;
    m.errand(K::offline);
    return limited(m);
  }
  static Phase r30(M& m, const I&) {
    m.s.online = false;
    m.errand(K::offline);
    return no_service(m);
  }
  static Phase r31(M& m, const I& i) {
    const std::uint16_t mcc = i.plmn.mcc();
    if (m.v.other_country != mcc) {
      m.v.other_country = mcc;
      m.v.other_since = m.now_;
      return Phase::online;
    }
    if (m.now_ < m.v.other_since + kConfirm) return Phase::online;
    m.v.country = mcc;
    m.v.other_country = 0;
    preferences(m);
    return Phase::online;
  }
  static Phase r32(M& m, const I& i) { return decide(m, i.timer == Timer::changed ? Reason::ota : Reason::prefer); }
  static Phase r33(M& m, const I&) {
    LogRecord entry = record(m, m.s.active, m.v.reason);
    entry.flags |= record_flag::stay;
    keep(m, entry);
    if (m.v.before == Phase::online && (m.v.reason == Reason::prefer || m.v.reason == Reason::ota)) {
      preferences(m);
      return Phase::online;
    }
    m.stop_all();
    m.v.stretch = std::min(4U, m.v.stretch * 2);
    return observe(m);
  }
  static Phase r34(M& m, const I&) {
    leave_failed(m, m.v.reason);
    return stage(m, m.decision_.winner, m.v.reason);
  }
  static Phase r35(M& m, const I&) {
    LogRecord entry = record(m, m.s.active, m.v.reason);
    entry.flags |= record_flag::stay;
    if (m.decision_.winner != 0) entry.kinds |= excluded::budget;
    keep(m, entry);
    return hold(m);
  }
  static Phase r36(M& m, const I&) { return ask(m); }
  static Phase r37(M& m, const I&) {
    if (LogRecord* last = m.s.last_record(); last != nullptr && last->refresh != 0xFF) last->refresh &= 0x7F;
    const std::uint8_t mode = mode_in_use(m);
    m.v.at_terminal = true;
    if (mode == kUiccReset) {
      // Performed, and the reset is still to come.
      m.start(Timer::deaf, kReset);
      return Phase::swap;
    }
    if (m.s.pending != 0) m.errand(K::commit);
    m.s.refreshing = false;
    m.stop_all();
    m.start(Timer::settle);
    m.start(Timer::deaf, kReread);
    return Phase::settle;
  }
  static Phase r38(M& m, const I&) {
    m.v.asked = true;  // not to be asked again before the pause has passed
    m.v.at_terminal = false;
    m.start(Timer::retry, kRetries[std::min(m.v.tries, kMostTries - 1)]);
    ++m.v.tries;
    return Phase::swap;
  }
  static Phase r39(M& m, const I&) { return next_mode(m); }
  static Phase r40(M& m, const I&) {
    // Staged for the next power cycle, which `boots` brings about, or given up.
    if (m.config_.has(policy::boots)) {
      m.s.refreshing = false;
      m.v.asked = false;
    } else {
      unstage(m, true);
    }
    return hold(m);
  }
  static Phase r41(M& m, const I&) {
    LogRecord entry = record(m, m.s.active, Reason::undone);
    entry.flags |= record_flag::stay;
    unstage(m, true);
    keep(m, entry);
    return verify(m);
  }
  static Phase r42(M& m, const I&) { return m.v.phase; }
  static Phase r43(M& m, const I&) {
    IdentityState& own = m.s.of(m.s.active);
    if (!m.v.failed && own.streak < 0xFF) ++own.streak;
    m.v.failed = true;
    m.stop_all();
    return observe(m);
  }
  static Phase r44(M& m, const I&) {
    m.v.attempt = false;
    return decide(m, Reason::hold);
  }
  static Phase r45(M& m, const I&) { return verify(m); }
  static Phase r46(M& m, const I&) {
    m.s.mode = Mode::automatic;
    return decide(m, Reason::escape);
  }
  static Phase r47(M& m, const I& i) {
    if (m.s.pending != 0) unstage(m, true);
    m.s.mode = i.pin ? Mode::pinned : Mode::automatic;
    m.s.pinned = i.id;
    const std::uint32_t length = i.pin_seconds != 0 ? i.pin_seconds : m.seconds(Timer::manual);
    m.s.mode_until = i.pin ? m.now_ + length : 0;
    m.decision_ = {};
    if (i.id == m.s.active) {
      LogRecord entry = record(m, i.id, i.by_operator ? Reason::ota : Reason::manual);
      entry.flags |= record_flag::stay;
      keep(m, entry);
      if (!i.pin) return m.v.phase == Phase::pinned ? released(m) : m.v.phase;
      m.stop_all();
      m.start(Timer::manual, length);
      if (m.v.status != Volatile::Status::normal) m.start(Timer::escape);
      return Phase::pinned;
    }
    m.v.before = m.v.phase;
    m.v.reason = i.by_operator ? Reason::ota : Reason::manual;
    return stage(m, i.id, m.v.reason);
  }
  static Phase r48(M& m, const I& i) {
    (void)i;
    if (m.s.proof_until > m.now_) m.start(Timer::proof, m.s.proof_until - m.now_);
    if (m.v.phase == Phase::online) m.start(Timer::changed, kProofAsk);  // the answer to the sender leaves first
    return m.v.phase;
  }
  static Phase r49(M& m, const I&) {
    const bool swapping = m.v.phase == Phase::swap;
    unstage(m, true);
    if (!swapping) return m.v.phase;
    return m.v.status == Volatile::Status::normal ? verify(m) : observe(m);
  }

  // ---- rows of the applet's own

  static Phase r50(M& m, const I&) {  // waiting for an idle moment
    m.v.deferred = true;
    m.start(Timer::defer, m.gate_.proving ? m.gate_.longest : m.seconds(Timer::defer));
    return Phase::swap;
  }
  static Phase r51(M& m, const I&) {  // no verdict about data yet
    m.errand(K::check_data);
    m.start(Timer::data);
    return m.v.phase;
  }
  static Phase r52(M& m, const I&) {
    m.stop(Timer::escape);
    return Phase::pinned;
  }
  static Phase r53(M& m, const I&) {
    if (!m.runs(Timer::escape)) m.start(Timer::escape);
    return Phase::pinned;
  }
  static Phase released(M& m) {
    m.s.mode = Mode::automatic;
    m.s.mode_until = 0;
    m.stop(Timer::escape);
    m.stop(Timer::manual);
    return m.v.status == Volatile::Status::normal ? verify(m) : probe(m);
  }
  static Phase r54(M& m, const I&) { return released(m); }
  static Phase r55(M& m, const I&) {
    m.s.mode = Mode::automatic;
    m.s.mode_until = 0;
    return m.v.phase;
  }
  static Phase r56(M& m, const I& i) { return r44(m, i); }
  static Phase r57(M& m, const I&) {
    m.s.proof_until = 0;
    m.decision_ = {};
    LogRecord entry = record(m, m.s.active, Reason::undone);
    entry.flags |= record_flag::stay;
    keep(m, entry);
    m.errand(K::rollback);
    return m.v.phase;
  }
  static Phase r58(M& m, const I&) {
    m.v.other_country = 0;
    // Six hours of service take one alternation off.
    if (m.s.alternations > 0 && m.now_ >= m.s.decayed_at + 6 * kHour) {
      --m.s.alternations;
      m.s.decayed_at = m.now_;
    }
    return Phase::online;
  }
  static Phase r59(M& m, const I& i) {
    if (i.timer == Timer::changed) {
      if (better(m)) m.start(Timer::changed, std::max<std::uint64_t>(kProofAsk, m.s.frozen_until - std::min(m.s.frozen_until, m.now_)));
      return Phase::online;
    }
    if (!m.config_.has(policy::prefer)) return Phase::online;
    if (i.timer == Timer::home) m.start(Timer::home);
    if (i.timer == Timer::min_stay && better(m)) {
      m.start(Timer::min_stay, std::max<std::uint64_t>(m.seconds(Timer::min_stay), m.s.frozen_until - std::min(m.s.frozen_until, m.now_)));
    }
    return Phase::online;
  }
  static Phase r60(M& m, const I&) { return limited(m); }
  static Phase r61(M& m, const I&) {  // the pause after a busy terminal has passed
    m.v.asked = false;
    return open(m) ? ask(m) : r50(m, {});
  }
  static Phase r62(M& m, const I&) {  // performed, and no reset came: once more
    ++m.v.tries;
    return ask(m);
  }
  static Phase r63(M& m, const I&) {
    ++m.v.polls;
    m.errand(K::ask_location);
    m.start(Timer::poll, m.v.polls < 10 ? m.seconds(Timer::poll) : m.seconds(Timer::poll) * 4ULL);
    return m.v.phase;
  }
  static Phase r64(M& m, const I&) {  // the files may change now: the terminal has ended its session or is about to read them again
    m.v.at_terminal = true;
    m.errand(K::commit);
    m.v.guarding = true;
    return m.v.phase;
  }
  static Phase r65(M& m, const I&) {
    m.v.at_terminal = true;
    return m.v.phase;
  }
  static Phase r66(M& m, const I&) {  // EF.IMSI was read again: the mode works here
    if (const LogRecord* last = m.s.last_record(); last != nullptr && (last->refresh & 0x7F) <= 0x07) {
      m.s.good_mode = last->refresh & 0x7F;
      m.s.good_digest = m.terminal_.digest;
    }
    return m.v.phase;
  }
  static Phase r67(M& m, const I&) {  // nothing was read again: this terminal is deaf to the mode
    if (const LogRecord* last = m.s.last_record()) m.s.deaf_modes = static_cast<std::uint8_t>(m.s.deaf_modes | 1U << (last->refresh & 0x07));
    m.s.pending = m.s.active;
    return next_mode(m);
  }
};

namespace {

using enum Phase;
using R = Rows;

#define SIMURGH_TIMER(t) Event::timer, Timer::t

constexpr auto kSearching = in(probe, observe, Phase::limited, no_service, settle);
constexpr auto kTransitions = std::to_array<Transition>({
    // row, from, event, timer, guard, action
    {1, kAny, Event::reset, std::nullopt, "an identity is pending", &R::pending, "it becomes the active one; COLD", &R::r1},
    {2, kAny, Event::reset, std::nullopt, "", nullptr, "a boot more, unless it is a wake; COLD", &R::r2},
    {3, in(cold), Event::profile, std::nullopt, "no REFRESH", &R::no_refresh, "DORMANT", &R::r3},
    {4, in(cold), Event::profile, std::nullopt, "pinned", &R::is_pinned, "events, menu, T_escape; PINNED", &R::r4},
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
    {48, kAny, Event::table, std::nullopt, "", nullptr, "histories follow their IMSI; a preference is looked at after 60 s", &R::r48},
    {49, kAny, Event::profile_switch, std::nullopt, "", nullptr, "unstaged, REFRESH withdrawn: the switch goes first", &R::r49},
    {57, kAny, SIMURGH_TIMER(proof), "no identity of the new table has registered", &R::unproven, "the table before comes back", &R::r57},
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
    if (s.last_from == next && s.last_to == before && now < s.last_swap + kFreeze) {
      if (s.alternations < 6) ++s.alternations;
      s.frozen_until = now + std::min<std::uint64_t>(86400, std::uint64_t{kFreeze} << s.alternations);
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
