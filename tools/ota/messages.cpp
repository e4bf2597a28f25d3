#include "tools/ota/messages.h"

#include <algorithm>

#include "asn1/tlv.h"
#include "tools/ota/packet.h"

namespace simurgh::ota_sender {

using namespace simurgh::literals;

Bytes address_field(const std::string& number) {
  const bool international = !number.empty() && number[0] == '+';
  const std::string digits = number.substr(international ? 1 : 0);
  if (digits.empty() || digits.size() > 20 || digits.find_first_not_of("0123456789") != std::string::npos) {
    throw SenderError("'" + number + "' is no number of up to twenty digits");
  }
  Bytes out{static_cast<std::uint8_t>(digits.size()), static_cast<std::uint8_t>(international ? 0x91 : 0x81)};
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const int high = i + 1 < digits.size() ? digits[i + 1] - '0' : 0xF;
    out.push_back(static_cast<std::uint8_t>(high << 4 | (digits[i] - '0')));
  }
  return out;
}

std::vector<Bytes> deliver_tpdus(ByteView packet, const Route& route) {
  constexpr std::size_t kUserData = 140;
  const auto tpdu = [&](ByteView header, ByteView data) {
    Bytes out{0x44};  // SMS-DELIVER, no more messages, user data header
    append(out, address_field(route.originator));
    // (U)SIM data download, eight bits of class 2; the service centre's time says nothing here.
    append(out, "7FF600000000000000"_hex);
    out.push_back(static_cast<std::uint8_t>(header.size() + data.size()));
    append(out, header);
    append(out, data);
    return out;
  };
  const Bytes alone = "027000"_hex;
  if (alone.size() + packet.size() <= kUserData) return {tpdu(alone, packet)};
  std::vector<ByteView> pieces;
  for (ByteView rest = packet; !rest.empty();) {
    const std::size_t room = kUserData - (pieces.empty() ? 8U : 6U);
    pieces.push_back(rest.first(std::min(room, rest.size())));
    rest = rest.subspan(pieces.back().size());
  }
  if (pieces.size() > 255) throw SenderError("the packet needs more than 255 messages");
  std::vector<Bytes> out;
  for (const ByteView piece : pieces) {
    const auto number = static_cast<std::uint8_t>(out.size() + 1);
    Bytes header{0x05, 0x00, 0x03, route.reference, static_cast<std::uint8_t>(pieces.size()), number};
    if (number == 1) {
      header[0] = 0x07;
      append(header, "7000"_hex);
    }
    out.push_back(tpdu(header, piece));
  }
  return out;
}

Bytes envelope(ByteView tpdu, const Route& route) {
  asn1::TlvWriter out;
  {
    const auto download = out.open(0xD1);
    out.put(0x82, "8381"_hex);
    if (!route.service_centre.empty()) {
      Bytes address = address_field(route.service_centre);
      address.erase(address.begin());
      out.put(0x06, address);
    }
    out.put(0x8B, tpdu);
  }
  const Bytes data = out.take();
  Bytes command = "80C20000"_hex;
  command.push_back(static_cast<std::uint8_t>(data.size()));
  append(command, data);
  return command;
}

}  // namespace simurgh::ota_sender
