// How subscription data is written into files: digits, PLMNs, dialling numbers, service tables.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "asn1/bytes.h"

namespace simurgh::perso {

// Two digits an octet, first digit in the high nibble (`swap`: in the low one), padded with F to `size` octets. Throws RecipeError.
[[nodiscard]] Bytes digit_octets(std::string_view digits, std::size_t size, bool swap, const char* what);
// EF.IMSI, 9 octets (TS 31.102 4.2.2).
[[nodiscard]] Bytes imsi_octets(std::string_view imsi);
// Three octets (TS 24.008 10.5.1.3).
[[nodiscard]] Bytes plmn_octets(std::string_view mcc_mnc);
// Length, TON/NPI and ten octets of BCD (TS 31.102 EF.ADN): twelve octets.
[[nodiscard]] Bytes number_octets(std::string_view number);
// TS 31.102 EF.SMSP with a service centre: 28 octets behind the alpha identifier.
[[nodiscard]] Bytes smsp_octets(std::string_view smsc);
// The password as VERIFY presents it: ASCII, FF padded to eight octets.
[[nodiscard]] Bytes pin_octets(std::string_view value, const char* what);
// Bit n-1 for service n, at least `size` octets.
[[nodiscard]] Bytes service_table(const std::vector<unsigned>& services, std::size_t size);
// TLV 80 of ISIM files.
[[nodiscard]] Bytes text_object(std::string_view text);
[[nodiscard]] Bytes padded(Bytes content, std::size_t size);

}  // namespace simurgh::perso
