#include "euicc/rsp/one_time_keys.h"

#include <vector>

#include "asn1/tlv.h"

namespace simurgh::rsp {
namespace {

using state::Key;
using state::Space;

constexpr std::size_t kMostKeys = 4;

}  // namespace

std::optional<OneTimeKey> find_one_time_key(const state::Transaction& txn, ByteView public_point, ByteView smdp_oid) {
  std::optional<OneTimeKey> out;
  txn.for_each(Space::one_time_key, 0, [&](const Key& key, const Bytes& cell) {
    const auto point = asn1::find_child(cell, 0x81);
    const auto oid = asn1::find_child(cell, 0x82);
    const auto curve = asn1::find_child(cell, 0x83);
    const auto scalar = asn1::find_child(cell, 0x84);
    if (!point || !oid || !curve || !scalar || curve->value.size() != 1 || curve->value[0] > 1) return;
    if (!equal(point->value, public_point) || !equal(oid->value, smdp_oid)) return;
    if (auto made = crypto::EcPrivateKey::from_scalar(static_cast<crypto::Curve>(curve->value[0]), scalar->value)) {
      out = OneTimeKey{key.index, *std::move(made)};
    }
  });
  return out;
}

OneTimeKey make_one_time_key(state::Transaction& txn, crypto::Curve curve, ByteView smdp_oid, ByteView transaction_id, crypto::Rng& rng) {
  std::vector<std::uint32_t> present;
  txn.for_each(Space::one_time_key, 0, [&](const Key& key, const Bytes&) { present.push_back(key.index); });
  if (present.size() >= kMostKeys) erase_one_time_key(txn, present.front());
  const std::uint32_t index = present.empty() ? 0 : present.back() + 1;
  auto key = crypto::EcPrivateKey::generate(curve, rng);
  asn1::TlvWriter cell;
  cell.put(0x81, key.public_key().point()).put(0x82, smdp_oid).put_byte(0x83, static_cast<std::uint8_t>(curve));
  cell.put(0x84, key.scalar().expose()).put(0x85, transaction_id);
  txn.put({Space::one_time_key, 0, index}, cell.take());
  return {index, std::move(key)};
}

void erase_one_time_key(state::Transaction& txn, std::uint32_t index) { txn.erase({Space::one_time_key, 0, index}); }

}  // namespace simurgh::rsp
