// Attach and area update: attempts, causes, timers (TS 24.301 5.3, 5.5).
#include <algorithm>

#include "tools/radio/modem.h"

namespace simurgh::radio {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using terminal::ServiceStatus;

namespace {

constexpr Time kT3411 = seconds(10), kT3402 = minutes(12), kT3412 = minutes(54);
constexpr unsigned kMostAttempts = 5;
constexpr Time kFirstBetterSearch = minutes(2);
// Types of TS 31.111 8.97
constexpr std::uint8_t kImsiAttach = 0x02, kEpsAttach = 0x09, kAreaUpdate = 0x0B, kRegistration = 0x0F, kMobility = 0x10, kLocationUpdate = 0x00;

std::uint8_t event_type(Rat rat, Procedure procedure) {
  const bool attach = procedure == Procedure::attach;
  switch (rat) {
    case Rat::gsm:
    case Rat::utran:
      return attach ? kImsiAttach : kLocationUpdate;
    case Rat::nr:
      return attach ? kRegistration : kMobility;
    default:
      return attach ? kEpsAttach : kAreaUpdate;
  }
}

// How long an attach waits for its answer, and until the next attempt.
struct AttachTimers {
  Time answer, again;
};
AttachTimers attach_timers(const Cell& cell) {
  switch (cell.rat) {
    case Rat::gsm:
    case Rat::utran:
      return {seconds(15), seconds(15)};  // TS 24.008 11.2.2: T3310, T3311
    case Rat::ltem:
      return {cell.coverage == 0 ? seconds(15) : seconds(85), kT3411};  // TS 24.301 10.2, CE mode B
    case Rat::nbiot:
      return {seconds(15 + 240), kT3411};
    case Rat::lte:
    case Rat::nr:
      break;
  }
  return {seconds(15), kT3411};
}

std::string digits(unsigned value) { return std::to_string(value); }

}  // namespace

void Modem::attach() {
  account();
  const AttachAnswer answer = parts_.serving.attach({.procedure = Procedure::attach, .imsi = imsi_, .imei = imei_, .cell = cell_, .attempt = attempts_},
                                                    [this](ByteView command) { return terminal_->send(command); });
  // TS 24.301 5.5.1.2.4, 5.5.1.2.5: of the last answer, and of a refusal when it is protected.
  if (answer.kind != AttachAnswer::Kind::silence) t3402_ = answer.kind == AttachAnswer::Kind::accepted || answer.integrity ? answer.t3402 : std::nullopt;
  switch (answer.kind) {
    case AttachAnswer::Kind::accepted:
      accepted(answer);
      return;
    case AttachAnswer::Kind::rejected:
      rejected(answer, Procedure::attach);
      return;
    case AttachAnswer::Kind::silence:
      mark("attach_silent", {{"plmn", cell_.plmn}, {"why", answer.why}});
      parts_.energy.add(Use::attach, link().rx_mw, attach_timers(cell_).answer);
      abnormal(attach_timers(cell_).answer);
      return;
  }
}

void Modem::accepted(const AttachAnswer& answer) {
  attempts_ = 0;
  searches_ = 0;
  if (manual_) allow(cell_.plmn);
  unprotected_.erase(std::string());
  unprotected_.erase(cell_.plmn);
  phase_ = Phase::registered;
  location_.identity = Bytes{0x0B, 0xF6};
  append(location_.identity, terminal::encode_plmn(cell_.plmn));
  append(location_.identity, be_bytes(identities_.next() >> 8U, 7));
  location_.plmn = lists_.last = cell_.plmn;
  location_.area = cell_.area;
  location_.status = update_status::kUpdated;
  write_location();
  t3412_ = answer.t3412.value_or(kT3412);
  next_update_ = now() + *t3412_;
  t3324_ = personality_.sleeps ? answer.t3324 : std::nullopt;
  edrx_ = personality_.edrx ? answer.edrx : std::nullopt;
  if (edrx_) {
    // TS 36.304 7.3: the window's place follows from the S-TMSI.
    paging_ = Time(static_cast<Time::rep>(be_value(ByteView(location_.identity).last(4)))) % *edrx_;
    connected_until_ = std::max(connected_until_, now() + link().tail);
  }
  sleep_at_ = t3324_ ? std::optional(now() + *t3324_ + link().tail) : std::nullopt;
  const bool abroad = std::find(lists_.home.begin(), lists_.home.end(), cell_.plmn) == lists_.home.end();
  better_search_ = abroad && home_search_ != 0 ? std::optional(now() + kFirstBetterSearch) : std::nullopt;
  mark("attach_ok", {{"plmn", cell_.plmn}, {"rat", std::string(name_of(cell_.rat))}, {"imsi", imsi_}, {"authenticated", answer.authenticated ? "yes" : "no"}});
  tell(ServiceStatus::normal);
}

void Modem::update_area() {
  account();
  const AttachAnswer answer = parts_.serving.attach({.procedure = Procedure::area_update, .imsi = imsi_, .imei = imei_, .cell = cell_, .attempt = 1},
                                                    [this](ByteView command) { return terminal_->send(command); });
  const LinkModel& cost = link();
  parts_.energy.add(Use::attach, (cost.tx_mw + 2 * cost.rx_mw) / 3, cost.setup + cost.round_trip);
  next_update_ = now() + t3412_.value_or(kT3412);
  switch (answer.kind) {
    case AttachAnswer::Kind::accepted:
      location_.area = cell_.area;
      if (location_.plmn != cell_.plmn || location_.status != update_status::kUpdated) write_location();
      tell(ServiceStatus::normal);
      return;
    case AttachAnswer::Kind::rejected:
      rejected(answer, Procedure::area_update);
      return;
    case AttachAnswer::Kind::silence:
      // The core is gone: after T3402 an attach would be due; it stays camped on what it has.
      mark("update_silent", {{"plmn", cell_.plmn}, {"why", answer.why}});
      next_update_ = now() + kT3411 * 6;
      return;
  }
}

void Modem::abnormal(Time waited) {
  if (attempts_ < kMostAttempts) {
    ++attempts_;
    phase_ = Phase::pausing;
    until_ = now() + waited + attach_timers(cell_).again;
    return;
  }
  // TS 24.301 5.5.1.2.6: identity, area list and key set go; T3402 runs, other networks may be tried.
  attempts_ = 0;
  waits_[cell_.plmn] = now() + t3402_.value_or(kT3402);
  lists_.waiting.insert(cell_.plmn);
  location_ = LastLocation{};
  location_.status = update_status::kNotUpdated;
  write_location();
  ++turn_;
  try_next();
}

void Modem::bar(const CauseRow& row, bool lasting) {
  switch (row.barred) {
    case Barred::nothing:
      break;
    case Barred::plmn:
      lists_.forbidden.insert(cell_.plmn);
      if (lasting) {
        forbid(cell_.plmn);
      } else {
        temporarily_forbidden_.insert(cell_.plmn);
      }
      break;
    case Barred::packet_plmn:
      lists_.packet_forbidden.insert(cell_.plmn);
      break;
    case Barred::area_roaming:
    case Barred::area_regional:
      lists_.forbidden_areas.emplace(cell_.plmn, cell_.area);
      // TS 24.301 5.3.2: erased every 12 to 24 hours.
      if (!areas_erased_) areas_erased_ = now() + timers_.between(hours(12), hours(24));
      break;
    case Barred::plmn_and_rat:
      lists_.excluded.emplace(cell_.plmn, cell_.rat);
      exclusions_[{cell_.plmn, cell_.rat}] = now() + 2 * Time(minutes(6)) * std::max(home_search_, 10U);
      break;
  }
  // A modem for data alone is as good as without a subscription when packets are refused.
  const bool ends = row.invalid == Invalid::packet || row.invalid == Invalid::everything;
  if (ends) (lasting ? invalid_ : temporarily_invalid_) = true;
  if (personality_.t3245 && lasting && !t3245_ && (ends || row.barred == Barred::plmn || row.barred == Barred::packet_plmn)) {
    t3245_ = now() + timers_.between(hours(12), hours(24));
  }
}

// TS 24.301 5.3.7b: counters of what came without integrity protection, for the subscription and for each PLMN.
bool Modem::taken_as_lasting(const CauseRow& row) {
  const bool of_subscription = row.invalid == Invalid::packet || row.invalid == Invalid::everything;
  return ++unprotected_[of_subscription ? std::string() : cell_.plmn] >= personality_.most_unprotected;
}

void Modem::rejected(const AttachAnswer& answer, Procedure procedure) {
  const CauseRow* row = cause_row(answer.cause);
  mark("attach_rej", {{"plmn", cell_.plmn}, {"cause", digits(answer.cause)}, {"integrity", answer.integrity ? "yes" : "no"}, {"imsi", imsi_}, {"why", answer.why}});
  if (procedure == Procedure::area_update) {
    parts_.serving.detached();
    queue_ = {{cell_, rank_}};
    turn_ = 0;
  }
  const bool lasting = answer.integrity || row == nullptr || !row->starts_t3247 || taken_as_lasting(*row);
  if (row != nullptr) {
    if (row->forgets_identity) {
      location_ = LastLocation{};
      lists_.last.clear();
    }
    location_.status = row->barred == Barred::plmn || row->barred == Barred::area_roaming ? update_status::kNotAllowed : update_status::kNotUpdated;
    bar(*row, lasting);
    manual_refused_ = manual_.has_value() && row->barred != Barred::nothing;
    if (!lasting && !t3247_) t3247_ = now() + timers_.between(minutes(30), minutes(60));
    write_location();
  }
  // After the files, before the status: TS 31.111 7.5.
  terminal::Device where = terminal_->device();
  where.plmn = cell_.plmn;
  where.area = cell_.area;
  where.cell = cell_.id;
  where.access = technology_of(cell_.rat);
  terminal_->reject(where, event_type(cell_.rat, procedure), answer.cause);
  if (row == nullptr) return abnormal();
  switch (row->next) {
    case Next::again:
      return abnormal();
    case Next::at_once:
      attempts_ = 1;
      phase_ = Phase::pausing;
      until_ = now() + Time(100);
      return;
    case Next::back_off:
      waits_[cell_.plmn] = now() + answer.t3346.value_or(timers_.between(minutes(15), minutes(30)));
      lists_.waiting.insert(cell_.plmn);
      break;
    case Next::stay:
      if (row->barred != Barred::area_regional) break;
      // No selection of another network: the modem waits for another area, or for its list to be erased.
      attempts_ = 0;
      cells_seen_ = true;
      camp();
      until_ = areas_erased_.value_or(Time::max());
      stranded_ = true;
      return;
    case Next::other_area:
    case Next::other_plmn:
      break;
  }
  // What stands in the queue of the network that was just barred is no candidate any more.
  attempts_ = 0;
  ++turn_;
  const auto barred = [&](const Candidate& one) {
    return lists_.forbidden.contains(one.cell.plmn) || lists_.packet_forbidden.contains(one.cell.plmn) || lists_.waiting.contains(one.cell.plmn) ||
           lists_.forbidden_areas.contains({one.cell.plmn, one.cell.area});
  };
  while (turn_ < queue_.size() && barred(queue_[turn_])) ++turn_;
  cells_seen_ = true;
  // A registered modem that is thrown out has to search: it knows no other network.
  if (procedure == Procedure::area_update && !subscription_invalid()) {
    tell(ServiceStatus::limited);
    searches_ = 0;
    return search(Time(0));
  }
  try_next();
}

void Modem::expire() {
  std::erase_if(waits_, [&](const auto& one) {
    if (one.second > now()) return false;
    lists_.waiting.erase(one.first);
    return true;
  });
  std::erase_if(exclusions_, [&](const auto& one) {
    if (one.second > now()) return false;
    lists_.excluded.erase(one.first);
    return true;
  });
  if (areas_erased_ && *areas_erased_ <= now()) {
    lists_.forbidden_areas.clear();
    areas_erased_.reset();
  }
  if (t3245_ && *t3245_ <= now()) {
    t3245_.reset();
    invalid_ = false;
    erase_forbidden();
    mark("t3245_expired");
  }
  if (t3247_ && *t3247_ <= now()) {
    t3247_.reset();
    temporarily_invalid_ = false;
    for (const std::string& plmn : temporarily_forbidden_) lists_.forbidden.erase(plmn);
    temporarily_forbidden_.clear();
    lists_.forbidden_areas.clear();
    mark("t3247_expired");
  }
}

void Modem::forget_timers(bool new_subscription) {
  invalid_ = temporarily_invalid_ = false;
  temporarily_forbidden_.clear();
  unprotected_.clear();
  t3247_.reset();
  areas_erased_.reset();
  better_search_.reset();
  next_update_.reset();
  sleep_at_.reset();
  lists_.packet_forbidden.clear();
  lists_.forbidden_areas.clear();
  lists_.excluded.clear();
  exclusions_.clear();
  looking_further_ = stranded_ = false;
  attempts_ = 0;
  if (new_subscription && !personality_.keeps_t3402_over_usim) {
    waits_.clear();
    lists_.waiting.clear();
  }
}

}  // namespace simurgh::radio
