#include "euicc/iot/eim_data.h"

#include <limits>

#include "euicc/crypto/x509.h"

namespace simurgh::iot {
namespace {

// [5] or [6]: exactly one alternative, itself well formed DER.
bool read_key(const asn1::Tlv& member, ByteView& out) {
  asn1::TlvReader in(member.value, asn1::Lengths::der);
  const auto alternative = in.next();
  if (!alternative || !in.at_end() || (alternative->tag != 0xA0 && alternative->tag != 0xA1)) return false;
  out = alternative->raw;
  // The members of a key or of a certificate, whatever they hold: a TLS key may be of another kind than the card computes with.
  asn1::TlvReader members(alternative->value, asn1::Lengths::der);
  const bool certificate = alternative->tag == 0xA1;
  if ((certificate && !members.required(0x30)) || !members.required(0x30)) return false;
  const auto bits = members.required(0x03);
  if (!bits || bits->value.empty() || bits->value[0] > 7 || !members.at_end()) return false;
  return asn1::check_nesting(alternative->raw, 16, asn1::Lengths::der).has_value();
}

// Well-formed UTF-8 (RFC 3629), overlong forms and surrogates excluded.
bool is_utf8(ByteView text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::uint8_t lead = text[at];
    const std::size_t more = lead < 0x80 ? 0 : lead >= 0xC2 && lead < 0xE0 ? 1 : (lead & 0xF0) == 0xE0 ? 2 : lead >= 0xF0 && lead < 0xF5 ? 3 : 4;
    if (more == 4 || more >= text.size() - at) return false;
    for (std::size_t i = 1; i <= more; ++i) {
      if ((text[at + i] & 0xC0) != 0x80) return false;
    }
    const std::uint8_t second = more == 0 ? 0 : text[at + 1];
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) || (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) return false;
    at += more + 1;
  }
  return true;
}

bool read_member(const asn1::Tlv& member, EimData& out) {
  const ByteView v = member.value;
  switch (member.tag) {
    case 0x80:
      out.id = to_text(v);
      return !v.empty() && v.size() <= kLongestEimId && is_utf8(v);
    case 0x81:
      out.fqdn = to_text(v);
      return v.size() <= 255 && is_utf8(v);
    case 0x82: {
      const auto type = asn1::unsigned_value(member);
      if (!type || *type > 0xFF) return false;
      out.type = *type;
      return true;
    }
    case 0x83:
      out.counter = integer_value(v);
      return out.counter.has_value();
    case 0x84:
      out.token = integer_value(v);
      return out.token.has_value();
    case 0xA5:
      return read_key(member, out.key) && eim_key(out.key).has_value();
    case 0xA6:
      return read_key(member, out.tls_key);
    case 0x87: {
      const auto bits = asn1::named_bits(member);
      if (!bits) return false;
      out.protocols = *bits;
      return true;
    }
    case 0x88:
      out.ci_key_id = v;
      return true;
    case 0x89:
      out.indirect = true;
      return v.empty();
    default:
      return true;
  }
}

}  // namespace

std::optional<EimData> read_eim_data(ByteView content) {
  EimData out;
  asn1::TlvReader in(content);
  std::uint32_t last = 0;
  while (!in.at_end()) {
    const auto member = in.next();
    if (!member || !read_member(*member, out)) return std::nullopt;
    // Members have an order; one that comes again would replace what was checked.
    const std::uint32_t number = member->tag & 0x1FU;
    if (member->tag <= 0xFF && (member->tag & 0xC0U) == 0x80) {
      if (last != 0 && number < last) return std::nullopt;
      last = number + 1;
    }
  }
  return out;
}

std::optional<crypto::EcPublicKey> eim_key(ByteView alternative) {
  const auto member = asn1::TlvReader(alternative).next();
  if (!member) return std::nullopt;
  if (member->tag == 0xA0) return crypto::public_key_from_info(member->value);
  const auto certificate = crypto::parse_certificate(asn1::tlv(0x30, member->value));
  return certificate ? certificate->key : std::nullopt;
}

std::optional<std::int64_t> integer_value(ByteView content) {
  if (content.empty()) return std::nullopt;
  const ByteView digits = minimal_integer(content);
  const bool negative = (digits[0] & 0x80) != 0;
  if (digits.size() > 8) return negative ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
  std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
  for (const std::uint8_t octet : digits) value = value << 8 | octet;
  return static_cast<std::int64_t>(value);
}

ByteView minimal_integer(ByteView content) {
  const auto redundant = [&] {
    return content.size() > 1 && ((content[0] == 0 && (content[1] & 0x80) == 0) || (content[0] == 0xFF && (content[1] & 0x80) != 0));
  };
  while (redundant()) content = content.subspan(1);
  return content;
}

}  // namespace simurgh::iot
