// Stores that fail on purpose: the Nth commit, or every one from the Nth on.
#pragma once

#include "euicc/state/store.h"

namespace simurgh::test {

class FaultyStore final : public state::StateStore {
 public:
  explicit FaultyStore(std::map<state::Key, state::Cell> cells) : inner_(std::move(cells)) {}
  // The commit that many commits ahead fails (0: the next one), once.
  void fail_after(std::size_t commits) { countdown_ = commits; }
  void heal() { countdown_.reset(); }
  [[nodiscard]] std::size_t commits() const noexcept { return commits_; }
  [[nodiscard]] const std::map<state::Key, state::Cell>& cells() const noexcept { return inner_.cells(); }

  [[nodiscard]] std::expected<std::map<state::Key, state::Cell>, state::StoreError> load() override { return inner_.load(); }
  [[nodiscard]] std::expected<void, state::StoreError> commit(const std::vector<state::Change>& changes) override {
    ++commits_;
    if (countdown_ && (*countdown_)-- == 0) {
      countdown_.reset();
      return std::unexpected(state::StoreError{"the store fails on purpose"});
    }
    return inner_.commit(changes);
  }

 private:
  state::MemoryStore inner_;
  std::optional<std::size_t> countdown_;
  std::size_t commits_ = 0;
};

// Cells compare by content, not by address.
[[nodiscard]] inline bool same_cells(const std::map<state::Key, state::Cell>& a, const std::map<state::Key, state::Cell>& b) {
  if (a.size() != b.size()) return false;
  for (auto left = a.begin(), right = b.begin(); left != a.end(); ++left, ++right) {
    if (left->first != right->first || *left->second != *right->second) return false;
  }
  return true;
}

}  // namespace simurgh::test
