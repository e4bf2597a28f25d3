#include "tools/terminal/events.h"

#include "tools/terminal/proactive_command.h"

namespace simurgh::terminal::envelope {
namespace {

constexpr std::uint8_t kTerminal = 0x82, kCard = 0x81, kNetwork = 0x83, kKeypad = 0x01, kDisplay = 0x02;
constexpr std::uint8_t kDeviceIdentities = 0x02, kAddress = 0x06, kTpdu = 0x0B, kItemId = 0x10, kLocation = 0x13, kHelp = 0x15, kEventList = 0x19,
                       kLocationStatusTag = 0x1B, kLanguage = 0x2D, kAccessTechnologyTag = 0x3F, kRoutingArea = 0x73, kUpdateType = 0x74, kRejectionCause = 0x75,
                       kTrackingArea = 0x7D;

void put_devices(Bytes& out, std::uint8_t from) {
  const std::uint8_t devices[] = {from, kCard};
  put_object(out, kDeviceIdentities, devices);
}

void put_octet(Bytes& out, std::uint8_t tag, std::uint8_t value) { put_object(out, tag, ByteView(&value, 1)); }

Bytes event(std::uint8_t code, std::uint8_t from) {
  Bytes out;
  put_octet(out, kEventList, code);
  put_devices(out, from);
  return out;
}

}  // namespace

Bytes encode_address(const std::string& number) {
  const bool international = number.starts_with('+');
  Bytes out{static_cast<std::uint8_t>(international ? 0x91 : 0x81)};
  std::string digits;
  for (const char c : number) {
    if (c >= '0' && c <= '9') digits.push_back(c);
  }
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const int high = i + 1 < digits.size() ? digits[i + 1] - '0' : 0x0F;
    out.push_back(static_cast<std::uint8_t>(high << 4 | (digits[i] - '0')));
  }
  return out;
}

Bytes sms_pp_download(const std::string& centre, ByteView tpdu) {
  Bytes content;
  put_devices(content, kNetwork);
  if (!centre.empty()) put_object(content, kAddress, encode_address(centre));
  put_object(content, kTpdu, tpdu);
  return asn1::tlv(0xD1, content);
}

Bytes menu_selection(std::uint8_t item, bool help) {
  Bytes content;
  put_devices(content, kKeypad);
  put_octet(content, kItemId, item);
  if (help) put_object(content, kHelp, {});
  return asn1::tlv(0xD3, content);
}

Bytes call_control(const std::string& number, const Device& device) {
  Bytes content;
  put_devices(content, kTerminal);
  put_object(content, kAddress, encode_address(number));
  if (device.service == ServiceStatus::normal) put_object(content, kLocation, encode_location(device));
  return asn1::tlv(0xD4, content);
}

Bytes sms_control(const std::string& centre, const std::string& number, const Device& device) {
  Bytes content;
  put_devices(content, kTerminal);
  put_object(content, kAddress, encode_address(centre));
  put_object(content, kAddress, encode_address(number));
  if (device.service == ServiceStatus::normal) put_object(content, kLocation, encode_location(device));
  return asn1::tlv(0xD5, content);
}

Bytes location_status(const Device& device) {
  Bytes content = event(kLocationStatus, kTerminal);
  put_octet(content, kLocationStatusTag, static_cast<std::uint8_t>(device.service));
  if (device.service == ServiceStatus::normal) put_object(content, kLocation, encode_location(device));
  return asn1::tlv(0xD6, content);
}

Bytes access_technology_change(AccessTechnology access) {
  Bytes content = event(kAccessTechnologyChange, kTerminal);
  put_octet(content, kAccessTechnologyTag, static_cast<std::uint8_t>(access));
  return asn1::tlv(0xD6, content);
}

Bytes user_activity() { return asn1::tlv(0xD6, event(kUserActivity, kTerminal)); }
Bytes idle_screen() { return asn1::tlv(0xD6, event(kIdleScreen, kDisplay)); }

Bytes language_selection(const std::string& language) {
  Bytes content = event(kLanguageSelection, kTerminal);
  put_object(content, kLanguage, text_view(language));
  return asn1::tlv(0xD6, content);
}

Bytes network_rejection(const Device& device, std::uint8_t type, std::uint8_t cause, std::uint8_t routing_area) {
  Bytes content = event(kNetworkRejection, kNetwork);
  if (type >= 0x09) {
    put_object(content, kTrackingArea, encode_tracking_area(device));
  } else if (type >= 0x03) {
    Bytes area = encode_plmn(device.plmn);
    append(area, be_bytes(device.area, 2));
    area.push_back(routing_area);
    put_object(content, kRoutingArea, area);
  } else {
    Bytes area = encode_plmn(device.plmn);
    append(area, be_bytes(device.area, 2));
    put_object(content, kLocation, area);
  }
  put_octet(content, kAccessTechnologyTag, static_cast<std::uint8_t>(device.access));
  put_octet(content, kUpdateType, type);
  put_octet(content, kRejectionCause, cause);
  return asn1::tlv(0xD6, content);
}

}  // namespace simurgh::terminal::envelope
