// PDN connections of a modem: which access points it may ask for, and when (TS 24.301 6.5.1.4).
#include "tools/radio/modem.h"

namespace simurgh::radio {

using std::chrono::minutes;

namespace {

// TS 24.301 6.5.1.4.3: causes after which the same access point is not asked for again before SM_RetryWaitTime has passed. 12 minutes without a
// configured one.
constexpr std::uint8_t kInsufficientResources = 26, kOperatorBarring = 8, kUnknownApn = 27, kNotSupported = 32, kNotSubscribed = 33;
constexpr Time kRetryWait = minutes(12);

bool waits(std::uint8_t cause) { return cause == kOperatorBarring || cause == kUnknownApn || cause == kNotSupported || cause == kNotSubscribed; }

}  // namespace

SessionOutcome Modem::session(const std::string& apn) {
  using Kind = SessionOutcome::Kind;
  // Congestion is the access point's, wherever the modem is; other refusals are this network's.
  const std::pair everywhere{apn, std::string()}, here{apn, cell_.plmn};
  for (const auto& key : {everywhere, here}) {
    const auto at = t3396_.find(key);
    if (at == t3396_.end()) continue;
    if (at->second.until > now()) return {.kind = Kind::backing_off, .cause = at->second.cause};
    t3396_.erase(at);
  }
  const SessionAnswer answer = parts_.serving.session({.imsi = imsi_, .apn = apn, .cell = cell_});
  if (answer.cause == 0) return {};
  const bool congested = answer.cause == kInsufficientResources;
  std::optional<Time> wait = answer.t3396;
  if (!wait && waits(answer.cause)) wait = kRetryWait;
  if (wait && *wait > Time(0)) {
    t3396_[congested ? everywhere : here] = {.until = *wait == Time::max() ? Time::max() : now() + *wait, .cause = answer.cause};
    mark("t3396", {{"apn", apn}, {"seconds", *wait == Time::max() ? "for good" : std::to_string(*wait / std::chrono::seconds(1))}});
  }
  return {.kind = Kind::refused, .cause = answer.cause};
}

}  // namespace simurgh::radio
