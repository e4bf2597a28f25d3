// Minting of test certificates and CRLs, built as DER by hand: the shape of SGP.14 / SGP.26 certificates is small and fixed, and the signature
// comes from EcPrivateKey.
#include <algorithm>
#include <array>
#include <ctime>

#include "asn1/tlv.h"
#include "euicc/crypto/symmetric.h"
#include "euicc/crypto/x509.h"

namespace simurgh::crypto {
namespace {

using asn1::TlvWriter;

Bytes oid(std::string_view dotted) {
  // Constants of this file only; all of them are well formed.
  return oid_content(dotted).value_or(Bytes{});
}

void put_algorithm(TlvWriter& out) {
  const auto algorithm = out.open(0x30);
  out.put(0x06, oid("1.2.840.10045.4.3.2"));  // ecdsa-with-SHA256
}

void put_attribute(TlvWriter& out, std::string_view type, std::uint32_t string_tag, std::string_view value) {
  if (value.empty()) return;
  const auto set = out.open(0x31);
  const auto attribute = out.open(0x30);
  out.put(0x06, oid(type)).put_text(string_tag, value);
}

constexpr std::uint32_t kUtf8 = 0x0C, kPrintable = 0x13;

Bytes encode_name(const Name& name) {
  TlvWriter out;
  {
    const auto sequence = out.open(0x30);
    put_attribute(out, "2.5.4.6", kPrintable, name.country);
    put_attribute(out, "2.5.4.10", kUtf8, name.organization);
    put_attribute(out, "2.5.4.11", kUtf8, name.organizational_unit);
    put_attribute(out, "2.5.4.5", kPrintable, name.serial_number);
    put_attribute(out, "2.5.4.3", kUtf8, name.common_name);
  }
  return out.take();
}

// Civil date of a day count since 1970 (proleptic Gregorian, years 1970 to 9999): std::gmtime needs no year 7496 on every platform.
void put_time(TlvWriter& out, std::int64_t when) {
  const std::int64_t days = when / 86400;
  const std::int64_t rest = when % 86400;
  const std::int64_t z = days + 719468;
  const std::int64_t era = z / 146097;
  const std::int64_t doe = z - era * 146097;
  const std::int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const std::int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const std::int64_t mp = (5 * doy + 2) / 153;
  const std::int64_t day = doy - (153 * mp + 2) / 5 + 1;
  const std::int64_t month = mp < 10 ? mp + 3 : mp - 9;
  const std::int64_t year = yoe + era * 400 + (month <= 2 ? 1 : 0);
  const auto digits = [](std::int64_t value, int width) {
    std::string text = std::to_string(value);
    return std::string(static_cast<std::size_t>(std::max(0, width - static_cast<int>(text.size()))), '0') + text;
  };
  const std::string tail = digits(month, 2) + digits(day, 2) + digits(rest / 3600, 2) + digits(rest / 60 % 60, 2) + digits(rest % 60, 2) + "Z";
  // RFC 5280 4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050 on.
  if (year < 2050) {
    out.put_text(0x17, digits(year % 100, 2) + tail);
  } else {
    out.put_text(0x18, digits(year, 4) + tail);
  }
}

template <typename Body>
void put_extension(TlvWriter& out, std::string_view id, bool critical, Body&& body) {
  const auto extension = out.open(0x30);
  out.put(0x06, oid(id));
  if (critical) out.put_byte(0x01, 0xFF);
  const auto value = out.open(0x04);
  body(out);
}

std::optional<Bytes> ip_octets(std::string_view text) {
  Bytes out;
  std::size_t from = 0;
  while (from <= text.size()) {
    const std::size_t dot = std::min(text.find('.', from), text.size());
    const std::string part(text.substr(from, dot - from));
    if (part.empty() || part.size() > 3 || part.find_first_not_of("0123456789") != std::string::npos || std::stoi(part) > 255) return std::nullopt;
    out.push_back(static_cast<std::uint8_t>(std::stoi(part)));
    from = dot + 1;
  }
  if (out.size() != 4) return std::nullopt;
  return out;
}

std::array<std::uint8_t, 20> key_identifier(const EcPublicKey& key) { return sha1(key.point()); }

void put_extensions(TlvWriter& out, const CertificateSpec& spec, const EcPublicKey& subject_key, ByteView authority_key_id) {
  const auto explicit_tag = out.open(0xA3);
  const auto sequence = out.open(0x30);
  if (spec.ca) {
    put_extension(out, "2.5.29.19", true, [&](TlvWriter& w) {
      const auto constraints = w.open(0x30);
      w.put_byte(0x01, 0xFF);
      if (spec.path_len) w.put_integer(0x02, *spec.path_len);
    });
  }
  if (spec.with_policy) {
    put_extension(out, "2.5.29.32", spec.policies_critical, [&](TlvWriter& w) {
      const auto policies = w.open(0x30);
      std::vector<Role> roles{spec.role};
      roles.insert(roles.end(), spec.more_roles.begin(), spec.more_roles.end());
      for (const Role role : roles) {
        const auto information = w.open(0x30);
        w.put(0x06, role_oid(role));
      }
    });
  }
  put_extension(out, "2.5.29.14", false, [&](TlvWriter& w) { w.put(0x04, key_identifier(subject_key)); });
  put_extension(out, "2.5.29.15", true, [&](TlvWriter& w) {
    const std::uint64_t usage = spec.ca ? (1U << 5) | (spec.crl_sign ? 1U << 6 : 0U) : 1U << 0;
    w.put_bits(0x03, usage);
  });
  if (spec.server_client_eku) {
    put_extension(out, "2.5.29.37", false, [&](TlvWriter& w) {
      const auto usages = w.open(0x30);
      w.put(0x06, oid("1.3.6.1.5.5.7.3.1")).put(0x06, oid("1.3.6.1.5.5.7.3.2"));
    });
  }
  if (!spec.registered_id.empty() || !spec.dns_names.empty() || !spec.ip_addresses.empty()) {
    put_extension(out, "2.5.29.17", false, [&](TlvWriter& w) {
      const auto names = w.open(0x30);
      for (const std::string& name : spec.dns_names) w.put_text(0x82, name);
      for (const std::string& address : spec.ip_addresses) {
        if (const auto octets = ip_octets(address)) w.put(0x87, *octets);
      }
      if (!spec.registered_id.empty()) w.put(0x88, spec.registered_id);
    });
  }
  if (!spec.crl_url.empty()) {
    put_extension(out, "2.5.29.31", false, [&](TlvWriter& w) {
      const auto points = w.open(0x30);
      const auto point = w.open(0x30);
      const auto name = w.open(0xA0);
      const auto full = w.open(0xA0);
      w.put_text(0x86, spec.crl_url);
    });
  }
  if (!spec.permitted_organization.empty() && !spec.permitted_serial_prefix.empty()) {
    put_extension(out, "2.5.29.30", true, [&](TlvWriter& w) {
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
  put_extension(out, "2.5.29.35", false, [&](TlvWriter& w) {
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

Bytes mint_certificate(const CertificateSpec& spec, const EcPublicKey& subject_key, const EcPrivateKey& issuer_key, const Certificate* issuer,
                       Rng& rng) {
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
      put_time(out, spec.not_before);
      put_time(out, spec.not_after);
    }
    out.raw(subject);
    {
      const auto info = out.open(0x30);
      {
        const auto algorithm = out.open(0x30);
        out.put(0x06, oid("1.2.840.10045.2.1"));
        out.put(0x06, oid(subject_key.curve() == Curve::nist_p256 ? "1.2.840.10045.3.1.7" : "1.3.36.3.3.2.8.1.1.7"));
      }
      Bytes bits{0x00};
      append(bits, subject_key.point());
      out.put(0x03, bits);
    }
    put_extensions(out, spec, subject_key, issuer == nullptr ? ByteView(own_identifier) : ByteView(issuer->ski));
  }
  return signed_structure(out.view(), issuer_key);
}

Bytes mint_crl(const Certificate& issuer, const EcPrivateKey& issuer_key, const std::vector<Bytes>& revoked_serials, std::uint64_t number,
               std::int64_t this_update, std::int64_t next_update) {
  TlvWriter out;
  {
    const auto tbs = out.open(0x30);
    out.put_byte(0x02, 1);
    put_algorithm(out);
    out.raw(issuer.subject);
    put_time(out, this_update);
    put_time(out, next_update);
    if (!revoked_serials.empty()) {
      const auto list = out.open(0x30);
      for (const Bytes& serial : revoked_serials) {
        const auto entry = out.open(0x30);
        out.put(0x02, serial);
        put_time(out, this_update);
      }
    }
    const auto explicit_tag = out.open(0xA0);
    const auto extensions = out.open(0x30);
    put_extension(out, "2.5.29.35", false, [&](TlvWriter& w) {
      const auto identifier = w.open(0x30);
      w.put(0x80, issuer.ski);
    });
    put_extension(out, "2.5.29.20", false, [&](TlvWriter& w) { w.put_integer(0x02, number); });
  }
  return signed_structure(out.view(), issuer_key);
}

}  // namespace simurgh::crypto
