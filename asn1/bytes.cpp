#include "asn1/bytes.h"

#include <algorithm>
#include <stdexcept>

namespace simurgh {

Bytes to_bytes(ByteView view) { return Bytes(view.begin(), view.end()); }

Bytes concat(std::initializer_list<ByteView> parts) {
  std::size_t total = 0;
  for (const ByteView part : parts) total += part.size();
  Bytes out;
  out.reserve(total);
  for (const ByteView part : parts) append(out, part);
  return out;
}

void append(Bytes& out, ByteView more) { out.insert(out.end(), more.begin(), more.end()); }

bool equal(ByteView a, ByteView b) noexcept { return std::ranges::equal(a, b); }

std::string to_hex(ByteView view) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(view.size() * 2);
  for (const std::uint8_t byte : view) {
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 0x0F]);
  }
  return out;
}

std::optional<Bytes> from_hex(std::string_view text) {
  Bytes out;
  out.reserve(text.size() / 2);
  int high = -1;
  for (const char c : text) {
    int digit = 0;
    if (c >= '0' && c <= '9') {
      digit = c - '0';
    } else if (c >= 'a' && c <= 'f') {
      digit = c - 'a' + 10;
    } else if (c >= 'A' && c <= 'F') {
      digit = c - 'A' + 10;
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      continue;
    } else {
      return std::nullopt;
    }
    if (high < 0) {
      high = digit;
    } else {
      out.push_back(static_cast<std::uint8_t>(high << 4 | digit));
      high = -1;
    }
  }
  if (high >= 0) return std::nullopt;
  return out;
}

ByteView text_view(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string to_text(ByteView view) { return std::string(view.begin(), view.end()); }

std::uint64_t be_value(ByteView view) noexcept {
  std::uint64_t value = 0;
  for (const std::uint8_t byte : view) value = value << 8 | byte;
  return value;
}

Bytes be_bytes(std::uint64_t value, std::size_t size) {
  Bytes out(size);
  for (std::size_t i = size; i-- > 0; value >>= 8) out[i] = static_cast<std::uint8_t>(value);
  return out;
}

namespace literals {
Bytes operator""_hex(const char* text, std::size_t size) {
  auto bytes = from_hex(std::string_view(text, size));
  if (!bytes) throw std::invalid_argument("malformed _hex literal");
  return *std::move(bytes);
}
}  // namespace literals

}  // namespace simurgh
