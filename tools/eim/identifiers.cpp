#include "tools/eim/identifiers.h"

#include <algorithm>

namespace simurgh::eim {

std::optional<Bytes> eid_octets(std::string_view digits) {
  auto out = from_hex(digits);
  if (!out || out->size() != 16 || digits.size() != 32) return std::nullopt;
  return out;
}

std::optional<Bytes> iccid_octets(std::string_view text) {
  if (!text.starts_with("89")) {
    auto out = from_hex(text);
    if (!out || out->size() != 10 || text.size() != 20) return std::nullopt;
    return out;
  }
  std::string digits(text);
  while (!digits.empty() && (digits.back() == 'F' || digits.back() == 'f')) digits.pop_back();
  if (digits.size() < 18 || digits.size() > 20 || !std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  Bytes out(10, 0xFF);
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const auto digit = static_cast<std::uint8_t>(digits[i] - '0');
    out[i / 2] = static_cast<std::uint8_t>(i % 2 == 0 ? (out[i / 2] & 0xF0) | digit : (out[i / 2] & 0x0F) | digit << 4);
  }
  return out;
}

std::string iccid_digits(ByteView swapped) {
  std::string out;
  for (const std::uint8_t octet : swapped) {
    for (const unsigned nibble : {octet & 0x0FU, unsigned{octet} >> 4U}) {
      if (nibble < 10) out.push_back(static_cast<char>('0' + nibble));
    }
  }
  return out;
}

std::string plmn_text(ByteView plmn) {
  if (plmn.size() != 3) return {};
  const unsigned nibbles[] = {plmn[0] & 0x0FU, unsigned{plmn[0]} >> 4U, plmn[1] & 0x0FU, plmn[2] & 0x0FU, unsigned{plmn[2]} >> 4U, unsigned{plmn[1]} >> 4U};
  std::string out;
  for (const unsigned nibble : nibbles) {
    if (nibble < 10) {
      out.push_back(static_cast<char>('0' + nibble));
    } else if (nibble != 0xF || out.size() != 5) {
      return {};
    }
  }
  return out;
}

std::optional<ActivationCode> parse_activation_code(std::string_view text) {
  if (text.starts_with("LPA:")) text.remove_prefix(4);
  if (!text.starts_with("1$") || text.size() > 255) return std::nullopt;
  text.remove_prefix(2);
  const std::size_t host_end = text.find('$');
  if (host_end == std::string_view::npos || host_end == 0) return std::nullopt;
  ActivationCode out;
  out.host = text.substr(0, host_end);
  text.remove_prefix(host_end + 1);
  out.matching_id = text.substr(0, text.find('$'));
  return out;
}

}  // namespace simurgh::eim
