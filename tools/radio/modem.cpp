#include "tools/radio/modem.h"

#include <algorithm>
#include <array>

namespace simurgh::radio {

using std::chrono::minutes;
using std::chrono::seconds;
using terminal::ServiceStatus;

namespace {

constexpr std::array kPauses{seconds(10), seconds(30), seconds(60), seconds(120)};
constexpr std::uint32_t kSleepMicrowatts = 10, kDozeMicrowatts = 40, kCardMilliwatts = 2;

}  // namespace

std::string_view name_of(Phase phase) noexcept {
  switch (phase) {
    case Phase::off: return "off";
    case Phase::searching: return "searching";
    case Phase::attaching: return "attaching";
    case Phase::pausing: return "pausing";
    case Phase::registered: return "registered";
    case Phase::camped: return "camped";
    case Phase::asleep: return "asleep";
    case Phase::dozing: return "dozing";
  }
  return "";
}

Modem::Modem(Parts parts, Personality personality, std::uint64_t seed, const std::string& name)
    : parts_(std::move(parts)),
      personality_(std::move(personality)),
      name_(name),
      scans_(seed, name, "scan"),
      timers_(seed, name, "timer"),
      networks_(seed, name, "network"),
      identities_(seed, name, "identity") {}

void Modem::account() {
  const Time time = now() - accounted_;
  accounted_ = now();
  if (time <= Time(0)) return;
  const LinkModel& own = link_model(personality_.rats.empty() ? Rat::lte : *personality_.rats.begin());
  switch (phase_) {
    case Phase::off:
      return;
    case Phase::asleep:
      parts_.energy.add_microwatts(Use::sleep, kSleepMicrowatts, time);
      return;
    case Phase::dozing:
      parts_.energy.add_microwatts(Use::sleep, kDozeMicrowatts, time);
      return;
    case Phase::searching:
      parts_.energy.add(Use::search, own.rx_mw, time);
      break;
    case Phase::attaching:
      // A third of an attach is sent.
      parts_.energy.add(Use::attach, (link().tx_mw + 2 * link().rx_mw) / 3, time);
      break;
    case Phase::pausing:
    case Phase::registered:
    case Phase::camped:
      parts_.energy.add(Use::idle, personality_.idle_mw, time);
      break;
  }
  parts_.energy.add(Use::card, kCardMilliwatts, time);
}

void Modem::power_on() {
  accounted_ = now();
  without_since_ = now();
  forget_timers(true);
  const std::string before = imsi_;
  read_card();
  // It runs on while the modem is off, for the same subscription (TS 24.301 5.3.7a).
  if (imsi_ != before) t3245_.reset();
  if (imsi_ != before && !personality_.keeps_t3396_over_usim) t3396_.clear();
  if (t3245_ && *t3245_ <= now()) expire();
  searches_ = 0;
  search(Time(0));
}

void Modem::power_off(bool orderly) {
  if (phase_ == Phase::off) return;
  account();
  if (orderly && phase_ != Phase::asleep) end_session();
  if (phase_ == Phase::registered || phase_ == Phase::asleep) parts_.serving.detached();
  phase_ = Phase::off;
  without_since_.reset();
  // "Deactivated" lasts until the modem is switched off; what has a length runs on (TS 24.301 6.5.1.4.3).
  std::erase_if(t3396_, [](const auto& one) { return one.second.until == Time::max(); });
  if (!personality_.keeps_list_over_reset) remembered_.clear();
  tell(ServiceStatus::none);
}

void Modem::tell(ServiceStatus service) {
  if (service == ServiceStatus::normal) {
    without_since_.reset();
  } else if (!without_since_) {
    without_since_ = now();
  }
  terminal::Device device = terminal_->device();
  const bool news = device.service != service;
  device.service = service;
  if (service == ServiceStatus::normal) {
    device.plmn = cell_.plmn;
    device.area = cell_.area;
    device.cell = cell_.id;
    device.access = technology_of(cell_.rat);
  } else if (service == ServiceStatus::limited) {
    // It camps on the strongest.
    const auto seen = parts_.serving.cells();
    const Cell* best = nullptr;
    for (const Cell& cell : seen) {
      if (personality_.rats.contains(cell.rat) && (best == nullptr || cell.level > best->level)) best = &cell;
    }
    if (best != nullptr) {
      device.plmn = best->plmn;
      device.area = best->area;
      device.cell = best->id;
      device.access = technology_of(best->rat);
    }
  }
  terminal_->move_to(device);
  if (news) mark("service", {{"status", service == ServiceStatus::normal ? "normal" : service == ServiceStatus::limited ? "limited" : "none"}});
}

Time Modem::scan_time() {
  // With a place to begin, one band is enough.
  const auto seen = parts_.serving.cells();
  const auto known = std::find_if(seen.begin(), seen.end(), [&](const Cell& cell) { return cell.plmn == lists_.last && personality_.rats.contains(cell.rat); });
  Time whole(0);
  if (known != seen.end() && searches_ == 0) {
    whole = link_model(known->rat, known->coverage).band_scan;
  } else {
    for (const Rat rat : personality_.rats) whole += personality_.bands * link_model(rat).band_scan;
  }
  return scans_.between(whole * 8 / 10, whole * 12 / 10);
}

void Modem::search(Time pause) {
  if (pause > Time(0)) {
    phase_ = Phase::camped;
    until_ = now() + pause;
    return;
  }
  account();
  stranded_ = false;
  phase_ = Phase::searching;
  until_ = now() + scan_time();
  mark("scan_start");
}

void Modem::end_of_search() {
  expire();
  const auto seen = parts_.serving.cells();
  queue_ = manual_ ? chosen(seen) : candidates(seen, personality_.rats, lists_, networks_);
  cells_seen_ = std::any_of(seen.begin(), seen.end(), [&](const Cell& cell) { return personality_.rats.contains(cell.rat); });
  turn_ = 0;
  mark("scan_end", {{"cells", std::to_string(seen.size())}, {"candidates", std::to_string(queue_.size())}});
  if (looking_further_) {
    looking_further_ = false;
    better_network();
    return;
  }
  ++searches_;
  attempts_ = 0;
  if (cells_seen_ && personality_.limited_during_attach) tell(ServiceStatus::limited);
  try_next();
}

// What a person chose is asked whatever the lists say, and nobody else is.
std::vector<Candidate> Modem::chosen(const std::vector<Cell>& seen) {
  SelectionLists none;
  none.home_access = lists_.home_access;
  none.waiting = lists_.waiting;
  auto out = candidates(seen, personality_.rats, none, networks_);
  std::erase_if(out, [&](const Candidate& one) { return manual_refused_ || one.cell.plmn != *manual_; });
  return out;
}

void Modem::choose(std::optional<std::string> plmn) {
  manual_ = std::move(plmn);
  manual_refused_ = false;
  terminal::Device device = terminal_->device();
  device.search_mode = manual_ ? 0x00 : 0x01;
  terminal_->move_to(device);
  if (phase_ == Phase::off || phase_ == Phase::asleep || subscription_invalid()) return;
  if (registered() && (!manual_ || cell_.plmn == *manual_)) return;
  account();
  if (registered()) parts_.serving.detached();
  searches_ = 0;
  search(Time(0));
}

void Modem::better_network() {
  const std::string country = cell_.plmn.substr(0, 3);
  std::erase_if(queue_, [&](const Candidate& one) {
    // Signal is no reason to leave (TS 23.122 4.4.3.3).
    return one.rank >= rank_ || one.rank >= Rank::good || one.rank == Rank::last || (one.cell.plmn.substr(0, 3) != country && one.rank != Rank::home);
  });
  phase_ = Phase::registered;
  if (queue_.empty()) return;
  mark("better_network", {{"plmn", queue_.front().cell.plmn}});
  // Where it came from is the last resort.
  queue_.push_back({cell_, rank_});
  parts_.serving.detached();
  attempts_ = 0;
  try_next();
}

void Modem::try_next() {
  if (turn_ >= queue_.size() || subscription_invalid()) return camp();
  if (attempts_ == 0) attempts_ = 1;
  cell_ = queue_[turn_].cell;
  rank_ = queue_[turn_].rank;
  account();
  phase_ = Phase::attaching;
  until_ = now() + timers_.between(link().attach_least, link().attach_most);
  mark("attach_start", {{"plmn", cell_.plmn}, {"rat", std::string(name_of(cell_.rat))}, {"attempt", std::to_string(attempts_)}, {"rank", std::string(name_of(rank_))}});
}

void Modem::camp() {
  account();
  tell(cells_seen_ ? ServiceStatus::limited : ServiceStatus::none);
  phase_ = Phase::camped;
  if (subscription_invalid()) {
    // No search helps; T3247, T3245 or the user will.
    until_ = Time::max();
    return;
  }
  const std::size_t step = std::max<std::size_t>(searches_, 1) - 1;
  Time pause = step < kPauses.size() ? Time(kPauses[step]) : Time(kPauses.back()) * (std::int64_t{1} << std::min<std::size_t>(step - kPauses.size() + 1, 10));
  pause = std::min(pause, personality_.rescan_longest);
  until_ = now() + pause;
}

void Modem::look_around() {
  if (phase_ == Phase::camped && stranded_) return search(Time(0));
  if (phase_ != Phase::registered && phase_ != Phase::asleep) return;
  const auto seen = parts_.serving.cells();
  const Cell* best = nullptr;
  for (const Cell& cell : seen) {
    if (cell.plmn == cell_.plmn && cell.rat == cell_.rat && (best == nullptr || cell.level > best->level)) best = &cell;
  }
  if (phase_ == Phase::asleep) return;  // it will see when it wakes
  if (best != nullptr) {
    const bool moved = best->area != cell_.area;
    cell_ = *best;
    if (moved) update_area();
    return;
  }
  account();
  mark("cell_lost", {{"plmn", cell_.plmn}});
  parts_.serving.detached();
  lists_.last = cell_.plmn;
  tell(ServiceStatus::none);
  searches_ = 0;
  phase_ = Phase::camped;
  until_ = now() + seconds(5);
}

std::optional<Time> Modem::next() const {
  if (phase_ == Phase::off) return std::nullopt;
  Time out = Time::max();
  const auto least = [&](const std::optional<Time>& one) {
    if (one) out = std::min(out, *one);
  };
  if (phase_ != Phase::registered) out = until_;
  if (phase_ == Phase::registered || phase_ == Phase::dozing) {
    if (!manual_) least(better_search_);
    least(next_update_);
    least(sleep_at_);
  }
  if (phase_ == Phase::registered && edrx_ && !terminal_->toolkit().channels_open()) least(std::max({now(), connected_until_, window_ends().value_or(Time(0))}));
  if (phase_ != Phase::asleep) {
    least(t3245_);
    least(t3247_);
  }
  return out == Time::max() ? std::nullopt : std::optional(out);
}

void Modem::step() {
  const auto due = [&](std::optional<Time>& one) {
    if (!one || *one > now()) return false;
    one.reset();
    return true;
  };
  const auto over = [&](const std::optional<Time>& one) { return one && *one <= now(); };
  if (phase_ != Phase::off && phase_ != Phase::asleep && (over(t3247_) || over(t3245_))) {
    expire();
    if (phase_ == Phase::camped) {
      searches_ = 0;
      search(Time(0));
      return;
    }
  }
  switch (phase_) {
    case Phase::off:
      return;
    case Phase::searching:
      if (until_ <= now()) {
        account();
        end_of_search();
      }
      return;
    case Phase::attaching:
      if (until_ <= now()) attach();
      return;
    case Phase::pausing:
      if (until_ <= now()) try_next();
      return;
    case Phase::camped:
      if (until_ <= now()) search(Time(0));
      return;
    case Phase::asleep:
      if (until_ <= now()) wake();
      return;
    case Phase::dozing:
      if (const auto due_at = next(); due_at && *due_at <= now()) wake();
      return;
    case Phase::registered:
      if (sleep_at_ && *sleep_at_ <= now()) {
        // An open channel keeps it awake, and so does a connection that has not ended.
        if (busy()) {
          sleep_at_ = std::max(connected_until_, now()) + t3324_.value_or(seconds(20));
        } else {
          sleep_at_.reset();
          fall_asleep();
          return;
        }
      }
      if (due(next_update_)) update_area();
      if (phase_ == Phase::registered && !manual_ && due(better_search_)) {
        better_search_ = now() + Time(minutes(6)) * home_search_;
        account();
        looking_further_ = true;
        phase_ = Phase::searching;
        Time whole(0);
        for (const Rat rat : personality_.rats) whole += personality_.bands * link_model(rat).band_scan;
        until_ = now() + scans_.between(whole * 8 / 10, whole * 12 / 10);
        mark("scan_start", {{"for", "better"}});
      }
      if (phase_ == Phase::registered && edrx_ && !busy() && !window_ends()) doze();
      return;
  }
}

Time Modem::connect() {
  if (now() < connected_until_) return Time(0);
  parts_.energy.add(Use::connect, link().wait_mw, link().setup);
  return link().setup;
}

void Modem::transferred(std::uint64_t up, std::uint64_t down, Time until) {
  add_transfer(parts_.energy, link(), up, down);
  const Time end = until + link().tail;
  const Time from = std::max(connected_until_, now());
  if (end > from) {
    const Time busy = std::max(Time(0), until - from);
    parts_.energy.add(Use::wait, link().wait_mw, busy);
    parts_.energy.add(Use::tail, link().wait_mw, end - from - busy);
    connected_until_ = end;
  }
  if (sleep_at_) sleep_at_ = std::max(*sleep_at_, end + t3324_.value_or(seconds(20)));
}

}  // namespace simurgh::radio
