#include "ipae/agent/schedule.h"

#include <algorithm>

namespace simurgh::ipae {
namespace {

std::chrono::seconds part(std::chrono::seconds whole, std::uint32_t number) {
  return whole.count() <= 0 ? std::chrono::seconds(0) : std::chrono::seconds(number % (static_cast<std::uint64_t>(whole.count()) + 1));
}

}  // namespace

std::chrono::seconds doubled(std::chrono::seconds base, unsigned times, std::chrono::seconds limit) {
  std::chrono::seconds out = base;
  for (unsigned i = 0; i < times && out < limit; ++i) out *= 2;
  return std::min(out, limit);
}

std::chrono::seconds return_pause(std::chrono::seconds first, std::chrono::seconds longest, unsigned failed, std::uint32_t device) {
  const std::chrono::seconds base = doubled(first, failed, longest);
  // Plus or minus 20 %, fixed by the device: an outage that ends for everybody must not end in everybody's return.
  const std::chrono::seconds fifth = base / 5;
  return base - fifth + part(2 * fifth, device);
}

std::chrono::seconds PollSchedule::first(std::uint32_t random) const {
  const std::chrono::seconds delay = rules_.first + part(rules_.first_spread, random);
  return failures_ == 0 ? delay : std::max(delay, doubled(rules_.failure, failures_ - 1, rules_.longest_failure));
}

std::chrono::seconds PollSchedule::next(bool reached) {
  failures_ = reached ? 0 : failures_ + 1;
  const std::chrono::seconds base = reached ? rules_.interval : doubled(rules_.failure, failures_ - 1, rules_.longest_failure);
  return base + part(base * rules_.jitter_percent / 100, device_);
}

std::uint32_t device_spread(ByteView identity) noexcept {
  std::uint64_t number = 0;
  for (const std::uint8_t octet : identity) {
    // SplitMix64's finisher over what has been seen so far
    number = (number ^ octet) + 0x9E3779B97F4A7C15U;
    number = (number ^ number >> 30) * 0xBF58476D1CE4E5B9U;
    number = (number ^ number >> 27) * 0x94D049BB133111EBU;
    number ^= number >> 31;
  }
  return static_cast<std::uint32_t>(number >> 32 ^ number);
}

}  // namespace simurgh::ipae
