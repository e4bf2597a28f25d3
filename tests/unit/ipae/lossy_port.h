// A network in virtual time that loses, doubles, delays and reorders datagrams as a seed says. The far end is a function.
#pragma once

#include <functional>
#include <map>
#include <random>

#include "ipae/transport/ports.h"

namespace simurgh::test {

struct Weather {
  unsigned loss = 0;        // percent, each way
  unsigned duplicates = 0;  // percent, each way
  std::chrono::milliseconds least{20};
  std::chrono::milliseconds most{20};  // a datagram sent later may arrive earlier when they differ
  std::uint64_t seed = 1;
};

class LossyPort final : public ipae::DatagramPort {
 public:
  // What the far end sends when a datagram reaches it.
  using Far = std::function<std::vector<Bytes>(ByteView datagram)>;
  LossyPort(Far far, Weather weather = {}, std::size_t largest = 1232)
      : far_(std::move(far)), weather_(weather), largest_(largest), dice_(weather.seed) {}

  ipae::Task<ipae::PortResult<void>> send(Bytes datagram) override {
    if (datagram.size() > largest_) co_return std::unexpected(ipae::PortError{"a datagram that is too large for this network"});
    ++sent;
    octets += datagram.size();
    post(true, std::move(datagram));
    co_return ipae::PortResult<void>{};
  }
  ipae::Task<ipae::PortResult<std::optional<Bytes>>> receive(std::chrono::milliseconds timeout) override {
    const auto deadline = now + timeout;
    while (!under_way_.empty() && under_way_.begin()->first <= deadline) {
      auto node = under_way_.extract(under_way_.begin());
      now = node.key();
      Parcel parcel = std::move(node.mapped());
      if (!parcel.to_far) {
        ++received;
        octets += parcel.datagram.size();
        co_return std::optional<Bytes>(std::move(parcel.datagram));
      }
      for (Bytes& back : far_(parcel.datagram)) post(false, std::move(back));
    }
    now = deadline;
    co_return std::optional<Bytes>();
  }
  std::size_t largest() const override { return largest_; }

  std::chrono::milliseconds now{0};
  std::size_t sent = 0, received = 0, octets = 0;
  // Only these of the datagrams sent (counted from 0, both ways together) are lost; replaces the weather's dice when set.
  std::function<bool(bool to_far, std::size_t count)> lose;

 private:
  struct Parcel {
    bool to_far = false;
    Bytes datagram;
  };
  void post(bool to_far, Bytes datagram) {
    const bool lost = lose ? lose(to_far, to_far ? to_++ : from_++) : roll() < weather_.loss;
    const bool twice = roll() < weather_.duplicates;
    if (lost) return;
    if (twice) under_way_.emplace(now + delay(), Parcel{to_far, datagram});
    under_way_.emplace(now + delay(), Parcel{to_far, std::move(datagram)});
  }
  unsigned roll() { return static_cast<unsigned>(dice_() % 100); }
  std::chrono::milliseconds delay() {
    const auto span = static_cast<std::uint64_t>((weather_.most - weather_.least).count());
    return weather_.least + std::chrono::milliseconds(dice_() % (span + 1));
  }

  Far far_;
  Weather weather_;
  std::size_t largest_;
  std::mt19937_64 dice_;
  std::multimap<std::chrono::milliseconds, Parcel> under_way_;
  std::size_t to_ = 0, from_ = 0;
};

}  // namespace simurgh::test
