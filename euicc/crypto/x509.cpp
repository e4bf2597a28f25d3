#include "euicc/crypto/x509.h"

#include <algorithm>
#include <limits>

#include "asn1/tlv.h"
#include "euicc/crypto/x509_der.h"

namespace simurgh::crypto {
namespace {

using asn1::Lengths;
using asn1::Tlv;
using asn1::TlvReader;
using der::ExtensionId;

constexpr std::size_t kMostOctets = 65536;

// SubjectPublicKeyInfo (RFC 5480 2.1). A key that this card cannot use is no error: the caller sees why there is none.
bool read_key(Certificate& out, ByteView content) {
  TlvReader in(content, Lengths::der);
  const auto algorithm = in.required(0x30);
  const auto bits = in.required(0x03);
  if (!algorithm || !bits || !in.at_end() || bits->value.empty()) return false;
  TlvReader fields(algorithm->value, Lengths::der);
  const auto id = fields.required(0x06);
  if (!id) return false;
  if (!der::is_oid(id->value, der::kEcPublicKey)) return true;
  const auto curve = fields.optional(0x06);  // ECParameters and an absent curve are not for RSP: SGP.22 2.6.7.2 names curves
  if (!curve || bits->value[0] != 0) return false;
  const ByteView point = bits->value.subspan(1);
  out.compressed_key = point.size() == 33 && (point[0] == 0x02 || point[0] == 0x03);
  if (*curve && fields.at_end() && der::is_oid((*curve)->value, der::kP256)) {
    out.key = EcPublicKey::from_point(Curve::nist_p256, point);
  } else if (*curve && fields.at_end() && der::is_oid((*curve)->value, der::kBrainpool)) {
    out.key = EcPublicKey::from_point(Curve::brainpool_p256r1, point);
  } else {
    out.unsupported_curve = true;
  }
  return true;
}

bool read_basic_constraints(Certificate& out, ByteView value) {
  const auto sequence = asn1::read_only(value, 0x30, Lengths::der);
  if (!sequence) return false;
  TlvReader in(sequence->value, Lengths::der);
  const auto ca = in.optional(0x01);
  const auto path_len = in.optional(0x02);
  if (!ca || !path_len || !in.at_end()) return false;
  if (*ca && ((*ca)->value.size() != 1 || ((*ca)->value[0] != 0xFF && (*ca)->value[0] != 0))) return false;
  out.is_ca = *ca && (*ca)->value[0] == 0xFF;
  if (*path_len) {
    const auto length = asn1::unsigned_value(**path_len);
    if (!length || *length > std::numeric_limits<std::uint32_t>::max()) return false;
    out.path_len = static_cast<std::uint32_t>(*length);
  }
  return true;
}

bool read_key_usage(Certificate& out, ByteView value) {
  const auto bits = asn1::read_only(value, 0x03, Lengths::der);
  if (!bits) return false;
  const auto usage = asn1::named_bits(*bits);
  if (!usage) return false;
  out.has_key_usage = true;
  out.digital_signature = (*usage >> 0 & 1) != 0;
  out.key_cert_sign = (*usage >> 5 & 1) != 0;
  out.crl_sign = (*usage >> 6 & 1) != 0;
  return true;
}

bool read_policies(Certificate& out, ByteView value) {
  const auto sequence = asn1::read_only(value, 0x30, Lengths::der);
  if (!sequence || sequence->value.empty()) return false;
  TlvReader in(sequence->value, Lengths::der);
  while (!in.at_end()) {
    const auto information = in.required(0x30);
    if (!information) return false;
    TlvReader fields(information->value, Lengths::der);
    const auto id = fields.required(0x06);
    const auto qualifiers = fields.optional(0x30);
    if (!id || !qualifiers || !fields.at_end() || !der::valid_oid(id->value)) return false;
    out.policies.push_back(to_bytes(id->value));
  }
  return true;
}

bool read_alternative_names(Certificate& out, ByteView value) {
  const auto sequence = asn1::read_only(value, 0x30, Lengths::der);
  if (!sequence) return false;
  TlvReader in(sequence->value, Lengths::der);
  while (!in.at_end()) {
    const auto name = in.next();
    if (!name) return false;
    if (name->tag == 0x82) {
      // An IA5String; an embedded NUL would make "a.example\0b.example" mean two things to two readers.
      if (std::ranges::any_of(name->value, [](std::uint8_t octet) { return octet < 0x20 || octet > 0x7E; })) return false;
      out.dns_names.push_back(to_text(name->value));
    }
    if (name->tag == 0x88) {
      if (!der::valid_oid(name->value)) return false;
      if (out.registered_id.empty()) out.registered_id = to_bytes(name->value);
    }
  }
  return true;
}

// permittedSubtrees with directoryName { O, serialNumber } (SGP.22 4.5.2.1.0.2); other forms are passed over.
bool read_name_constraints(Certificate& out, ByteView value) {
  const auto sequence = asn1::read_only(value, 0x30, Lengths::der);
  if (!sequence) return false;
  TlvReader in(sequence->value, Lengths::der);
  const auto permitted = in.optional(0xA0);
  const auto excluded = in.optional(0xA1);
  if (!permitted || !excluded || !in.at_end()) return false;
  if (!*permitted) return true;
  TlvReader subtrees((*permitted)->value, Lengths::der);
  while (!subtrees.at_end()) {
    const auto subtree = subtrees.required(0x30);
    if (!subtree) return false;
    TlvReader fields(subtree->value, Lengths::der);
    const auto base = fields.next();
    if (!base || !fields.skip_rest()) return false;
    if (base->tag != 0xA4) continue;
    const auto directory = asn1::read_only(base->value, 0x30, Lengths::der);
    if (!directory) return false;
    const auto name = der::read_name(directory->value);
    if (!name) return false;
    if (name->serial_number.empty()) continue;
    out.permitted_serial_prefixes.push_back(name->serial_number);
    out.permitted_organizations.push_back(name->organization);
  }
  return true;
}

bool read_extension(Certificate& out, const der::Extension& extension) {
  const auto id = extension.known();
  if (id) {
    switch (*id) {
      case ExtensionId::basic_constraints:
        return read_basic_constraints(out, extension.value);
      case ExtensionId::key_usage:
        return read_key_usage(out, extension.value);
      case ExtensionId::policies:
        return read_policies(out, extension.value);
      case ExtensionId::subject_alt_name:
        return read_alternative_names(out, extension.value);
      case ExtensionId::name_constraints:
        return read_name_constraints(out, extension.value);
      case ExtensionId::crl_distribution_points:
      case ExtensionId::extended_key_usage:
        return true;  // of no meaning to a card
      case ExtensionId::subject_key_id: {
        const auto ski = asn1::read_only(extension.value, 0x04, Lengths::der);
        if (ski) out.ski = to_bytes(ski->value);
        return ski.has_value();
      }
      case ExtensionId::authority_key_id: {
        auto aki = der::read_authority_key_id(extension.value);
        if (aki) out.aki = *std::move(aki);
        return aki.has_value();
      }
      default:
        break;
    }
  }
  out.unknown_critical_extension = out.unknown_critical_extension || extension.critical;
  return true;
}

bool read_validity(Certificate& out, ByteView content) {
  TlvReader in(content, Lengths::der);
  const auto from = in.next();
  const auto until = in.next();
  if (!from || !until || !in.at_end()) return false;
  const auto not_before = der::read_time(*from);
  const auto not_after = der::read_time(*until);
  if (!not_before || !not_after) return false;
  out.not_before = *not_before;
  out.not_after = *not_after;
  return true;
}

// TBSCertificate (RFC 5280 4.1)
bool read_tbs(Certificate& out, const der::SignedParts& parts) {
  TlvReader in(parts.tbs.value, Lengths::der);
  const auto version = in.optional(0xA0);
  const auto serial = in.required(0x02);
  const auto algorithm = in.required(0x30);
  const auto issuer = in.required(0x30);
  const auto validity = in.required(0x30);
  const auto subject = in.required(0x30);
  const auto key = in.required(0x30);
  if (!version || !serial || serial->value.empty() || !algorithm || !issuer || !validity || !subject || !key) return false;
  const auto issuer_unique = in.optional(0x81);
  const auto subject_unique = in.optional(0x82);
  const auto extensions = in.optional(0xA3);
  if (!issuer_unique || !subject_unique || !extensions || !in.at_end()) return false;

  std::uint64_t version_number = 0;
  if (*version) {
    const auto inner = asn1::read_only((*version)->value, 0x02, Lengths::der);
    const auto number = inner ? asn1::unsigned_value(*inner) : std::unexpected(inner.error());
    if (!number || *number > 2) return false;
    version_number = *number;
  }
  const auto issuer_fields = der::read_name(issuer->value);
  const auto subject_fields = der::read_name(subject->value);
  if (!issuer_fields || !subject_fields || !read_validity(out, validity->value) || !read_key(out, key->value)) return false;
  out.serial = to_bytes(serial->value);
  out.issuer = to_bytes(issuer->raw);
  out.subject = to_bytes(subject->raw);
  out.subject_text = subject_fields->text;
  out.subject_serial_number = subject_fields->serial_number;
  out.subject_organization = subject_fields->organization;
  // RFC 5280 4.1.1.2: the algorithm is named twice and must be the same.
  out.ecdsa_sha256 = equal(algorithm->raw, parts.algorithm) && der::is_ecdsa_sha256(parts.algorithm);
  if (!*extensions) return true;
  const auto sequence = asn1::read_only((*extensions)->value, 0x30, Lengths::der);
  if (!sequence || version_number != 2) return false;
  const auto list = der::read_extensions(sequence->value);
  return list && std::ranges::all_of(*list, [&](const der::Extension& extension) { return read_extension(out, extension); });
}

}  // namespace

bool Certificate::has_role(Role role) const {
  const Bytes wanted = role_oid(role);
  return std::ranges::any_of(policies, [&](const Bytes& policy) { return policy == wanted; });
}

std::optional<EcPublicKey> public_key_from_info(ByteView content) {
  Certificate out;
  if (content.size() > kMostOctets || !read_key(out, content)) return std::nullopt;
  return std::move(out.key);
}

std::optional<Certificate> parse_certificate(ByteView der) {
  if (der.size() > kMostOctets) return std::nullopt;
  const auto parts = der::signed_parts(der);
  Certificate out;
  if (!parts || !read_tbs(out, *parts)) return std::nullopt;
  out.der = to_bytes(der);
  return out;
}

bool signed_by(const Certificate& cert, const EcPublicKey& issuer_key) {
  const auto parts = der::signed_parts(cert.der);
  return cert.ecdsa_sha256 && parts && issuer_key.verify_der(parts->tbs.raw, parts->signature);
}

bool issued_by(const Certificate& cert, const Certificate& issuer) {
  if (!issuer.key || cert.issuer != issuer.subject) return false;
  // RFC 5280 4.2.1.1: only a self-signed certificate may do without the identifier.
  const bool named = cert.aki.empty() ? cert.issuer == cert.subject : cert.aki == issuer.ski;
  return named && signed_by(cert, *issuer.key);
}

bool may_issue(const Certificate& issuer, const Certificate& cert) {
  if (!issuer.is_ca || !issuer.key_cert_sign || (issuer.path_len == 0U && cert.is_ca)) return false;
  if (issuer.permitted_serial_prefixes.empty()) return true;
  for (std::size_t i = 0; i < issuer.permitted_serial_prefixes.size(); ++i) {
    const std::string& organization = issuer.permitted_organizations[i];
    const bool same_owner = organization.empty() || organization == cert.subject_organization;
    if (same_owner && cert.subject_serial_number.starts_with(issuer.permitted_serial_prefixes[i])) return true;
  }
  return false;
}

}  // namespace simurgh::crypto
