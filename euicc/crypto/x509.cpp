#include "euicc/crypto/x509.h"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

#include "asn1/tlv.h"
#include "euicc/crypto/openssl_handles.h"
#include "euicc/crypto/symmetric.h"

namespace simurgh::crypto {
namespace {

// DER content octets of the algorithm, curve and attribute identifiers that matter here.
constexpr std::uint8_t kEcPublicKey[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01};
constexpr std::uint8_t kEcdsaSha256[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02};
constexpr std::uint8_t kP256[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
constexpr std::uint8_t kBrainpool[] = {0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x07};
constexpr std::uint8_t kRspRole[] = {0x67, 0x81, 0x12, 0x01, 0x02, 0x01};  // 2.23.146.1.2.1

Bytes octets(const ASN1_STRING* string) {
  if (string == nullptr) return {};
  return Bytes(ASN1_STRING_get0_data(string), ASN1_STRING_get0_data(string) + ASN1_STRING_length(string));
}

Bytes name_der(const X509_NAME* name) {
  const unsigned char* data = nullptr;
  std::size_t size = 0;
  if (name == nullptr || X509_NAME_get0_der(name, &data, &size) != 1) return {};
  return Bytes(data, data + size);
}

std::string name_attribute(const X509_NAME* name, int nid) {
  const int at = X509_NAME_get_index_by_NID(name, nid, -1);
  if (at < 0) return {};
  return to_text(octets(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at))));
}

std::string name_text(const X509_NAME* name) {
  const Bio bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_ONELINE & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB));
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

Bytes oid_octets(const ASN1_OBJECT* object) {
  return Bytes(OBJ_get0_data(object), OBJ_get0_data(object) + OBJ_length(object));
}

// Seconds since 1970, whatever the year: the validity of a CERT.EUICC may end in 7496.
std::int64_t seconds(const ASN1_TIME* time) {
  int days = 0;
  int rest = 0;
  const Asn1Time epoch(ASN1_TIME_set(nullptr, 0));
  if (time == nullptr || ASN1_TIME_diff(&days, &rest, epoch.get(), time) != 1) return 0;
  return std::int64_t{days} * 86400 + rest;
}

void read_key(Certificate& out, const X509* x509) {
  const X509_PUBKEY* encoded = X509_get_X509_PUBKEY(x509);
  ASN1_OBJECT* algorithm = nullptr;
  const unsigned char* bits = nullptr;
  int size = 0;
  X509_ALGOR* parameters = nullptr;
  if (X509_PUBKEY_get0_param(&algorithm, &bits, &size, &parameters, const_cast<X509_PUBKEY*>(encoded)) != 1) return;
  if (!equal(oid_octets(algorithm), kEcPublicKey)) return;
  const ASN1_OBJECT* which = nullptr;
  int type = V_ASN1_UNDEF;
  const void* value = nullptr;
  X509_ALGOR_get0(&which, &type, &value, parameters);
  const ByteView point(bits, static_cast<std::size_t>(size));
  out.compressed_key = point.size() == 33;
  if (type != V_ASN1_OBJECT) {
    out.unsupported_curve = true;
    return;
  }
  const Bytes curve = oid_octets(static_cast<const ASN1_OBJECT*>(value));
  if (equal(curve, kP256)) {
    out.key = EcPublicKey::from_point(Curve::nist_p256, point);
  } else if (equal(curve, kBrainpool)) {
    out.key = EcPublicKey::from_point(Curve::brainpool_p256r1, point);
  } else {
    out.unsupported_curve = true;
  }
}

void read_names(Certificate& out, const X509* x509) {
  const GeneralNames names(static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(x509, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_RID && out.registered_id.empty()) out.registered_id = oid_octets(name->d.registeredID);
    if (name->type == GEN_DNS) out.dns_names.push_back(to_text(octets(name->d.dNSName)));
  }
}

void read_policies(Certificate& out, const X509* x509) {
  const Policies policies(static_cast<CERTIFICATEPOLICIES*>(X509_get_ext_d2i(x509, NID_certificate_policies, nullptr, nullptr)));
  for (int i = 0; policies && i < sk_POLICYINFO_num(policies.get()); ++i) {
    out.policies.push_back(oid_octets(sk_POLICYINFO_value(policies.get(), i)->policyid));
  }
}

void read_name_constraints(Certificate& out, const X509* x509) {
  const NameConstraints constraints(static_cast<NAME_CONSTRAINTS*>(X509_get_ext_d2i(x509, NID_name_constraints, nullptr, nullptr)));
  for (int i = 0; constraints && i < sk_GENERAL_SUBTREE_num(constraints->permittedSubtrees); ++i) {
    const GENERAL_NAME* base = sk_GENERAL_SUBTREE_value(constraints->permittedSubtrees, i)->base;
    if (base->type != GEN_DIRNAME) continue;
    const std::string digits = name_attribute(base->d.directoryName, NID_serialNumber);
    if (!digits.empty()) out.permitted_serial_prefixes.push_back(digits);
  }
}

bool known_extension(int nid) {
  switch (nid) {
    case NID_basic_constraints:
    case NID_key_usage:
    case NID_ext_key_usage:
    case NID_certificate_policies:
    case NID_subject_alt_name:
    case NID_subject_key_identifier:
    case NID_authority_key_identifier:
    case NID_name_constraints:
    case NID_crl_distribution_points:
      return true;
    default:
      return false;
  }
}

void read_extensions(Certificate& out, const X509* x509) {
  for (int i = 0; i < X509_get_ext_count(x509); ++i) {
    X509_EXTENSION* extension = X509_get_ext(x509, i);
    if (X509_EXTENSION_get_critical(extension) != 0 && !known_extension(OBJ_obj2nid(X509_EXTENSION_get_object(extension)))) {
      out.unknown_critical_extension = true;
    }
  }
  const BasicConstraints basic(static_cast<BASIC_CONSTRAINTS*>(X509_get_ext_d2i(x509, NID_basic_constraints, nullptr, nullptr)));
  if (basic) {
    out.is_ca = basic->ca != 0;
    if (basic->pathlen != nullptr) out.path_len = static_cast<std::uint32_t>(ASN1_INTEGER_get(basic->pathlen));
  }
  const BitString usage(static_cast<ASN1_BIT_STRING*>(X509_get_ext_d2i(x509, NID_key_usage, nullptr, nullptr)));
  if (usage) {
    out.has_key_usage = true;
    out.digital_signature = ASN1_BIT_STRING_get_bit(usage.get(), 0) != 0;
    out.key_cert_sign = ASN1_BIT_STRING_get_bit(usage.get(), 5) != 0;
    out.crl_sign = ASN1_BIT_STRING_get_bit(usage.get(), 6) != 0;
  }
  const OctetString ski(static_cast<ASN1_OCTET_STRING*>(X509_get_ext_d2i(x509, NID_subject_key_identifier, nullptr, nullptr)));
  out.ski = octets(ski.get());
  const AuthorityKeyId aki(static_cast<AUTHORITY_KEYID*>(X509_get_ext_d2i(x509, NID_authority_key_identifier, nullptr, nullptr)));
  if (aki) out.aki = octets(aki->keyid);
  read_names(out, x509);
  read_policies(out, x509);
  read_name_constraints(out, x509);
}

// The to-be-signed octets as they arrived and the DER signature over them.
struct SignedParts {
  ByteView tbs, signature;
};

std::optional<SignedParts> signed_parts(ByteView der) {
  const auto outer = asn1::read_only(der, 0x30);
  if (!outer) return std::nullopt;
  asn1::TlvReader in(outer->value);
  const auto tbs = in.required(0x30);
  const auto algorithm = in.required(0x30);
  const auto signature = in.required(0x03);
  if (!tbs || !algorithm || !signature || !in.at_end() || signature->value.size() < 2 || signature->value[0] != 0) return std::nullopt;
  return SignedParts{tbs->raw, signature->value.subspan(1)};
}

bool ecdsa_sha256(const X509_ALGOR* algorithm) {
  const ASN1_OBJECT* which = nullptr;
  X509_ALGOR_get0(&which, nullptr, nullptr, algorithm);
  return equal(oid_octets(which), kEcdsaSha256);
}

}  // namespace

bool Certificate::has_role(Role role) const {
  const Bytes wanted = role_oid(role);
  for (const Bytes& policy : policies) {
    if (policy == wanted) return true;
  }
  return false;
}

std::optional<Certificate> parse_certificate(ByteView der) {
  const QuietErrors quiet;
  if (der.empty() || der.size() > 65536) return std::nullopt;
  const unsigned char* at = der.data();
  const X509Handle x509(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (!x509 || at != der.data() + der.size()) return std::nullopt;
  Certificate out;
  out.der = to_bytes(der);
  out.serial = octets(X509_get0_serialNumber(x509.get()));
  out.issuer = name_der(X509_get_issuer_name(x509.get()));
  const X509_NAME* subject = X509_get_subject_name(x509.get());
  out.subject = name_der(subject);
  out.subject_text = name_text(subject);
  out.subject_serial_number = name_attribute(subject, NID_serialNumber);
  out.subject_organization = name_attribute(subject, NID_organizationName);
  out.not_before = seconds(X509_get0_notBefore(x509.get()));
  out.not_after = seconds(X509_get0_notAfter(x509.get()));
  const X509_ALGOR* algorithm = nullptr;
  X509_get0_signature(nullptr, &algorithm, x509.get());
  out.ecdsa_sha256 = ecdsa_sha256(algorithm);
  read_key(out, x509.get());
  read_extensions(out, x509.get());
  return out;
}

std::optional<Certificate> certificate_from_file_bytes(ByteView pem_or_der) {
  const QuietErrors quiet;
  if (pem_or_der.empty() || pem_or_der.size() > 65536) return std::nullopt;
  const Bio bio(BIO_new_mem_buf(pem_or_der.data(), static_cast<int>(pem_or_der.size())));
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  if (PEM_read_bio(bio.get(), &name, &header, &data, &size) != 1) return parse_certificate(pem_or_der);
  const bool certificate = std::string_view(name) == PEM_STRING_X509;
  const Bytes der(data, data + size);
  OPENSSL_free(name);
  OPENSSL_free(header);
  OPENSSL_free(data);
  return certificate ? parse_certificate(der) : std::nullopt;
}

bool signed_by(const Certificate& cert, const EcPublicKey& issuer_key) {
  const auto parts = signed_parts(cert.der);
  return cert.ecdsa_sha256 && parts && issuer_key.verify_der(parts->tbs, parts->signature);
}

bool issued_by(const Certificate& cert, const Certificate& issuer) {
  return issuer.key && cert.issuer == issuer.subject && !cert.aki.empty() && cert.aki == issuer.ski && signed_by(cert, *issuer.key);
}

std::optional<Crl> parse_crl(ByteView der) {
  const QuietErrors quiet;
  if (der.empty() || der.size() > 65536) return std::nullopt;
  const unsigned char* at = der.data();
  const CrlHandle crl(d2i_X509_CRL(nullptr, &at, static_cast<long>(der.size())));
  if (!crl || at != der.data() + der.size()) return std::nullopt;
  Crl out;
  out.der = to_bytes(der);
  out.issuer = name_der(X509_CRL_get_issuer(crl.get()));
  out.this_update = seconds(X509_CRL_get0_lastUpdate(crl.get()));
  const AuthorityKeyId aki(static_cast<AUTHORITY_KEYID*>(X509_CRL_get_ext_d2i(crl.get(), NID_authority_key_identifier, nullptr, nullptr)));
  if (aki) out.aki = octets(aki->keyid);
  const Integer number(static_cast<ASN1_INTEGER*>(X509_CRL_get_ext_d2i(crl.get(), NID_crl_number, nullptr, nullptr)));
  out.number = octets(number.get());
  out.is_delta = X509_CRL_get_ext_by_NID(crl.get(), NID_delta_crl, -1) >= 0;
  for (int i = 0; i < X509_CRL_get_ext_count(crl.get()); ++i) {
    X509_EXTENSION* extension = X509_CRL_get_ext(crl.get(), i);
    const int nid = OBJ_obj2nid(X509_EXTENSION_get_object(extension));
    const bool known = nid == NID_authority_key_identifier || nid == NID_crl_number || nid == NID_delta_crl || nid == NID_issuing_distribution_point;
    if (X509_EXTENSION_get_critical(extension) != 0 && !known) out.unknown_critical_extension = true;
  }
  STACK_OF(X509_REVOKED)* revoked = X509_CRL_get_REVOKED(crl.get());
  for (int i = 0; i < sk_X509_REVOKED_num(revoked); ++i) {
    out.revoked.push_back(octets(X509_REVOKED_get0_serialNumber(sk_X509_REVOKED_value(revoked, i))));
  }
  return out;
}

bool signed_by(const Crl& crl, const EcPublicKey& issuer_key) {
  const auto parts = signed_parts(crl.der);
  return parts && issuer_key.verify_der(parts->tbs, parts->signature);
}

Bytes to_pem(const Certificate& cert) {
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio(bio.get(), PEM_STRING_X509, "", cert.der.data(), static_cast<long>(cert.der.size()));
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return to_bytes(text_view({data, static_cast<std::size_t>(size)}));
}

std::optional<Bytes> oid_content(std::string_view dotted) {
  const QuietErrors quiet;
  const Object object(OBJ_txt2obj(std::string(dotted).c_str(), 1));
  if (!object) return std::nullopt;
  return oid_octets(object.get());
}

std::string oid_text(ByteView content) {
  const QuietErrors quiet;
  const Bytes encoded = asn1::tlv(0x06, content);
  const unsigned char* at = encoded.data();
  const Object object(d2i_ASN1_OBJECT(nullptr, &at, static_cast<long>(encoded.size())));
  char text[256];
  if (!object || OBJ_obj2txt(text, sizeof text, object.get(), 1) <= 0) return to_hex(content);
  return text;
}

Bytes role_oid(Role role) {
  Bytes out = to_bytes(kRspRole);
  out.push_back(static_cast<std::uint8_t>(role));
  return out;
}

}  // namespace simurgh::crypto
