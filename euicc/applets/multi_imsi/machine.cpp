#include "euicc/applets/multi_imsi/machine.h"

#include <algorithm>

#include "euicc/applets/multi_imsi/recording.h"

namespace simurgh::multi_imsi {
namespace {

constexpr unsigned kMostFollowing = 8;  // rows that one input can lead through

}  // namespace

const char* event_text(Event event) noexcept {
  static constexpr std::array<const char*, kEvents> kTexts{
      "reset", "TERMINAL PROFILE", "normal service", "limited service", "no service", "reject", "location refused", "AKA ok", "AKA sync failure",
      "AKA MAC failure", "data ok", "data failed", "timer", "identity chosen", "automatic", "new table", "history cleared", "idle",
      "REFRESH answered", "REFRESH fetched", "session ends", "EF.IMSI read", "profile switch", "access technology", "decided", "identity held", "time of day", "table for later"};
  const auto index = static_cast<std::size_t>(event);
  return index < kTexts.size() ? kTexts[index] : "";
}

std::uint32_t Machine::seconds(Timer timer) const {
  if (timer == Timer::limited) return limited_seconds(config_, v.plmn, eid_) * v.stretch;
  const std::uint32_t own = config_.seconds(timer, v.plmn);
  return timer == Timer::observe ? own * v.stretch : own;
}

void Machine::start(Timer timer, std::uint64_t length) { v.deadlines[static_cast<std::size_t>(timer)] = now_ + length; }

void Machine::stop_all() {
  for (std::size_t i = 0; i < kTimers; ++i) {
    // What is about the data and not about the search for service goes on.
    const auto timer = static_cast<Timer>(i);
    if (timer != Timer::proof && timer != Timer::manual && timer != Timer::changed && timer != Timer::date) v.deadlines[i].reset();
  }
}

std::optional<std::pair<Timer, std::uint64_t>> Machine::next_deadline(const Volatile& v) {
  std::optional<std::pair<Timer, std::uint64_t>> out;
  for (std::size_t i = 0; i < kTimers; ++i) {
    if (v.deadlines[i] && (!out || *v.deadlines[i] < out->second)) out = {static_cast<Timer>(i), *v.deadlines[i]};
  }
  return out;
}

void Machine::take(const Input& input) {
  const auto bit = static_cast<std::uint16_t>(1U << static_cast<unsigned>(v.phase));
  for (const Transition& row : transitions()) {
    if (row.event != input.event || (row.from & bit) == 0 || (row.timer && *row.timer != input.timer)) continue;
    if (row.guard != nullptr && !row.guard(*this, input)) continue;
    rows_.push_back(row.row);
    const Phase next = row.action(*this, input);
    v.phase = next;
    return;
  }
}

unsigned Machine::step(const Input& input) {
  errands_.clear();
  rows_.clear();
  decisions_.clear();
  refill(s, config_, now_);
  s.elapsed = std::max(s.elapsed, now_);
  if (input.event == Event::timer) stop(input.timer);
  Recording::record(*this, input);
  for (const Errand& extra : Recording::alarms(*this, input)) errands_.push_back(extra);
  take(input);
  for (unsigned i = 0; i < kMostFollowing; ++i) {
    if (v.phase == Phase::decide) {
      decision_ = choose(config_, s, v.reason, surroundings());
      take({.event = Event::decided});
    } else if (v.phase == Phase::swap && s.pending != 0 && !v.asked && !v.deferred) {
      take({.event = Event::idle});
    } else {
      break;
    }
  }
  return rows_.empty() ? 0 : rows_.front();
}

void begin_stay(Volatile& v, std::uint64_t now) {
  v.status = Volatile::Status::unknown;
  v.cause = 0xFF;
  v.rejects = v.aka_ok = v.mac_failed = v.data_ok = v.registered = v.failed = v.barred_before = v.lost_tried = false;
  v.seen.clear();
  v.softs.clear();
  v.sync_failures = v.data_failures = 0;
  v.stretch = 1;
  v.observed = 0;
  v.limited_since = v.committed_at = now;
}

}  // namespace simurgh::multi_imsi
