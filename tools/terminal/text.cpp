#include "tools/terminal/text.h"

#include <algorithm>
#include <array>
#include <vector>

namespace simurgh::terminal {
namespace {

// TS 23.038 6.2.1; 1B is the escape to the extension table, shown as a space when nothing follows.
constexpr std::array<char16_t, 128> kDefaultAlphabet{
    u'@', u'£', u'$', u'¥', u'è', u'é', u'ù', u'ì', u'ò', u'Ç', u'\n', u'Ø', u'ø', u'\r', u'Å', u'å', u'Δ', u'_', u'Φ', u'Γ', u'Λ', u'Ω',
    u'Π', u'Ψ', u'Σ', u'Θ', u'Ξ', u' ', u'Æ', u'æ', u'ß', u'É', u' ', u'!', u'"', u'#', u'¤', u'%', u'&', u'\'', u'(', u')', u'*', u'+',
    u',', u'-', u'.', u'/', u'0', u'1', u'2', u'3', u'4', u'5', u'6', u'7', u'8', u'9', u':', u';', u'<', u'=', u'>', u'?', u'¡', u'A',
    u'B', u'C', u'D', u'E', u'F', u'G', u'H', u'I', u'J', u'K', u'L', u'M', u'N', u'O', u'P', u'Q', u'R', u'S', u'T', u'U', u'V', u'W',
    u'X', u'Y', u'Z', u'Ä', u'Ö', u'Ñ', u'Ü', u'§', u'¿', u'a', u'b', u'c', u'd', u'e', u'f', u'g', u'h', u'i', u'j', u'k', u'l', u'm',
    u'n', u'o', u'p', u'q', u'r', u's', u't', u'u', u'v', u'w', u'x', u'y', u'z', u'ä', u'ö', u'ñ', u'ü', u'à'};
struct Extension {
  std::uint8_t code;
  char16_t letter;
};
constexpr std::array<Extension, 10> kExtensions{
    {{0x0A, u'\f'}, {0x14, u'^'}, {0x28, u'{'}, {0x29, u'}'}, {0x2F, u'\\'}, {0x3C, u'['}, {0x3D, u'~'}, {0x3E, u']'}, {0x40, u'|'}, {0x65, u'€'}}};
constexpr char32_t kUnknown = 0xFFFD;
constexpr std::uint8_t kEscape = 0x1B;

void put_utf8(std::string& out, char32_t letter) {
  const auto tail = [&](unsigned shift) { out.push_back(static_cast<char>(0x80 | ((letter >> shift) & 0x3F))); };
  if (letter < 0x80) {
    out.push_back(static_cast<char>(letter));
  } else if (letter < 0x800) {
    out.push_back(static_cast<char>(0xC0 | letter >> 6));
    tail(0);
  } else if (letter < 0x10000) {
    out.push_back(static_cast<char>(0xE0 | letter >> 12));
    tail(6), tail(0);
  } else {
    out.push_back(static_cast<char>(0xF0 | letter >> 18));
    tail(12), tail(6), tail(0);
  }
}

std::vector<char32_t> letters_of(std::string_view utf8) {
  std::vector<char32_t> out;
  for (std::size_t at = 0; at < utf8.size();) {
    const auto first = static_cast<std::uint8_t>(utf8[at]);
    const std::size_t size = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 0;
    if (size == 0 || size > utf8.size() - at) {
      out.push_back(kUnknown);
      ++at;
      continue;
    }
    char32_t letter = size == 1 ? first : first & (0x7FU >> size);
    for (std::size_t i = 1; i < size; ++i) letter = letter << 6 | (static_cast<std::uint8_t>(utf8[at + i]) & 0x3FU);
    out.push_back(letter);
    at += size;
  }
  return out;
}

std::string from_septets(ByteView septets) {
  std::string out;
  for (std::size_t i = 0; i < septets.size(); ++i) {
    if (septets[i] == kEscape && i + 1 < septets.size()) {
      const auto found = std::find_if(kExtensions.begin(), kExtensions.end(), [&](const Extension& e) { return e.code == septets[i + 1]; });
      if (found != kExtensions.end()) {
        put_utf8(out, found->letter);
        ++i;
        continue;
      }
    }
    put_utf8(out, septets[i] < 0x80 ? char32_t{kDefaultAlphabet[septets[i]]} : kUnknown);
  }
  return out;
}

Bytes to_septets(std::string_view utf8) {
  Bytes out;
  for (const char32_t letter : letters_of(utf8)) {
    const auto plain = std::find(kDefaultAlphabet.begin(), kDefaultAlphabet.end(), letter);
    const auto extended = std::find_if(kExtensions.begin(), kExtensions.end(), [&](const Extension& e) { return e.letter == letter; });
    if (plain != kDefaultAlphabet.end()) {
      out.push_back(static_cast<std::uint8_t>(plain - kDefaultAlphabet.begin()));
    } else if (extended != kExtensions.end()) {
      out.insert(out.end(), {kEscape, extended->code});
    } else {
      out.push_back('?');
    }
  }
  return out;
}

std::string from_ucs2(ByteView value) {
  std::string out;
  for (std::size_t at = 0; at + 1 < value.size(); at += 2) {
    char32_t letter = static_cast<char32_t>(value[at] << 8 | value[at + 1]);
    if (letter >= 0xD800 && letter < 0xDC00 && at + 3 < value.size()) {
      const char32_t low = static_cast<char32_t>(value[at + 2] << 8 | value[at + 3]);
      if (low >= 0xDC00 && low < 0xE000) {
        letter = 0x10000 + ((letter - 0xD800) << 10) + (low - 0xDC00);
        at += 2;
      }
    }
    put_utf8(out, letter >= 0xD800 && letter < 0xE000 ? kUnknown : letter);
  }
  return out;
}

Bytes to_ucs2(std::string_view utf8) {
  Bytes out;
  for (const char32_t letter : letters_of(utf8)) {
    if (letter >= 0x10000 && letter < 0x110000) {
      append(out, be_bytes(0xD800 + ((letter - 0x10000) >> 10), 2));
      append(out, be_bytes(0xDC00 + ((letter - 0x10000) & 0x3FF), 2));
    } else {
      append(out, be_bytes(letter >= 0x110000 ? kUnknown : letter, 2));
    }
  }
  return out;
}

// TS 102 221 annex A, forms 81 and 82: a count, a base, and characters of which the high half lies above the base.
std::string from_based_ucs2(ByteView value) {
  const bool long_base = value[0] == 0x82;
  const std::size_t header = long_base ? 4 : 3;
  if (value.size() < header) return {};
  const char32_t base = long_base ? static_cast<char32_t>(value[2] << 8 | value[3]) : static_cast<char32_t>(value[2] << 7);
  const ByteView characters = value.subspan(header, std::min<std::size_t>(value[1], value.size() - header));
  std::string out;
  for (const std::uint8_t octet : characters) {
    if ((octet & 0x80) != 0) {
      put_utf8(out, base + (octet & 0x7F));
    } else {
      out += from_septets(ByteView(&octet, 1));
    }
  }
  return out;
}

}  // namespace

Bytes pack_septets(ByteView septets) {
  Bytes out((septets.size() * 7 + 7) / 8);
  for (std::size_t i = 0; i < septets.size(); ++i) {
    const unsigned value = septets[i] & 0x7FU;
    const std::size_t bit = i * 7;
    out[bit / 8] = static_cast<std::uint8_t>(out[bit / 8] | value << (bit % 8));
    if (bit % 8 > 1) out[bit / 8 + 1] = static_cast<std::uint8_t>(out[bit / 8 + 1] | value >> (8 - bit % 8));
  }
  return out;
}

Bytes unpack_septets(ByteView packed) {
  Bytes out;
  for (std::size_t i = 0; i < packed.size() * 8 / 7; ++i) {
    const std::size_t bit = i * 7;
    unsigned value = static_cast<unsigned>(packed[bit / 8]) >> (bit % 8);
    if (bit % 8 > 1) value |= static_cast<unsigned>(packed[bit / 8 + 1]) << (8 - bit % 8);
    out.push_back(static_cast<std::uint8_t>(value & 0x7F));
  }
  return out;
}

std::string decode_text_string(ByteView value) {
  if (value.empty()) return {};
  const ByteView text = value.subspan(1);
  switch (value[0] & 0x0C) {  // TS 23.038 4: bits 4 and 3 name the alphabet in the groups a card uses
    case 0x08:
      return from_ucs2(text);
    case 0x04:
      return from_septets(text);
    default: {
      Bytes septets = unpack_septets(text);
      // Seven characters leave room for an eighth: TS 23.038 6.1.2.3.1 fills it with CR.
      if (text.size() % 7 == 0 && !septets.empty() && (septets.back() == '\r' || septets.back() == 0)) septets.pop_back();
      return from_septets(septets);
    }
  }
}

std::string decode_alpha(ByteView value) {
  if (value.empty()) return {};
  if (value[0] == 0x80) return from_ucs2(value.subspan(1));
  if (value[0] == 0x81 || value[0] == 0x82) return from_based_ucs2(value);
  std::size_t size = value.size();
  while (size > 0 && value[size - 1] == 0xFF) --size;
  return from_septets(value.first(size));
}

Bytes encode_text_string(std::string_view utf8, Alphabet alphabet) {
  Bytes out{static_cast<std::uint8_t>(alphabet)};
  switch (alphabet) {
    case Alphabet::ucs2:
      append(out, to_ucs2(utf8));
      break;
    case Alphabet::octets:
      append(out, to_septets(utf8));
      break;
    case Alphabet::packed: {
      Bytes septets = to_septets(utf8);
      if (septets.size() % 8 == 7) septets.push_back('\r');
      append(out, pack_septets(septets));
      break;
    }
  }
  return out;
}

}  // namespace simurgh::terminal
