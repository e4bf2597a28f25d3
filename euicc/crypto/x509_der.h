// The pieces of RFC 5280 that certificates and CRLs share; included by sources of this room only.
//
// A certificate is walked with the TLV reader: a verifying card spends its time on the signature, while OpenSSL's X509 object costs
// three P-256 verifications to build.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "asn1/bytes.h"
#include "asn1/tlv.h"

namespace simurgh::crypto::der {

// Content octets of object identifiers.
inline constexpr std::string_view kEcPublicKey{"\x2A\x86\x48\xCE\x3D\x02\x01", 7};
inline constexpr std::string_view kEcdsaSha256{"\x2A\x86\x48\xCE\x3D\x04\x03\x02", 8};
inline constexpr std::string_view kP256{"\x2A\x86\x48\xCE\x3D\x03\x01\x07", 8};
inline constexpr std::string_view kBrainpool{"\x2B\x24\x03\x03\x02\x08\x01\x01\x07", 9};
inline constexpr std::string_view kRspRole{"\x67\x81\x12\x01\x02\x01", 6};  // 2.23.146.1.2.1
// Extensions of RSP CRLs, 2.23.146.1.2.0.n (SGP.22 v2.5 annex H, id-rspExt)
inline constexpr std::string_view kRspExpiration{"\x67\x81\x12\x01\x02\x00\x01", 7};
inline constexpr std::string_view kRspTotalPartialCrls{"\x67\x81\x12\x01\x02\x00\x02", 7};
inline constexpr std::string_view kRspPartialCrlNumber{"\x67\x81\x12\x01\x02\x00\x03", 7};
inline constexpr std::string_view kServerAuth{"\x2B\x06\x01\x05\x05\x07\x03\x01", 8};
inline constexpr std::string_view kClientAuth{"\x2B\x06\x01\x05\x05\x07\x03\x02", 8};

// Last arc of 2.5.29.n
enum class ExtensionId : std::uint8_t {
  subject_key_id = 14,
  key_usage = 15,
  subject_alt_name = 17,
  basic_constraints = 19,
  crl_number = 20,
  delta_crl = 27,
  issuing_distribution_point = 28,
  name_constraints = 30,
  crl_distribution_points = 31,
  policies = 32,
  authority_key_id = 35,
  extended_key_usage = 37,
};
// Last arc of 2.5.4.n
enum class AttributeId : std::uint8_t { common_name = 3, serial_number = 5, country = 6, organization = 10, organizational_unit = 11 };

[[nodiscard]] Bytes extension_oid(ExtensionId id);
[[nodiscard]] Bytes attribute_oid(AttributeId id);
[[nodiscard]] bool is_oid(ByteView content, std::string_view expected);

// SEQUENCE { to-be-signed, AlgorithmIdentifier, BIT STRING } with nothing behind it; slices of the input.
struct SignedParts {
  asn1::Tlv tbs;
  ByteView algorithm;  // raw
  ByteView signature;  // without the octet of unused bits
};
[[nodiscard]] std::optional<SignedParts> signed_parts(ByteView der);
// ecdsa-with-SHA256 without parameters (RFC 5758 3.2).
[[nodiscard]] bool is_ecdsa_sha256(ByteView algorithm);

// UTCTime or GeneralizedTime in the only form RFC 5280 4.1.2.5 allows, as seconds since 1970.
[[nodiscard]] std::optional<std::int64_t> read_time(const asn1::Tlv& time);
// The same two forms written; years 1950 to 9999, others throw std::invalid_argument.
void put_time(asn1::TlvWriter& out, std::int64_t seconds);

struct Extension {
  ByteView id;  // OID content
  bool critical = false;
  ByteView value;
  [[nodiscard]] std::optional<ExtensionId> known() const;  // some 2.5.29.n
};
// The content of an Extensions SEQUENCE. Nothing when malformed, repeated, or more than 64 of them.
[[nodiscard]] std::optional<std::vector<Extension>> read_extensions(ByteView content);
// keyIdentifier of an AuthorityKeyIdentifier, empty when absent; nothing when malformed.
[[nodiscard]] std::optional<Bytes> read_authority_key_id(ByteView value);

struct NameFields {
  std::string text;                         // "C = ES, O = ..."
  std::string serial_number, organization;  // first of each, empty when absent
};
// The content of a Name's SEQUENCE.
[[nodiscard]] std::optional<NameFields> read_name(ByteView content);

// Arcs complete and minimal.
[[nodiscard]] bool valid_oid(ByteView content);

}  // namespace simurgh::crypto::der
