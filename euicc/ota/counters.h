// The replay counters of key sets (ETSI TS 102 225 5.1.4): one per security domain and key version, in one cell of the profile.
#pragma once

#include <cstdint>
#include <optional>

#include "asn1/bytes.h"
#include "euicc/state/transaction.h"

namespace simurgh::ota {

inline constexpr std::uint32_t kCountersIndex = 0x53435038;  // of Space::gp

// What was stored last; nothing before the first packet.
[[nodiscard]] std::optional<std::uint64_t> stored_counter(const state::Transaction& txn, std::uint32_t owner, ByteView domain, std::uint8_t version);
// Stages it; the caller commits before anything is executed.
void store_counter(state::Transaction& txn, std::uint32_t owner, ByteView domain, std::uint8_t version, std::uint64_t value);

}  // namespace simurgh::ota
