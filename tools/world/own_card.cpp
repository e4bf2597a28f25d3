#include "tools/world/own_card.h"

namespace simurgh::world {

void TornStore::put(const state::Key& key, const state::Cell& value) {
  if (value) {
    cells_[key] = value;
  } else {
    cells_.erase(key);
  }
}

std::expected<void, state::StoreError> TornStore::commit(const std::vector<state::Change>& changes) {
  if (changes.size() > 1) undo_.clear();
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const auto before = cells_.find(changes[i].key);
    if (changes.size() > 1 && 2 * i < changes.size()) undo_.push_back({changes[i].key, before == cells_.end() ? nullptr : before->second});
    put(changes[i].key, changes[i].value);
  }
  return {};
}

void TornStore::tear() {
  for (auto at = undo_.rbegin(); at != undo_.rend(); ++at) put(at->key, at->value);
  undo_.clear();
}

OwnCard::OwnCard(const CardKit& kit, card::ImageCache& images, std::map<state::Key, state::Cell> cells, std::uint64_t seed, bool torn)
    : rng_(crypto::seeded_rng(seed)),
      torn_(torn ? std::make_unique<TornStore>(std::move(cells)) : nullptr),
      store_(torn ? nullptr : std::make_unique<state::MemoryStore>(std::move(cells))),
      images_(images),
      applets_(kit.applets) {
  make();
}

void OwnCard::make() {
  state::StateStore& store = torn_ ? static_cast<state::StateStore&>(*torn_) : *store_;
  card_ = std::make_unique<card::Card>(store, *rng_, nullptr, &images_, &applets_);
}

void OwnCard::power_cut() {
  card_->power_off();
  if (!torn_) return;
  torn_->tear();
  make();  // what it had read of its memory is not what is there
}

Bytes CardLink::transmit(ByteView command) {
  if (cut_at_ == apdus) {
    cut_at_.reset();
    throw PowerCut();
  }
  ++apdus;
  rest_ += each_;
  if (rest_ >= 1000) {
    clock_.advance(Time(rest_ / 1000));
    rest_ %= 1000;
  }
  const auto asked = std::chrono::steady_clock::now();
  Bytes out = card_.transmit(command);
  time += std::chrono::steady_clock::now() - asked;
  return out;
}

}  // namespace simurgh::world
