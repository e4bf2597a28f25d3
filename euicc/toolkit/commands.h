// Proactive commands (ETSI TS 102 223 6.6): one row per type of command, and builders for their objects.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "asn1/bytes.h"

namespace simurgh::toolkit {

enum class CommandType : std::uint8_t {  // TS 102 223 9.4
  refresh = 0x01, more_time = 0x02, poll_interval = 0x03, polling_off = 0x04, set_up_event_list = 0x05, set_up_call = 0x10, send_ss = 0x11,
  send_ussd = 0x12, send_short_message = 0x13, send_dtmf = 0x14, launch_browser = 0x15, geographical_location_request = 0x16,
  play_tone = 0x20, display_text = 0x21, get_inkey = 0x22, get_input = 0x23, select_item = 0x24, set_up_menu = 0x25,
  provide_local_information = 0x26, timer_management = 0x27, set_up_idle_mode_text = 0x28, perform_card_apdu = 0x30, power_on_card = 0x31,
  power_off_card = 0x32, get_reader_status = 0x33, run_at_command = 0x34, language_notification = 0x35, open_channel = 0x40,
  close_channel = 0x41, receive_data = 0x42, send_data = 0x43, get_channel_status = 0x44, service_search = 0x45,
  get_service_information = 0x46, declare_service = 0x47, set_frames = 0x50, get_frames_status = 0x51, retrieve_multimedia_message = 0x60,
  submit_multimedia_message = 0x61, display_multimedia_message = 0x62, activate = 0x70, contactless_state_changed = 0x71,
  command_container = 0x72, encapsulated_session_control = 0x73,
};

enum class Device : std::uint8_t {  // TS 102 223 8.7
  keypad = 0x01, display = 0x02, earpiece = 0x03, channel_1 = 0x21, uicc = 0x81, terminal = 0x82, network = 0x83,
};
// Destination of commands on BIP channel 1..7.
[[nodiscard]] constexpr Device channel_device(std::uint8_t channel) noexcept { return static_cast<Device>(0x20 + channel); }

struct ProfileBit {
  std::uint8_t octet = 0, bit = 0;  // both from 1; octet 0: every terminal has it
};

struct CommandTypeRow {
  CommandType type;
  const char* name;     // as TS 102 223 spells it
  Device destination;
  ProfileBit needed;    // in TERMINAL PROFILE (TS 102 223 5.2); PROVIDE LOCAL INFORMATION has one per qualifier
};

[[nodiscard]] std::span<const CommandTypeRow> command_types() noexcept;
[[nodiscard]] const CommandTypeRow* find_command_type(std::uint8_t type) noexcept;
// The bit a terminal must set for this command with this qualifier.
[[nodiscard]] ProfileBit needed_bit(CommandType type, std::uint8_t qualifier) noexcept;

struct ProactiveCommand {
  CommandType type{};
  std::uint8_t qualifier = 0;
  Device destination = Device::terminal;
  Bytes objects;  // what follows command details and device identities

  // D0 template; the number is 01..FE.
  [[nodiscard]] Bytes encode(std::uint8_t number) const;
};

// Longest D0 template a FETCH can carry.
inline constexpr std::size_t kMaxProactive = 256;

// ---- builders. Texts are UTF-8.
enum class RefreshMode : std::uint8_t {  // TS 102 223 8.6
  init_and_full_file_change = 0x00, file_change = 0x01, init_and_file_change = 0x02, init = 0x03, uicc_reset = 0x04, application_reset = 0x05,
  session_reset = 0x06, steering_of_roaming = 0x07, steering_of_roaming_wlan = 0x08, euicc_profile_state_change = 0x09, application_update = 0x0A,
};
// `paths`: full paths, 3F00....; needed for the modes about files. `aid`: the NAA when it is not the current one.
[[nodiscard]] ProactiveCommand refresh(RefreshMode mode, const std::vector<Bytes>& paths = {}, ByteView aid = {});
[[nodiscard]] ProactiveCommand more_time();
[[nodiscard]] ProactiveCommand poll_interval(std::uint32_t seconds);
[[nodiscard]] ProactiveCommand polling_off();
[[nodiscard]] ProactiveCommand set_up_event_list(ByteView events);
[[nodiscard]] ProactiveCommand set_up_call(std::uint8_t qualifier, ByteView address, std::string_view alpha = {});
[[nodiscard]] ProactiveCommand send_ss(ByteView ss_string, std::string_view alpha = {});
[[nodiscard]] ProactiveCommand send_ussd(std::string_view text, std::string_view alpha = {});
// `address`: service centre, TON/NPI and BCD, empty for the terminal's own.
[[nodiscard]] ProactiveCommand send_short_message(ByteView tpdu, ByteView address = {}, bool pack = false);
[[nodiscard]] ProactiveCommand send_dtmf(ByteView bcd_digits);
[[nodiscard]] ProactiveCommand launch_browser(std::uint8_t qualifier, std::string_view url);
[[nodiscard]] ProactiveCommand play_tone(std::uint8_t tone, std::uint32_t seconds);
[[nodiscard]] ProactiveCommand display_text(std::string_view text, bool high_priority = false, bool user_clears = false);
[[nodiscard]] ProactiveCommand get_inkey(std::uint8_t qualifier, std::string_view text);
[[nodiscard]] ProactiveCommand get_input(std::uint8_t qualifier, std::string_view text, std::uint8_t min, std::uint8_t max, std::string_view proposal = {});
struct MenuItem {
  std::uint8_t id = 0;  // 1..255
  std::string_view text;
};
[[nodiscard]] ProactiveCommand select_item(std::string_view title, const std::vector<MenuItem>& items);
// No items: the menu goes away.
[[nodiscard]] ProactiveCommand set_up_menu(std::string_view title, const std::vector<MenuItem>& items);
[[nodiscard]] ProactiveCommand provide_local_information(std::uint8_t what);
[[nodiscard]] ProactiveCommand start_timer(std::uint8_t id, std::uint32_t seconds);
[[nodiscard]] ProactiveCommand deactivate_timer(std::uint8_t id);
[[nodiscard]] ProactiveCommand get_timer(std::uint8_t id);
[[nodiscard]] ProactiveCommand set_up_idle_mode_text(std::string_view text);
[[nodiscard]] ProactiveCommand run_at_command(std::string_view command);
// An empty language ends a specific one.
[[nodiscard]] ProactiveCommand language_notification(std::string_view iso_639);

}  // namespace simurgh::toolkit
