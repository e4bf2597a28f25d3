// X.509 certificates and CRLs of the RSP PKI (SGP.22 4.5, SGP.14): reading, checking, and minting of test ones.
// A card has no clock, so nothing here looks at validity unless a caller asks for the dates.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "asn1/bytes.h"
#include "euicc/crypto/ec.h"

namespace simurgh::crypto {

// Roles of SGP.22 as certificate policies 2.23.146.1.2.1.n
enum class Role : std::uint8_t { ci = 0, euicc = 1, eum = 2, dp_tls = 3, dp_auth = 4, dp_pb = 5, ds_tls = 6, ds_auth = 7 };

struct Certificate {
  Bytes der;                       // as it arrived
  Bytes serial;                    // INTEGER content octets
  Bytes issuer;                    // DER Name
  Bytes subject;                   // DER Name
  std::string subject_text;        // for people: "CN = ..., O = ..."
  std::optional<EcPublicKey> key;  // empty when the key is not EC on a supported curve
  bool unsupported_curve = false;  // an EC key, but on another curve or parameters
  bool compressed_key = false;
  Bytes ski, aki;  // key identifiers, empty when absent
  bool is_ca = false;
  std::optional<std::uint32_t> path_len;
  bool has_key_usage = false, digital_signature = false, key_cert_sign = false, crl_sign = false;
  std::vector<Bytes> policies;  // OID content octets
  Bytes registered_id;          // content octets of the first registeredID in SubjectAltName, empty when absent
  std::vector<std::string> dns_names;
  std::string subject_serial_number;  // serialNumber attribute (EID of a CERT.EUICC), empty when absent
  std::string subject_organization;
  // nameConstraints: permitted directoryName serialNumber values (IIN digits of an EUM), and the organization beside each of them
  std::vector<std::string> permitted_serial_prefixes, permitted_organizations;
  bool unknown_critical_extension = false;
  bool ecdsa_sha256 = false;                   // signature algorithm
  std::int64_t not_before = 0, not_after = 0;  // seconds since 1970, 64 bits so that the year 7496 fits

  [[nodiscard]] bool has_role(Role role) const;
};

// Nothing when the bytes are no certificate in DER, an extension named above is malformed or repeated, or something follows it.
[[nodiscard]] std::optional<Certificate> parse_certificate(ByteView der);
// The members of a SubjectPublicKeyInfo, without its own tag: a key on one of the two curves, else nothing.
[[nodiscard]] std::optional<EcPublicKey> public_key_from_info(ByteView content);
[[nodiscard]] Bytes public_key_info(const EcPublicKey& key);
// A whole SubjectPublicKeyInfo, PEM or DER.
[[nodiscard]] std::optional<EcPublicKey> public_key_from_file_bytes(ByteView pem_or_der);
// PEM or DER.
[[nodiscard]] std::optional<Certificate> certificate_from_file_bytes(ByteView pem_or_der);
// ECDSA signature of `cert` by `issuer_key`, over the TBS octets as they arrived.
[[nodiscard]] bool signed_by(const Certificate& cert, const EcPublicKey& issuer_key);
// Signature, issuer name == issuer's subject, AKI == issuer's SKI (a self-signed one may leave the AKI out). Says nothing about whether the
// issuer was allowed to: see may_issue.
[[nodiscard]] bool issued_by(const Certificate& cert, const Certificate& issuer);
// A CA with keyCertSign, no CA below pathLen 0, and the nameConstraints of an EUM read as SGP.22 4.5.2.1.0.2 wants: organization equal,
// the subject's serialNumber (EID) begins with the permitted digits.
[[nodiscard]] bool may_issue(const Certificate& issuer, const Certificate& cert);

struct Crl {
  Bytes der;
  Bytes issuer;
  Bytes aki;
  Bytes number;                                   // cRLNumber content, empty when absent
  std::int64_t this_update = 0, next_update = 0;  // seconds since 1970; next_update 0 when absent
  std::vector<Bytes> revoked;                     // serial INTEGER content octets
  bool unknown_critical_extension = false;
  bool is_delta = false;      // deltaCRLIndicator present
  std::uint32_t part = 0, parts = 0;  // partial CRL: number 1..parts, and how many make the whole; 0 0 for a list that is whole
  bool ecdsa_sha256 = false;  // signature algorithm
};
[[nodiscard]] std::optional<Crl> parse_crl(ByteView der);
[[nodiscard]] bool signed_by(const Crl& crl, const EcPublicKey& issuer_key);

// ---- minting (test PKIs, cards)

struct Name {
  std::string common_name{}, organization{}, organizational_unit{}, country{}, serial_number{};  // empty ones are left out
};

struct CertificateSpec {
  Name subject;
  Role role = Role::dp_auth;
  std::vector<Role> more_roles;  // extra policies
  Bytes registered_id;           // OID content octets for SubjectAltName, may be empty
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;  // IPv4 or IPv6 text; another text throws std::invalid_argument
  bool ca = false;
  std::optional<std::uint32_t> path_len;
  bool crl_sign = false;
  bool server_client_eku = false;  // EKU serverAuth + clientAuth (TLS roles)
  bool policies_critical = true;
  std::string crl_url;                                          // CRL distribution point, may be empty
  std::string permitted_organization, permitted_serial_prefix;  // EUM nameConstraints when both set
  std::int64_t not_before = 0, not_after = 0;
  bool with_policy = true;  // false: a plain TLS certificate without an RSP role
};

// Issuer empty: self-signed (CI). SKI is the SHA-1 of the key bits. Times between 1950 and 9999, others throw std::invalid_argument.
[[nodiscard]] Bytes mint_certificate(const CertificateSpec& spec, const EcPublicKey& subject_key, const EcPrivateKey& issuer_key,
                                     const Certificate* issuer, Rng& rng);
[[nodiscard]] Bytes mint_crl(const Certificate& issuer, const EcPrivateKey& issuer_key, const std::vector<Bytes>& revoked_serials,
                             std::uint64_t number, std::int64_t this_update, std::int64_t next_update,
                             std::uint32_t part = 0, std::uint32_t parts = 0);

[[nodiscard]] Bytes to_pem(const Certificate& cert);
// "2.999.10" -> OID content octets; nothing when malformed.
[[nodiscard]] std::optional<Bytes> oid_content(std::string_view dotted);
// Empty when malformed or an arc needs more than 64 bits.
[[nodiscard]] std::string oid_text(ByteView content);
[[nodiscard]] Bytes role_oid(Role role);

}  // namespace simurgh::crypto
