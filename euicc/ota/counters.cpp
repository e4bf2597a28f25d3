#include "euicc/ota/counters.h"

#include <vector>

#include "euicc/gp/octet_record.h"

namespace simurgh::ota {
namespace {

struct Row {
  Bytes domain;
  std::uint8_t version = 0;
  std::uint64_t value = 0;
};

std::vector<Row> load(const state::Transaction& txn, std::uint32_t owner) {
  std::vector<Row> out;
  const Bytes* cell = txn.find({state::Space::gp, owner, kCountersIndex});
  if (cell == nullptr) return out;
  gp::OctetReader in(*cell);
  while (in.ok() && !in.ended()) {
    Row row{.domain = in.octets(), .version = in.byte(), .value = in.number()};
    if (in.ok()) out.push_back(std::move(row));
  }
  return out;
}

}  // namespace

std::optional<std::uint64_t> stored_counter(const state::Transaction& txn, std::uint32_t owner, ByteView domain, std::uint8_t version) {
  for (const Row& row : load(txn, owner)) {
    if (row.version == version && equal(row.domain, domain)) return row.value;
  }
  return std::nullopt;
}

void store_counter(state::Transaction& txn, std::uint32_t owner, ByteView domain, std::uint8_t version, std::uint64_t value) {
  std::vector<Row> rows = load(txn, owner);
  bool known = false;
  for (Row& row : rows) {
    if (row.version != version || !equal(row.domain, domain)) continue;
    row.value = value;
    known = true;
  }
  if (!known) rows.push_back({.domain = to_bytes(domain), .version = version, .value = value});
  gp::OctetWriter out;
  for (const Row& row : rows) {
    out.octets(row.domain);
    out.byte(row.version);
    out.number(row.value);
  }
  txn.put({state::Space::gp, owner, kCountersIndex}, out.take());
}

}  // namespace simurgh::ota
