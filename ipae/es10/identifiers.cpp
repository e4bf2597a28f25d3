#include "ipae/es10/identifiers.h"

#include <algorithm>

namespace simurgh::ipae {

std::string iccid_text(ByteView iccid) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const std::uint8_t octet : iccid) {
    out += kDigits[octet & 0x0F];
    out += kDigits[octet >> 4];
  }
  while (!out.empty() && out.back() == 'F') out.pop_back();
  return out;
}

std::optional<Bytes> iccid_from_text(std::string_view digits) {
  if (digits.size() < 18 || digits.size() > 20) return std::nullopt;
  if (!std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  Bytes out(10, 0xFF);
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const auto digit = static_cast<std::uint8_t>(digits[i] - '0');
    std::uint8_t& octet = out[i / 2];
    octet = static_cast<std::uint8_t>(i % 2 == 0 ? (octet & 0xF0) | digit : (octet & 0x0F) | (digit << 4));
  }
  return out;
}

std::string eid_text(ByteView eid) { return to_hex(eid); }

std::string version_text(ByteView version) {
  std::string out;
  for (const std::uint8_t part : version) out += (out.empty() ? "" : ".") + std::to_string(part);
  return out;
}

std::string plmn_text(ByteView plmn) {
  if (plmn.size() != 3) return to_hex(plmn);
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out{kDigits[plmn[0] & 0x0F], kDigits[plmn[0] >> 4], kDigits[plmn[1] & 0x0F], '-',
                  kDigits[plmn[2] & 0x0F], kDigits[plmn[2] >> 4]};
  if ((plmn[1] >> 4) != 0x0F) out += kDigits[plmn[1] >> 4];
  return out;
}

namespace {

// Length of the well-formed UTF-8 sequence at the front (RFC 3629), 0 when there is none.
std::size_t sequence_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = at(0);
  const std::size_t length = lead < 0x80                    ? 1
                             : lead >= 0xC2 && lead <= 0xDF ? 2
                             : (lead & 0xF0) == 0xE0        ? 3
                             : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                            : 0;
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xC0) != 0x80) return 0;
  }
  if ((lead == 0xE0 && at(1) < 0xA0) || (lead == 0xED && at(1) > 0x9F) || (lead == 0xF0 && at(1) < 0x90) || (lead == 0xF4 && at(1) > 0x8F))
    return 0;
  return length;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    const auto lead = static_cast<std::uint8_t>(text.front());
    const bool control = lead < 0x20 || lead == 0x7F || (length == 2 && lead == 0xC2 && static_cast<std::uint8_t>(text[1]) < 0xA0);
    if (length == 0 || control) {
      out += "\xEF\xBF\xBD";  // U+FFFD
      text.remove_prefix(std::max<std::size_t>(1, length));
      continue;
    }
    out += text.substr(0, length);
    text.remove_prefix(length);
  }
  return out;
}

}  // namespace simurgh::ipae
