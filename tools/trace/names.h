// Names of tags and codes that no table of the card has.
#pragma once

#include <cstdint>
#include <string_view>

#include "asn1/bytes.h"

namespace simurgh::trace {

// What surrounds a tag decides what it means.
enum class Inside : std::uint8_t { nothing, es10, fcp, proprietary, gp };

// Empty for an unknown tag.
[[nodiscard]] std::string_view tag_name(Inside inside, std::uint32_t tag) noexcept;
// COMPREHENSION-TLV tag without its bit (TS 101 220 7.2).
[[nodiscard]] std::string_view object_name(std::uint16_t tag) noexcept;
[[nodiscard]] std::string_view envelope_name(std::uint8_t tag) noexcept;
[[nodiscard]] std::string_view event_name(std::uint8_t code) noexcept;
[[nodiscard]] std::string_view general_result(std::uint8_t code) noexcept;
[[nodiscard]] std::string_view device_name(std::uint8_t code) noexcept;
// The application an AID begins with.
[[nodiscard]] std::string_view aid_name(ByteView aid) noexcept;
// Files every card has, by identifier.
[[nodiscard]] std::string_view file_name(std::uint16_t fid) noexcept;

}  // namespace simurgh::trace
