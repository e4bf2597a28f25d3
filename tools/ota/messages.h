// Command packets as short messages: SMS-DELIVER TPDUs (3GPP TS 23.040 9.2.2.1) and the ENVELOPE commands a terminal makes of them.
#pragma once

#include <string>
#include <vector>

#include "asn1/bytes.h"

namespace simurgh::ota_sender {

struct Route {
  std::string originator = "+4912345678";  // digits, "+" for international
  std::string service_centre;              // the same; empty: the envelope names none
  std::uint8_t reference = 1;              // of a concatenated message
};

// TP-OA or TP-DA: number of digits, type of address, semi-octets. Throws SenderError for what is no number.
[[nodiscard]] Bytes address_field(const std::string& number);
// One TPDU, or several that are parts of one message when the packet does not fit 140 octets.
[[nodiscard]] std::vector<Bytes> deliver_tpdus(ByteView packet, const Route& route);
// 80 C2 00 00 Lc D1 ... (3GPP TS 31.111 7.1.1).
[[nodiscard]] Bytes envelope(ByteView tpdu, const Route& route);

}  // namespace simurgh::ota_sender
