#include "asn1/tlv.h"
#include "euicc/card/core.h"

namespace simurgh::card {

using apdu::refuse;
using apdu::Sw;

namespace {

constexpr std::uint8_t kMoreBlocks = 0x11, kLastBlock = 0x91;  // SGP.22 v2.5 5.7.2: P1 of STORE DATA

// A command DO of SGP.22 never needs more than 256 blocks of 255 octets.
constexpr std::size_t kMaxChain = 256 * 255;

apdu::Answer store_data_isdr(Core& core, ChannelState& channel, const apdu::Command& command) {
  if (command.p1 != kMoreBlocks && command.p1 != kLastBlock) return refuse(Sw::incorrect_p1p2, "STORE DATA P1 is neither 11 nor 91");
  if (command.data.empty()) return refuse(Sw::wrong_length, "STORE DATA without data");
  if (command.p2 == 0) {
    channel.drop_chain();
  } else if (!channel.next_block || *channel.next_block != command.p2) {
    channel.drop_chain();
    return refuse(Sw::incorrect_p1p2, "STORE DATA block number out of sequence");
  }
  if (channel.chain.size() + command.data.size() > kMaxChain) {
    channel.drop_chain();
    return refuse(Sw::not_enough_memory, "STORE DATA chain too long");
  }
  if (command.p1 == kMoreBlocks) {
    append(channel.chain, command.data);
    channel.next_block = static_cast<std::uint16_t>(command.p2 + 1);
    return apdu::done();
  }
  if (channel.chain.empty()) return core.isdr.execute(command.data, core.txn, core.rng, core.ecasd, core);
  append(channel.chain, command.data);
  const Bytes whole = std::move(channel.chain);
  channel.drop_chain();
  return core.isdr.execute(whole, core.txn, core.rng, core.ecasd, core);
}

}  // namespace

apdu::Answer store_data(Core& core, ChannelState& channel, const apdu::Command& command) {
  switch (channel.selected) {
    case Selected::isdr:
      return store_data_isdr(core, channel, command);
    case Selected::security_domain:
      return domain_command(core, channel, command);
    case Selected::ecasd:
    case Selected::application:
    case Selected::files:
      break;
  }
  return refuse(Sw::ins_not_supported, "STORE DATA while the ISD-R is not selected on this channel");
}

// GlobalPlatform 11.3; the EID by GET DATA 5A on the ECASD is what M2M readers ask for (SGP.02 4.1.1.x).
apdu::Answer get_data(Core& core, ChannelState& channel, const apdu::Command& command) {
  if (channel.selected == Selected::security_domain) return domain_command(core, channel, command);
  const unsigned tag = static_cast<unsigned>(command.p1) << 8 | command.p2;
  if (channel.selected == Selected::application && core.applets != nullptr) {
    const gp::Application* instance = core.content.find_application(channel.application);
    const AppletRow* row = instance == nullptr ? nullptr : core.applets->find(instance->class_aid);
    if (row != nullptr && row->hooks.data) {
      auto object = row->hooks.data(core.services(), instance, static_cast<std::uint16_t>(tag));
      if (!object) return refuse(Sw::data_not_found, "GET DATA tag unknown to the application");
      return apdu::with_data(*std::move(object));
    }
  }
  if (channel.selected == Selected::isdr && core.applets != nullptr) {
    for (const AppletRow& row : core.applets->rows()) {
      if (!row.class_aid.empty() || !row.hooks.data) continue;
      if (auto object = row.hooks.data(core.services(), nullptr, static_cast<std::uint16_t>(tag))) return apdu::with_data(*std::move(object));
    }
  }
  if (channel.selected == Selected::ecasd && tag == 0x005A) {
    return apdu::with_data(asn1::tlv(0x5A, core.ecasd.eid));
  }
  if (channel.selected == Selected::files || channel.selected == Selected::application)
    return refuse(Sw::ins_not_supported, "GET DATA without a selected GlobalPlatform application");
  return refuse(Sw::data_not_found, "GET DATA tag unknown");
}

}  // namespace simurgh::card
