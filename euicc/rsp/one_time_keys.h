// One-time key pairs of the card (SGP.22 v2.5 5.7.5): kept in the store until a result exists for them, then gone for ever.
#pragma once

#include <optional>

#include "euicc/crypto/ec.h"
#include "euicc/state/transaction.h"

namespace simurgh::rsp {

struct OneTimeKey {
  std::uint32_t index = 0;  // of its cell
  crypto::EcPrivateKey key;
};

// The stored pair with this public key made for this SM-DP+, to which a package is already bound.
[[nodiscard]] std::optional<OneTimeKey> find_one_time_key(const state::Transaction& txn, ByteView public_point, ByteView smdp_oid);
// A new pair; the oldest goes when too many wait.
[[nodiscard]] OneTimeKey make_one_time_key(state::Transaction& txn, crypto::Curve curve, ByteView smdp_oid, ByteView transaction_id, crypto::Rng& rng);
void erase_one_time_key(state::Transaction& txn, std::uint32_t index);

}  // namespace simurgh::rsp
