#include "euicc/card/selected_key.h"

#include <algorithm>

#include "euicc/gp/octet_record.h"

namespace simurgh::card {
namespace {

constexpr std::uint8_t kFormat = 1;

}  // namespace

Bytes encode(const SelectedKey& key) {
  const usim::AkaParameters& p = key.parameters;
  gp::OctetWriter out(256);
  out.byte(kFormat);
  out.number(key.counters);
  out.byte(static_cast<std::uint8_t>(p.algorithm));
  out.byte(p.algorithm_options);
  out.secret(p.key);
  out.secret(p.opc);
  out.octets(p.rotation);
  out.octets(p.xoring);
  out.byte(p.auth_counter_max ? 1 : 0);
  out.number(p.auth_counter_max.value_or(0));
  out.byte(p.keccak_iterations);
  out.byte(p.sqn_options);
  out.number(p.sqn_delta);
  out.number(p.sqn_age_limit);
  return out.take();
}

std::optional<SelectedKey> decode_selected_key(ByteView octets) {
  gp::OctetReader in(octets);
  if (in.byte() != kFormat) return std::nullopt;
  SelectedKey out;
  out.counters = in.number_as<std::uint32_t>();
  usim::AkaParameters& p = out.parameters;
  const std::uint8_t algorithm = in.byte();
  if (algorithm < 1 || algorithm > 3) return std::nullopt;
  p.algorithm = static_cast<usim::Algorithm>(algorithm);
  p.algorithm_options = in.byte();
  p.key = in.secret();
  p.opc = in.secret();
  const ByteView rotation = in.view(), xoring = in.view();
  if (rotation.size() != p.rotation.size() || xoring.size() != p.xoring.size()) return std::nullopt;
  std::ranges::copy(rotation, p.rotation.begin());
  std::ranges::copy(xoring, p.xoring.begin());
  const bool limited = in.byte() != 0;
  const auto most = in.number_as<std::uint32_t>();
  if (limited) p.auth_counter_max = most;
  p.keccak_iterations = in.byte();
  p.sqn_options = in.byte();
  p.sqn_delta = in.number();
  p.sqn_age_limit = in.number();
  if (!in.ended() || !p.well_formed()) return std::nullopt;
  return out;
}

std::optional<SelectedKey> selected_key(const state::Transaction& txn, std::uint32_t owner) {
  const Bytes* stored = txn.find({state::Space::aka, owner, kSelectedKey});
  return stored == nullptr ? std::nullopt : decode_selected_key(*stored);
}

void select_key(state::Transaction& txn, std::uint32_t owner, const usim::AkaParameters* parameters, std::uint8_t key_set) {
  if (parameters == nullptr) {
    txn.erase({state::Space::aka, owner, kSelectedKey});
  } else {
    txn.put({state::Space::aka, owner, kSelectedKey}, encode({parameters->clone(), kKeySetCells + key_set}));
  }
  std::vector<state::Key> bootstraps;
  txn.for_each(state::Space::aka, owner, [&](const state::Key& key, const Bytes&) {
    if (key.index >= kGbaCells && key.index < kKeySetCells) bootstraps.push_back(key);
  });
  for (const state::Key& key : bootstraps) txn.erase(key);
}

}  // namespace simurgh::card
