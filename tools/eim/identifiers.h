// EIDs, ICCIDs and PLMNs between octets and the text of people and scripts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "asn1/bytes.h"

namespace simurgh::eim {

// 32 hexadecimal digits (EIDs of test cards are not always decimal) -> 16 octets
[[nodiscard]] std::optional<Bytes> eid_octets(std::string_view digits);
// "8949..." as printed on cards (18 to 20 digits), or the ten octets of the wire in hexadecimal ("9894..."). Telecom ICCIDs begin with 89,
// so that the two cannot be mistaken for each other.
[[nodiscard]] std::optional<Bytes> iccid_octets(std::string_view text);
// As printed: digits in order, filler left out.
[[nodiscard]] std::string iccid_digits(ByteView swapped);
// 3 octets of TS 24.008 -> "26201"; empty for anything else
[[nodiscard]] std::string plmn_text(ByteView plmn);

struct ActivationCode {
  std::string host, matching_id;
};
// "1$host$id...", with or without "LPA:"
[[nodiscard]] std::optional<ActivationCode> parse_activation_code(std::string_view text);

}  // namespace simurgh::eim
