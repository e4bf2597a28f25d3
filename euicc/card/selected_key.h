// The key that NAAs authenticate with when an application has put another one in place of the profile's (multi-IMSI). One for all NAAs of the
// profile; GSM, 3G, IMS and GBA contexts follow it. Each key has counters of its own, never those of another.
#pragma once

#include <cstdint>
#include <optional>

#include "euicc/state/transaction.h"
#include "euicc/usim/algorithms.h"

namespace simurgh::card {

// Indexes of cells in Space::aka: below 0x10000 the SQN arrays of the package's keys.
inline constexpr std::uint32_t kGbaCells = 0x10000, kKeySetCells = 0x20000, kSelectedKey = 0x30000;

struct SelectedKey {
  usim::AkaParameters parameters;
  std::uint32_t counters = 0;  // index of the cell with its SQN array
};

[[nodiscard]] Bytes encode(const SelectedKey& key);
[[nodiscard]] std::optional<SelectedKey> decode_selected_key(ByteView octets);

// Nothing: the profile's own keys are in use.
[[nodiscard]] std::optional<SelectedKey> selected_key(const state::Transaction& txn, std::uint32_t owner);
// From the next AUTHENTICATE on; null: the profile's own. Keys that a GBA bootstrap left are dropped. `key_set`: 1..255.
void select_key(state::Transaction& txn, std::uint32_t owner, const usim::AkaParameters* parameters, std::uint8_t key_set);

}  // namespace simurgh::card
