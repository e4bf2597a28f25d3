#include "asn1/tlv.h"
#include "euicc/card/core.h"

namespace simurgh::card {

using apdu::refuse;
using apdu::Sw;

std::uint8_t Core::terminal_rsp_functions() const {
  if (!ecasd.capabilities.require_terminal_capability) return 0xFF;
  const auto functions = asn1::find_child(terminal_capability, 0x83);
  return functions && !functions->value.empty() ? functions->value[0] : std::uint8_t{0};
}

// SGP.32 v1.2 3.8.2: object 84, b1 of its first octet.
bool Core::ipad_declared() const {
  const auto first = [&](std::uint32_t tag) {
    const auto object = asn1::find_child(terminal_capability, tag);
    return object && !object->value.empty() ? object->value[0] : std::uint8_t{0};
  };
  if ((first(0x84) & 0x01) != 0) return true;
  return ecasd.capabilities.iot && ecasd.capabilities.iot->choices.consumer_capability_means_ipad && first(0x83) != 0;
}

bool Core::ipae_in_charge() const {
  return ecasd.capabilities.iot && ecasd.capabilities.iot->ipae && (ipae_activated_ || !ipad_declared());
}

// TS 102 221 11.1.19; accepted at any time because tools send it at any time.
apdu::Answer terminal_capability(Core& core, ChannelState&, const apdu::Command& command) {
  if (command.p1 != 0 || command.p2 != 0) return refuse(Sw::incorrect_p1p2, "TERMINAL CAPABILITY P1 P2");
  const auto content = asn1::read_only(command.data, 0xA9);
  if (!content) return refuse(Sw::incorrect_data, "TERMINAL CAPABILITY without template A9");
  asn1::TlvReader in(content->value);
  if (!in.skip_rest()) return refuse(Sw::incorrect_data, "TERMINAL CAPABILITY template is no TLV list");
  core.terminal_capability = to_bytes(content->value);
  return apdu::done();
}

// TS 102 221 11.2.1
apdu::Answer terminal_profile(Core& core, ChannelState&, const apdu::Command& command) {
  if (command.p1 != 0 || command.p2 != 0) return refuse(Sw::incorrect_p1p2, "TERMINAL PROFILE P1 P2");
  if (command.data.empty()) return refuse(Sw::wrong_length, "empty TERMINAL PROFILE");
  core.toolkit.terminal_profile(command.data);
  core.terminal_profile_data = to_bytes(command.data);
  return apdu::done();
}

apdu::Answer fetch(Core& core, ChannelState&, const apdu::Command& command) {
  if (!command.data.empty()) return refuse(Sw::wrong_length, "FETCH with data");
  return core.toolkit.fetch(command);
}

apdu::Answer terminal_response(Core& core, ChannelState&, const apdu::Command& command) {
  if (command.p1 != 0 || command.p2 != 0) return refuse(Sw::incorrect_p1p2, "TERMINAL RESPONSE P1 P2");
  const auto result = core.toolkit.terminal_response(command.data);
  if (!result) return std::unexpected(result.error());
  const bool refresh = result->expected && result->response.type == static_cast<std::uint8_t>(toolkit::CommandType::refresh);
  if (refresh && result->response.performed()) {
    isdr::Isdr::apply_pending_switch(core.txn, core.ecasd, core);
  } else if (refresh && !result->again) {
    // SGP.22 v2.5 3.2.1: the terminal did not refresh, so the profiles stay as they are.
    isdr::Isdr::drop_pending_switch(core.txn);
  }
  return apdu::done();
}

}  // namespace simurgh::card
