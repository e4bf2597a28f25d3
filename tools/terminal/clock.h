// Time of a terminal: real, or one that jumps to the next deadline so that a day passes in a test without waiting.
#pragma once

#include <chrono>

namespace simurgh::terminal {

class Network;

class Clock {
 public:
  virtual ~Clock() = default;
  // Since the clock was made.
  [[nodiscard]] virtual std::chrono::milliseconds now() const = 0;
  // Returns at the deadline, or earlier when the network has something to say.
  virtual void wait_until(std::chrono::milliseconds deadline, Network& network) = 0;
};

class RealClock final : public Clock {
 public:
  [[nodiscard]] std::chrono::milliseconds now() const override;
  void wait_until(std::chrono::milliseconds deadline, Network& network) override;

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

class VirtualClock final : public Clock {
 public:
  // While connections are open the network gets this much real time to speak before the clock jumps.
  explicit VirtualClock(std::chrono::milliseconds grace = std::chrono::milliseconds(0)) : grace_(grace) {}
  [[nodiscard]] std::chrono::milliseconds now() const override { return now_; }
  void wait_until(std::chrono::milliseconds deadline, Network& network) override;
  void advance(std::chrono::milliseconds step) { now_ += step; }

 private:
  std::chrono::milliseconds now_{0}, grace_;
};

}  // namespace simurgh::terminal
