#include "euicc/toolkit/envelope.h"

#include <algorithm>
#include <array>

#include "asn1/tlv.h"
#include "euicc/toolkit/comprehension.h"

namespace simurgh::toolkit {
namespace {

struct EventRow {
  Event event;
  ProfileBit needed;
};
using enum Event;
constexpr auto kEvents = std::to_array<EventRow>({
    {mt_call, {5, 2}},
    {call_connected, {5, 3}},
    {call_disconnected, {5, 4}},
    {location_status, {5, 5}},
    {user_activity, {5, 6}},
    {idle_screen, {5, 7}},
    {card_reader_status, {5, 8}},
    {language_selection, {6, 1}},
    {browser_termination, {6, 2}},
    {data_available, {6, 3}},
    {channel_status, {6, 4}},
    {access_technology_change, {6, 5}},
    {display_parameters_changed, {6, 6}},
    {local_connection, {6, 7}},
    {network_search_mode_change, {6, 8}},
    {browsing_status, {25, 1}},
    {frames_information_change, {25, 3}},
    {wlan_access_status, {25, 4}},
    {network_rejection, {25, 5}},
    {hci_connectivity, {25, 6}},
    {multiple_access_technologies_change, {25, 8}},
    {csg_cell_selection, {31, 2}},
    {contactless_state_request, {31, 1}},
    {ims_registration, {31, 7}},
    {incoming_ims_data, {31, 6}},
    {poll_interval_negotiation, {33, 3}},
    {data_connection_status_change, {35, 2}},
});

constexpr std::array kKinds{0xD1, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xD9, 0xDA, 0xDB, 0xDC, 0xDD, 0xDE, 0xDF, 0xE4};
constexpr std::size_t kLongestHead = 6;
constexpr std::uint8_t kPlainTag = 0xD6;

}  // namespace

ProfileBit needed_bit(Event event) noexcept {
  for (const EventRow& row : kEvents) {
    if (row.event == event) return row.needed;
  }
  return {};
}

bool known_envelope(std::uint8_t tag) noexcept { return std::ranges::find(kKinds, tag) != kKinds.end(); }

std::optional<ByteView> Envelope::find(std::uint16_t tag) const { return find_object(objects, tag); }

std::optional<Envelope> read_envelope(ByteView data) {
  if (data.empty() || !known_envelope(data[0])) return std::nullopt;
  // TS 101 220 7.2: these tags are one octet each, also DF, after which BER would expect more of the tag.
  Bytes front = to_bytes(data.first(std::min(data.size(), kLongestHead)));
  front[0] = kPlainTag;
  const auto head = asn1::read_head(front);
  if (!head || !*head || (*head)->length != data.size() - (*head)->header) return std::nullopt;
  const ByteView content = data.subspan((*head)->header);
  const auto objects = read_objects(content);
  if (!objects) return std::nullopt;
  Envelope out{.kind = static_cast<EnvelopeKind>(data[0]), .event = {}, .source = 0, .objects = to_bytes(content)};
  if (const auto devices = out.find(tag::device_identities); devices && devices->size() == 2) out.source = (*devices)[0];
  switch (out.kind) {
    case EnvelopeKind::event_download: {
      // One event per envelope, TS 102 223 7.5.
      const auto events = out.find(tag::event_list);
      if (!events || events->size() != 1) return std::nullopt;
      out.event = static_cast<Event>((*events)[0]);
      break;
    }
    case EnvelopeKind::menu_selection: {
      const auto item = out.find(tag::item_identifier);
      if (!item || item->size() != 1) return std::nullopt;
      break;
    }
    case EnvelopeKind::timer_expiration: {
      const auto id = out.find(tag::timer_identifier);
      if (!id || id->size() != 1) return std::nullopt;
      break;
    }
    default:
      break;
  }
  return out;
}

}  // namespace simurgh::toolkit
