// Numbers that people read: ICCID, EID, versions. SGP.22 v2.5 4.1, ITU-T E.118, TS 102 221 13.2.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "asn1/bytes.h"

namespace simurgh::ipae {

// Nibble-swapped digits, F filler removed: 988812010000000010F1 -> 8988211000000000011. Other nibbles print as letters.
[[nodiscard]] std::string iccid_text(ByteView iccid);
// 18 to 20 digits to ten octets, filled with F; nothing when it is no such number.
[[nodiscard]] std::optional<Bytes> iccid_from_text(std::string_view digits);
// 32 digits, not swapped.
[[nodiscard]] std::string eid_text(ByteView eid);
// Three binary octets: 020500 -> "2.5.0".
[[nodiscard]] std::string version_text(ByteView version);
// MCC and MNC in the coding of TS 24.008: 64F010 -> "460-01"; the wildcard nibble E prints as E.
[[nodiscard]] std::string plmn_text(ByteView mcc_mnc);

// Everything a terminal could misread is replaced: control characters, and octets that are not UTF-8.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace simurgh::ipae
