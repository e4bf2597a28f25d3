// SUSPEND UICC (TS 102 221 11.1.22): a session that outlives the power, kept in one cell until its token or another command comes.
#include <algorithm>

#include "asn1/tlv.h"
#include "euicc/card/core.h"

namespace simurgh::card {

using apdu::refuse;
using apdu::Sw;

namespace {

constexpr state::Key kSession{state::Space::card, 0, 0x20};
constexpr std::size_t kToken = 8;
constexpr std::uint8_t kSuspendSupported = 0x02;  // EF.UMPC octet 3, TS 102 221 13.6
constexpr std::uint64_t kLongest = 24ULL * 3600;  // the card promises to keep a session for a day
constexpr std::uint8_t kUnitHours = 0x02, kLongestCount = 24;

// One duration: a unit (seconds, minutes, hours, days, ten days) and a count; in seconds.
std::optional<std::uint64_t> seconds(ByteView duration) {
  static constexpr std::uint64_t kUnits[] = {1, 60, 3600, 86400, 864000};
  if (duration[0] >= std::size(kUnits)) return std::nullopt;
  return kUnits[duration[0]] * duration[1];
}

bool supported(const Core& core) {
  const auto& tree = core.uicc.tree();
  const uicc::NodeId umpc = tree.child(uicc::kMf, 0x2F08);
  if (umpc == uicc::kNoNode || tree.at(umpc).is_directory()) return false;
  const ByteView body = core.uicc.body(umpc, core.txn);
  return body.size() >= 3 && (body[2] & kSuspendSupported) != 0;
}

// What a session consists of: 80 token, 81 number of the profile, 82 TERMINAL PROFILE, 83 TERMINAL CAPABILITY, 84 verified PINs, A5 a
// channel.
Bytes encode(const Core& core, ByteView token) {
  asn1::TlvWriter out;
  out.put(0x80, token).put(0x81, be_bytes(core.image_owner, 4));
  if (!core.terminal_profile_data.empty()) out.put(0x82, core.terminal_profile_data);
  out.put(0x83, core.terminal_capability);
  Bytes verified;
  for (std::size_t i = 0; i < core.uicc.pin_count(); ++i) verified.push_back(core.uicc.verified(i) ? 1 : 0);
  out.put(0x84, verified);
  for (std::size_t number = 0; number < core.channels.size(); ++number) {
    const ChannelState& channel = core.channels[number];
    if (!channel.open) continue;
    const auto one = out.open(0xA5);
    out.put(0x80, concat({be_bytes(number, 1), be_bytes(static_cast<std::uint8_t>(channel.selected), 1),
                          be_bytes(channel.files.directory, 2), be_bytes(channel.files.file, 2), be_bytes(channel.files.adf, 2),
                          be_bytes(channel.files.record, 2)}));
    if (!channel.application.empty()) out.put(0x81, channel.application);
  }
  return out.take();
}

struct Session {
  Bytes token, profile, capability, verified;
  std::uint32_t owner = 0;
  std::array<ChannelState, kChannels> channels;
};

std::optional<ChannelState> read_channel(const Core& core, ByteView fixed, ByteView application) {
  const auto& tree = core.uicc.tree();
  const auto known = [&](uicc::NodeId id) {
    return id == uicc::kNoNode || (id < tree.size() && tree.at(id).kind != uicc::FileKind::removed);
  };
  const auto two = [&](std::size_t at) { return static_cast<std::uint16_t>(be_value(fixed.subspan(at, 2))); };
  if (fixed[1] > static_cast<std::uint8_t>(Selected::application)) return std::nullopt;
  ChannelState out;
  out.open = true;
  out.selected = static_cast<Selected>(fixed[1]);
  out.application = to_bytes(application);
  static_cast<uicc::Position&>(out.files) = {.directory = two(2), .file = two(4), .adf = two(6), .record = two(8)};
  const uicc::Position& at = out.files;
  if (at.directory == uicc::kNoNode || !known(at.directory) || !tree.at(at.directory).is_directory() || !known(at.file) || !known(at.adf))
    return std::nullopt;
  if (at.file != uicc::kNoNode && tree.at(at.file).is_directory()) return std::nullopt;
  if (at.adf != uicc::kNoNode && tree.at(at.adf).kind != uicc::FileKind::adf) return std::nullopt;
  const bool domain_gone = out.selected == Selected::security_domain && (application.empty() || !core.content.find_domain(application));
  const bool application_gone = out.selected == Selected::application && core.content.find_application(application) == nullptr;
  if (domain_gone || application_gone) return std::nullopt;
  return out;
}

std::optional<Session> decode(const Core& core, ByteView encoded) {
  Session out;
  asn1::TlvReader in(encoded);
  while (!in.at_end()) {
    const auto object = in.next();
    if (!object) return std::nullopt;
    const ByteView value = object->value;
    switch (object->tag) {
      case 0x80:
        out.token = to_bytes(value);
        break;
      case 0x81:
        out.owner = static_cast<std::uint32_t>(be_value(value));
        break;
      case 0x82:
        out.profile = to_bytes(value);
        break;
      case 0x83:
        out.capability = to_bytes(value);
        break;
      case 0x84:
        out.verified = to_bytes(value);
        break;
      case 0xA5: {
        const auto fixed = asn1::find_child(value, 0x80);
        if (!fixed || fixed->value.size() != 10 || fixed->value[0] >= kChannels) return std::nullopt;
        const auto application = asn1::find_child(value, 0x81);
        auto channel = read_channel(core, fixed->value, application ? application->value : ByteView{});
        if (!channel) return std::nullopt;
        out.channels[fixed->value[0]] = *std::move(channel);
        break;
      }
      default:
        return std::nullopt;
    }
  }
  // The enabled profile must still be the one whose session this was.
  if (out.token.size() != kToken || out.owner != core.image_owner || out.verified.size() != core.uicc.pin_count() ||
      !out.channels[0].open) {
    return std::nullopt;
  }
  return out;
}

bool busy(const Core& core) {
  if (core.toolkit.busy()) return true;
  return std::ranges::any_of(core.channels, [](const ChannelState& channel) {
    return channel.open && (channel.next_block || channel.files.kind != uicc::Channel::Transfer::none);
  });
}

apdu::Answer suspend(Core& core, const apdu::Command& command) {
  if (command.data.size() != 4) return refuse(Sw::wrong_length, "SUSPEND UICC takes two durations");
  const auto minimum = seconds(command.data.first(2)), maximum = seconds(command.data.last(2));
  if (!minimum || !maximum || *minimum > *maximum) return refuse(Sw::incorrect_data, "SUSPEND UICC durations");
  if (!supported(core)) return refuse(Sw::conditions_not_satisfied, "EF.UMPC does not offer suspension");
  if (*minimum > kLongest) return refuse(Sw::security_context_not_supported, "the minimum suspension time is too long");
  if (busy(core)) return refuse(Sw::conditions_not_satisfied, "a toolkit session or a transfer is in progress");
  const Bytes token = core.rng.bytes(kToken);
  core.txn.put(kSession, encode(core, token));
  core.suspended = true;
  const Bytes negotiated = *maximum > kLongest ? Bytes{kUnitHours, kLongestCount} : to_bytes(command.data.last(2));
  return apdu::with_data(concat({negotiated, token}));
}

// The card has no clock: how long it was without power is the terminal's to know.
apdu::Answer resume(Core& core, const apdu::Command& command) {
  if (command.data.size() != kToken) return refuse(Sw::wrong_length, "a resume token has eight octets");
  const Bytes* stored = core.txn.find(kSession);
  if (stored == nullptr) return refuse(Sw::conditions_not_satisfied, "no session is suspended");
  auto session = decode(core, *stored);
  if (!session) return refuse(Sw::conditions_not_satisfied, "the suspended session cannot be taken up any more");
  if (!crypto::equal_secret(session->token, command.data)) return refuse(Sw::security_status_not_satisfied, "wrong resume token");
  core.txn.erase(kSession);
  core.suspended = false;
  core.channels = std::move(session->channels);
  for (std::size_t i = 0; i < session->verified.size(); ++i) core.uicc.set_verified(i, session->verified[i] != 0);
  core.terminal_capability = std::move(session->capability);
  if (!session->profile.empty()) core.toolkit.terminal_profile(session->profile);
  core.terminal_profile_data = std::move(session->profile);
  return apdu::done();
}

}  // namespace

bool resumes(const apdu::Command& command) {
  return command.family == apdu::ClaFamily::proprietary && command.ins == 0x76 && command.p1 == 0x01;
}

void Core::drop_suspended_session() {
  if (txn.find(kSession) != nullptr) txn.erase(kSession);
}

apdu::Answer suspend_uicc(Core& core, ChannelState&, const apdu::Command& command) {
  if (command.p1 > 0x01 || command.p2 != 0) return refuse(Sw::incorrect_p1p2, "SUSPEND UICC P1 P2");
  if (command.channel != 0) return refuse(Sw::channel_unsupported, "SUSPEND UICC belongs to the basic channel");
  return command.p1 == 0x00 ? suspend(core, command) : resume(core, command);
}

}  // namespace simurgh::card
