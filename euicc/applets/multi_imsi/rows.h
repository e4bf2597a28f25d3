// What each row of the state machine does: an action has the number of its row. For transitions.cpp alone.
#pragma once

#include "euicc/applets/multi_imsi/pieces.h"

namespace simurgh::multi_imsi {

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
    dates(m);
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
  static Phase r68(M& m, const I& i) {
    if (m.s.pending != 0) unstage(m, true);
    m.s.mode = Mode::hold;
    m.s.pinned = 0;
    const std::uint32_t length = i.pin_seconds != 0 ? i.pin_seconds : m.seconds(Timer::manual);
    m.s.mode_until = m.now_ + length;
    m.decision_ = {};
    LogRecord entry = record(m, m.s.active, i.by_operator ? Reason::ota : Reason::manual);
    entry.flags |= record_flag::stay;
    keep(m, entry);
    m.stop_all();
    m.start(Timer::manual, length);
    if (m.v.status != Volatile::Status::normal) m.start(Timer::escape);
    return Phase::pinned;
  }
  static Phase r69(M& m, const I&) { return decide(m, Reason::prefer); }
  static Phase r70(M& m, const I&) {
    dates(m);
    // What a session has kept from being decided is looked at again soon.
    if (m.v.phase == Phase::online && critical(m) && (outdated(m) || m.config_.has(policy::prefer)) && better(m)) m.start(Timer::date, kProofAsk);
    return m.v.phase;
  }
  static Phase r71(M& m, const I&) {
    dates(m);
    return m.v.phase;
  }
  static Phase r72(M& m, const I&) {
    dates(m);
    if (m.s.wall == 0 && m.v.phase == Phase::online) m.errand(K::ask_time);
    return m.v.phase;
  }
};

}  // namespace simurgh::multi_imsi
