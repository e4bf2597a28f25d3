// What commands that are none of the toolkit's say about service: applications may listen (passive sensing).
#include "euicc/card/core.h"

namespace simurgh::card {
namespace {

constexpr std::uint16_t kEfImsi = 0x6F07;

std::optional<Fact> fact_of(const Core& core, const apdu::Command& command, const uicc::Position& now, const apdu::Answer& answer) {
  using Kind = Fact::Kind;
  switch (command.ins) {
    case 0x88:
      if (!answer) return answer.error().sw == apdu::Sw::auth_mac_wrong ? std::optional(Fact{.kind = Kind::mac_failure}) : std::nullopt;
      return Fact{.kind = !answer->data.empty() && answer->data[0] == 0xDC ? Kind::sync_failure : Kind::authenticated};
    case 0xD6:
      if (answer && now.file != uicc::kNoNode) return Fact{.kind = Kind::file_updated, .file = core.uicc.tree().body_of(now.file)};
      return std::nullopt;
    case 0xB0:
      if (answer && now.file != uicc::kNoNode && core.uicc.tree().at(now.file).fid == kEfImsi) return Fact{.kind = Kind::imsi_read, .file = now.file};
      return std::nullopt;
    case 0xA4:  // SELECT with "termination" of the application session (TS 102 221 11.1.1.2)
      if (answer && command.p1 == 0x04 && (command.p2 & 0x40) != 0) return Fact{.kind = Kind::session_ending};
      return std::nullopt;
    case 0xF2:
      if (answer && command.p1 == 0x02) return Fact{.kind = Kind::session_ending};
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

}  // namespace

void Core::observe(const apdu::Command& command, const apdu::Answer& answer) {
  auto fact = fact_of(*this, command, channels[command.channel].files, answer);
  if (!fact && answer && refresh_requested_) fact = Fact{.kind = Fact::Kind::switching};
  if (!fact) return;
  platform.report(*fact);
  // A refused command leaves nothing behind: what applications make of it waits for the next one.
  if (answer) toolkit.wake();
}

}  // namespace simurgh::card
