#include "ipae/es9/base64.h"

namespace simurgh::ipae {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string base64_encode(ByteView octets) {
  std::string out;
  out.reserve((octets.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < octets.size(); i += 3) {
    const std::size_t have = std::min<std::size_t>(3, octets.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = group << 8 | (k < have ? octets[i + k] : 0U);
    for (std::size_t k = 0; k < 4; ++k) out += k <= have ? kAlphabet[group >> (18 - 6 * k) & 0x3F] : '=';
  }
  return out;
}

std::optional<Bytes> base64_decode(std::string_view text) {
  Bytes out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t group = 0;
  unsigned digits = 0, padding = 0;
  for (const char c : text) {
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') continue;
    if (c == '=') {
      if (++padding > 2 || digits + padding > 4 || digits < 2) return std::nullopt;
      continue;
    }
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos || padding != 0) return std::nullopt;
    group = group << 6 | static_cast<std::uint32_t>(value);
    if (++digits == 4) {
      for (const int shift : {16, 8, 0}) out.push_back(static_cast<std::uint8_t>(group >> shift));
      group = 0;
      digits = 0;
    }
  }
  if (digits == 0) return padding == 0 ? std::optional(std::move(out)) : std::nullopt;
  if (digits + padding != 4) return std::nullopt;
  group <<= 6 * padding;
  // RFC 4648 3.5: the bits that fill up are zero
  if ((group & (padding == 1 ? 0xFFU : 0xFFFFU)) != 0) return std::nullopt;
  out.push_back(static_cast<std::uint8_t>(group >> 16));
  if (padding == 1) out.push_back(static_cast<std::uint8_t>(group >> 8));
  return out;
}

}  // namespace simurgh::ipae
