#include "euicc/iot/results.h"

#include <vector>

#include "asn1/tlv.h"
#include "euicc/gp/octet_record.h"
#include "euicc/iot/cells.h"

namespace simurgh::iot {
namespace {

using asn1::TlvWriter;

void put_head(TlvWriter& out, const ResultHead& head) {
  out.put_text(0x80, head.eim_id).put(0x81, head.counter);
  if (head.transaction_id) out.put(0x82, *head.transaction_id);
}

Bytes sealed(const ecasd::Ecasd& ecasd, std::uint32_t alternative, ByteView data, const Signer& signer) {
  const ecasd::SigningChain* chain = signer.ci_key_id.empty() ? nullptr : ecasd.chain(signer.ci_key_id);
  if (chain == nullptr) chain = &ecasd.chains.front();
  TlvWriter out;
  {
    const auto result = out.open(0xBF51);
    const auto scope = out.open(alternative);
    out.raw(data).put(0x5F37, chain->key.sign({data, signer.tail}));
  }
  return out.take();
}

state::Key key_of(std::uint32_t sequence) { return {state::Space::iot, kResultOwner, sequence}; }

struct Stored {
  std::string eim_id;
  ByteView result;
};

Stored read(const Bytes& cell) {
  gp::OctetReader in(cell);
  Stored out;
  out.eim_id = to_text(in.view());
  out.result = in.view();
  return out;
}

}  // namespace

Bytes result_signed(const ecasd::Ecasd& ecasd, const ResultHead& head, std::uint32_t sequence, ByteView elements, const Signer& signer) {
  TlvWriter data;
  {
    const auto scope = data.open(0x30);
    put_head(data, head);
    data.put_integer(0x83, sequence).put(0x30, elements);
  }
  return sealed(ecasd, 0xA0, data.view(), signer);
}

Bytes error_signed(const ecasd::Ecasd& ecasd, const ResultHead& head, PackageError error, const Signer& signer) {
  TlvWriter data;
  {
    const auto scope = data.open(0x30);
    put_head(data, head);
    data.put_integer(0x02, static_cast<std::uint64_t>(error));
  }
  return sealed(ecasd, 0xA1, data.view(), signer);
}

Bytes error_unsigned(std::string_view eim_id, const std::optional<Bytes>& transaction_id, ByteView token_object) {
  TlvWriter out;
  {
    const auto result = out.open(0xBF51);
    const auto scope = out.open(0xA2);
    out.put_text(0x80, eim_id);
    if (transaction_id) out.put(0x82, *transaction_id);
    out.raw(token_object);
  }
  return out.take();
}

void store_result(state::Transaction& txn, const ecasd::Ecasd& ecasd, std::uint32_t sequence, std::string_view eim_id, ByteView result) {
  std::vector<state::Key> present;
  txn.for_each(state::Space::iot, kResultOwner, [&](const state::Key& key, const Bytes&) { present.push_back(key); });
  const std::size_t capacity = ecasd.capabilities.iot->result_capacity;
  for (std::size_t i = 0; i < present.size() && present.size() - i >= capacity; ++i) txn.erase(present[i]);
  gp::OctetWriter cell(result.size() + eim_id.size() + 8);
  cell.octets(text_view(eim_id));
  cell.octets(result);
  txn.put(key_of(sequence), cell.take());
}

void for_each_result(const state::Transaction& txn, const std::function<void(std::uint32_t, ByteView)>& visit) {
  txn.for_each(state::Space::iot, kResultOwner, [&](const state::Key& key, const Bytes& cell) { visit(key.index, read(cell).result); });
}

bool remove_result(state::Transaction& txn, std::uint32_t sequence) {
  if (txn.find(key_of(sequence)) == nullptr) return false;
  txn.erase(key_of(sequence));
  return true;
}

void remove_results_of(state::Transaction& txn, std::string_view eim_id) {
  std::vector<state::Key> theirs;
  txn.for_each(state::Space::iot, kResultOwner, [&](const state::Key& key, const Bytes& cell) {
    if (read(cell).eim_id == eim_id) theirs.push_back(key);
  });
  for (const state::Key& key : theirs) txn.erase(key);
}

}  // namespace simurgh::iot
