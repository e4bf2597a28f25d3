#include "euicc/rsp/certificates.h"

#include <algorithm>
#include <set>

#include "asn1/tlv.h"

namespace simurgh::rsp {
namespace {

using crypto::Certificate;

constexpr std::size_t kCrlMemory = 32 * 1024;  // octets of all lists together

bool revoked(const Certificate& certificate, const state::Transaction& txn) {
  bool out = false;
  txn.for_each(state::Space::crl, 0, [&](const state::Key&, const Bytes& der) {
    const auto crl = crypto::parse_crl(der);
    if (!crl || crl->aki != certificate.aki) return;
    out = out || std::ranges::find(crl->revoked, certificate.serial) != crl->revoked.end();
  });
  return out;
}

// Subject of a certificate the card was made with. Only the name is wanted: reading the whole certificate would build its key for nothing.
ByteView subject_of(ByteView der) {
  const auto certificate = asn1::read_only(der, 0x30);
  asn1::TlvReader outer(certificate ? certificate->value : ByteView{});
  const auto tbs = outer.required(0x30);
  asn1::TlvReader in(tbs ? tbs->value : ByteView{});
  const auto version = in.optional(0xA0);
  const auto serial = in.required(0x02);
  const auto algorithm = in.required(0x30);
  const auto issuer = in.required(0x30);
  const auto validity = in.required(0x30);
  const auto subject = in.required(0x30);
  return version && serial && algorithm && issuer && validity && subject ? subject->raw : ByteView{};
}

}  // namespace

std::expected<Certificate, CertificateFault> check_server_certificate(ByteView der, const ecasd::TrustAnchor& anchor,
                                                                      std::initializer_list<crypto::Role> roles, const state::Transaction& txn) {
  auto certificate = crypto::parse_certificate(der);
  if (!certificate) return std::unexpected(CertificateFault::invalid);
  if (certificate->unsupported_curve) return std::unexpected(CertificateFault::unsupported_curve);
  const bool shaped = certificate->key && certificate->ecdsa_sha256 && certificate->has_key_usage && certificate->digital_signature &&
                      !certificate->is_ca && !certificate->ski.empty() && !certificate->registered_id.empty() &&
                      !certificate->unknown_critical_extension;
  if (!shaped || !equal(certificate->aki, anchor.key_id)) return std::unexpected(CertificateFault::invalid);
  if (!anchor.certificate.empty() && !equal(subject_of(anchor.certificate), certificate->issuer)) {
    return std::unexpected(CertificateFault::invalid);
  }
  if (!crypto::signed_by(*certificate, anchor.key)) return std::unexpected(CertificateFault::invalid);
  if (revoked(*certificate, txn)) return std::unexpected(CertificateFault::invalid);
  if (std::ranges::none_of(roles, [&](crypto::Role role) { return certificate->has_role(role); })) {
    return std::unexpected(CertificateFault::wrong_role);
  }
  return *std::move(certificate);
}

CrlResult load_crl(ByteView der, const ecasd::Ecasd& ecasd, state::Transaction& txn, std::vector<std::uint32_t>& missing_parts) {
  const auto crl = crypto::parse_crl(der);
  if (!crl || crl->unknown_critical_extension || crl->number.empty() || (crl->is_delta && crl->parts != 0)) return CrlResult::invalid_format;
  const ecasd::TrustAnchor* anchor = ecasd.anchor(crl->aki);
  if (anchor == nullptr) return CrlResult::key_not_found;
  if (!crypto::signed_by(*crl, anchor->key)) return CrlResult::invalid_signature;
  const auto later = [](const Bytes& a, const Bytes& b) { return a.size() != b.size() ? a.size() > b.size() : a > b; };
  std::uint32_t index = 0;
  std::vector<std::uint32_t> replaced;
  std::set<std::uint32_t> have{crl->part};
  std::size_t octets = der.size();
  bool any = false, fresher = false;
  txn.for_each(state::Space::crl, 0, [&](const state::Key& key, const Bytes& loaded) {
    index = std::max(index, key.index + 1);
    octets += loaded.size();
    const auto old = crypto::parse_crl(loaded);
    if (!old || old->aki != crl->aki) return;
    any = true;
    const bool sibling = crl->parts != 0 && old->parts == crl->parts && old->number == crl->number;
    if (sibling) have.insert(old->part);
    fresher = fresher || later(old->number, crl->number) || (old->number == crl->number && (!sibling || old->part == crl->part));
    // A delta adds to its base and a part to its siblings; everything else takes the place of what was loaded before.
    if (!crl->is_delta && !sibling) {
      replaced.push_back(key.index);
      octets -= loaded.size();
    }
  });
  if (crl->is_delta && !any) return CrlResult::base_missing;
  if (fresher) return CrlResult::fresher_loaded;
  if (octets > kCrlMemory) return CrlResult::not_enough_memory;
  for (const std::uint32_t old : replaced) txn.erase({state::Space::crl, 0, old});
  txn.put({state::Space::crl, 0, index}, to_bytes(der));
  for (std::uint32_t part = 1; part <= crl->parts; ++part) {
    if (!have.contains(part)) missing_parts.push_back(part);
  }
  return CrlResult::ok;
}

}  // namespace simurgh::rsp
