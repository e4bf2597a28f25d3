// The card of a thing in this process, and the contacts between it and its terminal.
#pragma once

#include <chrono>

#include "euicc/card/card.h"
#include "tools/terminal/clock.h"
#include "tools/world/card_kit.h"

namespace simurgh::world {

// A memory without transactions, for ablations: the first half of the last commit of several cells is lost when the power fails.
class TornStore final : public state::StateStore {
 public:
  explicit TornStore(std::map<state::Key, state::Cell> cells) : cells_(std::move(cells)) {}
  [[nodiscard]] std::expected<std::map<state::Key, state::Cell>, state::StoreError> load() override { return cells_; }
  [[nodiscard]] std::expected<void, state::StoreError> commit(const std::vector<state::Change>& changes) override;
  void tear();
  [[nodiscard]] const std::map<state::Key, state::Cell>& cells() const noexcept { return cells_; }

 private:
  void put(const state::Key& key, const state::Cell& value);
  std::map<state::Key, state::Cell> cells_;
  std::vector<state::Change> undo_;  // what that half changed
};

class OwnCard final : public terminal::Link {
 public:
  OwnCard(const CardKit& kit, card::ImageCache& images, std::map<state::Key, state::Cell> cells, std::uint64_t seed, bool torn);
  Bytes transmit(ByteView command) override { return card_->transmit(command); }
  Bytes reset() override { return card_->powered() ? card_->reset() : card_->power_on(); }
  void power_off() override { card_->power_off(); }
  // Without an orderly end.
  void power_cut();
  [[nodiscard]] const std::map<state::Key, state::Cell>& cells() const noexcept { return torn_ ? torn_->cells() : store_->cells(); }

 private:
  void make();

  std::unique_ptr<crypto::Rng> rng_;
  std::unique_ptr<TornStore> torn_;
  std::unique_ptr<state::MemoryStore> store_;
  card::ImageCache& images_;
  const card::Applets& applets_;
  std::unique_ptr<card::Card> card_;
};

// Thrown through the terminal: nobody there survives it.
struct PowerCut : terminal::LinkError {
  PowerCut() : LinkError("the power has failed") {}
};

// Counts what crosses, lets it take its time, and loses the card's power with the device's.
class CardLink final : public terminal::Link {
 public:
  CardLink(terminal::Link& card, terminal::VirtualClock& clock, std::uint32_t microseconds) : card_(card), clock_(clock), each_(microseconds) {}
  Bytes transmit(ByteView command) override;
  Bytes reset() override { return card_.reset(); }
  void power_off() override { card_.power_off(); }
  // The power fails before the APDU with this number, counted from the next, or from the first.
  void cut_after(unsigned count) { cut_at_ = apdus + count; }
  void cut_at(std::uint64_t apdu) { cut_at_ = apdu; }

  std::uint64_t apdus = 0;
  std::chrono::nanoseconds time{0};  // real time in the card

 private:
  terminal::Link& card_;
  terminal::VirtualClock& clock_;
  std::optional<std::uint64_t> cut_at_;
  std::uint32_t each_, rest_ = 0;
};

}  // namespace simurgh::world
