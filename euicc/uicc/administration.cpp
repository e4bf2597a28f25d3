// ACTIVATE and DEACTIVATE FILE (TS 102 221 11.1.14, 11.1.15), GET CHALLENGE (11.1.16).
#include "euicc/uicc/uicc.h"

namespace simurgh::uicc {

using apdu::refuse;
using apdu::Sw;

apdu::Result<NodeId> addressed_file(const Context& context, const apdu::Command& command) {
  if (command.p2 != 0) return refuse(Sw::incorrect_p1p2, "P2");
  const FileTree& tree = context.uicc.tree();
  const Channel& channel = context.channel;
  const ByteView data = command.data;
  NodeId file = kNoNode;
  switch (command.p1) {
    case 0x00:
      if (data.empty()) return channel.file != kNoNode ? channel.file : channel.directory;
      if (data.size() != 2) return refuse(Sw::wrong_length, "a file identifier has two octets");
      file = tree.child(channel.directory, static_cast<std::uint16_t>(be_value(data)));
      break;
    case 0x08:
      if (data.empty() || data.size() % 2 != 0) return refuse(Sw::wrong_length, "a path is made of pairs of octets");
      if (be_value(data.first(2)) == 0x7FFF) {
        file = channel.adf == kNoNode ? kNoNode : tree.walk(channel.adf, data.subspan(2));
      } else {
        file = tree.walk(kMf, data);
      }
      break;
    case 0x09:
      if (data.empty() || data.size() % 2 != 0) return refuse(Sw::wrong_length, "a path is made of pairs of octets");
      file = tree.walk(channel.directory, data);
      break;
    default:
      return refuse(Sw::incorrect_p1p2, "P1");
  }
  if (file == kNoNode) return refuse(Sw::file_not_found, "no such file from here");
  return file;
}

namespace {

constexpr std::uint8_t kActivated = 0x05, kDeactivated = 0x04;

apdu::Answer change(Context& context, const apdu::Command& command, Access mode, std::uint8_t target) {
  const auto file = addressed_file(context, command);
  if (!file) return std::unexpected(file.error());
  const std::uint8_t now = context.uicc.life_cycle(*file, context.txn);
  if (now >= 0x0C) return refuse(Sw::data_invalidated, "the file is terminated");
  if (!context.uicc.allowed(*file, mode, header_of(command), context.txn)) {
    return refuse(Sw::security_status_not_satisfied, "the access rule of the file says no");
  }
  if ((now | 0x02) == (target | 0x02)) return apdu::done();
  context.uicc.set_life_cycle(*file, target, context.txn);
  return apdu::done();
}

}  // namespace

apdu::Answer activate_file(Context& context, const apdu::Command& command) { return change(context, command, Access::activate, kActivated); }

apdu::Answer deactivate_file(Context& context, const apdu::Command& command) {
  return change(context, command, Access::deactivate, kDeactivated);
}

apdu::Answer get_challenge(Context& context, const apdu::Command& command) {
  if (command.p1 != 0 || command.p2 != 0) return refuse(Sw::incorrect_p1p2, "GET CHALLENGE P1 P2");
  if (!command.data.empty()) return refuse(Sw::wrong_length, "GET CHALLENGE with data");
  return apdu::with_data(context.rng.bytes(command.le.value_or(256)));
}

}  // namespace simurgh::uicc
