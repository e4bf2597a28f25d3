#include "euicc/toolkit/comprehension.h"

#include <algorithm>
#include <array>

#include "asn1/tlv.h"

namespace simurgh::toolkit {
namespace {

constexpr std::uint8_t kLongTag = 0x7F;

// One object at the front; moves past it. Nothing and no move when it does not fit.
std::optional<Object> next_object(ByteView& in) {
  std::size_t at = 0;
  const auto octet = [&]() -> std::optional<std::uint8_t> {
    if (at >= in.size()) return std::nullopt;
    return in[at++];
  };
  const auto first = octet();
  if (!first) return std::nullopt;
  Object out{.tag = static_cast<std::uint16_t>(*first & 0x7F), .comprehension = (*first & 0x80) != 0, .value = {}};
  if (*first == 0x00 || *first == 0x80 || *first == 0xFF) return std::nullopt;  // reserved, TS 101 220 7.1.1.1
  if (*first == kLongTag) {
    const auto high = octet(), low = octet();
    if (!high || !low) return std::nullopt;
    out.comprehension = (*high & 0x80) != 0;
    out.tag = static_cast<std::uint16_t>((*high & 0x7F) << 8 | *low);
  }
  const auto form = octet();
  if (!form) return std::nullopt;
  std::size_t length = *form;
  if (*form >= 0x80) {
    const std::size_t count = *form & 0x7F;
    if (count < 1 || count > 3) return std::nullopt;
    length = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const auto part = octet();
      if (!part) return std::nullopt;
      length = length << 8 | *part;
    }
  }
  if (length > in.size() - at) return std::nullopt;
  out.value = in.subspan(at, length);
  in = in.subspan(at + length);
  return out;
}

constexpr std::uint8_t swapped_bcd(std::uint32_t value) { return static_cast<std::uint8_t>(value % 10 << 4 | value / 10); }

std::optional<std::uint32_t> from_swapped_bcd(std::uint8_t octet) {
  const unsigned tens = octet & 0x0F, ones = octet >> 4;
  if (tens > 9 || ones > 9) return std::nullopt;
  return tens * 10 + ones;
}

// UTF-8 to UCS2; what UCS2 cannot say becomes a question mark.
Bytes ucs2(std::string_view utf8) {
  Bytes out;
  for (std::size_t i = 0; i < utf8.size();) {
    const auto lead = static_cast<std::uint8_t>(utf8[i]);
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    std::uint32_t code = size == 1 ? lead : lead & (0xFFU >> (size + 1));
    for (std::size_t k = 1; k < size && i + k < utf8.size(); ++k) code = code << 6 | (static_cast<std::uint8_t>(utf8[i + k]) & 0x3FU);
    append(out, be_bytes(code > 0xFFFF ? '?' : code, 2));
    i += size;
  }
  return out;
}

// Printable ASCII whose octets mean the same in the GSM default alphabet (TS 23.038 6.2.1).
bool gsm_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return c >= 0x20 && c < 0x7F && std::string_view("$@[\\]^_`{|}~").find(c) == std::string_view::npos;
  });
}

}  // namespace

std::optional<std::vector<Object>> read_objects(ByteView octets) {
  std::vector<Object> out;
  while (!octets.empty()) {
    const auto object = next_object(octets);
    if (!object) return std::nullopt;
    out.push_back(*object);
  }
  return out;
}

std::optional<ByteView> find_object(ByteView octets, std::uint16_t tag) {
  while (!octets.empty()) {
    const auto object = next_object(octets);
    if (!object) return std::nullopt;
    if (object->tag == tag) return object->value;
  }
  return std::nullopt;
}

ObjectWriter& ObjectWriter::put(std::uint16_t tag, ByteView value, Comprehension comprehension) {
  const std::uint8_t bit = comprehension == Comprehension::required ? 0x80 : 0x00;
  if (tag < 0x7F) {
    out_.push_back(static_cast<std::uint8_t>(tag | bit));
  } else {
    out_.push_back(kLongTag);
    out_.push_back(static_cast<std::uint8_t>(tag >> 8 | bit));
    out_.push_back(static_cast<std::uint8_t>(tag));
  }
  append(out_, asn1::encode_length(value.size()));
  append(out_, value);
  return *this;
}

Bytes encode_timer_value(std::uint32_t seconds) {
  seconds = std::min<std::uint32_t>(seconds, 86399);
  return {swapped_bcd(seconds / 3600), swapped_bcd(seconds / 60 % 60), swapped_bcd(seconds % 60)};
}

std::optional<std::uint32_t> decode_timer_value(ByteView value) {
  if (value.size() != 3) return std::nullopt;
  const auto hours = from_swapped_bcd(value[0]), minutes = from_swapped_bcd(value[1]), seconds = from_swapped_bcd(value[2]);
  if (!hours || !minutes || !seconds) return std::nullopt;
  return *hours * 3600 + *minutes * 60 + *seconds;
}

Bytes encode_duration(std::uint32_t seconds) {
  if (seconds <= 255) return {0x01, static_cast<std::uint8_t>(std::max<std::uint32_t>(seconds, 1))};
  return {0x00, static_cast<std::uint8_t>(std::min<std::uint32_t>((seconds + 59) / 60, 255))};
}

std::optional<std::uint32_t> decode_duration(ByteView value) {
  if (value.size() != 2) return std::nullopt;
  switch (value[0]) {
    case 0x00:
      return value[1] * 60U;
    case 0x01:
      return value[1];
    case 0x02:
      return (value[1] + 9U) / 10U;
    default:
      return std::nullopt;
  }
}

Bytes encode_text(std::string_view utf8) {
  constexpr std::uint8_t kEightBit = 0x04, kUcs2 = 0x08;
  const bool ascii = std::ranges::all_of(utf8, [](char c) { return c == '\n' || (c >= 0x20 && c < 0x7F); });
  Bytes out{ascii ? kEightBit : kUcs2};
  append(out, ascii ? to_bytes(text_view(utf8)) : ucs2(utf8));
  return out;
}

Bytes encode_alpha(std::string_view utf8) {
  if (gsm_ascii(utf8)) return to_bytes(text_view(utf8));
  return concat({std::array<std::uint8_t, 1>{0x80}, ucs2(utf8)});
}

Bytes encode_network_access_name(std::string_view apn) {
  Bytes out;
  while (!apn.empty()) {
    const std::string_view label = apn.substr(0, std::min(apn.find('.'), std::size_t{63}));
    out.push_back(static_cast<std::uint8_t>(label.size()));
    append(out, text_view(label));
    apn.remove_prefix(std::min(label.size() + 1, apn.size()));
  }
  return out;
}

}  // namespace simurgh::toolkit
