// What a terminal brings to the card by itself: ENVELOPE (ETSI TS 102 223 7, TS 101 220 table 7.17).
#pragma once

#include <optional>

#include "asn1/bytes.h"
#include "euicc/toolkit/commands.h"

namespace simurgh::toolkit {

enum class EnvelopeKind : std::uint8_t {
  sms_pp_download = 0xD1, cell_broadcast_download = 0xD2, menu_selection = 0xD3, call_control = 0xD4, mo_sms_control = 0xD5,
  event_download = 0xD6, timer_expiration = 0xD7, ussd_download = 0xD9, mms_transfer_status = 0xDA, mms_notification = 0xDB,
  terminal_application = 0xDC, geographical_location = 0xDD, envelope_container = 0xDE, prose_report = 0xDF, euicc_lui = 0xE4,
};

enum class Event : std::uint8_t {  // TS 102 223 8.25
  mt_call = 0x00, call_connected = 0x01, call_disconnected = 0x02, location_status = 0x03, user_activity = 0x04, idle_screen = 0x05,
  card_reader_status = 0x06, language_selection = 0x07, browser_termination = 0x08, data_available = 0x09, channel_status = 0x0A,
  access_technology_change = 0x0B, display_parameters_changed = 0x0C, local_connection = 0x0D, network_search_mode_change = 0x0E,
  browsing_status = 0x0F, frames_information_change = 0x10, wlan_access_status = 0x11, network_rejection = 0x12, hci_connectivity = 0x13,
  multiple_access_technologies_change = 0x14, csg_cell_selection = 0x15, contactless_state_request = 0x16, ims_registration = 0x17,
  incoming_ims_data = 0x18, profile_container = 0x19, secured_profile_container = 0x1B, poll_interval_negotiation = 0x1C,
  data_connection_status_change = 0x1D,
};
// The bit of TERMINAL PROFILE a terminal sets when it can report this event.
[[nodiscard]] ProfileBit needed_bit(Event event) noexcept;

struct Envelope {
  EnvelopeKind kind{};
  std::optional<Event> event;            // of an event download
  std::uint8_t source = 0;               // device identity, 0 when the envelope names none
  Bytes objects;                         // the content of the template

  [[nodiscard]] std::optional<ByteView> find(std::uint16_t tag) const;
};

// Nothing when it is no template of a known kind with a list of objects in it, or lacks what its kind must have.
[[nodiscard]] std::optional<Envelope> read_envelope(ByteView data);
[[nodiscard]] bool known_envelope(std::uint8_t tag) noexcept;

}  // namespace simurgh::toolkit
