#include "euicc/rsp/certificates.h"

#include <algorithm>

namespace simurgh::rsp {
namespace {

using crypto::Certificate;

bool revoked(const Certificate& certificate, const state::Transaction& txn) {
  bool out = false;
  txn.for_each(state::Space::crl, 0, [&](const state::Key&, const Bytes& der) {
    const auto crl = crypto::parse_crl(der);
    if (!crl || crl->aki != certificate.aki) return;
    out = out || std::ranges::find(crl->revoked, certificate.serial) != crl->revoked.end();
  });
  return out;
}

}  // namespace

std::expected<Certificate, CertificateFault> check_server_certificate(ByteView der, const ecasd::TrustAnchor& anchor,
                                                                      std::initializer_list<crypto::Role> roles, const state::Transaction& txn) {
  auto certificate = crypto::parse_certificate(der);
  if (!certificate) return std::unexpected(CertificateFault::invalid);
  if (certificate->unsupported_curve) return std::unexpected(CertificateFault::unsupported_curve);
  const bool shaped = certificate->key && certificate->ecdsa_sha256 && certificate->has_key_usage && certificate->digital_signature &&
                      !certificate->is_ca && !certificate->ski.empty() && !certificate->unknown_critical_extension;
  if (!shaped || !equal(certificate->aki, anchor.key_id)) return std::unexpected(CertificateFault::invalid);
  if (!anchor.certificate.empty()) {
    const auto issuer = crypto::parse_certificate(anchor.certificate);
    if (issuer && issuer->subject != certificate->issuer) return std::unexpected(CertificateFault::invalid);
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
  std::optional<std::uint32_t> same;
  bool fresher = false;
  txn.for_each(state::Space::crl, 0, [&](const state::Key& key, const Bytes& loaded) {
    index = std::max(index, key.index + 1);
    const auto old = crypto::parse_crl(loaded);
    if (!old || old->aki != crl->aki) return;
    same = key.index;
    const auto longer = [](const Bytes& a, const Bytes& b) { return a.size() != b.size() ? a.size() > b.size() : a > b; };
    fresher = fresher || longer(old->number, crl->number) || old->number == crl->number;
  });
  if (crl->is_delta && !same) return CrlResult::base_missing;
  if (fresher) return CrlResult::fresher_loaded;
  // A delta adds to its base; a full list takes the place of the one before.
  txn.put({state::Space::crl, 0, crl->is_delta ? index : same.value_or(index)}, to_bytes(der));
  return CrlResult::ok;
}

}  // namespace simurgh::rsp
