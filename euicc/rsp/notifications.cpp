#include "euicc/rsp/notifications.h"

#include "asn1/tlv.h"

namespace simurgh::rsp {
namespace {

using asn1::TlvWriter;
using state::Key;
using state::Space;

const Key kSequence{Space::card, 0, 4};

const ecasd::SigningChain* signing_chain(const ecasd::Ecasd& ecasd, ByteView ci_key_id) {
  if (const auto* chain = ecasd.chain(ci_key_id)) return chain;
  return ecasd.chains.empty() ? nullptr : &ecasd.chains.front();
}

void put_metadata(TlvWriter& out, std::uint32_t sequence, Event event, std::string_view address, ByteView iccid) {
  const auto metadata = out.open(0xBF2F);
  out.put_integer(0x80, sequence);
  out.put_bits(0x81, std::uint64_t{1} << static_cast<unsigned>(event));
  out.put_text(0x0C, address);
  if (!iccid.empty()) out.put(0x5A, iccid);
}

template <typename Final>
Bytes result(state::Transaction& txn, const ecasd::Ecasd& ecasd, const ResultContext& context, Final&& final_result) {
  const std::uint32_t sequence = next_sequence_number(txn);
  TlvWriter data;
  {
    const auto scope = data.open(0xBF27);
    data.put(0x80, context.transaction_id);
    put_metadata(data, sequence, Event::install, context.address, context.iccid);
    data.put(0x06, context.smdp_oid);
    const auto outcome = data.open(0xA2);
    final_result(data);
  }
  TlvWriter out;
  {
    const auto scope = out.open(0xBF37);
    out.raw(data.view());
    if (const auto* chain = signing_chain(ecasd, context.ci_key_id)) out.put(0x5F37, chain->key.sign({data.view()}));
  }
  Bytes signed_result = out.take();
  store_notification(txn, sequence, signed_result, ecasd.capabilities.notification_capacity);
  return signed_result;
}

}  // namespace

std::uint32_t last_sequence_number(const state::Transaction& txn) {
  const Bytes* stored = txn.find(kSequence);
  return stored == nullptr ? 0 : static_cast<std::uint32_t>(be_value(*stored));
}

std::uint32_t next_sequence_number(state::Transaction& txn) {
  const std::uint32_t next = last_sequence_number(txn) + 1;
  txn.put(kSequence, be_bytes(next, 4));
  return next;
}

void store_notification(state::Transaction& txn, std::uint32_t sequence, Bytes signed_object, std::size_t capacity) {
  std::vector<Key> present;
  txn.for_each(Space::notification, 0, [&](const Key& key, const Bytes&) { present.push_back(key); });
  for (std::size_t i = 0; present.size() - i >= capacity && i < present.size(); ++i) txn.erase(present[i]);
  txn.put({Space::notification, 0, sequence}, std::move(signed_object));
}

void notify(state::Transaction& txn, const ecasd::Ecasd& ecasd, const profile::ProfileEntry& entry, Event event) {
  const ecasd::SigningChain* chain = signing_chain(ecasd, entry.ci_key_id);
  if (chain == nullptr) return;
  for (const profile::NotificationConfig& config : entry.metadata.notifications) {
    if ((config.events >> static_cast<unsigned>(event) & 1) == 0) continue;
    const std::uint32_t sequence = next_sequence_number(txn);
    TlvWriter tbs;
    put_metadata(tbs, sequence, event, config.address, entry.metadata.iccid);
    TlvWriter out;
    {
      const auto scope = out.open(0x30);
      out.raw(tbs.view()).put(0x5F37, chain->key.sign({tbs.view()}));
      out.raw(chain->euicc_certificate).raw(chain->eum_certificate);
    }
    store_notification(txn, sequence, out.take(), ecasd.capabilities.notification_capacity);
  }
}

std::optional<Bytes> metadata_of(ByteView stored) {
  const auto outer = asn1::TlvReader(stored).next();
  if (!outer) return std::nullopt;
  auto content = outer->value;
  if (outer->tag == 0xBF37) {
    const auto data = asn1::find_child(content, 0xBF27);
    if (!data) return std::nullopt;
    content = data->value;
  }
  const auto metadata = asn1::find_child(content, 0xBF2F);
  if (!metadata) return std::nullopt;
  return to_bytes(metadata->raw);
}

std::uint64_t events_of(ByteView metadata) {
  const auto outer = asn1::TlvReader(metadata).next();
  const auto bits = outer ? asn1::find_child(outer->value, 0x81) : std::nullopt;
  return bits ? asn1::named_bits(*bits).value_or(0) : 0;
}

std::vector<Bytes> aids_in_results(const state::Transaction& txn) {
  std::vector<Bytes> out;
  txn.for_each(Space::notification, 0, [&](const Key&, const Bytes& stored) {
    auto at = asn1::find_child(stored, 0xBF37);
    for (const std::uint32_t tag : {0xBF27U, 0xA2U, 0xA0U, 0x4FU}) at = at ? asn1::find_child(at->value, tag) : std::nullopt;
    if (at) out.push_back(to_bytes(at->value));
  });
  return out;
}

Bytes success_result(state::Transaction& txn, const ecasd::Ecasd& ecasd, const ResultContext& context, ByteView isdp_aid, ByteView sima_response) {
  return result(txn, ecasd, context, [&](TlvWriter& out) {
    const auto success = out.open(0xA0);
    out.put(0x4F, isdp_aid).put(0x04, sima_response);
  });
}

Bytes error_result(state::Transaction& txn, const ecasd::Ecasd& ecasd, const ResultContext& context, BppCommand command, ErrorReason reason,
                   ByteView sima_response) {
  return result(txn, ecasd, context, [&](TlvWriter& out) {
    const auto error = out.open(0xA1);
    out.put_integer(0x80, static_cast<std::uint64_t>(command)).put_integer(0x81, static_cast<std::uint64_t>(reason));
    if (!sima_response.empty()) out.put(0x82, sima_response);
  });
}

}  // namespace simurgh::rsp
