#include "ipae/coap/message.h"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace simurgh::ipae::coap {
namespace {

constexpr std::uint8_t kPayloadMarker = 0xFF;
constexpr std::size_t kMaxOption = 65535 + 269;

// RFC 7252 3.1: a nibble, and what follows it when it is 13 or 14.
std::uint8_t nibble(std::size_t value) { return value < 13 ? static_cast<std::uint8_t>(value) : value < 269 ? 13 : 14; }

void put_extended(Bytes& out, std::size_t value) {
  if (value >= 269) {
    append(out, be_bytes(value - 269, 2));
  } else if (value >= 13) {
    out.push_back(static_cast<std::uint8_t>(value - 13));
  }
}

// The value of a nibble with its extension, taken from the front of `rest`.
std::optional<std::size_t> take_extended(std::uint8_t from, ByteView& rest) {
  if (from < 13) return from;
  const std::size_t octets = from == 13 ? 1 : 2;
  if (from == 15 || rest.size() < octets) return std::nullopt;
  const std::size_t value = be_value(rest.first(octets)) + (octets == 1 ? 13 : 269);
  rest = rest.subspan(octets);
  return value;
}

struct CodeName {
  std::uint8_t code;
  const char* name;
};
constexpr auto kCodeNames = std::to_array<CodeName>({
    {code(2, 1), "Created"},
    {code(2, 2), "Deleted"},
    {code(2, 3), "Valid"},
    {code(2, 4), "Changed"},
    {code(2, 5), "Content"},
    {code(2, 31), "Continue"},
    {code(4, 0), "Bad Request"},
    {code(4, 1), "Unauthorized"},
    {code(4, 2), "Bad Option"},
    {code(4, 3), "Forbidden"},
    {code(4, 4), "Not Found"},
    {code(4, 5), "Method Not Allowed"},
    {code(4, 6), "Not Acceptable"},
    {code(4, 8), "Request Entity Incomplete"},
    {code(4, 12), "Precondition Failed"},
    {code(4, 13), "Request Entity Too Large"},
    {code(4, 15), "Unsupported Content-Format"},
    {code(5, 0), "Internal Server Error"},
    {code(5, 1), "Not Implemented"},
    {code(5, 2), "Bad Gateway"},
    {code(5, 3), "Service Unavailable"},
    {code(5, 4), "Gateway Timeout"},
    {code(5, 5), "Proxying Not Supported"},
});

}  // namespace

std::string code_text(std::uint8_t value) {
  const unsigned detail = value & 0x1F;
  std::string out = std::to_string(code_class(value)) + (detail < 10 ? ".0" : ".") + std::to_string(detail);
  const auto* name = std::ranges::find(kCodeNames, value, &CodeName::code);
  if (name != kCodeNames.end()) out += std::string(" ") + name->name;
  return out;
}

const Bytes* Message::find(std::uint16_t wanted) const {
  const auto at = std::ranges::find(options, wanted, &Option::number);
  return at == options.end() ? nullptr : &at->value;
}

std::optional<std::uint32_t> Message::number(std::uint16_t wanted) const {
  const Bytes* value = find(wanted);
  if (value == nullptr || value->size() > 4) return std::nullopt;
  return static_cast<std::uint32_t>(be_value(*value));
}

Bytes encode(const Message& message) {
  if (message.token.size() > 8) throw std::length_error("a CoAP token has at most 8 octets");
  Bytes out{static_cast<std::uint8_t>(0x40 | static_cast<unsigned>(message.type) << 4 | message.token.size()), message.code};
  append(out, be_bytes(message.id, 2));
  append(out, message.token);
  std::vector<const Option*> sorted;
  for (const Option& one : message.options) sorted.push_back(&one);
  std::ranges::stable_sort(sorted, {}, &Option::number);
  std::uint16_t last = 0;
  for (const Option* one : sorted) {
    if (one->value.size() > kMaxOption) throw std::length_error("a CoAP option is too long");
    const std::size_t delta = static_cast<std::size_t>(one->number) - last;
    out.push_back(static_cast<std::uint8_t>(nibble(delta) << 4 | nibble(one->value.size())));
    put_extended(out, delta);
    put_extended(out, one->value.size());
    append(out, one->value);
    last = one->number;
  }
  if (!message.payload.empty()) {
    out.push_back(kPayloadMarker);
    append(out, message.payload);
  }
  return out;
}

std::expected<Message, std::string_view> decode(ByteView datagram) {
  if (datagram.size() < 4) return std::unexpected("shorter than a header");
  if (datagram[0] >> 6 != 1) return std::unexpected("not version 1");
  const std::size_t token = datagram[0] & 0x0F;
  if (token > 8) return std::unexpected("a token of more than 8 octets");
  Message out;
  out.type = static_cast<Type>(datagram[0] >> 4 & 3);
  out.code = datagram[1];
  out.id = static_cast<std::uint16_t>(be_value(datagram.subspan(2, 2)));
  ByteView rest = datagram.subspan(4);
  // RFC 7252 4.1: nothing follows the ID of an empty message.
  if (out.code == kEmpty && (token != 0 || !rest.empty())) return std::unexpected("an empty message with content");
  if (rest.size() < token) return std::unexpected("ends in its token");
  out.token = to_bytes(rest.first(token));
  rest = rest.subspan(token);
  std::size_t number = 0;
  while (!rest.empty()) {
    const std::uint8_t head = rest[0];
    rest = rest.subspan(1);
    if (head == kPayloadMarker) {
      if (rest.empty()) return std::unexpected("a payload marker without payload");
      out.payload = to_bytes(rest);
      break;
    }
    const auto delta = take_extended(static_cast<std::uint8_t>(head >> 4), rest);
    const auto length = delta ? take_extended(head & 0x0F, rest) : std::nullopt;
    if (!length) return std::unexpected("a broken option header");
    number += *delta;
    if (number > 0xFFFF) return std::unexpected("an option number above 65535");
    if (*length > rest.size()) return std::unexpected("ends in an option");
    out.options.push_back({static_cast<std::uint16_t>(number), to_bytes(rest.first(*length))});
    rest = rest.subspan(*length);
  }
  return out;
}

Bytes uint_value(std::uint32_t value) {
  Bytes out = be_bytes(value, 4);
  out.erase(out.begin(), std::ranges::find_if(out, [](std::uint8_t octet) { return octet != 0; }));
  return out;
}

Bytes encode_block(const Block& block) {
  if (block.number > kLastBlock || block.szx > 6) throw std::length_error("no such block");
  return uint_value(block.number << 4 | (block.more ? 8U : 0U) | block.szx);
}

std::optional<Block> decode_block(ByteView value) {
  if (value.size() > 3) return std::nullopt;
  const auto bits = static_cast<std::uint32_t>(be_value(value));
  if ((bits & 7) == 7) return std::nullopt;
  return Block{bits >> 4, (bits & 8) != 0, static_cast<std::uint8_t>(bits & 7)};
}

}  // namespace simurgh::ipae::coap
