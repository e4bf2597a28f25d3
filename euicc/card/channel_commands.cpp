#include "asn1/tlv.h"
#include "euicc/card/core.h"

namespace simurgh::card {

using apdu::refuse;
using apdu::Sw;

bool Core::extended_channels() const { return asn1::find_child(terminal_capability, 0x81).has_value(); }

namespace {

void open_channel(Core& core, const ChannelState& origin, std::uint8_t from, std::uint8_t number) {
  ChannelState& opened = core.channels[number];
  opened = ChannelState{};
  // TS 102 221 8.7.1: opened from the basic channel it starts at the MF, from another one it takes over what is selected there.
  if (from != 0) {
    opened.selected = origin.selected;
    opened.application = origin.application;
    opened.files = origin.files;
  }
  opened.open = true;
}

}  // namespace

// TS 102 221 11.1.17
apdu::Answer manage_channel(Core& core, ChannelState& channel, const apdu::Command& command) {
  if (!command.data.empty()) return refuse(Sw::wrong_length, "MANAGE CHANNEL with data");
  if (command.p1 == 0x80) {
    const std::uint8_t target = command.p2;
    if (target == 0 || target >= kChannels) return refuse(Sw::incorrect_p1p2, "closing a channel that cannot be closed");
    if (!core.channels[target].open) return refuse(Sw::channel_unsupported, "closing a channel that is not open");
    core.channels[target] = ChannelState{};
    return apdu::done();
  }
  if (command.p1 != 0x00) return refuse(Sw::incorrect_p1p2, "MANAGE CHANNEL P1");
  const std::uint8_t highest = core.extended_channels() ? kChannels - 1 : 3;
  if (command.p2 != 0) {
    if (command.p2 > highest || core.channels[command.p2].open) return refuse(Sw::incorrect_p1p2, "channel taken or out of range");
    open_channel(core, channel, command.channel, command.p2);
    return apdu::done();
  }
  // The card assigns: Le must be 01, and nothing is opened before it is (a wrong Le consumes nothing).
  if (command.le.value_or(256) != 1) return refuse(apdu::wrong_le(1), "MANAGE CHANNEL OPEN with Le other than 01");
  for (std::uint8_t number = 1; number <= highest; ++number) {
    if (core.channels[number].open) continue;
    open_channel(core, channel, command.channel, number);
    return apdu::with_data({number});
  }
  return refuse(Sw::function_not_supported, "no free logical channel");
}

}  // namespace simurgh::card
