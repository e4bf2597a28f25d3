#include "ipae/agent/journal.h"

#include <algorithm>

namespace simurgh::ipae {
namespace {

using asn1::Tlv;
using asn1::TlvReader;
using asn1::TlvWriter;

Bytes octets(ByteView content, std::uint32_t tag) {
  const auto found = asn1::find_child(content, tag);
  return found ? to_bytes(found->value) : Bytes{};
}

std::optional<std::uint64_t> number(ByteView content, std::uint32_t tag) {
  const auto found = asn1::find_child(content, tag);
  if (!found) return std::nullopt;
  const auto value = asn1::unsigned_value(*found);
  if (!value) return std::nullopt;
  return *value;
}

// Every 30 below the list.
template <typename Take>
void each_row(ByteView content, std::uint32_t list, Take take) {
  const auto found = asn1::find_child(content, list);
  if (!found) return;
  TlvReader in(found->value);
  while (!in.at_end()) {
    const auto row = in.required(0x30);
    if (!row) return;
    take(row->value);
  }
}

}  // namespace

AgentJournal::Eim& AgentJournal::of(const std::string& eim_id) {
  const auto found = std::find_if(eims.begin(), eims.end(), [&](const Eim& e) { return e.id == eim_id; });
  if (found != eims.end()) return *found;
  return eims.emplace_back(Eim{eim_id, {}, false});
}

void AgentJournal::state_changed(esipa::StateChangeCause cause, const std::string& except) {
  for (Eim& eim : eims) {
    if (eim.id != except || except.empty()) eim.cause = cause;
  }
}

void AgentJournal::keep_only(const std::vector<std::string>& eim_ids) {
  const auto gone = [&](const std::string& id) { return std::find(eim_ids.begin(), eim_ids.end(), id) == eim_ids.end(); };
  std::erase_if(eims, [&](const Eim& e) { return gone(e.id); });
  std::erase_if(triggers, [&](const OwedTrigger& t) { return gone(t.eim_id); });
  for (const std::string& id : eim_ids) (void)of(id);
}

Bytes AgentJournal::encode() const {
  TlvWriter out;
  {
    const auto whole = out.open(0x30);
    {
      const auto list = out.open(0xA0);
      for (const Eim& eim : eims) {
        const auto row = out.open(0x30);
        out.put_text(0x80, eim.id);
        if (eim.cause) out.put_integer(0x81, static_cast<std::uint8_t>(*eim.cause));
        if (eim.compact) out.put(0x82, {});
      }
    }
    {
      const auto list = out.open(0xA1);
      for (const OwedTrigger& trigger : triggers) {
        const auto row = out.open(0x30);
        out.put_text(0x80, trigger.eim_id).put(0x81, trigger.transaction_id).put_integer(0x82, trigger.installation);
        out.put(0x83, trigger.error);
        if (trigger.server_told) out.put(0x84, {});
        if (trigger.by_eim) out.put(0x85, {});
      }
    }
    if (!transferred.empty()) {
      const auto list = out.open(0xA2);
      for (const std::uint64_t one : transferred) out.put_integer(0x80, one);
    }
  }
  return out.take();
}

AgentJournal AgentJournal::decode(ByteView encoded) {
  AgentJournal out;
  const auto whole = asn1::read_only(encoded, 0x30);
  if (!whole) return out;
  each_row(whole->value, 0xA0, [&](ByteView row) {
    Eim& eim = out.of(to_text(octets(row, 0x80)));
    if (const auto cause = number(row, 0x81)) eim.cause = static_cast<esipa::StateChangeCause>(std::min<std::uint64_t>(*cause, 127));
    eim.compact = asn1::find_child(row, 0x82).has_value();
  });
  each_row(whole->value, 0xA1, [&](ByteView row) {
    OwedTrigger& trigger = out.triggers.emplace_back();
    trigger.eim_id = to_text(octets(row, 0x80));
    trigger.transaction_id = octets(row, 0x81);
    trigger.installation = number(row, 0x82).value_or(0);
    trigger.error = octets(row, 0x83);
    trigger.server_told = asn1::find_child(row, 0x84).has_value();
    trigger.by_eim = asn1::find_child(row, 0x85).has_value();
  });
  if (const auto list = asn1::find_child(whole->value, 0xA2)) {
    TlvReader in(list->value);
    while (!in.at_end() && out.transferred.size() < kMostTransferred) {
      const auto one = in.required(0x80);
      const auto value = one ? asn1::unsigned_value(*one) : std::unexpected(asn1::ParseError{"", 0});
      if (!value) break;
      out.transferred.push_back(*value);
    }
  }
  return out;
}

}  // namespace simurgh::ipae
