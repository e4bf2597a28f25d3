// A card for reader tests: echoes, counts and fails on request. Counters may be read from another thread.
#pragma once

#include <atomic>
#include <functional>
#include <stdexcept>

#include "pcsc/slot.h"

namespace simurgh::test {

// Answers every APDU with its own bytes and 9000, unless `on_transmit` is set.
class FakeSlot : public pcsc::CardSlot {
 public:
  // T=0 only, as the cards of this project: TS, T0 with TD1, TD1 = T=0, one historical byte.
  explicit FakeSlot(Bytes atr = {0x3B, 0x81, 0x00, 0x55}) : atr_(std::move(atr)) {}

  Bytes power_on() override {
    ++power_ons;
    return mute ? Bytes{} : atr_;
  }
  Bytes reset() override {
    ++resets;
    return mute ? Bytes{} : atr_;
  }
  void power_off() override { ++power_offs; }
  Bytes transmit(ByteView apdu) override {
    ++transmits;
    if (on_transmit) return on_transmit(apdu);
    Bytes out = to_bytes(apdu);
    out.push_back(0x90);
    out.push_back(0x00);
    return out;
  }
  [[nodiscard]] Bytes atr() const override { return atr_; }

  std::function<Bytes(ByteView)> on_transmit;
  std::atomic<bool> mute{false};
  std::atomic<int> power_ons{0}, resets{0}, power_offs{0}, transmits{0};

 private:
  Bytes atr_;
};

}  // namespace simurgh::test
