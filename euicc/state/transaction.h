// The card's view of its cells: what is stored plus what the running command has staged.
#pragma once

#include "euicc/state/store.h"

namespace simurgh::state {

// Owns the loaded cells of one card. All access goes through one Transaction at a time.
class Transaction {
 public:
  // Throws std::runtime_error when the store cannot be loaded (host plane).
  explicit Transaction(StateStore& store);

  // The staged value if there is one, else the stored one; null when absent. Valid until the cell is changed.
  [[nodiscard]] const Bytes* find(const Key& key) const;
  [[nodiscard]] Cell cell(const Key& key) const;
  void put(const Key& key, Bytes value);
  void put(const Key& key, Cell value);
  void erase(const Key& key);
  // Every cell of this space and owner goes away.
  void erase_all(Space space, std::uint32_t owner);
  // In index order, staged changes included.
  void for_each(Space space, std::uint32_t owner, const std::function<void(const Key&, const Bytes&)>& visit) const;
  // Owners that have a cell with this index, ascending.
  [[nodiscard]] std::vector<std::uint32_t> owners(Space space, std::uint32_t index) const;

  [[nodiscard]] bool dirty() const noexcept { return !staged_.empty(); }
  // Makes the staged changes durable; they stay staged nowhere afterwards, whatever the result. On an error nothing has changed.
  // May be called in the middle of a command for what must be written first (retry counters before a comparison).
  [[nodiscard]] std::expected<void, StoreError> commit();
  void rollback() noexcept { staged_.clear(); }
  // Forgets staged changes and reads the store again.
  [[nodiscard]] std::expected<void, StoreError> reload();

 private:
  StateStore& store_;
  std::map<Key, Cell> cells_;
  std::map<Key, Cell> staged_;  // null value: erased
};

}  // namespace simurgh::state
