// Bytes, views of bytes and their hexadecimal spelling: the vocabulary every room shares.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace simurgh {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

[[nodiscard]] Bytes to_bytes(ByteView view);
[[nodiscard]] Bytes concat(std::initializer_list<ByteView> parts);
void append(Bytes& out, ByteView more);

// Lexicographic equality; not constant time (secrets use crypto::equal_secret).
[[nodiscard]] bool equal(ByteView a, ByteView b) noexcept;

// Upper-case hexadecimal without separators.
[[nodiscard]] std::string to_hex(ByteView view);
// Accepts either case and skips white space; nothing on an odd digit count or any other character.
[[nodiscard]] std::optional<Bytes> from_hex(std::string_view text);

// The bytes of a text without a terminator; the view lives as long as the text.
[[nodiscard]] ByteView text_view(std::string_view text) noexcept;
[[nodiscard]] std::string to_text(ByteView view);

// Big-endian numbers of up to eight bytes; longer views use their last eight.
[[nodiscard]] std::uint64_t be_value(ByteView view) noexcept;
[[nodiscard]] Bytes be_bytes(std::uint64_t value, std::size_t size);

namespace literals {
// Hexadecimal literal for tables and tests: "A0 04"_hex. Throws std::invalid_argument when malformed.
[[nodiscard]] Bytes operator""_hex(const char* text, std::size_t size);
}  // namespace literals

}  // namespace simurgh
