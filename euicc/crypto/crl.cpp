// CertificateList (RFC 5280 5.1)
#include <algorithm>

#include "asn1/tlv.h"
#include "euicc/crypto/x509.h"
#include "euicc/crypto/x509_der.h"

namespace simurgh::crypto {
namespace {

using asn1::Lengths;
using asn1::TlvReader;
using der::ExtensionId;

constexpr std::size_t kMostOctets = std::size_t{1} << 20;

// 1..FFFF; 0: not such a number.
std::uint32_t read_count(ByteView value) {
  const auto number = asn1::read_only(value, 0x02, Lengths::der);
  if (!number) return 0;
  const auto count = asn1::unsigned_value(*number);
  return count && *count <= 0xFFFF ? static_cast<std::uint32_t>(*count) : 0;
}

bool read_extension(Crl& out, const der::Extension& extension) {
  if (der::is_oid(extension.id, der::kRspTotalPartialCrls)) return (out.parts = read_count(extension.value)) != 0;
  if (der::is_oid(extension.id, der::kRspPartialCrlNumber)) return (out.part = read_count(extension.value)) != 0;
  const auto id = extension.known();
  if (id == ExtensionId::authority_key_id) {
    auto aki = der::read_authority_key_id(extension.value);
    if (aki) out.aki = *std::move(aki);
    return aki.has_value();
  }
  if (id == ExtensionId::crl_number) {
    const auto number = asn1::read_only(extension.value, 0x02, Lengths::der);
    if (!number || number->value.empty()) return false;
    out.number = to_bytes(number->value);
    return true;
  }
  if (id == ExtensionId::delta_crl) {
    out.is_delta = true;
    return true;
  }
  if (id == ExtensionId::issuing_distribution_point) return true;
  out.unknown_critical_extension = out.unknown_critical_extension || extension.critical;
  return true;
}

bool read_entries(Crl& out, ByteView content) {
  TlvReader in(content, Lengths::der);
  while (!in.at_end()) {
    const auto entry = in.required(0x30);
    if (!entry) return false;
    TlvReader fields(entry->value, Lengths::der);
    const auto serial = fields.required(0x02);
    const auto date = fields.next();
    const auto extensions = fields.optional(0x30);
    if (!serial || serial->value.empty() || !date || !der::read_time(*date) || !extensions || !fields.at_end()) return false;
    if (*extensions) {
      const auto list = der::read_extensions((*extensions)->value);
      if (!list) return false;
      // Such as certificateIssuer of an indirect CRL: the serial would be another issuer's.
      const bool critical = std::ranges::any_of(*list, [](const der::Extension& extension) {
        return extension.critical && !der::is_oid(extension.id, der::kRspExpiration);  // a card has no clock to expire an entry by
      });
      out.unknown_critical_extension = out.unknown_critical_extension || critical;
    }
    out.revoked.push_back(to_bytes(serial->value));
  }
  return true;
}

bool read_tbs(Crl& out, const der::SignedParts& parts) {
  TlvReader in(parts.tbs.value, Lengths::der);
  const auto version = in.optional(0x02);
  const auto algorithm = in.required(0x30);
  const auto issuer = in.required(0x30);
  const auto this_update = in.next();
  if (!version || !algorithm || !issuer || !this_update) return false;
  if (*version && ((*version)->value.size() != 1 || (*version)->value[0] != 1)) return false;
  const auto from = der::read_time(*this_update);
  if (!from || !der::read_name(issuer->value)) return false;
  out.this_update = *from;
  if (in.peek() == 0x17U || in.peek() == 0x18U) {
    const auto next_update = in.next();
    const auto until = next_update ? der::read_time(*next_update) : std::nullopt;
    if (!until) return false;
    out.next_update = *until;
  }
  const auto entries = in.optional(0x30);
  const auto extensions = in.optional(0xA0);
  if (!entries || !extensions || !in.at_end()) return false;
  if (*entries && !read_entries(out, (*entries)->value)) return false;
  out.issuer = to_bytes(issuer->raw);
  out.ecdsa_sha256 = equal(algorithm->raw, parts.algorithm) && der::is_ecdsa_sha256(parts.algorithm);
  if (!*extensions) return true;
  const auto sequence = asn1::read_only((*extensions)->value, 0x30, Lengths::der);
  if (!sequence) return false;
  const auto list = der::read_extensions(sequence->value);
  return list && std::ranges::all_of(*list, [&](const der::Extension& extension) { return read_extension(out, extension); });
}

}  // namespace

std::optional<Crl> parse_crl(ByteView der) {
  if (der.size() > kMostOctets) return std::nullopt;
  const auto parts = der::signed_parts(der);
  Crl out;
  if (!parts || !read_tbs(out, *parts)) return std::nullopt;
  // Both extensions of a partial CRL or none (SGP.22 v2.5 4.6.1), and a number within the total.
  if ((out.part == 0) != (out.parts == 0) || out.part > out.parts) return std::nullopt;
  out.der = to_bytes(der);
  return out;
}

bool signed_by(const Crl& crl, const EcPublicKey& issuer_key) {
  const auto parts = der::signed_parts(crl.der);
  return crl.ecdsa_sha256 && parts && issuer_key.verify_der(parts->tbs.raw, parts->signature);
}

}  // namespace simurgh::crypto
