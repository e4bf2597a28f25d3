// Texts as a card writes them (TS 102 223 8.2, 8.15; TS 102 221 annex A; TS 23.038) from and to UTF-8.
#pragma once

#include <string>
#include <string_view>

#include "asn1/bytes.h"

namespace simurgh::terminal {

enum class Alphabet : std::uint8_t { packed = 0x00, octets = 0x04, ucs2 = 0x08 };  // data coding scheme of a text string

// A text string: data coding scheme, then the text. What has no letter becomes U+FFFD.
[[nodiscard]] std::string decode_text_string(ByteView value);
// An alpha identifier: GSM default alphabet, or one of the three UCS2 forms.
[[nodiscard]] std::string decode_alpha(ByteView value);
// Data coding scheme and text. Letters the alphabet lacks become '?'.
[[nodiscard]] Bytes encode_text_string(std::string_view utf8, Alphabet alphabet);

// Seven-bit characters, eight in seven octets (TS 23.038 6.1.2.1).
[[nodiscard]] Bytes pack_septets(ByteView septets);
[[nodiscard]] Bytes unpack_septets(ByteView packed);

}  // namespace simurgh::terminal
