// Files of the USIM that a modem keeps its networks in (TS 31.102 4.2): PLMN lists and the location family.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "asn1/bytes.h"

namespace simurgh::radio {

// Five or six digits; empty: FFFFFF or no PLMN.
[[nodiscard]] std::string decode_plmn(ByteView three_octets);

struct ListedPlmn {
  std::string plmn;
  std::uint16_t access = 0;  // 0: any technology
};
// EF.PLMNwAcT, EF.OPLMNwAcT, EF.HPLMNwAcT: entries of five octets. Unused ones are passed over, also in the middle.
[[nodiscard]] std::vector<ListedPlmn> read_access_list(ByteView file);
// EF.FPLMN, EF.EHPLMN: entries of three octets.
[[nodiscard]] std::vector<std::string> read_plmn_list(ByteView file);

// EF.FPLMN with one network more: in the first free entry, else all move up and the first is lost (TS 31.102 4.2.16). Its size stays.
[[nodiscard]] Bytes add_forbidden(ByteView file, const std::string& plmn);
[[nodiscard]] Bytes remove_forbidden(ByteView file, const std::string& plmn);

// Last octet of the location family (TS 31.102 4.2.17, 4.2.23, 4.2.91)
namespace update_status {
inline constexpr std::uint8_t kUpdated = 0x00, kNotUpdated = 0x01, kNotAllowed = 0x02, kAreaNotAllowed = 0x03;
}

struct LastLocation {
  Bytes identity;        // GUTI 12 octets, 5G-GUTI 13, TMSI 4; empty: none
  std::string plmn;      // empty: none
  std::uint32_t area = 0;
  std::uint8_t status = update_status::kNotUpdated;
};
[[nodiscard]] LastLocation read_epsloci(ByteView file);
[[nodiscard]] Bytes write_epsloci(const LastLocation& location);  // 18 octets
[[nodiscard]] LastLocation read_loci(ByteView file);
[[nodiscard]] Bytes write_loci(const LastLocation& location);     // 11 octets
[[nodiscard]] LastLocation read_5gsloci(ByteView file);
[[nodiscard]] Bytes write_5gsloci(const LastLocation& location);  // 20 octets (TS 31.102 4.4.11.2)
[[nodiscard]] Bytes write_psloci(const LastLocation& location);   // 14 octets; no signature, routing area code 00

// MCC and MNC of an IMSI.
[[nodiscard]] std::string home_of(const std::string& imsi, unsigned mnc_digits);

}  // namespace simurgh::radio
