#include "euicc/crypto/x509_der.h"

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "euicc/crypto/x509.h"

namespace simurgh::crypto::der {
namespace {

using asn1::Lengths;
using asn1::TlvReader;

std::optional<int> number(std::string_view digits) {
  int out = 0;
  for (const char digit : digits) {
    if (digit < '0' || digit > '9') return std::nullopt;
    out = out * 10 + (digit - '0');
  }
  return out;
}

std::string digits(int value, std::size_t width) {
  std::string text = std::to_string(value);
  return std::string(width - std::min(width, text.size()), '0') + text;
}

// Text for people: hostile octets must not reach a terminal, and a separator inside a value must be visible.
std::string printable(ByteView value) {
  std::string out;
  for (const std::uint8_t octet : value) out.push_back(octet < 0x20 || octet == 0x7F ? '?' : static_cast<char>(octet));
  const bool quote = out.find_first_of(",+=\"\\<>;") != std::string::npos;
  return quote ? "\"" + out + "\"" : out;
}

std::string attribute_label(ByteView id) {
  if (id.size() == 3 && id[0] == 0x55 && id[1] == 0x04) {
    switch (static_cast<AttributeId>(id[2])) {
      case AttributeId::common_name:
        return "CN";
      case AttributeId::serial_number:
        return "serialNumber";
      case AttributeId::country:
        return "C";
      case AttributeId::organization:
        return "O";
      case AttributeId::organizational_unit:
        return "OU";
    }
  }
  return oid_text(id);
}

bool is_attribute(ByteView id, AttributeId attribute) {
  return id.size() == 3 && id[0] == 0x55 && id[1] == 0x04 && id[2] == static_cast<std::uint8_t>(attribute);
}

}  // namespace

Bytes extension_oid(ExtensionId id) { return {0x55, 0x1D, static_cast<std::uint8_t>(id)}; }
Bytes attribute_oid(AttributeId id) { return {0x55, 0x04, static_cast<std::uint8_t>(id)}; }
bool is_oid(ByteView content, std::string_view expected) { return equal(content, text_view(expected)); }

std::optional<SignedParts> signed_parts(ByteView der) {
  const auto outer = asn1::read_only(der, 0x30, Lengths::der);
  if (!outer) return std::nullopt;
  TlvReader in(outer->value, Lengths::der);
  const auto tbs = in.required(0x30);
  const auto algorithm = in.required(0x30);
  const auto signature = in.required(0x03);
  if (!tbs || !algorithm || !signature || !in.at_end() || signature->value.empty() || signature->value[0] != 0) return std::nullopt;
  return SignedParts{*tbs, algorithm->raw, signature->value.subspan(1)};
}

bool is_ecdsa_sha256(ByteView algorithm) {
  const auto sequence = asn1::read_only(algorithm, 0x30, Lengths::der);
  if (!sequence) return false;
  const auto id = asn1::read_only(sequence->value, 0x06, Lengths::der);
  return id && is_oid(id->value, kEcdsaSha256);
}

std::optional<std::int64_t> read_time(const asn1::Tlv& time) {
  const std::string text = to_text(time.value);
  const bool utc = time.tag == 0x17;
  const std::size_t year_digits = utc ? 2 : 4;
  if ((!utc && time.tag != 0x18) || text.size() != year_digits + 11 || text.back() != 'Z') return std::nullopt;
  const auto field = [&](std::size_t index) { return number(std::string_view(text).substr(year_digits + index * 2, 2)); };
  const auto year = number(std::string_view(text).substr(0, year_digits));
  const auto month = field(0), day = field(1), hour = field(2), minute = field(3), second = field(4);
  if (!year || !month || !day || !hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  const int full_year = !utc ? *year : *year >= 50 ? 1900 + *year : 2000 + *year;
  const std::chrono::year_month_day date(std::chrono::year(full_year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return days * 86400 + *hour * 3600 + *minute * 60 + *second;
}

void put_time(asn1::TlvWriter& out, std::int64_t seconds) {
  if (seconds < -631152000 || seconds > 253402300799) throw std::invalid_argument("a certificate's time is between 1950 and 9999");
  const std::chrono::sys_seconds when{std::chrono::seconds(seconds)};
  const auto day_start = std::chrono::floor<std::chrono::days>(when);
  const std::chrono::year_month_day date(day_start);
  const std::chrono::hh_mm_ss clock(when - day_start);
  const auto two = [](auto value) { return digits(static_cast<int>(value), 2); };
  const std::string tail = two(static_cast<unsigned>(date.month())) + two(static_cast<unsigned>(date.day())) + two(clock.hours().count()) +
                           two(clock.minutes().count()) + two(clock.seconds().count()) + "Z";
  // RFC 5280 4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050 on.
  const int year = static_cast<int>(date.year());
  if (year < 2050) {
    out.put_text(0x17, two(year % 100) + tail);
  } else {
    out.put_text(0x18, digits(year, 4) + tail);
  }
}

std::optional<ExtensionId> Extension::known() const {
  if (id.size() != 3 || id[0] != 0x55 || id[1] != 0x1D) return std::nullopt;
  return static_cast<ExtensionId>(id[2]);
}

std::optional<std::vector<Extension>> read_extensions(ByteView content) {
  constexpr std::size_t kMost = 64;
  std::vector<Extension> out;
  TlvReader in(content, Lengths::der);
  while (!in.at_end()) {
    const auto entry = in.required(0x30);
    if (!entry || out.size() == kMost) return std::nullopt;
    TlvReader fields(entry->value, Lengths::der);
    const auto id = fields.required(0x06);
    const auto critical = fields.optional(0x01);
    const auto value = fields.required(0x04);
    if (!id || !critical || !value || !fields.at_end() || !valid_oid(id->value)) return std::nullopt;
    if (*critical && ((*critical)->value.size() != 1 || ((*critical)->value[0] != 0xFF && (*critical)->value[0] != 0))) return std::nullopt;
    const bool repeated = std::ranges::any_of(out, [&](const Extension& other) { return equal(other.id, id->value); });
    if (repeated) return std::nullopt;  // RFC 5280 4.2
    out.push_back({id->value, *critical && (*critical)->value[0] == 0xFF, value->value});
  }
  return out;
}

std::optional<Bytes> read_authority_key_id(ByteView value) {
  const auto sequence = asn1::read_only(value, 0x30, Lengths::der);
  if (!sequence) return std::nullopt;
  TlvReader in(sequence->value, Lengths::der);
  const auto id = in.optional(0x80);
  if (!id || !in.skip_rest()) return std::nullopt;
  return *id ? to_bytes((*id)->value) : Bytes{};
}

std::optional<NameFields> read_name(ByteView content) {
  NameFields out;
  TlvReader names(content, Lengths::der);
  while (!names.at_end()) {
    const auto set = names.required(0x31);
    if (!set || set->value.empty()) return std::nullopt;
    TlvReader attributes(set->value, Lengths::der);
    while (!attributes.at_end()) {
      const auto attribute = attributes.required(0x30);
      if (!attribute) return std::nullopt;
      TlvReader fields(attribute->value, Lengths::der);
      const auto id = fields.required(0x06);
      const auto value = fields.next();
      if (!id || !value || !fields.at_end() || !valid_oid(id->value)) return std::nullopt;
      if (!out.text.empty()) out.text += ", ";
      out.text += attribute_label(id->value) + " = " + printable(value->value);
      // UTF8String and PrintableString (and the older one-octet strings) are their own text.
      const bool text = value->tag == 0x0C || value->tag == 0x13 || value->tag == 0x14 || value->tag == 0x16;
      if (!text) continue;
      if (is_attribute(id->value, AttributeId::serial_number) && out.serial_number.empty()) out.serial_number = to_text(value->value);
      if (is_attribute(id->value, AttributeId::organization) && out.organization.empty()) out.organization = to_text(value->value);
    }
  }
  return out;
}

bool valid_oid(ByteView content) {
  bool start = true;
  for (const std::uint8_t octet : content) {
    if (start && octet == 0x80) return false;
    start = (octet & 0x80) == 0;
  }
  return !content.empty() && start;
}

}  // namespace simurgh::crypto::der
