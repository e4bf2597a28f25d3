#include "euicc/toolkit/commands.h"

#include <array>

#include "asn1/tlv.h"
#include "euicc/toolkit/comprehension.h"

namespace simurgh::toolkit {
namespace {

using enum CommandType;
using enum Device;
using Comprehension = ObjectWriter::Comprehension;

constexpr auto kTypes = std::to_array<CommandTypeRow>({
    {refresh, "REFRESH", terminal, {3, 8}},
    {more_time, "MORE TIME", terminal, {3, 4}},
    {poll_interval, "POLL INTERVAL", terminal, {3, 6}},
    {polling_off, "POLLING OFF", terminal, {3, 7}},
    {set_up_event_list, "SET UP EVENT LIST", terminal, {5, 1}},
    {set_up_call, "SET UP CALL", network, {4, 5}},
    {send_ss, "SEND SS", network, {4, 3}},
    {send_ussd, "SEND USSD", network, {4, 4}},
    {send_short_message, "SEND SHORT MESSAGE", network, {4, 2}},
    {send_dtmf, "SEND DTMF", network, {9, 2}},
    {launch_browser, "LAUNCH BROWSER", terminal, {9, 7}},
    {geographical_location_request, "GEOGRAPHICAL LOCATION REQUEST", terminal, {30, 6}},
    {play_tone, "PLAY TONE", earpiece, {3, 5}},
    {display_text, "DISPLAY TEXT", display, {3, 1}},
    {get_inkey, "GET INKEY", terminal, {3, 2}},
    {get_input, "GET INPUT", terminal, {3, 3}},
    {select_item, "SELECT ITEM", terminal, {4, 1}},
    {set_up_menu, "SET UP MENU", terminal, {4, 6}},
    {provide_local_information, "PROVIDE LOCAL INFORMATION", terminal, {4, 7}},
    {timer_management, "TIMER MANAGEMENT", terminal, {8, 1}},
    {set_up_idle_mode_text, "SET UP IDLE MODE TEXT", terminal, {8, 5}},
    {perform_card_apdu, "PERFORM CARD APDU", terminal, {7, 3}},
    {power_on_card, "POWER ON CARD", terminal, {7, 1}},
    {power_off_card, "POWER OFF CARD", terminal, {7, 2}},
    {get_reader_status, "GET READER STATUS", terminal, {7, 4}},
    {run_at_command, "RUN AT COMMAND", terminal, {8, 6}},
    {language_notification, "LANGUAGE NOTIFICATION", terminal, {9, 6}},
    {open_channel, "OPEN CHANNEL", terminal, {12, 1}},
    {close_channel, "CLOSE CHANNEL", channel_1, {12, 2}},
    {receive_data, "RECEIVE DATA", channel_1, {12, 3}},
    {send_data, "SEND DATA", channel_1, {12, 4}},
    {get_channel_status, "GET CHANNEL STATUS", terminal, {12, 5}},
    {service_search, "SERVICE SEARCH", terminal, {12, 6}},
    {get_service_information, "GET SERVICE INFORMATION", terminal, {12, 7}},
    {declare_service, "DECLARE SERVICE", terminal, {12, 8}},
    {set_frames, "SET FRAMES", terminal, {23, 1}},
    {get_frames_status, "GET FRAMES STATUS", terminal, {23, 1}},
    {retrieve_multimedia_message, "RETRIEVE MULTIMEDIA MESSAGE", network, {22, 6}},
    {submit_multimedia_message, "SUBMIT MULTIMEDIA MESSAGE", network, {22, 7}},
    {display_multimedia_message, "DISPLAY MULTIMEDIA MESSAGE", terminal, {22, 8}},
    {activate, "ACTIVATE", terminal, {30, 5}},
    {contactless_state_changed, "CONTACTLESS STATE CHANGED", terminal, {31, 1}},
    {command_container, "COMMAND CONTAINER", terminal, {31, 8}},
    {encapsulated_session_control, "ENCAPSULATED SESSION CONTROL", terminal, {32, 6}},
});

// PROVIDE LOCAL INFORMATION by qualifier, TS 102 223 5.2.
constexpr auto kLocalInformation = std::to_array<ProfileBit>({
    {4, 7}, {4, 7}, {4, 8}, {8, 3}, {9, 4}, {9, 5}, {9, 8}, {18, 5}, {18, 7}, {18, 8}, {22, 2}, {23, 6},
});

void put_alpha(ObjectWriter& out, std::string_view alpha) {
  if (!alpha.empty()) out.put(tag::alpha_identifier, encode_alpha(alpha), Comprehension::not_required);
}

Bytes items_of(std::string_view title, const std::vector<MenuItem>& items, ObjectWriter out = {}) {
  out.put(tag::alpha_identifier, encode_alpha(title));
  if (items.empty()) out.put(tag::item, ByteView{});  // TS 102 223 6.6.7: a null item removes the menu
  for (const MenuItem& one : items) out.put(tag::item, concat({std::array{one.id}, encode_alpha(one.text)}));
  return out.take();
}

ProactiveCommand timer(std::uint8_t qualifier, std::uint8_t id, std::optional<std::uint32_t> seconds) {
  ObjectWriter out;
  out.put(tag::timer_identifier, {id});
  if (seconds) out.put(tag::timer_value, encode_timer_value(*seconds));
  return {timer_management, qualifier, terminal, out.take()};
}

}  // namespace

std::span<const CommandTypeRow> command_types() noexcept { return kTypes; }

const CommandTypeRow* find_command_type(std::uint8_t type) noexcept {
  for (const CommandTypeRow& row : kTypes) {
    if (static_cast<std::uint8_t>(row.type) == type) return &row;
  }
  return nullptr;
}

ProfileBit needed_bit(CommandType type, std::uint8_t qualifier) noexcept {
  if (type == CommandType::provide_local_information && qualifier < kLocalInformation.size()) return kLocalInformation[qualifier];
  if (type == CommandType::timer_management && qualifier == 0x02) return {8, 2};
  if (type == CommandType::refresh) {
    const auto mode = static_cast<RefreshMode>(qualifier);
    if (mode == RefreshMode::steering_of_roaming) return {30, 4};
    if (mode == RefreshMode::euicc_profile_state_change) return {34, 6};
    if (mode == RefreshMode::application_update) return {35, 4};
  }
  const CommandTypeRow* row = find_command_type(static_cast<std::uint8_t>(type));
  return row == nullptr ? ProfileBit{} : row->needed;
}

Bytes ProactiveCommand::encode(std::uint8_t number) const {
  ObjectWriter head;
  head.put(tag::command_details, {number, static_cast<std::uint8_t>(type), qualifier});
  head.put(tag::device_identities, {static_cast<std::uint8_t>(uicc), static_cast<std::uint8_t>(destination)});
  return asn1::tlv(0xD0, concat({head.take(), objects}));
}

ProactiveCommand refresh(RefreshMode mode, const std::vector<Bytes>& paths, ByteView aid) {
  ObjectWriter out;
  if (!paths.empty()) {
    Bytes list{static_cast<std::uint8_t>(paths.size())};
    for (const Bytes& path : paths) append(list, path);
    out.put(tag::file_list, list);
  }
  if (!aid.empty()) out.put(tag::aid, aid);
  return {CommandType::refresh, static_cast<std::uint8_t>(mode), terminal, out.take()};
}

ProactiveCommand more_time() { return {CommandType::more_time, 0, terminal, {}}; }

ProactiveCommand poll_interval(std::uint32_t seconds) {
  return {CommandType::poll_interval, 0, terminal, ObjectWriter().put(tag::duration, encode_duration(seconds)).take()};
}

ProactiveCommand polling_off() { return {CommandType::polling_off, 0, terminal, {}}; }

ProactiveCommand set_up_event_list(ByteView events) {
  return {CommandType::set_up_event_list, 0, terminal, ObjectWriter().put(tag::event_list, events).take()};
}

ProactiveCommand set_up_call(std::uint8_t qualifier, ByteView address, std::string_view alpha) {
  ObjectWriter out;
  put_alpha(out, alpha);
  return {CommandType::set_up_call, qualifier, network, out.put(tag::address, address).take()};
}

ProactiveCommand send_ss(ByteView ss_string, std::string_view alpha) {
  ObjectWriter out;
  put_alpha(out, alpha);
  return {CommandType::send_ss, 0, network, out.put(tag::ss_string, ss_string).take()};
}

ProactiveCommand send_ussd(std::string_view text, std::string_view alpha) {
  constexpr std::uint8_t kEightBitUssd = 0x44;  // cell broadcast data coding scheme, TS 23.038 5
  ObjectWriter out;
  put_alpha(out, alpha);
  return {CommandType::send_ussd, 0, network, out.put(tag::ussd_string, concat({std::array{kEightBitUssd}, text_view(text)})).take()};
}

ProactiveCommand send_short_message(ByteView tpdu, ByteView address, bool pack) {
  ObjectWriter out;
  if (!address.empty()) out.put(tag::address, address);
  return {CommandType::send_short_message, static_cast<std::uint8_t>(pack ? 1 : 0), network, out.put(tag::sms_tpdu, tpdu).take()};
}

ProactiveCommand send_dtmf(ByteView bcd_digits) {
  return {CommandType::send_dtmf, 0, network, ObjectWriter().put(tag::dtmf, bcd_digits).take()};
}

ProactiveCommand launch_browser(std::uint8_t qualifier, std::string_view url) {
  return {CommandType::launch_browser, qualifier, terminal, ObjectWriter().put(tag::url, text_view(url)).take()};
}

ProactiveCommand play_tone(std::uint8_t tone, std::uint32_t seconds) {
  return {CommandType::play_tone, 0, earpiece, ObjectWriter().put(tag::tone, {tone}).put(tag::duration, encode_duration(seconds)).take()};
}

ProactiveCommand display_text(std::string_view text, bool high_priority, bool user_clears) {
  const auto qualifier = static_cast<std::uint8_t>((high_priority ? 0x01 : 0) | (user_clears ? 0x80 : 0));
  return {CommandType::display_text, qualifier, display, ObjectWriter().put(tag::text_string, encode_text(text)).take()};
}

ProactiveCommand get_inkey(std::uint8_t qualifier, std::string_view text) {
  return {CommandType::get_inkey, qualifier, terminal, ObjectWriter().put(tag::text_string, encode_text(text)).take()};
}

ProactiveCommand get_input(std::uint8_t qualifier, std::string_view text, std::uint8_t min, std::uint8_t max, std::string_view proposal) {
  ObjectWriter out;
  out.put(tag::text_string, encode_text(text)).put(tag::response_length, {min, max});
  if (!proposal.empty()) out.put(tag::default_text, encode_text(proposal), Comprehension::not_required);
  return {CommandType::get_input, qualifier, terminal, out.take()};
}

ProactiveCommand select_item(std::string_view title, const std::vector<MenuItem>& items) {
  return {CommandType::select_item, 0, terminal, items_of(title, items)};
}

ProactiveCommand set_up_menu(std::string_view title, const std::vector<MenuItem>& items) {
  return {CommandType::set_up_menu, 0, terminal, items_of(title, items)};
}

ProactiveCommand provide_local_information(std::uint8_t what) { return {CommandType::provide_local_information, what, terminal, {}}; }
ProactiveCommand start_timer(std::uint8_t id, std::uint32_t seconds) { return timer(0x00, id, seconds); }
ProactiveCommand deactivate_timer(std::uint8_t id) { return timer(0x01, id, std::nullopt); }
ProactiveCommand get_timer(std::uint8_t id) { return timer(0x02, id, std::nullopt); }

ProactiveCommand set_up_idle_mode_text(std::string_view text) {
  return {CommandType::set_up_idle_mode_text, 0, terminal, ObjectWriter().put(tag::text_string, encode_text(text)).take()};
}

ProactiveCommand run_at_command(std::string_view command) {
  return {CommandType::run_at_command, 0, terminal, ObjectWriter().put(tag::at_command, text_view(command)).take()};
}

ProactiveCommand language_notification(std::string_view iso_639) {
  ObjectWriter out;
  if (!iso_639.empty()) out.put(tag::language, text_view(iso_639));
  return {CommandType::language_notification, static_cast<std::uint8_t>(iso_639.empty() ? 0 : 1), terminal, out.take()};
}

}  // namespace simurgh::toolkit
