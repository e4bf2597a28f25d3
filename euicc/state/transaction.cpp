#include "euicc/state/transaction.h"

#include <stdexcept>

namespace simurgh::state {

Transaction::Transaction(StateStore& store) : store_(store) {
  if (const auto loaded = reload(); !loaded) throw std::runtime_error(loaded.error().what);
}

std::expected<void, StoreError> Transaction::reload() {
  staged_.clear();
  auto cells = store_.load();
  if (!cells) return std::unexpected(cells.error());
  cells_ = *std::move(cells);
  return {};
}

Cell Transaction::cell(const Key& key) const {
  if (!staged_.empty()) {
    if (const auto it = staged_.find(key); it != staged_.end()) return it->second;
  }
  const auto it = cells_.find(key);
  return it == cells_.end() ? nullptr : it->second;
}

const Bytes* Transaction::find(const Key& key) const {
  if (!staged_.empty()) {
    if (const auto it = staged_.find(key); it != staged_.end()) return it->second.get();
  }
  const auto it = cells_.find(key);
  return it == cells_.end() ? nullptr : it->second.get();
}

void Transaction::put(const Key& key, Bytes value) { staged_[key] = std::make_shared<const Bytes>(std::move(value)); }

void Transaction::put(const Key& key, Cell value) { staged_[key] = std::move(value); }

void Transaction::erase(const Key& key) {
  if (cells_.contains(key)) {
    staged_[key] = nullptr;
  } else {
    staged_.erase(key);
  }
}

void Transaction::erase_all(Space space, std::uint32_t owner) {
  std::vector<Key> keys;
  for_each(space, owner, [&](const Key& key, const Bytes&) { keys.push_back(key); });
  for (const Key& key : keys) erase(key);
}

void Transaction::for_each(Space space, std::uint32_t owner, const std::function<void(const Key&, const Bytes&)>& visit) const {
  const Key from{space, owner, 0};
  const auto same = [&](const auto& it, const auto& end) { return it != end && it->first.space == space && it->first.owner == owner; };
  auto base = cells_.lower_bound(from);
  auto over = staged_.lower_bound(from);
  for (;;) {
    const bool has_base = same(base, cells_.end());
    const bool has_over = same(over, staged_.end());
    if (!has_base && !has_over) return;
    if (has_over && (!has_base || over->first <= base->first)) {
      if (has_base && over->first == base->first) ++base;
      if (over->second) visit(over->first, *over->second);
      ++over;
    } else {
      visit(base->first, *base->second);
      ++base;
    }
  }
}

std::vector<std::uint32_t> Transaction::owners(Space space, std::uint32_t index) const {
  std::map<std::uint32_t, bool> seen;
  for (const auto& [key, value] : cells_) {
    if (key.space == space && key.index == index) seen[key.owner] = true;
  }
  for (const auto& [key, value] : staged_) {
    if (key.space == space && key.index == index) seen[key.owner] = value != nullptr;
  }
  std::vector<std::uint32_t> out;
  for (const auto& [owner, present] : seen) {
    if (present) out.push_back(owner);
  }
  return out;
}

std::expected<void, StoreError> Transaction::commit() {
  if (staged_.empty()) return {};
  std::vector<Change> changes;
  changes.reserve(staged_.size());
  for (const auto& [key, value] : staged_) changes.push_back({key, value});
  staged_.clear();
  if (auto stored = store_.commit(changes); !stored) return stored;
  for (Change& change : changes) {
    if (change.value) {
      cells_[change.key] = std::move(change.value);
    } else {
      cells_.erase(change.key);
    }
  }
  return {};
}

}  // namespace simurgh::state
