// ENVELOPE contents a terminal sends (TS 102 223 7, TS 31.111 7): each function gives the whole BER-TLV.
#pragma once

#include <string>

#include "tools/terminal/device.h"

namespace simurgh::terminal::envelope {

inline constexpr std::uint8_t kLocationStatus = 0x03, kUserActivity = 0x04, kIdleScreen = 0x05, kLanguageSelection = 0x07, kAccessTechnologyChange = 0x0B,
                              kNetworkRejection = 0x12;  // TS 102 223 8.25

// `centre`: address of the service centre, digits with or without +; empty: not told.
[[nodiscard]] Bytes sms_pp_download(const std::string& centre, ByteView tpdu);
[[nodiscard]] Bytes menu_selection(std::uint8_t item, bool help = false);
[[nodiscard]] Bytes call_control(const std::string& number, const Device& device);
[[nodiscard]] Bytes sms_control(const std::string& centre, const std::string& number, const Device& device);
[[nodiscard]] Bytes location_status(const Device& device);
[[nodiscard]] Bytes access_technology_change(AccessTechnology access);
[[nodiscard]] Bytes user_activity();
[[nodiscard]] Bytes idle_screen();
[[nodiscard]] Bytes language_selection(const std::string& language);
// `type`: update, attach or registration (TS 31.111 8.97); `cause` of TS 24.008, 24.301 or 24.501. GPRS attach (03) and routing area update
// carry the routing area, EPS and 5GS the tracking area, the rest the location area.
[[nodiscard]] Bytes network_rejection(const Device& device, std::uint8_t type, std::uint8_t cause, std::uint8_t routing_area = 0);

// TON/NPI and BCD digits (TS 102 223 8.1).
[[nodiscard]] Bytes encode_address(const std::string& number);

}  // namespace simurgh::terminal::envelope
