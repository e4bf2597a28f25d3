#include "ipae/card/policy.h"

#include <algorithm>

#include "ipae/agent/schedule.h"

namespace simurgh::ipae {
std::uint32_t device_number(std::uint64_t imei) noexcept {
  // SplitMix64's finisher: neighbours in a series of IMEIs are far apart.
  imei += 0x9E3779B97F4A7C15U;
  imei = (imei ^ imei >> 30) * 0xBF58476D1CE4E5B9U;
  imei = (imei ^ imei >> 27) * 0x94D049BB133111EBU;
  return static_cast<std::uint32_t>(imei >> 32 ^ imei);
}

seconds next_poll(const PollPolicy& policy, const PollSituation& now) {
  seconds out = policy.interval;
  if (now.failures > 0) {
    out = doubled(policy.failure, now.failures - 1, policy.longest);
  } else if (now.bootstrap && policy.bootstrap_interval < policy.interval) {
    out = policy.bootstrap_interval;
    // In a hurry for an hour, then twice as long each time.
    for (seconds past = policy.bootstrap_hurry; past < now.idle && out < policy.interval; past *= 2) out *= 2;
    out = std::min(out, policy.interval);
  }
  if (now.budget_used >= 50) out *= now.budget_used >= 90 ? 8 : now.budget_used >= 75 ? 4 : 2;
  const auto spread = static_cast<std::uint64_t>(out.count()) * policy.jitter_percent / 100;
  return out + seconds(spread == 0 ? 0 : now.device % (spread + 1));
}

seconds first_poll(const PollPolicy& policy, const PollSituation& now, std::uint32_t random) {
  const seconds base = now.bootstrap ? policy.bootstrap_first : policy.first;
  const seconds spread = now.bootstrap ? policy.bootstrap_spread : policy.first_spread;
  const seconds delay = base + seconds(random % (static_cast<std::uint32_t>(spread.count()) + 1));
  // A device that restarts after each failure must not poll the faster for it.
  return doubled(delay, std::min(now.failures, 3U), policy.longest);
}

unsigned Budget::percent(const BudgetPolicy& policy) const noexcept {
  const auto part = [](std::uint64_t used, std::uint64_t limit) { return limit == 0 ? 0U : static_cast<unsigned>(std::min<std::uint64_t>(100, used * 100 / limit)); };
  return std::max(part(life, policy.life), part(day, policy.day));
}

bool Budget::allows(const BudgetPolicy& policy, bool urgent) const noexcept {
  const auto within = [&](std::uint64_t used, std::uint64_t limit) {
    if (limit == 0) return true;
    const std::uint64_t reserve = std::min(policy.reserve, limit / 10);
    return used < (urgent ? limit : limit - reserve);
  };
  return within(life, policy.life) && within(day, policy.day);
}

void report(Loss& loss, Health health, seconds since) noexcept {
  switch (health) {
    case Health::healthy:
    case Health::no_eim:
      loss = Loss{};
      return;
    case Health::no_data:
      loss.unregistered = seconds(0);
      loss.no_data += since;
      ++loss.attempts;
      return;
    case Health::unregistered:
      loss.unregistered += since;
      return;
  }
}

bool lost(const FallbackPolicy& policy, const Loss& loss) noexcept {
  return loss.unregistered >= policy.registration_loss || (loss.no_data >= policy.data_loss && loss.attempts >= policy.data_attempts);
}

seconds look_again(const FallbackPolicy& policy, const Loss& loss, unsigned failures) noexcept {
  if (loss.attempts == 0 || failures > 2 * policy.data_attempts) return seconds::max();
  return policy.data_loss / std::max(1U, policy.data_attempts) + seconds(1);
}

seconds return_after(const FallbackPolicy& policy, unsigned failed, std::uint32_t device) noexcept {
  return return_pause(policy.back, policy.back_longest, failed, device);
}

}  // namespace simurgh::ipae
