// What the rows of the state machine are made of: parts of actions, and guards. For transitions.cpp alone.
#pragma once

#include <algorithm>
#include <array>

#include "euicc/applets/multi_imsi/machine.h"

namespace simurgh::multi_imsi {

inline constexpr std::uint32_t kAnswer = 10, kReset = 30, kReread = 60, kLongestHold = 86400, kLongestSearch = 3600, kCongestion = 15 * 60;
inline constexpr std::uint32_t kProofAsk = 60, kDataSpan = 300, kDeviceSpan = 86400, kConfirm = 120;
inline constexpr unsigned kDataFailures = 3, kMostTries = 4;
inline constexpr std::uint8_t kUiccReset = 0x04;
inline constexpr std::array<std::uint32_t, kMostTries> kRetries{10, 30, 60, 300};

struct Pieces {
  using M = Machine;
  using I = Input;
  using K = Errand::Kind;

  // ---- parts of actions

  static Phase decide(M& m, Reason reason) {
    m.v.before = m.v.phase;
    m.v.reason = reason;
    return Phase::decide;
  }

  static LogRecord record(const M& m, std::uint8_t to, Reason reason) {
    const Decision& d = m.decision_;
    LogRecord out;
    out.sequence = ++m.s.sequence;
    out.elapsed = static_cast<std::uint32_t>(m.now_);
    out.wall = m.s.wall_clock(m.now_);
    if (m.s.wall != 0) out.flags |= record_flag::clock;
    out.from = m.s.active;
    out.to = to;
    out.reason = reason;
    out.cause = m.v.cause;
    out.plmn = m.v.plmn;
    out.rat = m.v.access;
    out.rule = d.rule;
    out.score = d.score;
    out.runner_up = d.runner_up;
    out.runner_up_score = d.runner_up_score;
    out.kinds = d.kinds;
    out.excluded_ids = d.excluded_ids;
    if (reason == Reason::manual) out.flags |= record_flag::manual;
    if (reason == Reason::barred && !m.v.aka_ok) out.flags |= record_flag::unprotected;
    return out;
  }

  static void keep(M& m, const LogRecord& entry) {
    m.s.log(entry);
    m.decisions_.push_back(entry);
  }

  static Phase stage(M& m, std::uint8_t winner, Reason reason) {
    LogRecord entry = record(m, winner, reason);
    m.s.pending = winner;
    m.s.pending_reason = reason;
    spend(m.s, m.config_);
    m.v.staged_at = m.now_;
    m.v.mode_index = 0;
    m.v.modes.clear();
    m.v.tries = 0;
    m.v.asked = m.v.at_terminal = m.v.deferred = false;
    keep(m, entry);
    m.stop_all();
    return Phase::swap;
  }

  // The identity has failed its stay: out of use for Q(n), and soft evidence against it here.
  static void leave_failed(M& m, Reason reason) {
    const bool counts = reason == Reason::limited || reason == Reason::rejected || reason == Reason::data || reason == Reason::boots ||
                        reason == Reason::escape;
    if (!counts || m.s.active == 0) return;
    IdentityState& own = m.s.of(m.s.active);
    if (!m.v.failed && own.streak < 0xFF) ++own.streak;
    m.v.failed = true;
    own.quarantined_until = std::max(own.quarantined_until, m.now_ + quarantine_seconds(m.config_, own.streak, m.eid_));
  }

  static void soft(M& m) {
    if (!m.v.plmn.known()) return;
    Pair& pair = m.s.touch(m.s.active, m.v.plmn);
    if (pair.outcome == Pair::Outcome::hard && pair.expires > m.now_) return;
    pair.outcome = Pair::Outcome::soft;
    if (pair.count < 0xFF) ++pair.count;
    pair.seen = m.now_;
    pair.expires = m.now_ + kSoftExpiry;
  }

  static Bytes modes(const M& m) {
    Change change;
    const Identity *from = m.active(), *to = m.config_.find(m.s.pending);
    change.deep = from == nullptr || to == nullptr || from->mnc_length != to->mnc_length || from->suci != to->suci ||
                  from->routing_indicator != to->routing_indicator;
    return refresh_modes(m.config_, m.s, change);
  }

  static Phase ask(M& m) {
    if (m.v.modes.empty()) m.v.modes = modes(m);
    const std::uint8_t mode = mode_in_use(m);
    m.v.asked = true;
    m.v.at_terminal = m.v.deferred = m.v.reread = false;
    m.s.refreshing = true;
    m.stop(Timer::defer);
    if (LogRecord* last = m.s.last_record()) last->refresh = static_cast<std::uint8_t>(mode | 0x80);
    m.errand(K::refresh, mode);
    return Phase::swap;
  }

  static std::uint8_t mode_in_use(const M& m) {
    if (m.v.modes.empty()) return kUiccReset;
    return m.v.modes[std::min<std::size_t>(m.v.mode_index, m.v.modes.size() - 1)];
  }

  static void unstage(M& m, bool give_back) {
    if (m.v.asked && !m.v.at_terminal) m.errand(K::withdraw);
    if (m.s.pending != 0 && give_back) refund(m.s, m.config_);
    m.s.pending = 0;
    m.s.refreshing = false;
    m.v.asked = m.v.at_terminal = m.v.deferred = false;
    m.stop(Timer::defer);
    m.stop(Timer::retry);
    m.stop(Timer::deaf);
  }

  static Phase next_mode(M& m) {
    ++m.v.mode_index;
    m.v.tries = 0;
    return ask(m);
  }
  static bool has_next_mode(const M& m) { return m.v.mode_index + 1U < m.v.modes.size(); }

  static Phase hold(M& m) {
    m.stop_all();
    const std::uint64_t length = std::min<std::uint64_t>(kLongestHold, std::uint64_t{m.seconds(Timer::hold)} << std::min<unsigned>(m.s.hold_step, 10));
    if (m.s.hold_step < 0xFF) ++m.s.hold_step;
    m.s.hold_until = m.now_ + length;
    m.v.hold_country = m.v.plmn.known() ? m.v.plmn.mcc() : std::uint16_t{0};
    m.start(Timer::hold, length);
    return Phase::hold;
  }

  static Phase probe(M& m) {
    m.stop_all();
    m.v.observed = 0;
    m.v.limited_since = m.now_;
    m.start(Timer::observe);
    poll(m);
    return Phase::probe;
  }

  static Phase observe(M& m) {
    m.v.observed = 0;
    m.start(Timer::observe);
    poll(m);
    return Phase::observe;
  }

  static Phase limited(M& m) {
    m.stop_all();
    m.v.limited_since = m.now_;
    m.v.extended = false;
    m.start(Timer::limited);
    poll(m);
    return Phase::limited;
  }

  static Phase no_service(M& m) {
    m.stop_all();
    m.v.no_service_length = m.seconds(Timer::no_service);
    m.start(Timer::no_service, m.v.no_service_length);
    poll(m);
    return Phase::no_service;
  }

  static Phase verify(M& m) {
    m.stop_all();
    m.v.stretch = 1;
    m.v.data_ok = false;
    m.v.data_failures = 0;
    m.start(Timer::stable);
    return Phase::verify;
  }

  // Terminals that report nothing are asked.
  static void poll(M& m) {
    if (!m.terminal_.location_events && m.terminal_.local_information && !m.runs(Timer::poll)) m.start(Timer::poll);
  }

  static bool needs_check(const M& m) {
    const Identity* identity = m.active();
    return m.config_.has(policy::data_check) || (identity != nullptr && identity->has(flag::data_check));
  }

  static bool better(const M& m) {
    const std::uint8_t winner = choose(m.config_, m.s, Reason::prefer, m.surroundings()).winner;
    return winner != 0 && winner != m.s.active;
  }
  static bool critical(const M& m) { return m.gate_.session || m.gate_.proving || m.gate_.switch_pending; }

  // A session is broken when service is lost anyway; a proof and a switch never are.
  static bool open(const M& m) {
    if (m.gate_.proving || m.gate_.switch_pending) return false;
    return !m.gate_.session || m.v.reason == Reason::limited || m.v.reason == Reason::lost;
  }

  // What comes with a date: an identity begins or ends, a table comes into force. Looked at once a day at least, since a clock that stands
  // still while the card has no power is late.
  static void dates(M& m) {
    m.stop(Timer::date);
    if (m.s.wall == 0) return;
    const std::uint64_t wall = m.s.wall_clock(m.now_);
    std::uint64_t next = 0;
    const auto at = [&](std::uint64_t time) {
      if (time > wall && (next == 0 || time < next)) next = time;
    };
    for (const Identity& identity : m.config_.identities) {
      if (identity.valid_from != 0) at(std::uint64_t{identity.valid_from} * kDay);
      if (identity.valid_to != 0) at((std::uint64_t{identity.valid_to} + 1) * kDay);
    }
    at(m.s.later_at);
    if (next != 0) m.start(Timer::date, std::min<std::uint64_t>(next - wall, kDay));
  }
  static bool outdated(const M& m) {
    const Identity* identity = m.active();
    return identity != nullptr && m.s.wall != 0 && !identity->valid_on(m.s.day(m.now_));
  }

  static void preferences(M& m) {
    dates(m);
    if (!m.config_.has(policy::prefer)) return;
    if (better(m)) m.start(Timer::min_stay);
    m.start(Timer::home);
  }

  // Somebody protected it, or the operator trusts what is not, or it was heard in another cell or at another boot before.
  static bool believed(const M& m) { return m.v.aka_ok || m.config_.has(policy::trust_unprotected) || m.v.barred_before; }

  static Phase bar(M& m, const I& i) {
    IdentityState& own = m.s.of(m.s.active);
    const bool confirmed = m.v.barred_before || m.v.aka_ok;
    std::uint64_t length = confirmed ? kBarredTwice : kBarredOnce;
    if (i.cause == 3 && m.v.mac_failed) {
      length = kBarredKey;
      m.errand(K::alarm, i.cause);
    }
    if (m.s.active == m.config_.fallback_id) length = std::min<std::uint64_t>(length, kHour);
    own.quarantined_until = std::max(own.quarantined_until, m.now_ + length);
    return decide(m, Reason::barred);
  }

  // ---- guards

  static bool pending(const M& m, const I&) { return m.s.pending != 0; }
  static bool no_refresh(const M& m, const I&) { return !m.terminal_.refresh; }
  static bool is_pinned(const M& m, const I&) { return m.s.mode != Mode::automatic; }
  static bool booted_refresh(const M& m, const I&) { return m.s.boot == Boot::refresh; }
  static bool woken(const M& m, const I&) { return m.s.boot == Boot::wake && m.s.online; }
  static bool holding(const M& m, const I&) { return m.s.hold_until > m.now_; }
  static bool many_boots(const M& m, const I&) {
    return m.config_.has(policy::boots) && m.s.boots_without_reg >= (m.terminal_.location_events ? 3 : 2);
  }
  static bool nothing_known(const M& m, const I&) { return m.v.status == Volatile::Status::unknown && m.v.observed == 0; }
  static bool saw_reject(const M& m, const I&) { return m.v.rejects; }
  static bool knows_limited(const M& m, const I&) { return m.v.status == Volatile::Status::limited; }
  static bool barring(const M& m, const I& i) { return class_of(i.cause, i.mobility) == CauseClass::identity && believed(m); }
  static bool of_class_pair(const M&, const I& i) { return class_of(i.cause, i.mobility) == CauseClass::pair; }
  static bool area_or_soft(const M&, const I& i) {
    const CauseClass kind = class_of(i.cause, i.mobility);
    return kind == CauseClass::area || kind == CauseClass::soft;
  }
  static bool of_device(const M&, const I& i) { return class_of(i.cause, i.mobility) == CauseClass::device; }
  static bool worth_losing(const M& m, const I&) {
    if (!m.v.registered && !m.v.lost_tried) return true;
    const Identity* now = m.active();
    const std::uint8_t have = now == nullptr ? std::uint8_t{0} : now->rats;
    for (const Candidate& candidate : candidates(m.config_, m.s, m.surroundings())) {
      const Identity* other = m.config_.find(candidate.id);
      if (candidate.excluded != 0 || candidate.id == m.s.active || have == 0) continue;
      if ((other->rats & m.s.rats & ~have) != 0) return true;
    }
    return false;
  }
  static bool proven(const M& m, const I&) { return !needs_check(m) || m.v.data_ok; }
  static bool data_dead(const M& m, const I& i) {
    return m.v.data_failures >= kDataFailures && (i.event == Event::timer || m.now_ >= m.v.first_data_failure + kDataSpan);
  }
  static bool other_country(const M& m, const I& i) { return i.plmn.known() && m.v.country != 0 && i.plmn.mcc() != m.v.country; }
  static bool may_prefer(const M& m, const I& i) {
    if (i.timer != Timer::changed && !m.config_.has(policy::prefer)) return false;
    return better(m) && m.now_ >= m.s.frozen_until && !critical(m);
  }
  static bool date_decides(const M& m, const I&) {
    const bool wanted = outdated(m) || (m.config_.has(policy::prefer) && m.now_ >= m.s.frozen_until);
    return wanted && better(m) && !critical(m);
  }
  static bool winner_active(const M& m, const I&) { return m.decision_.winner != 0 && m.decision_.winner == m.s.active; }
  static bool winner_affordable(const M& m, const I&) { return m.decision_.winner != 0 && may_spend(m.s, m.config_, false); }
  static bool is_idle(const M& m, const I&) { return m.s.pending != 0 && !m.v.asked && open(m); }
  static bool is_not_idle(const M& m, const I&) { return m.s.pending != 0 && !m.v.asked && !open(m) && !m.v.deferred; }
  static bool unasked(const M& m, const I&) { return m.s.pending != 0 && !m.v.asked; }
  static bool performed(const M&, const I& i) { return i.result < 0x20; }
  static bool busy(const M& m, const I& i) { return (i.result == 0x20 || i.result == 0x21) && m.v.tries < kMostTries; }
  static bool refused_mode(const M& m, const I& i) { return i.result >= 0x30 && i.result <= 0x32 && has_next_mode(m); }
  static bool undoable(const M& m, const I&) {
    const Reason reason = m.s.pending_reason;
    return m.s.pending != 0 && !m.v.at_terminal &&
           (reason == Reason::limited || reason == Reason::lost || reason == Reason::rejected || reason == Reason::data);
  }
  static bool moved(const M& m, const I& i) { return i.plmn.known() && i.plmn.mcc() != m.v.hold_country; }
  static bool attempt(const M& m, const I&) { return m.v.attempt; }
  static bool selectable(const M& m, const I& i) {
    const Identity* identity = m.config_.find(i.id);
    return identity != nullptr && !m.gate_.switch_pending && (i.id == m.s.active || may_spend(m.s, m.config_, true));
  }
  static bool deaf_again(const M& m, const I&) { return m.v.tries == 0; }
  static bool deaf_next(const M& m, const I&) { return has_next_mode(m); }
  static bool heard(const M& m, const I&) { return m.v.reread; }
  static bool deaf_in_session(const M& m, const I&) { return !m.v.reread && has_next_mode(m); }
  static bool unproven(const M& m, const I&) { return m.s.proof_until != 0; }
  static bool staged_and_asked(const M& m, const I&) { return m.s.pending != 0 && m.v.asked; }
  static bool in_session_mode(const M& m, const I&) { return m.s.pending != 0 && m.v.asked && mode_in_use(m) != kUiccReset; }
  static bool data_running(const M& m, const I&) { return m.runs(Timer::data); }
};

}  // namespace simurgh::multi_imsi
