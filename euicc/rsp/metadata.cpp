#include "euicc/rsp/metadata.h"

#include <algorithm>

#include "asn1/tlv.h"

namespace simurgh::rsp {
namespace {

using asn1::Tlv;
using asn1::TlvReader;
using profile::Metadata;

constexpr std::size_t kProviderName = 32, kProfileName = 64, kIcon = 1024;

bool read_notifications(ByteView content, Metadata& out) {
  TlvReader in(content);
  while (!in.at_end()) {
    const auto entry = in.required(0x30);
    if (!entry) return false;
    const auto events = asn1::find_child(entry->value, 0x80);
    const auto address = asn1::find_child(entry->value, 0x81);
    const auto bits = events ? asn1::named_bits(*events) : std::unexpected(asn1::ParseError{"", 0});
    if (!bits || !address || address->value.size() > 255) return false;
    out.notifications.push_back({*bits, to_text(address->value)});
  }
  return out.notifications.size() <= 16;
}

bool read_owner(ByteView content, Metadata& out) {
  const auto mcc_mnc = asn1::find_child(content, 0x80);
  if (!mcc_mnc || mcc_mnc->value.size() != 3) return false;
  profile::ProfileOwner owner{.mcc_mnc = to_bytes(mcc_mnc->value), .gid1 = {}, .gid2 = {}};
  if (const auto gid1 = asn1::find_child(content, 0x81)) owner.gid1 = to_bytes(gid1->value);
  if (const auto gid2 = asn1::find_child(content, 0x82)) owner.gid2 = to_bytes(gid2->value);
  out.owner = std::move(owner);
  return true;
}

// One element that StoreMetadata and UpdateMetadata share; false: its value is wrong.
bool read_common(const Tlv& element, Metadata& out) {
  const ByteView v = element.value;
  switch (element.tag) {
    case 0x91:
      out.service_provider_name = to_text(v);
      return v.size() <= kProviderName;
    case 0x92:
      out.profile_name = to_text(v);
      return v.size() <= kProfileName;
    case 0x93:
      if (v.size() != 1 || v[0] > 1) return false;
      out.icon_type = v[0];
      return true;
    case 0x94:
      out.icon = to_bytes(v);
      return v.size() <= kIcon;
    case 0x99: {
      const auto bits = asn1::named_bits(element);
      if (!bits) return false;
      out.ppr = *bits;
      return true;
    }
    case 0xBF22:
      out.service_specific = to_bytes(v);
      return v.size() <= 1024;
    default:
      return true;
  }
}

bool read_store_only(const Tlv& element, Metadata& out) {
  const ByteView v = element.value;
  switch (element.tag) {
    case 0x5A:
      out.iccid = to_bytes(v);
      return v.size() == 10;
    case 0x95: {
      const auto number = asn1::unsigned_value(element);
      if (!number || *number > 0xFF) return false;
      out.profile_class = static_cast<profile::ProfileClass>(*number);
      return true;
    }
    case 0xB6:
      return read_notifications(v, out);
    case 0xB7:
      return read_owner(v, out);
    default:
      return true;
  }
}

// SGP.32 v1.2 2.11: BOOLEANs.
bool read_iot(const Tlv& element, Metadata& out) {
  if (element.tag != 0x9F7B && element.tag != 0x9F67) return true;
  if (element.value.size() != 1) return false;
  (element.tag == 0x9F7B ? out.ecall_indication : out.fallback_allowed) = element.value[0] != 0;
  return true;
}

// An IoT card has one Emergency Profile at most.
bool second_emergency(const Metadata& metadata, const ecasd::Ecasd& ecasd, const std::vector<profile::ProfileEntry>& installed) {
  const auto& iot = ecasd.capabilities.iot;
  if (!iot || !iot->choices.one_emergency_profile || !metadata.ecall_indication.value_or(false)) return false;
  return std::ranges::any_of(installed, [](const auto& p) { return p.metadata.ecall_indication.value_or(false); });
}

bool digit_matches(unsigned rule, unsigned digit) { return rule == 0x0E || rule == digit; }

bool gid_matches(const std::optional<Bytes>& rule, const std::optional<Bytes>& gid) {
  if (!rule) return !gid;
  return rule->empty() || (gid && *gid == *rule);
}

// For every rule the profile carries: not forbidden, and the first row of the table that names it and matches the owner exists.
bool authorised(std::uint64_t ppr, const profile::ProfileOwner& owner, const ecasd::Capabilities& capabilities) {
  return std::ranges::any_of(capabilities.rat, [&](const ecasd::RatRow& row) {
    return (row.ppr_ids & ppr) != 0 &&
           std::ranges::any_of(row.allowed, [&](const ecasd::RatRow::Operator& rule) { return operator_matches(rule, owner); });
  });
}

bool ppr_refused(const Metadata& metadata, const ecasd::Ecasd& ecasd, const std::vector<profile::ProfileEntry>& installed) {
  const std::uint64_t ppr = metadata.ppr.value_or(0);
  if ((ppr & ~(kPprUpdateControl | kPpr1 | kPpr2)) != 0) return true;
  if ((ppr & (kPpr1 | kPpr2)) == 0) return false;
  if (!metadata.owner || (ppr & ecasd.capabilities.forbidden_ppr) != 0) return true;
  if ((ppr & kPpr1) != 0 && ecasd.capabilities.ppr1_only_first &&
      std::ranges::any_of(installed, [](const auto& p) { return p.metadata.profile_class == profile::ProfileClass::operational; })) {
    return true;
  }
  for (const std::uint64_t rule : {kPpr1, kPpr2}) {
    if ((ppr & rule) != 0 && !authorised(rule, *metadata.owner, ecasd.capabilities)) return true;
  }
  return false;
}

}  // namespace

Bytes encode_rat(const ecasd::Capabilities& capabilities) {
  asn1::TlvWriter out;
  for (const ecasd::RatRow& row : capabilities.rat) {
    const auto rule = out.open(0x30);
    out.put_bits(0x80, row.ppr_ids);
    {
      const auto operators = out.open(0xA1);
      for (const ecasd::RatRow::Operator& allowed : row.allowed) {
        const auto entry = out.open(0x30);
        out.put(0x80, allowed.mcc_mnc);
        if (allowed.gid1) out.put(0x81, *allowed.gid1);
        if (allowed.gid2) out.put(0x82, *allowed.gid2);
      }
    }
    out.put_bits(0x82, row.consent_required ? 1 : 0);
  }
  return out.take();
}

bool operator_matches(const ecasd::RatRow::Operator& rule, const profile::ProfileOwner& owner) {
  if (rule.mcc_mnc.size() != 3 || owner.mcc_mnc.size() != 3) return false;
  for (std::size_t i = 0; i < 3; ++i) {
    if (!digit_matches(rule.mcc_mnc[i] >> 4U, owner.mcc_mnc[i] >> 4U) || !digit_matches(rule.mcc_mnc[i] & 0x0FU, owner.mcc_mnc[i] & 0x0FU)) {
      return false;
    }
  }
  return gid_matches(rule.gid1, owner.gid1) && gid_matches(rule.gid2, owner.gid2);
}

std::optional<Metadata> parse_metadata(ByteView bf25, bool iot) {
  const auto outer = asn1::read_only(bf25, 0xBF25);
  if (!outer) return std::nullopt;
  Metadata out;
  bool has_provider = false;
  bool has_name = false;
  TlvReader in(outer->value);
  while (!in.at_end()) {
    const auto element = in.next();
    if (!element || !read_common(*element, out) || !read_store_only(*element, out)) return std::nullopt;
    if (iot && !read_iot(*element, out)) return std::nullopt;
    has_provider = has_provider || element->tag == 0x91;
    has_name = has_name || element->tag == 0x92;
  }
  if (out.iccid.empty() || !has_provider || !has_name || (!out.icon.empty() && !out.icon_type)) return std::nullopt;
  return out;
}

std::optional<ErrorReason> refuse_metadata(const Metadata& metadata, const ecasd::Ecasd& ecasd, state::Transaction& txn) {
  const profile::Registry registry(txn);
  if (registry.by_iccid(metadata.iccid)) return ErrorReason::iccid_already_exists;
  // A class of a later edition is read, to be refused by its own reason.
  if (metadata.profile_class > profile::ProfileClass::operational) return ErrorReason::unsupported_profile_class;
  const bool test_offered = ecasd.capabilities.test_class && (ecasd.capabilities.rsp_capability & 0x08) != 0;
  if (metadata.profile_class == profile::ProfileClass::test && !test_offered) return ErrorReason::unsupported_profile_class;
  if (metadata.profile_class == profile::ProfileClass::provisioning && !ecasd.capabilities.provisioning_class) {
    return ErrorReason::unsupported_profile_class;
  }
  if (second_emergency(metadata, ecasd, registry.all())) return ErrorReason::unsupported_profile_class;
  if (ppr_refused(metadata, ecasd, registry.all())) return ErrorReason::ppr_not_allowed;
  return std::nullopt;
}

bool update_metadata(Metadata& metadata, ByteView bf2a) {
  const auto outer = asn1::read_only(bf2a, 0xBF2A);
  if (!outer) return false;
  Metadata changed = metadata;
  TlvReader in(outer->value);
  while (!in.at_end()) {
    const auto element = in.next();
    if (!element || !read_common(*element, changed)) return false;
  }
  if (!changed.icon.empty() && !changed.icon_type) return false;
  if (changed.icon.empty()) changed.icon_type.reset();
  // Rules may be cleared only, and not at all while pprUpdateControl forbids it (SGP.22 v2.5 5.4.1).
  const std::uint64_t before = metadata.ppr.value_or(0);
  const std::uint64_t after = changed.ppr.value_or(0);
  if ((after & ~before) != 0) return false;
  if (after != before && (before & kPprUpdateControl) != 0) return false;
  metadata = std::move(changed);
  return true;
}

}  // namespace simurgh::rsp
