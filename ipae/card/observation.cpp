#include "ipae/card/observation.h"

#include "asn1/tlv.h"
#include "euicc/profile/registry.h"

namespace simurgh::ipae {

std::optional<Observation> Observation::of(state::Transaction& txn) {
  const Bytes* stored = txn.find(kRecord);
  auto record = stored == nullptr ? std::nullopt : Record::decode(*stored);
  if (!record) return std::nullopt;
  Observation out{.record = *std::move(record)};
  out.profiles = profile::Registry(txn).all().size();
  txn.for_each(state::Space::notification, 0, [&](const state::Key&, const Bytes&) { ++out.owed; });
  return out;
}

Bytes Observation::encode() const {
  asn1::TlvWriter out;
  {
    const auto scope = out.open(kObservationTag);
    out.put(0x80, record.encode()).put(0x81, be_bytes(profiles, 2)).put(0x82, be_bytes(owed, 2));
  }
  return out.take();
}

std::optional<Observation> Observation::decode(ByteView encoded) {
  const auto whole = asn1::read_only(encoded, kObservationTag);
  if (!whole) return std::nullopt;
  const auto record = asn1::find_child(whole->value, 0x80), profiles = asn1::find_child(whole->value, 0x81), owed = asn1::find_child(whole->value, 0x82);
  if (!record || !profiles || !owed || profiles->value.size() != 2 || owed->value.size() != 2) return std::nullopt;
  auto read = Record::decode(record->value);
  if (!read) return std::nullopt;
  return Observation{.record = *std::move(read), .profiles = static_cast<std::size_t>(be_value(profiles->value)), .owed = static_cast<std::size_t>(be_value(owed->value))};
}

}  // namespace simurgh::ipae
