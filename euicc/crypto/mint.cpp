// Minting of test certificates and CRLs, built as DER by hand: the shape of SGP.14 / SGP.26 certificates is small and fixed, and the
// signature comes from EcPrivateKey.
#include <stdexcept>

#include "asn1/tlv.h"
#include "euicc/crypto/openssl_handles.h"
#include "euicc/crypto/symmetric.h"
#include "euicc/crypto/x509.h"
#include "euicc/crypto/x509_der.h"

namespace simurgh::crypto {
namespace {

using asn1::TlvWriter;
using der::AttributeId;
using der::ExtensionId;

void put_algorithm(TlvWriter& out) {
  const auto algorithm = out.open(0x30);
  out.put_text(0x06, der::kEcdsaSha256);
}

void put_attribute(TlvWriter& out, AttributeId type, std::uint32_t string_tag, std::string_view value) {
  if (value.empty()) return;
  const auto set = out.open(0x31);
  const auto attribute = out.open(0x30);
  out.put(0x06, der::attribute_oid(type)).put_text(string_tag, value);
}

constexpr std::uint32_t kUtf8 = 0x0C, kPrintable = 0x13;

Bytes encode_name(const Name& name) {
  TlvWriter out;
  {
    const auto sequence = out.open(0x30);
    put_attribute(out, AttributeId::country, kPrintable, name.country);
    put_attribute(out, AttributeId::organization, kUtf8, name.organization);
    put_attribute(out, AttributeId::organizational_unit, kUtf8, name.organizational_unit);
    put_attribute(out, AttributeId::serial_number, kPrintable, name.serial_number);
    put_attribute(out, AttributeId::common_name, kUtf8, name.common_name);
  }
  return out.take();
}

template <typename Body>
void put_extension(TlvWriter& out, ExtensionId id, bool critical, Body&& body) {
  const auto extension = out.open(0x30);
  out.put(0x06, der::extension_oid(id));
  if (critical) out.put_byte(0x01, 0xFF);
  const auto value = out.open(0x04);
  body(out);
}

// Four or sixteen octets (RFC 5280 4.2.1.6).
Bytes ip_octets(const std::string& text) {
  const QuietErrors quiet;
  const OctetString octets(a2i_IPADDRESS(text.c_str()));
  if (!octets) throw std::invalid_argument("not an IP address: " + text);
  const std::uint8_t* data = ASN1_STRING_get0_data(octets.get());
  return Bytes(data, data + ASN1_STRING_length(octets.get()));
}

std::array<std::uint8_t, 20> key_identifier(const EcPublicKey& key) { return sha1(key.point()); }

void put_extensions(TlvWriter& out, const CertificateSpec& spec, const EcPublicKey& subject_key, ByteView authority_key_id) {
  const auto explicit_tag = out.open(0xA3);
  const auto sequence = out.open(0x30);
  if (spec.ca) {
    put_extension(out, ExtensionId::basic_constraints, true, [&](TlvWriter& w) {
      const auto constraints = w.open(0x30);
      w.put_byte(0x01, 0xFF);
      if (spec.path_len) w.put_integer(0x02, *spec.path_len);
    });
  }
  if (spec.with_policy) {
    put_extension(out, ExtensionId::policies, spec.policies_critical, [&](TlvWriter& w) {
      const auto policies = w.open(0x30);
      std::vector<Role> roles{spec.role};
      roles.insert(roles.end(), spec.more_roles.begin(), spec.more_roles.end());
      for (const Role role : roles) {
        const auto information = w.open(0x30);
        w.put(0x06, role_oid(role));
      }
    });
  }
  put_extension(out, ExtensionId::subject_key_id, false, [&](TlvWriter& w) { w.put(0x04, key_identifier(subject_key)); });
  put_extension(out, ExtensionId::key_usage, true, [&](TlvWriter& w) {
    const std::uint64_t usage = spec.ca ? (1U << 5) | (spec.crl_sign ? 1U << 6 : 0U) : 1U << 0;
    w.put_bits(0x03, usage);
  });
  if (spec.server_client_eku) {
    put_extension(out, ExtensionId::extended_key_usage, true, [&](TlvWriter& w) {
      const auto usages = w.open(0x30);
      w.put_text(0x06, der::kServerAuth).put_text(0x06, der::kClientAuth);
    });
  }
  if (!spec.registered_id.empty() || !spec.dns_names.empty() || !spec.ip_addresses.empty()) {
    put_extension(out, ExtensionId::subject_alt_name, false, [&](TlvWriter& w) {
      const auto names = w.open(0x30);
      for (const std::string& name : spec.dns_names) w.put_text(0x82, name);
      for (const std::string& address : spec.ip_addresses) w.put(0x87, ip_octets(address));
      if (!spec.registered_id.empty()) w.put(0x88, spec.registered_id);
    });
  }
  if (!spec.crl_url.empty()) {
    put_extension(out, ExtensionId::crl_distribution_points, false, [&](TlvWriter& w) {
      const auto points = w.open(0x30);
      const auto point = w.open(0x30);
      const auto name = w.open(0xA0);
      const auto full = w.open(0xA0);
      w.put_text(0x86, spec.crl_url);
    });
  }
  if (!spec.permitted_organization.empty() && !spec.permitted_serial_prefix.empty()) {
    put_extension(out, ExtensionId::name_constraints, true, [&](TlvWriter& w) {
      const auto constraints = w.open(0x30);
      const auto permitted = w.open(0xA0);
      const auto subtree = w.open(0x30);
      const auto directory = w.open(0xA4);
      Name base;
      base.organization = spec.permitted_organization;
      base.serial_number = spec.permitted_serial_prefix;
      w.raw(encode_name(base));
    });
  }
  put_extension(out, ExtensionId::authority_key_id, false, [&](TlvWriter& w) {
    const auto identifier = w.open(0x30);
    w.put(0x80, authority_key_id);
  });
}

Bytes signed_structure(ByteView tbs, const EcPrivateKey& key) {
  TlvWriter out;
  {
    const auto outer = out.open(0x30);
    out.raw(tbs);
    put_algorithm(out);
    Bytes signature{0x00};
    append(signature, key.sign_der(tbs));
    out.put(0x03, signature);
  }
  return out.take();
}

}  // namespace

Bytes mint_certificate(const CertificateSpec& spec, const EcPublicKey& subject_key, const EcPrivateKey& issuer_key,
                       const Certificate* issuer, Rng& rng) {
  Bytes serial = rng.bytes(16);
  serial[0] = static_cast<std::uint8_t>((serial[0] & 0x7F) | 0x40);  // positive and of full length
  const Bytes subject = encode_name(spec.subject);
  const auto own_identifier = key_identifier(subject_key);
  TlvWriter out;
  {
    const auto tbs = out.open(0x30);
    {
      const auto version = out.open(0xA0);
      out.put_byte(0x02, 2);
    }
    out.put(0x02, serial);
    put_algorithm(out);
    out.raw(issuer == nullptr ? subject : issuer->subject);
    {
      const auto validity = out.open(0x30);
      der::put_time(out, spec.not_before);
      der::put_time(out, spec.not_after);
    }
    out.raw(subject);
    out.put(0x30, public_key_info(subject_key));
    put_extensions(out, spec, subject_key, issuer == nullptr ? ByteView(own_identifier) : ByteView(issuer->ski));
  }
  return signed_structure(out.view(), issuer_key);
}

Bytes public_key_info(const EcPublicKey& key) {
  TlvWriter out;
  {
    const auto algorithm = out.open(0x30);
    out.put_text(0x06, der::kEcPublicKey);
    out.put_text(0x06, key.curve() == Curve::nist_p256 ? der::kP256 : der::kBrainpool);
  }
  Bytes bits{0x00};
  append(bits, key.point());
  out.put(0x03, bits);
  return out.take();
}

Bytes mint_crl(const Certificate& issuer, const EcPrivateKey& issuer_key, const std::vector<Bytes>& revoked_serials, std::uint64_t number,
               std::int64_t this_update, std::int64_t next_update, std::uint32_t part, std::uint32_t parts) {
  TlvWriter out;
  {
    const auto tbs = out.open(0x30);
    out.put_byte(0x02, 1);
    put_algorithm(out);
    out.raw(issuer.subject);
    der::put_time(out, this_update);
    der::put_time(out, next_update);
    if (!revoked_serials.empty()) {
      const auto list = out.open(0x30);
      for (const Bytes& serial : revoked_serials) {
        const auto entry = out.open(0x30);
        out.put(0x02, serial);
        der::put_time(out, this_update);
      }
    }
    const auto explicit_tag = out.open(0xA0);
    const auto extensions = out.open(0x30);
    put_extension(out, ExtensionId::authority_key_id, false, [&](TlvWriter& w) {
      const auto identifier = w.open(0x30);
      w.put(0x80, issuer.ski);
    });
    put_extension(out, ExtensionId::crl_number, false, [&](TlvWriter& w) { w.put_integer(0x02, number); });
    if (parts != 0) {
      for (const auto& [id, value] : {std::pair{der::kRspTotalPartialCrls, parts}, std::pair{der::kRspPartialCrlNumber, part}}) {
        const auto extension = out.open(0x30);
        out.put(0x06, text_view(id)).put_byte(0x01, 0xFF);
        const auto octets = out.open(0x04);
        out.put_integer(0x02, value);
      }
    }
  }
  return signed_structure(out.view(), issuer_key);
}

}  // namespace simurgh::crypto
