// What the terminal knows of itself and its surroundings, and how it tells a card (TS 102 223 6.4.15, 8.19-8.62).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "asn1/bytes.h"

namespace simurgh::terminal {

enum class ServiceStatus : std::uint8_t { normal = 0x00, limited = 0x01, none = 0x02 };  // TS 102 223 8.27
enum class AccessTechnology : std::uint8_t { gsm = 0x00, utran = 0x03, eutran = 0x08, ng_ran = 0x0A };  // TS 102 223 8.61

struct Device {
  std::string imei = "004999010640000";     // 15 digits
  std::string imeisv = "0049990106400001";  // 16 digits
  std::string language = "en";              // two letters, ISO 639
  ServiceStatus service = ServiceStatus::normal;
  AccessTechnology access = AccessTechnology::eutran;
  std::string plmn = "00101";  // MCC and MNC, five or six digits
  std::uint32_t area = 1;      // LAC (2 octets), TAC (E-UTRAN 2, NG-RAN 3 octets)
  std::uint64_t cell = 1;      // CI 16 bits, E-UTRAN cell identity 28, NR cell identity 36
  std::uint16_t extended_cell = 0;  // UTRAN only
  std::uint8_t timing_advance = 0;
  std::uint8_t search_mode = 0x00;     // TS 102 223 8.70: 00 manual, 01 automatic
  std::uint8_t battery = 0x04;         // TS 102 223 8.76: 00 very low .. 04 full
  Bytes measurement = {};              // network measurement results, 16 octets; empty: none
  bool in_call = false;
  std::optional<std::int64_t> date = {};  // seconds since 1970 at the clock's zero; without it the system's
};

// Three octets, nibble swapped with F for a missing third digit of the MNC (TS 24.008 10.5.1.3). Nothing but five or six digits: empty.
[[nodiscard]] Bytes encode_plmn(const std::string& digits);
// Location information by access technology; 7, 9 or 11 octets.
[[nodiscard]] Bytes encode_location(const Device& device);
// Tracking area identity: 5 octets, 6 for NG-RAN.
[[nodiscard]] Bytes encode_tracking_area(const Device& device);
// Eight octets (TS 24.008 10.5.1.4: parity, type of identity, digits); nothing but 15 digits: empty.
[[nodiscard]] Bytes encode_imei(const std::string& digits);
// Nine octets; nothing but 16 digits: empty.
[[nodiscard]] Bytes encode_imeisv(const std::string& digits);
// Year, month, day, hour, minute, second in swapped BCD, time zone 00 (UTC).
[[nodiscard]] Bytes encode_date(std::int64_t seconds_since_1970);
// Duration in hours, minutes and seconds of swapped BCD (TS 102 223 8.38).
[[nodiscard]] Bytes encode_timer_value(std::int64_t seconds);
[[nodiscard]] std::optional<std::int64_t> decode_timer_value(ByteView value);
// Nibble-swapped digits without the leading `skip` nibbles and without filler.
[[nodiscard]] std::string bcd_digits(ByteView bcd, std::size_t skip = 0);

}  // namespace simurgh::terminal
