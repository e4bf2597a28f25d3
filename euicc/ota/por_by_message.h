// A proof of receipt as messages of its own (3GPP TS 31.115 4.3, TS 31.111 6.4.10): SMS-SUBMIT TPDUs for SEND SHORT MESSAGE.
#pragma once

#include <vector>

#include "asn1/bytes.h"

namespace simurgh::ota {

// Where the card sends messages. False: it cannot, nothing was sent (no TERMINAL PROFILE, no such command at the terminal).
class PorByMessage {
 public:
  virtual ~PorByMessage() = default;
  // `service_centre`: type of address and semi-octets, empty for the terminal's own.
  [[nodiscard]] virtual bool send(ByteView service_centre, const std::vector<Bytes>& tpdus) = 0;
};

// SMS-SUBMIT TPDUs to the originator of the command (its TP-OA) that carry a response packet with its user data header; more than one when
// it does not fit 140 octets. `reference` tells concatenated messages apart.
[[nodiscard]] std::vector<Bytes> submit_tpdus(ByteView destination, ByteView response, std::uint8_t reference);

// What an SMS-DELIVER-REPORT can carry in its user data (TS 23.040 9.2.2.1a, RP-ERROR being the shorter).
inline constexpr std::size_t kDeliverReport = 158;

}  // namespace simurgh::ota
