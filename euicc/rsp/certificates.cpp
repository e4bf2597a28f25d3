#include "euicc/rsp/certificates.h"

#include <algorithm>

#include "asn1/tlv.h"

namespace simurgh::rsp {
namespace {

using crypto::Certificate;

constexpr std::size_t kCrlMemory = 32 * 1024;  // octets of one list

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

CrlResult load_crl(ByteView der, const ecasd::Ecasd& ecasd, state::Transaction& txn) {
  const auto crl = crypto::parse_crl(der);
  if (!crl || crl->unknown_critical_extension || crl->number.empty()) return CrlResult::invalid_format;
  const ecasd::TrustAnchor* anchor = ecasd.anchor(crl->aki);
  if (anchor == nullptr) return CrlResult::key_not_found;
  if (!crypto::signed_by(*crl, anchor->key)) return CrlResult::invalid_signature;
  std::uint32_t index = 0;
  std::vector<std::uint32_t> same;
  bool fresher = false;
  txn.for_each(state::Space::crl, 0, [&](const state::Key& key, const Bytes& loaded) {
    index = std::max(index, key.index + 1);
    const auto old = crypto::parse_crl(loaded);
    if (!old || old->aki != crl->aki) return;
    same.push_back(key.index);
    const auto longer = [](const Bytes& a, const Bytes& b) { return a.size() != b.size() ? a.size() > b.size() : a > b; };
    fresher = fresher || longer(old->number, crl->number) || old->number == crl->number;
  });
  if (crl->is_delta && same.empty()) return CrlResult::base_missing;
  if (fresher) return CrlResult::fresher_loaded;
  if (der.size() > kCrlMemory) return CrlResult::not_enough_memory;
  // A delta adds to its base; a full list takes the place of everything loaded before.
  if (!crl->is_delta) {
    for (const std::uint32_t old : same) txn.erase({state::Space::crl, 0, old});
    index = same.empty() ? index : same.front();
  }
  txn.put({state::Space::crl, 0, index}, to_bytes(der));
  return CrlResult::ok;
}

}  // namespace simurgh::rsp
