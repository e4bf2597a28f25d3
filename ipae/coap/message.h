// One CoAP message as a datagram. RFC 7252 3; block options of RFC 7959, Request-Tag of RFC 9175.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "asn1/bytes.h"

namespace simurgh::ipae::coap {

enum class Type : std::uint8_t { confirmable = 0, non_confirmable = 1, acknowledgement = 2, reset = 3 };

// Class and detail: c.dd is c * 32 + dd.
constexpr std::uint8_t code(unsigned c, unsigned dd) { return static_cast<std::uint8_t>(c << 5 | dd); }
inline constexpr std::uint8_t kEmpty = code(0, 0);
inline constexpr std::uint8_t kPost = code(0, 2);
inline constexpr std::uint8_t kChanged = code(2, 4);
inline constexpr std::uint8_t kContent = code(2, 5);
inline constexpr std::uint8_t kContinue = code(2, 31);
inline constexpr std::uint8_t kIncomplete = code(4, 8);
inline constexpr std::uint8_t kTooLarge = code(4, 13);

constexpr unsigned code_class(std::uint8_t value) { return value >> 5; }
constexpr bool is_response(std::uint8_t value) { return code_class(value) >= 2 && code_class(value) <= 5; }
// "4.04 Not Found"; the name only where RFC 7252, 7959 or 9175 give one.
[[nodiscard]] std::string code_text(std::uint8_t value);

namespace option {
inline constexpr std::uint16_t kUriHost = 3, kETag = 4, kUriPath = 11, kContentFormat = 12, kMaxAge = 14, kBlock2 = 23, kBlock1 = 27,
                               kSize2 = 28, kSize1 = 60, kRequestTag = 292;
// RFC 7252 5.4.6: who does not know a critical option must not act on the message.
constexpr bool critical(std::uint16_t number) { return (number & 1) != 0; }
}  // namespace option

struct Option {
  std::uint16_t number = 0;
  Bytes value;
  bool operator==(const Option&) const = default;
};

struct Message {
  Type type = Type::confirmable;
  std::uint8_t code = kEmpty;
  std::uint16_t id = 0;
  Bytes token = {};                  // up to 8 octets
  std::vector<Option> options = {};  // in any order when it is made; in the order of their numbers when it was read
  Bytes payload = {};

  bool operator==(const Message&) const = default;
  // The first option of that number.
  [[nodiscard]] const Bytes* find(std::uint16_t number) const;
  // Its value as an unsigned number (RFC 7252 3.2); nothing when it is absent or longer than four octets.
  [[nodiscard]] std::optional<std::uint32_t> number(std::uint16_t number) const;
};

// Throws std::length_error when token or an option is longer than the coding allows: a programmer's error.
[[nodiscard]] Bytes encode(const Message& message);
// Whole or not at all; the error is a literal that names what is wrong.
[[nodiscard]] std::expected<Message, std::string_view> decode(ByteView datagram);

// An unsigned option value without leading zeros.
[[nodiscard]] Bytes uint_value(std::uint32_t value);

// Block1 and Block2: which block, whether more follow, 2^(szx+4) octets each.
struct Block {
  std::uint32_t number = 0;  // 20 bits
  bool more = false;
  std::uint8_t szx = 6;  // 0 to 6
  bool operator==(const Block&) const = default;
  [[nodiscard]] std::size_t size() const { return std::size_t{16} << szx; }
};
[[nodiscard]] Bytes encode_block(const Block& block);
// Nothing for a reserved size (7) or more than three octets.
[[nodiscard]] std::optional<Block> decode_block(ByteView value);
inline constexpr std::uint32_t kLastBlock = 0xFFFFF;

}  // namespace simurgh::ipae::coap
