// ENVELOPE (ETSI TS 102 221 11.2.2, TS 102 223 7): what the terminal brings to the card.
#include "asn1/tlv.h"
#include "euicc/card/remote_management.h"

namespace simurgh::card {

using apdu::refuse;
using apdu::Sw;

// Secured messages are the card's own; everything else is for toolkit applications.
apdu::Answer envelope(Core& core, ChannelState&, const apdu::Command& command) {
  if (command.p1 != 0 || command.p2 != 0) return refuse(Sw::incorrect_p1p2, "ENVELOPE P1 P2");
  constexpr std::uint32_t kSmsPpDownload = 0xD1;
  if (const auto message = asn1::read_only(command.data, kSmsPpDownload)) {
    if (auto answer = sms_pp_download(core, message->value)) return *std::move(answer);
  }
  return core.toolkit.envelope(command.data);
}

}  // namespace simurgh::card
