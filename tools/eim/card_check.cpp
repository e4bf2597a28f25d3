#include "tools/eim/card_check.h"

#include <algorithm>

#include "asn1/tlv.h"
#include "tools/eim/package.h"

namespace simurgh::eim {

std::optional<crypto::Certificate> verify_card(const perso::Pki& pki, ByteView euicc_der, ByteView eum_der, const std::string& eid, std::int64_t when) {
  const auto eum = crypto::parse_certificate(eum_der);
  auto euicc = crypto::parse_certificate(euicc_der);
  if (!eum || !euicc || !euicc->key || !eum->key) return std::nullopt;
  const bool rooted = std::ranges::any_of(pki.curves, [&](const perso::Pki::Curve& curve) {
    return curve.ci && crypto::issued_by(*eum, curve.ci->certificate) && crypto::may_issue(curve.ci->certificate, *eum);
  });
  if (!rooted || !eum->has_role(crypto::Role::eum) || !euicc->has_role(crypto::Role::euicc)) return std::nullopt;
  if (!crypto::issued_by(*euicc, *eum) || !crypto::may_issue(*eum, *euicc)) return std::nullopt;
  for (const crypto::Certificate* certificate : {&*eum, static_cast<const crypto::Certificate*>(&*euicc)}) {
    if (when < certificate->not_before || when > certificate->not_after) return std::nullopt;
  }
  if (euicc->subject_serial_number != eid) return std::nullopt;
  return euicc;
}

const char* verdict_text(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::verified: return "yes";
    case Verdict::wrong: return "no";
    case Verdict::unknown_key: return "unknown";
  }
  return "unknown";
}

Verdict verify_result(const Device& device, ByteView data, ByteView signature, std::int64_t token, ByteView eim_signature) {
  if (device.key_point.empty()) return Verdict::unknown_key;
  const auto key = crypto::EcPublicKey::from_point(static_cast<crypto::Curve>(device.key_curve), device.key_point);
  if (!key) return Verdict::unknown_key;
  const Bytes object = token_object(token);
  if (key->verify({data, object}, signature)) return Verdict::verified;
  if (!eim_signature.empty() && key->verify({data, asn1::tlv(0x5F37, eim_signature)}, signature)) return Verdict::verified;
  return key->verify_der(concat({data, object}), signature) ? Verdict::verified : Verdict::wrong;
}

Verdict verify_card_signature(const Device& device, ByteView data, ByteView signature) {
  if (device.key_point.empty()) return Verdict::unknown_key;
  const auto key = crypto::EcPublicKey::from_point(static_cast<crypto::Curve>(device.key_curve), device.key_point);
  if (!key) return Verdict::unknown_key;
  return key->verify({data}, signature) ? Verdict::verified : Verdict::wrong;
}

}  // namespace simurgh::eim
