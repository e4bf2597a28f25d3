// COMPREHENSION-TLV data objects (ETSI TS 101 220 7.1.1): the objects inside proactive commands, TERMINAL RESPONSEs and envelopes. Not BER: bit 8
// of the tag says "comprehension required", tags 3F and 1F have one octet, 7F starts a tag of three.
#pragma once

#include <optional>
#include <vector>

#include "asn1/bytes.h"

namespace simurgh::toolkit {

// Tags without the comprehension bit, TS 101 220 table 7.23.
namespace tag {
inline constexpr std::uint16_t command_details = 0x01, device_identities = 0x02, result = 0x03, duration = 0x04, alpha_identifier = 0x05,
                               address = 0x06, ss_string = 0x09, ussd_string = 0x0A, sms_tpdu = 0x0B, cell_broadcast_page = 0x0C,
                               text_string = 0x0D, tone = 0x0E, item = 0x0F, item_identifier = 0x10, response_length = 0x11, file_list = 0x12,
                               location_information = 0x13, imei = 0x14, help_request = 0x15, network_measurement = 0x16,
                               default_text = 0x17, event_list = 0x19, cause = 0x1A, location_status = 0x1B, transaction_identifier = 0x1C,
                               timer_identifier = 0x24, timer_value = 0x25, date_time = 0x26, call_control_action = 0x27, at_command = 0x28,
                               immediate_response = 0x2B, dtmf = 0x2C, language = 0x2D, timing_advance = 0x2E, aid = 0x2F, url = 0x31,
                               bearer_description = 0x35, channel_data = 0x36, channel_data_length = 0x37, channel_status = 0x38,
                               buffer_size = 0x39, transport_level = 0x3C, other_address = 0x3E, access_technology = 0x3F,
                               dns_server_address = 0x40, network_access_name = 0x47, imeisv = 0x62, network_search_mode = 0x65,
                               battery_state = 0x63, routing_area = 0x73, registration_type = 0x74, rejection_cause = 0x75,
                               plmn_list = 0x79, tracking_area = 0x7D;
}  // namespace tag

struct Object {
  std::uint16_t tag = 0;       // without the comprehension bit
  bool comprehension = false;  // the receiver must understand it
  ByteView value;
};

// All objects in order; nothing when the octets are no list of objects.
[[nodiscard]] std::optional<std::vector<Object>> read_objects(ByteView octets);
// The value of the first object with this tag; nothing when there is none or the list is malformed before it.
[[nodiscard]] std::optional<ByteView> find_object(ByteView octets, std::uint16_t tag);

class ObjectWriter {
 public:
  enum class Comprehension : std::uint8_t { required, not_required };

  ObjectWriter& put(std::uint16_t tag, ByteView value, Comprehension comprehension = Comprehension::required);
  ObjectWriter& put(std::uint16_t tag, std::initializer_list<std::uint8_t> value, Comprehension comprehension = Comprehension::required) {
    return put(tag, ByteView(value.begin(), value.size()), comprehension);
  }
  [[nodiscard]] Bytes take() { return std::move(out_); }

 private:
  Bytes out_;
};

// hh mm ss as swapped BCD, up to 23:59:59 (TS 102 223 8.38).
[[nodiscard]] Bytes encode_timer_value(std::uint32_t seconds);
[[nodiscard]] std::optional<std::uint32_t> decode_timer_value(ByteView value);
// Duration object: the shortest unit that holds it, rounded up (TS 102 223 8.8).
[[nodiscard]] Bytes encode_duration(std::uint32_t seconds);
[[nodiscard]] std::optional<std::uint32_t> decode_duration(ByteView value);  // seconds, rounded up

// Text string (TS 102 223 8.15): data coding scheme 04 and the octets for ASCII, 08 and UCS2 for everything else. Input is UTF-8.
[[nodiscard]] Bytes encode_text(std::string_view utf8);
// Alpha identifier and item texts (TS 102 223 8.2, TS 102 221 Annex A): ASCII that is GSM default alphabet too, else 80 and UCS2.
[[nodiscard]] Bytes encode_alpha(std::string_view utf8);
// Network access name with labels (TS 23.003 9.1): "internet" -> 08 "internet".
[[nodiscard]] Bytes encode_network_access_name(std::string_view apn);

}  // namespace simurgh::toolkit
