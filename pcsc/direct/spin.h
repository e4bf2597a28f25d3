// Waiting that is worth it: a few microseconds of looking before the price of two context switches.
#pragma once

#include <sched.h>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace simurgh::pcsc::direct {

// Learns from each wait whether looking pays. Where it never does (busy machine, slow card) it soon costs nothing.
class AdaptiveSpin {
 public:
  // The processor this thread runs on, for the other side's `peer_cpu`.
  [[nodiscard]] static std::uint32_t here() noexcept { return static_cast<std::uint32_t>(::sched_getcpu()); }

  // True as soon as `ready` holds; false when it is time to sleep. `peer_cpu()` tells where the other side ran last: on one and the same
  // processor, looking only keeps it from working, so that the processor is offered to it instead.
  template <class Ready, class PeerCpu>
  [[nodiscard]] bool until(Ready&& ready, PeerCpu&& peer_cpu) noexcept {
    if (ready()) return true;
    if (peer_cpu() == here()) {
      for (int i = 0; i < kYields; ++i) {
        ::sched_yield();
        if (ready()) return true;
      }
      return false;
    }
    if (budget_ < kLeast) {
      if (++skipped_ < kProbe) return false;
      skipped_ = 0;
      budget_ = kLeast;
    }
    const auto start = Clock::now();
    do {
      for (int i = 0; i < 32; ++i) {
        if (ready()) {
          budget_ = std::min(kMost, budget_ * 2);
          return true;
        }
        pause();
      }
    } while (Clock::now() - start < budget_);
    budget_ /= 2;
    return false;
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr Clock::duration kMost = std::chrono::microseconds(40);
  static constexpr Clock::duration kLeast = std::chrono::microseconds(2);
  static constexpr int kProbe = 32;
  static constexpr int kYields = 4;

  static void pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }

  Clock::duration budget_ = kMost;
  int skipped_ = 0;
};

}  // namespace simurgh::pcsc::direct
