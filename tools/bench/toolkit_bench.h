// What the toolkit of a card costs: proactive commands one after the other, and octets through a BIP channel.
#pragma once

#include <map>
#include <string>

#include "euicc/card/card.h"
#include "euicc/state/store.h"
#include "pcsc/slot.h"

namespace simurgh::bench {

class BenchSlot final : public pcsc::CardSlot {
 public:
  explicit BenchSlot(card::Card& card) : card_(card) {}
  Bytes power_on() override { return card_.power_on(); }
  Bytes reset() override { return card_.reset(); }
  void power_off() override { card_.power_off(); }
  Bytes transmit(ByteView apdu) override { return card_.transmit(apdu); }
  Bytes atr() const override { return card_.atr(); }

 private:
  card::Card& card_;
};

using Cells = std::map<state::Key, state::Cell>;

// FETCH and TERMINAL RESPONSE of an application that always has another command, pairs a second in process. Throws DeskError.
[[nodiscard]] double fetch_rate(const Cells& cells, crypto::Rng& rng, double seconds);

// Octets a second that an application sends and receives over TCP, the terminal at the other side of our libpcsclite (a path). The terminal
// does nothing but answer. Throws DeskError.
struct BipRates {
  double up = 0, down = 0;
};
[[nodiscard]] BipRates bip_rates(const std::string& library, const Cells& cells, crypto::Rng& rng, double seconds);

}  // namespace simurgh::bench
