#include "ipae/agent/emulated_state.h"

#include <algorithm>

#include "ipae/esipa/messages.h"

namespace simurgh::ipae {
namespace {

using asn1::Tlv;
using asn1::TlvReader;
using asn1::TlvWriter;

// Elements of the record; 30 around them.
constexpr std::uint32_t kNextToken = 0x80, kNextSequence = 0x81, kEim = 0xA2, kRollback = 0xA3, kFallback = 0x84, kReturnTarget = 0x85,
                        kEmergency = 0x86, kRunning = 0xA7, kMark = 0xA8, kImmediateEnable = 0xA9, kCertificates = 0xAA, kResult = 0xBF51;

Bytes octets(ByteView content, std::uint32_t tag) {
  const auto found = asn1::find_child(content, tag);
  return found ? to_bytes(found->value) : Bytes{};
}

std::optional<std::uint64_t> number(ByteView content, std::uint32_t tag) {
  const auto found = asn1::find_child(content, tag);
  const auto value = found ? asn1::unsigned_value(*found) : std::unexpected(asn1::ParseError{"", 0});
  return value ? std::optional(*value) : std::nullopt;
}

void put_origin(TlvWriter& out, const std::string& eim_id, std::uint64_t counter, ByteView transaction_id) {
  out.put_text(0x80, eim_id).put_integer(0x81, counter).put(0x82, transaction_id);
}

void read_eim(const Tlv& row, EmulatedState& out) {
  EmulatedState::Eim eim;
  eim.members = octets(row.value, 0x30);
  eim.counter = number(row.value, 0x83).value_or(0);
  eim.token = number(row.value, 0x84);
  auto entry = es10b::parse_eim_entry(asn1::tlv(0x30, eim.members));
  if (!entry) return;
  eim.entry = *std::move(entry);
  out.eims.push_back(std::move(eim));
}

EmulatedState::Rollback read_rollback(const Tlv& row) {
  EmulatedState::Rollback out{octets(row.value, 0x5A), to_text(octets(row.value, 0x80)), number(row.value, 0x81).value_or(0),
                              number(row.value, 0x83).value_or(0), octets(row.value, 0x82), {}};
  const Bytes list = octets(row.value, 0xA4);
  TlvReader in(list);
  while (!in.at_end()) {
    const auto one = in.required(0x80);
    const auto value = one ? asn1::unsigned_value(*one) : std::unexpected(asn1::ParseError{"", 0});
    if (!value) break;
    out.notifications.push_back(*value);
  }
  return out;
}

void read_element(const Tlv& element, EmulatedState& out) {
  const ByteView content = element.value;
  const auto has = [&](std::uint32_t tag) { return asn1::find_child(content, tag).has_value(); };
  switch (element.tag) {
    case kNextToken:
      out.next_token = asn1::unsigned_value(element).value_or(1);
      return;
    case kNextSequence:
      out.next_sequence = asn1::unsigned_value(element).value_or(EmulatedState::kFirstSequence);
      return;
    case kEim:
      return read_eim(element, out);
    case kResult: {
      const auto result = esipa::parse_package_result(element.raw);
      if (result && result->sequence) out.results[*result->sequence] = to_bytes(element.raw);
      return;
    }
    case kRollback:
      out.rollback = read_rollback(element);
      return;
    case kFallback:
      out.fallback = to_bytes(content);
      return;
    case kReturnTarget:
      out.return_target = to_bytes(content);
      return;
    case kEmergency:
      out.emergency = to_bytes(content);
      return;
    case kRunning:
      out.running = EmulatedState::Running{to_text(octets(content, 0x80)), number(content, 0x81).value_or(0), octets(content, 0x82),
                                           octets(content, 0x30)};
      return;
    case kMark:
      out.marks.push_back({octets(content, 0x5A), has(0x9F67), has(0x9F7B)});
      return;
    case kImmediateEnable:
      out.immediate = {has(0x80), octets(content, 0x81), to_text(octets(content, 0x82))};
      return;
    case kCertificates: {
      TlvReader in(content);
      const auto eum = in.required(0x30);
      const auto euicc = in.required(0x30);
      if (eum && euicc) out.certificates = EmulatedState::Certificates{to_bytes(eum->raw), to_bytes(euicc->raw)};
      return;
    }
    default:
      return;
  }
}

}  // namespace

EmulatedState::Eim* EmulatedState::find(const std::string& eim_id) {
  const auto found = std::find_if(eims.begin(), eims.end(), [&](const Eim& e) { return e.entry.id == eim_id; });
  return found == eims.end() ? nullptr : &*found;
}

EmulatedState::Mark* EmulatedState::mark_of(ByteView iccid) {
  const auto found = std::find_if(marks.begin(), marks.end(), [&](const Mark& m) { return equal(m.iccid, iccid); });
  return found == marks.end() ? nullptr : &*found;
}

void EmulatedState::forget_profile(ByteView iccid) {
  std::erase_if(marks, [&](const Mark& m) { return equal(m.iccid, iccid); });
  for (Bytes* one : {&fallback, &return_target}) {
    if (equal(*one, iccid)) one->clear();
  }
  if (emergency && equal(*emergency, iccid)) emergency->clear();
  if (rollback && equal(rollback->former, iccid)) rollback.reset();
}

Bytes EmulatedState::encode() const {
  TlvWriter out;
  {
    const auto scope = out.open(0x30);
    out.put_integer(kNextToken, next_token).put_integer(kNextSequence, next_sequence);
    for (const Eim& eim : eims) {
      const auto row = out.open(kEim);
      out.put(0x30, eim.members).put_integer(0x83, eim.counter);
      if (eim.token) out.put_integer(0x84, *eim.token);
    }
    for (const auto& [sequence, raw] : results) out.raw(raw);
    if (rollback) {
      const auto row = out.open(kRollback);
      out.put(0x5A, rollback->former);
      put_origin(out, rollback->eim_id, rollback->counter, rollback->transaction_id);
      out.put_integer(0x83, rollback->sequence);
      const auto list = out.open(0xA4);
      for (const std::uint64_t one : rollback->notifications) out.put_integer(0x80, one);
    }
    if (!fallback.empty()) out.put(kFallback, fallback);
    if (!return_target.empty()) out.put(kReturnTarget, return_target);
    if (emergency) out.put(kEmergency, *emergency);
    if (running) {
      const auto row = out.open(kRunning);
      put_origin(out, running->eim_id, running->counter, running->transaction_id);
      out.put(0x30, running->list);
    }
    for (const Mark& mark : marks) {
      const auto row = out.open(kMark);
      out.put(0x5A, mark.iccid);
      if (mark.ecall) out.put(0x9F7B, {});
      if (mark.fallback_allowed) out.put(0x9F67, {});
    }
    if (immediate.on || !immediate.smdp_oid.empty() || !immediate.smdp_address.empty()) {
      const auto row = out.open(kImmediateEnable);
      if (immediate.on) out.put(0x80, {});
      out.put(0x81, immediate.smdp_oid).put_text(0x82, immediate.smdp_address);
    }
    if (certificates) out.put(kCertificates, concat({certificates->eum, certificates->euicc}));
  }
  return out.take();
}

EmulatedState EmulatedState::decode(ByteView encoded) {
  EmulatedState out;
  const auto whole = asn1::read_only(encoded, 0x30);
  if (!whole) return out;
  TlvReader in(whole->value);
  while (!in.at_end()) {
    const auto element = in.next();
    if (!element) break;
    read_element(*element, out);
  }
  return out;
}

}  // namespace simurgh::ipae
