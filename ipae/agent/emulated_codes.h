// Small answers that the files of EmulatedIot share.
#pragma once

#include <optional>

#include "asn1/tlv.h"

namespace simurgh::ipae::emulated {

inline constexpr unsigned kUndefined = 127, kEcallActive = 104;
inline constexpr std::uint64_t kMostCounter = 0x7FFFFF;
inline constexpr std::size_t kMostEims = 8, kMostResults = 16, kMostPackage = 16 * 1024;

inline Bytes octets(ByteView content, std::uint32_t tag) {
  const auto found = asn1::find_child(content, tag);
  return found ? to_bytes(found->value) : Bytes{};
}
inline std::optional<std::uint64_t> number(ByteView content, std::uint32_t tag) {
  const auto found = asn1::find_child(content, tag);
  const auto value = found ? asn1::unsigned_value(*found) : std::unexpected(asn1::ParseError{"", 0});
  return value ? std::optional(*value) : std::nullopt;
}
inline Bytes integer(std::uint32_t tag, std::uint64_t value) { return asn1::tlv(tag, asn1::integer_content(value)); }
// { 80 code }
inline Bytes code_answer(std::uint32_t tag, unsigned code) { return asn1::tlv(tag, integer(0x80, code)); }
// Content of a message, empty when it is another or damaged.
inline ByteView content_of(ByteView message, std::uint32_t tag) {
  const auto outer = asn1::read_only(message, tag);
  return outer ? outer->value : ByteView();
}

}  // namespace simurgh::ipae::emulated
