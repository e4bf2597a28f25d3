// ENVELOPE (ETSI TS 102 221 11.2.2, TS 102 223 7): what the terminal brings to the card.
#include <algorithm>
#include <array>

#include "asn1/tlv.h"
#include "euicc/card/remote_management.h"

namespace simurgh::card {

using apdu::refuse;
using apdu::Sw;

namespace {

constexpr std::uint32_t kSmsPpDownload = 0xD1;
// Menu selection, event download and timer expiration without an application that waits for them: taken and dropped.
constexpr std::array<std::uint32_t, 3> kUnanswered{0xD3, 0xD6, 0xD7};

}  // namespace

apdu::Answer envelope(Core& core, ChannelState&, const apdu::Command& command) {
  if (command.p1 != 0 || command.p2 != 0) return refuse(Sw::incorrect_p1p2, "ENVELOPE P1 P2");
  asn1::TlvReader in(command.data);
  const auto whole = in.next();
  if (!whole || !in.at_end()) return refuse(Sw::incorrect_data, "ENVELOPE data is no single template");
  if (whole->tag == kSmsPpDownload) {
    if (auto answer = sms_pp_download(core, whole->value)) return *std::move(answer);
    return apdu::done();
  }
  if (std::ranges::find(kUnanswered, whole->tag) != kUnanswered.end()) return apdu::done();
  return refuse(Sw::function_not_supported, "ENVELOPE of a kind that nothing on the card answers");
}

}  // namespace simurgh::card
