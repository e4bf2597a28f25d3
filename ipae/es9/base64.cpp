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
  Base64Decoder decoder;
  for (const char c : text) {
    if (!decoder.feed(c, out)) return std::nullopt;
  }
  if (!decoder.end(out)) return std::nullopt;
  return out;
}

bool Base64Decoder::feed(char c, Bytes& out) {
  if (c == ' ' || c == '\n' || c == '\r' || c == '\t') return true;
  if (c == '=') return ++padding_ <= 2 && digits_ + padding_ <= 4 && digits_ >= 2;
  const std::size_t value = kAlphabet.find(c);
  if (value == std::string_view::npos || padding_ != 0) return false;
  group_ = group_ << 6 | static_cast<std::uint32_t>(value);
  if (++digits_ == 4) {
    for (const int shift : {16, 8, 0}) out.push_back(static_cast<std::uint8_t>(group_ >> shift));
    group_ = 0;
    digits_ = 0;
  }
  return true;
}

bool Base64Decoder::end(Bytes& out) {
  if (digits_ == 0) return padding_ == 0;
  if (digits_ + padding_ != 4) return false;
  group_ <<= 6 * padding_;
  // RFC 4648 3.5: the bits that fill up are zero
  if ((group_ & (padding_ == 1 ? 0xFFU : 0xFFFFU)) != 0) return false;
  out.push_back(static_cast<std::uint8_t>(group_ >> 16));
  if (padding_ == 1) out.push_back(static_cast<std::uint8_t>(group_ >> 8));
  return true;
}

}  // namespace simurgh::ipae
