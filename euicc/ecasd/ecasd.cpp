#include "euicc/ecasd/ecasd.h"

#include <algorithm>

#include "asn1/tlv.h"

namespace simurgh::ecasd {
namespace {

using asn1::Tlv;
using asn1::TlvReader;
using asn1::TlvWriter;

const state::Key kIdentity{state::Space::card, 0, 0};
const state::Key kCapabilities{state::Space::card, 0, 1};
const state::Key kKeys{state::Space::card, 0, 2};

constexpr std::uint64_t kFormat = 1;

// Reads elements in the order they were written; the first that is missing or malformed makes everything fail.
class Fields {
 public:
  explicit Fields(ByteView content) : in_(content) {}
  [[nodiscard]] bool good() const noexcept { return good_; }
  [[nodiscard]] bool done() const noexcept { return good_ && in_.at_end(); }
  [[nodiscard]] bool more(std::uint32_t tag) const noexcept { return good_ && in_.peek() == tag; }
  ByteView octets(std::uint32_t tag) {
    const auto element = good_ ? in_.required(tag) : std::unexpected(asn1::ParseError{"", 0});
    good_ = element.has_value();
    return good_ ? element->value : ByteView{};
  }
  ByteView octets(std::uint32_t tag, std::size_t size) {
    const ByteView out = octets(tag);
    good_ = good_ && out.size() == size;
    return out;
  }
  std::string text(std::uint32_t tag) { return to_text(octets(tag)); }
  std::uint64_t number(std::uint32_t tag, std::uint64_t most = ~std::uint64_t{0}) {
    const ByteView out = octets(tag);
    good_ = good_ && out.size() <= 8 && be_value(out) <= most;
    return good_ ? be_value(out) : 0;
  }

 private:
  TlvReader in_;
  bool good_ = true;
};

std::optional<crypto::Curve> curve_of(ByteView octets) {
  if (octets.size() != 1 || octets[0] > 1) return std::nullopt;
  return static_cast<crypto::Curve>(octets[0]);
}

void put_curve(TlvWriter& out, std::uint32_t tag, crypto::Curve curve) { out.put_byte(tag, static_cast<std::uint8_t>(curve)); }

Bytes encode_identity(const Ecasd& card) {
  TlvWriter out;
  out.put(0x80, be_bytes(kFormat, 1)).put(0x5A, card.eid);
  for (const TrustAnchor& anchor : card.anchors) {
    const auto scope = out.open(0xA1);
    out.put(0x80, anchor.key_id);
    put_curve(out, 0x81, anchor.key.curve());
    out.put(0x82, anchor.key.point()).put(0x83, anchor.certificate);
  }
  return out.take();
}

bool decode_identity(ByteView encoded, Ecasd& card) {
  Fields f(encoded);
  if (f.number(0x80) != kFormat) return false;
  const ByteView eid = f.octets(0x5A, 16);
  const auto is_bcd = [](std::uint8_t octet) { return (octet & 0x0FU) < 10 && octet >> 4U < 10; };
  if (!f.good() || !std::ranges::all_of(eid, is_bcd)) return false;
  std::copy(eid.begin(), eid.end(), card.eid.begin());
  while (f.more(0xA1)) {
    Fields a(f.octets(0xA1));
    const ByteView key_id = a.octets(0x80);
    const auto curve = curve_of(a.octets(0x81));
    const ByteView point = a.octets(0x82);
    const ByteView certificate = a.octets(0x83);
    if (!a.done() || !curve) return false;
    auto key = crypto::EcPublicKey::from_point(*curve, point);
    if (!key) return false;
    card.anchors.push_back({to_bytes(key_id), *std::move(key), to_bytes(certificate)});
  }
  return f.done();
}

Bytes encode_keys(const Ecasd& card) {
  TlvWriter out;
  out.put(0x80, be_bytes(kFormat, 1));
  for (const SigningChain& chain : card.chains) {
    const auto scope = out.open(0xA1);
    out.put(0x80, chain.ci_key_id).put(0x81, chain.eum_certificate).put(0x82, chain.euicc_certificate);
    put_curve(out, 0x83, chain.key.curve());
    out.put(0x84, chain.key.scalar().expose());
  }
  return out.take();
}

bool decode_keys(ByteView encoded, Ecasd& card) {
  Fields f(encoded);
  if (f.number(0x80) != kFormat) return false;
  while (f.more(0xA1)) {
    Fields c(f.octets(0xA1));
    const ByteView ci = c.octets(0x80);
    const ByteView eum = c.octets(0x81);
    const ByteView euicc = c.octets(0x82);
    const auto curve = curve_of(c.octets(0x83));
    const ByteView scalar = c.octets(0x84);
    if (!c.done() || !curve) return false;
    auto key = crypto::EcPrivateKey::from_scalar(*curve, scalar);
    if (!key) return false;
    card.chains.push_back({to_bytes(ci), to_bytes(eum), to_bytes(euicc), *std::move(key)});
  }
  return f.done();
}

constexpr std::uint64_t kFlagTerminalCapability = 1, kFlagProvisioning = 2, kFlagTest = 4, kFlagPpr1First = 8, kFlagEfDir = 16, kFlagCategory = 32;

Bytes encode_capabilities(const Capabilities& c) {
  TlvWriter out;
  const auto number = [&](std::uint32_t tag, std::uint64_t value) { out.put(tag, be_bytes(value, 8)); };
  number(0x80, kFormat);
  for (const auto* version : {&c.profile_version, &c.svn, &c.firmware, &c.ts102241, &c.globalplatform, &c.pp_version}) out.put(0x81, *version);
  number(0x82, c.uicc_capability);
  number(0x83, c.rsp_capability);
  number(0x84, c.category.value_or(0));
  number(0x85, c.forbidden_ppr);
  for (const auto* text : {&c.sas_number, &c.platform_label, &c.discovery_base_url, &c.default_dp_address, &c.root_ds_address}) {
    out.put_text(0x86, *text);
  }
  number(0x87, c.free_memory);
  number(0x88, c.notification_capacity);
  number(0x89, (c.require_terminal_capability ? kFlagTerminalCapability : 0) | (c.provisioning_class ? kFlagProvisioning : 0) |
                   (c.test_class ? kFlagTest : 0) | (c.ppr1_only_first ? kFlagPpr1First : 0) | (c.bare_ef_dir ? kFlagEfDir : 0) |
                   (c.category ? kFlagCategory : 0));
  out.put(0x8A, c.isdr_aid).put(0x8B, c.atr);
  for (const Bytes& alias : c.isdr_aliases) out.put(0x8C, alias);
  for (const RatRow& row : c.rat) {
    const auto scope = out.open(0xAD);
    number(0x80, row.ppr_ids);
    number(0x81, row.consent_required ? 1 : 0);
    for (const RatRow::Operator& allowed : row.allowed) {
      const auto entry = out.open(0xA2);
      out.put(0x80, allowed.mcc_mnc);
      if (allowed.gid1) out.put(0x81, *allowed.gid1);
      if (allowed.gid2) out.put(0x82, *allowed.gid2);
    }
  }
  if (c.iot) out.put(0xAE, c.iot->encode());
  return out.take();
}

bool decode_capabilities(ByteView encoded, Capabilities& c) {
  Fields f(encoded);
  if (f.number(0x80) != kFormat) return false;
  for (auto* version : {&c.profile_version, &c.svn, &c.firmware, &c.ts102241, &c.globalplatform, &c.pp_version}) {
    const ByteView octets = f.octets(0x81, 3);
    if (!f.good()) return false;
    std::copy(octets.begin(), octets.end(), version->begin());
  }
  c.uicc_capability = f.number(0x82);
  c.rsp_capability = f.number(0x83);
  const auto category = static_cast<std::uint8_t>(f.number(0x84, 0xFF));
  c.forbidden_ppr = f.number(0x85);
  for (auto* text : {&c.sas_number, &c.platform_label, &c.discovery_base_url, &c.default_dp_address, &c.root_ds_address}) *text = f.text(0x86);
  c.free_memory = static_cast<std::uint32_t>(f.number(0x87, 0xFFFFFFFF));
  c.notification_capacity = static_cast<std::uint16_t>(f.number(0x88, 0xFFFF));
  const std::uint64_t flags = f.number(0x89);
  c.require_terminal_capability = (flags & kFlagTerminalCapability) != 0;
  c.provisioning_class = (flags & kFlagProvisioning) != 0;
  c.test_class = (flags & kFlagTest) != 0;
  c.ppr1_only_first = (flags & kFlagPpr1First) != 0;
  c.bare_ef_dir = (flags & kFlagEfDir) != 0;
  c.category = (flags & kFlagCategory) != 0 ? std::optional(category) : std::nullopt;
  c.isdr_aid = to_bytes(f.octets(0x8A));
  c.atr = to_bytes(f.octets(0x8B));
  while (f.more(0x8C)) c.isdr_aliases.push_back(to_bytes(f.octets(0x8C)));
  while (f.more(0xAD)) {
    Fields r(f.octets(0xAD));
    RatRow row;
    row.ppr_ids = r.number(0x80);
    row.consent_required = r.number(0x81, 1) != 0;
    while (r.more(0xA2)) {
      Fields o(r.octets(0xA2));
      RatRow::Operator allowed;
      allowed.mcc_mnc = to_bytes(o.octets(0x80, 3));
      if (o.more(0x81)) allowed.gid1 = to_bytes(o.octets(0x81));
      if (o.more(0x82)) allowed.gid2 = to_bytes(o.octets(0x82));
      if (!o.done()) return false;
      row.allowed.push_back(std::move(allowed));
    }
    if (!r.done()) return false;
    c.rat.push_back(std::move(row));
  }
  if (f.more(0xAE)) {
    c.iot = IotCapabilities::decode(f.octets(0xAE));
    if (!c.iot) return false;
  }
  return f.done();
}

}  // namespace

const TrustAnchor* Ecasd::anchor(ByteView key_id) const {
  for (const TrustAnchor& candidate : anchors) {
    if (equal(candidate.key_id, key_id)) return &candidate;
  }
  return nullptr;
}

const SigningChain* Ecasd::chain(ByteView ci_key_id) const {
  for (const SigningChain& candidate : chains) {
    if (equal(candidate.ci_key_id, ci_key_id)) return &candidate;
  }
  return nullptr;
}

void Ecasd::store(state::Transaction& txn) const {
  txn.put(kIdentity, encode_identity(*this));
  txn.put(kCapabilities, encode_capabilities(capabilities));
  txn.put(kKeys, encode_keys(*this));
}

std::optional<Ecasd> Ecasd::load(const state::Transaction& txn) {
  const Bytes* identity = txn.find(kIdentity);
  const Bytes* capabilities = txn.find(kCapabilities);
  const Bytes* keys = txn.find(kKeys);
  if (identity == nullptr || capabilities == nullptr || keys == nullptr) return std::nullopt;
  Ecasd out;
  if (!decode_identity(*identity, out) || !decode_capabilities(*capabilities, out.capabilities) || !decode_keys(*keys, out)) return std::nullopt;
  return out;
}

}  // namespace simurgh::ecasd
