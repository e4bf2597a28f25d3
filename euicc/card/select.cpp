// SELECT: applications by AID here, everything else by the file system (TS 102 221 11.1.1, GlobalPlatform 11.9).
#include "asn1/tlv.h"
#include "euicc/card/core.h"

namespace simurgh::card {

using apdu::refuse;
using apdu::Sw;

namespace {

constexpr std::uint8_t kEcasdAid[] = {0xA0, 0x00, 0x00, 0x05, 0x59, 0x10, 0x10, 0xFF, 0xFF, 0xFF, 0xFF, 0x89, 0x00, 0x00, 0x02, 0x00};

struct Application {
  Bytes aid;
  Selected kind = Selected::files;
  uicc::NodeId adf = uicc::kNoNode;  // files
};

// Everything selectable by AID, in registry order. ISD-P AIDs are not selectable by a terminal (SGP.22 v2.5 2.4.5).
std::vector<Application> applications(const Core& core) {
  std::vector<Application> out;
  out.push_back({.aid = isdr::Isdr::aid(core.ecasd), .kind = Selected::isdr});
  for (const Bytes& alias : core.ecasd.capabilities.isdr_aliases) out.push_back({.aid = alias, .kind = Selected::isdr});
  out.push_back({.aid = to_bytes(kEcasdAid), .kind = Selected::ecasd});
  if (core.image) {
    for (const uicc::NodeId adf : core.uicc.tree().adfs()) out.push_back({.aid = core.uicc.tree().at(adf).aid, .adf = adf});
    for (const gp::SecurityDomain& domain : core.content.registry().domains) {
      if (core.content.selectable(domain)) out.push_back({.aid = domain.aid, .kind = Selected::security_domain});
    }
    for (const gp::Application& application : core.content.registry().applications) {
      if (core.content.selectable(application)) out.push_back({.aid = application.aid, .kind = Selected::application});
    }
  }
  return out;
}

bool is_current(const ChannelState& channel, const Application& application) {
  if (channel.selected != application.kind) return false;
  switch (application.kind) {
    case Selected::files: return channel.files.adf == application.adf;
    case Selected::security_domain:
    case Selected::application: return channel.application == application.aid;
    case Selected::isdr:
    case Selected::ecasd: return true;
  }
  return false;
}

// The application that a full or right-truncated name and the occurrence of P2 mean; null: none.
const Application* find(const std::vector<Application>& all, ByteView name, std::uint8_t occurrence, const ChannelState& channel) {
  std::vector<const Application*> matching;
  for (const Application& application : all) {
    if (occurrence == 0 && equal(application.aid, name)) return &application;
  }
  for (const Application& application : all) {
    if (application.aid.size() >= name.size() && equal(ByteView(application.aid).first(name.size()), name))
      matching.push_back(&application);
  }
  if (matching.empty()) return nullptr;
  std::size_t current = matching.size();
  for (std::size_t i = 0; i < matching.size(); ++i) {
    if (is_current(channel, *matching[i])) current = i;
  }
  switch (occurrence) {
    case 1: return matching.back();
    case 2: return current == matching.size() ? matching.front() : current + 1 < matching.size() ? matching[current + 1] : nullptr;
    case 3: return current == matching.size() ? matching.back() : current > 0 ? matching[current - 1] : nullptr;
    default: return matching.front();
  }
}

// FCI of a security domain or an application: DF name and the longest data field (GlobalPlatform 11.9.3.1).
Bytes application_fci(ByteView aid) {
  asn1::TlvWriter out;
  {
    const auto fci = out.open(0x6F);
    out.put(0x84, aid);
    const auto proprietary = out.open(0xA5);
    out.put_byte(0x9F65, 0xFF);
  }
  return out.take();
}

apdu::Answer select_by_aid(Core& core, ChannelState& channel, const apdu::Command& command) {
  if (command.data.size() > 16) return refuse(Sw::wrong_length, "AID longer than sixteen octets");
  const std::uint8_t kind = command.p2 & 0x1C;
  if ((command.p2 & 0xA0) != 0 || (kind != 0x00 && kind != 0x04 && kind != 0x0C)) return refuse(Sw::incorrect_p1p2, "SELECT P2");
  const bool terminate = (command.p2 & 0x40) != 0;
  const bool no_data = kind == 0x0C;
  const auto all = applications(core);
  const Application* chosen = nullptr;
  if (command.data.empty()) {
    // GlobalPlatform's "default application": the MNO-SD of the enabled profile.
    for (const Application& application : all) {
      if (application.kind == Selected::security_domain && application.aid == core.content.registry().domains.front().aid) chosen = &application;
    }
  } else {
    chosen = find(all, command.data, command.p2 & 0x03, channel);
  }
  if (chosen == nullptr) return refuse(Sw::file_not_found, "no such application");
  uicc::Context context{core.uicc, channel.files, core.txn, core.rng};
  if (chosen->kind == Selected::files) {
    if (terminate) {
      if (!is_current(channel, *chosen)) return refuse(Sw::file_not_found, "terminating an application that is not active");
      apdu::Response response = apdu::done();
      if (!no_data) response.data = core.uicc.fcp(chosen->adf, core.txn);
      channel.files = uicc::Channel{};
      return response;
    }
    auto answer = uicc::select_adf(context, chosen->adf, command);
    if (answer) channel.selected = Selected::files;
    return answer;
  }
  if (terminate) return refuse(Sw::incorrect_p1p2, "session control of an application without one");
  channel.selected = chosen->kind;
  channel.application = chosen->aid;
  // The file system of this channel starts anew when an application without files is left.
  channel.files = uicc::Channel{};
  // GlobalPlatform 11.9.3.2: the issuer's domain of a locked card says so.
  const bool locked = chosen->kind == Selected::security_domain && core.content.registry().card_state == gp::kCardLocked;
  const Sw sw = locked ? Sw::file_deactivated : Sw::ok;
  if (no_data) return apdu::with_data({}, sw);
  return apdu::with_data(chosen->kind == Selected::isdr ? core.isdr.fci(core.ecasd, core.txn) : application_fci(chosen->aid), sw);
}

}  // namespace

apdu::Answer select(Core& core, ChannelState& channel, const apdu::Command& command) {
  if (command.p1 == 0x04) {
    auto answer = select_by_aid(core, channel, command);
    if (answer) channel.end_session();
    return answer;
  }
  uicc::Context context{core.uicc, channel.files, core.txn, core.rng};
  auto answer = uicc::select_file(context, command);
  if (answer) {
    channel.selected = Selected::files;
    channel.end_session();
  }
  return answer;
}

// TS 102 221 11.1.2; an application without files has a name all the same.
apdu::Answer status(Core& core, ChannelState& channel, const apdu::Command& command) {
  if (channel.selected != Selected::files && command.p1 <= 0x02 && command.p2 == 0x01 && command.data.empty()) {
    for (const Application& application : applications(core)) {
      if (is_current(channel, application)) return apdu::with_data(asn1::tlv(0x84, application.aid));
    }
  }
  uicc::Context context{core.uicc, channel.files, core.txn, core.rng};
  return uicc::status(context, command);
}

}  // namespace simurgh::card
