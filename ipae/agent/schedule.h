// When a host polls: rules without a clock. Every number is a choice of this project, the start of the back-off excepted (SGP.32 practice).
#pragma once

#include <chrono>
#include <cstdint>

#include "asn1/bytes.h"

namespace simurgh::ipae {

struct ScheduleRules {
  std::chrono::seconds first{60}, first_spread{300};  // after a stable start: 60 s and a random part
  std::chrono::seconds interval{3600};
  unsigned jitter_percent = 10;                               // of the interval, fixed by the device
  std::chrono::seconds failure{600}, longest_failure{86400};  // doubling
  std::chrono::seconds proof_pause{30};                       // between attempts to prove a new profile
};

class PollSchedule {
 public:
  // `device`: a number of the device, the same at each start and far from its neighbours' (device_spread).
  PollSchedule(ScheduleRules rules, std::uint32_t device) : rules_(rules), device_(device) {}
  // `random`: any number. A device that restarts after failures must not poll the faster for it.
  [[nodiscard]] std::chrono::seconds first(std::uint32_t random) const;
  // After a visit that reached an eIM, or did not.
  [[nodiscard]] std::chrono::seconds next(bool reached);
  [[nodiscard]] std::chrono::seconds proof() const { return rules_.proof_pause; }

  [[nodiscard]] unsigned failures() const noexcept { return failures_; }
  void restore(unsigned failures) noexcept { failures_ = failures; }

 private:
  ScheduleRules rules_;
  std::uint32_t device_;
  unsigned failures_ = 0;
};

// `base` doubled so many times, but no more than the limit.
[[nodiscard]] std::chrono::seconds doubled(std::chrono::seconds base, unsigned times, std::chrono::seconds limit);
// How long to stay with a fallback profile before the former one is tried, after so many trials that failed.
[[nodiscard]] std::chrono::seconds return_pause(std::chrono::seconds first, std::chrono::seconds longest, unsigned failed, std::uint32_t device);

// Neighbours in a series of IMEIs or EIDs are far apart.
[[nodiscard]] std::uint32_t device_spread(ByteView identity) noexcept;

}  // namespace simurgh::ipae
