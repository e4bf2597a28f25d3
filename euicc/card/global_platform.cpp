// Commands of security domains on a logical channel: the secure channel around them and the session they belong to (GlobalPlatform 2.3 10, 11).
#include <algorithm>

#include "euicc/card/core.h"
#include "euicc/rsp/bound_package.h"

namespace simurgh::card {

using apdu::refuse;
using apdu::Sw;

namespace {

std::uint32_t free_memory(const Core& core) {
  const std::size_t free = rsp::free_memory(core.txn, core.ecasd);
  const std::size_t used = core.content.stored_octets(core.txn);
  return static_cast<std::uint32_t>(free > used ? std::min<std::size_t>(free - used, 0xFFFFFFFF) : 0);
}

constexpr std::uint8_t kSecured[] = {0xCA, 0xCB, 0xD8, 0xE2, 0xE4, 0xE6, 0xE8, 0xF0, 0xF2};

}  // namespace

std::vector<Bytes> selected_applications(const Core& core) {
  std::vector<Bytes> out;
  for (const ChannelState& channel : core.channels) {
    if (channel.open && (channel.selected == Selected::security_domain || channel.selected == Selected::application))
      out.push_back(channel.application);
  }
  return out;
}

gp::Environment management_environment(Core& core, std::span<const Bytes> selected) {
  return {.content = core.content, .txn = core.txn, .rng = core.rng, .selected = selected, .free_memory = free_memory(core)};
}

bool is_for_domain(const ChannelState& channel, const apdu::Command& command) noexcept {
  if (channel.selected != Selected::security_domain) return false;
  // STATUS of TS 102 221 has P1 00 to 02; terminals poll with it whatever is selected.
  return command.ins != 0xF2 || command.secure_messaging || command.p1 >= 0x10;
}

bool takes_secure_messaging(const ChannelState& channel, const apdu::Command& command) noexcept {
  if (command.family != apdu::ClaFamily::proprietary || channel.selected != Selected::security_domain) return false;
  // Of the first four channels only 84: 88 and 8C are ISO secure messaging (TS 102 221 10.1.1).
  if ((command.cla & 0x40) == 0 && (command.cla & 0x0C) != 0x04) return false;
  return command.ins == 0x82 || std::ranges::find(kSecured, command.ins) != std::end(kSecured);
}

apdu::Result<Bytes> unwrap(ChannelState& channel, const apdu::Command& command) {
  if (!channel.secure) return refuse(Sw::conditions_not_satisfied, "a wrapped command without a session");
  auto plain = channel.secure->unwrap(command);
  if (!plain) channel.end_session();
  return plain;
}

apdu::Answer initialize_update(Core& core, ChannelState& channel, const apdu::Command& command) {
  if (channel.selected != Selected::security_domain) return refuse(Sw::ins_not_supported, "INITIALIZE UPDATE without a selected security domain");
  channel.end_session();
  const auto index = core.content.find_domain(channel.application);
  if (!index) return refuse(Sw::conditions_not_satisfied, "the security domain is gone");
  auto where = management_environment(core);
  auto initiated = gp::initialize_update(where, core.content.registry().domains[*index], command);
  if (!initiated) return std::unexpected(initiated.error());
  channel.secure = std::move(initiated->session);
  return apdu::with_data(std::move(initiated->response));
}

apdu::Answer external_authenticate(Core& core, ChannelState& channel, const apdu::Command& command) {
  if (channel.selected != Selected::security_domain) return refuse(Sw::ins_not_supported, "EXTERNAL AUTHENTICATE without a selected security domain");
  if (!command.secure_messaging) {
    channel.end_session();
    return refuse(Sw::cla_not_supported, "EXTERNAL AUTHENTICATE has class 84");
  }
  const auto index = core.content.find_domain(channel.application);
  if (!index || !channel.secure) return refuse(Sw::conditions_not_satisfied, "EXTERNAL AUTHENTICATE without INITIALIZE UPDATE");
  auto where = management_environment(core);
  if (auto done = gp::external_authenticate(where, core.content.registry().domains[*index], *channel.secure, command); !done) {
    channel.end_session();
    return std::unexpected(done.error());
  }
  return apdu::done();
}

apdu::Answer domain_command(Core& core, ChannelState& channel, const apdu::Command& command) {
  if (channel.selected != Selected::security_domain) return refuse(Sw::ins_not_supported, "no security domain is selected on this channel");
  const auto index = core.content.find_domain(channel.application);
  if (!index) return refuse(Sw::conditions_not_satisfied, "the security domain is gone");
  gp::Security security;
  if (channel.secure) {
    security = channel.secure->security();
    // A session that announced C-MAC ends with the first command that lacks it; one that is half open with anything else.
    if (!security.authenticated() || ((security.level & gp::kCMac) != 0 && !command.secure_messaging)) {
      const bool announced = security.authenticated();
      channel.end_session();
      if (announced) return refuse(Sw::security_status_not_satisfied, "a command without C-MAC inside a session with it");
      security = {};
    }
  }
  const std::vector<Bytes> selected = selected_applications(core);
  auto where = management_environment(core, selected);
  return gp::execute(where, *index, channel.conversation, command, security);
}

}  // namespace simurgh::card
