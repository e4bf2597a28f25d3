// When a modem does not listen: power saving mode (TS 24.301 5.3.11) and eDRX (TS 24.301 5.3.12, TS 36.304 7.3).
#include <algorithm>

#include "tools/radio/modem.h"

namespace simurgh::radio {

using std::chrono::hours;
using std::chrono::seconds;
using terminal::ServiceStatus;

namespace {

constexpr Time kWake = seconds(2);
constexpr Time kPagingWindow(5'120);  // a length that every technology has (TS 24.008 10.5.5.32)

}  // namespace

// An open channel keeps it awake, and so does a connection that has not ended.
bool Modem::busy() const { return terminal_->toolkit().channels_open() || connected_until_ > now(); }

void Modem::fall_asleep() {
  account();
  mark("sleep");
  phase_ = Phase::asleep;
  until_ = now() + t3412_.value_or(hours(12));
  terminal_->suspend();
}

// The card keeps its power and its place; only nobody is there.
void Modem::doze() {
  account();
  phase_ = Phase::dozing;
  until_ = next_window();
}

std::optional<Time> Modem::window_ends() const {
  if (!edrx_) return std::nullopt;
  const Time at = (now() + *edrx_ - paging_) % *edrx_;
  return at < kPagingWindow ? std::optional(now() + kPagingWindow - at) : std::nullopt;
}

Time Modem::next_window() const { return now() + *edrx_ - (now() + *edrx_ - paging_) % *edrx_; }

void Modem::wake() {
  if (phase_ == Phase::dozing) {
    account();
    phase_ = Phase::registered;
    return look_around();
  }
  if (phase_ != Phase::asleep) return;
  account();
  mark("wake");
  phase_ = Phase::registered;
  (void)terminal_->power_up();
  read_card();
  accounted_ = now();
  const auto seen = parts_.serving.cells();
  const bool there = std::any_of(seen.begin(), seen.end(), [&](const Cell& cell) { return cell.plmn == cell_.plmn && cell.rat == cell_.rat; });
  if (!there) return look_around();
  tell(ServiceStatus::normal);
  update_area();
  if (phase_ == Phase::registered && t3324_) sleep_at_ = now() + *t3324_ + kWake;
}

}  // namespace simurgh::radio
