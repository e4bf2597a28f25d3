#include "euicc/uicc/uicc.h"

namespace simurgh::uicc {

using apdu::refuse;
using apdu::Sw;

namespace {

constexpr std::uint16_t kMfFid = 0x3F00, kCurrentAdf = 0x7FFF;

// P2 of SELECT for files: 00 and 04 ask for the FCP, 0C for nothing (TS 102 221 11.1.1.2).
apdu::Result<bool> wants_fcp(std::uint8_t p2) {
  if (p2 == 0x00 || p2 == 0x04) return true;
  if (p2 == 0x0C) return false;
  return refuse(Sw::incorrect_p1p2, "SELECT P2");
}

// The search order of TS 102 221 8.4.1: what an identifier can mean from where the channel stands.
NodeId by_fid(const Context& context, std::uint16_t fid) {
  const FileTree& tree = context.uicc.tree();
  const Channel& channel = context.channel;
  if (fid == kMfFid) return kMf;
  if (fid == kCurrentAdf) return channel.adf;
  const NodeId current = channel.directory;
  if (const NodeId child = tree.child(current, fid); child != kNoNode) return child;
  if (tree.at(current).fid == fid && tree.at(current).kind == FileKind::df) return current;
  const NodeId parent = tree.at(current).parent;
  if (parent == kNoNode) return kNoNode;
  if (tree.at(parent).fid == fid && tree.at(parent).kind == FileKind::df) return parent;
  const NodeId sibling = tree.child(parent, fid);
  return sibling != kNoNode && tree.at(sibling).is_directory() ? sibling : kNoNode;
}

apdu::Answer land_on(Context& context, NodeId target, bool fcp) {
  const FileTree& tree = context.uicc.tree();
  Channel& channel = context.channel;
  if (tree.at(target).is_directory()) {
    channel.directory = target;
    channel.file = kNoNode;
  } else {
    channel.directory = tree.at(target).parent;
    channel.file = target;
  }
  channel.record = 0;
  channel.end_transfer();
  apdu::Response response;
  if (fcp) response.data = context.uicc.fcp(target, context.txn);
  const std::uint8_t state = context.uicc.life_cycle(target, context.txn);
  if (state == 0x04 || state == 0x06) response.sw = Sw::file_deactivated;
  if (state >= 0x0C) response.sw = Sw::file_terminated;
  return response;
}

apdu::Result<NodeId> resolve(const Context& context, const apdu::Command& command) {
  const FileTree& tree = context.uicc.tree();
  const Channel& channel = context.channel;
  const ByteView data = command.data;
  const auto fid = [&] { return static_cast<std::uint16_t>(data[0] << 8 | data[1]); };
  switch (command.p1) {
    case 0x00:
      if (data.empty()) return kMf;
      if (data.size() != 2) return refuse(Sw::wrong_length, "a file identifier has two octets");
      return by_fid(context, fid());
    case 0x01: {
      if (data.size() != 2) return refuse(Sw::wrong_length, "a file identifier has two octets");
      const NodeId child = tree.child(channel.directory, fid());
      return child != kNoNode && tree.at(child).is_directory() ? child : kNoNode;
    }
    case 0x03:
      if (!data.empty()) return refuse(Sw::wrong_length, "SELECT parent takes no data");
      return tree.at(channel.directory).parent;
    case 0x08:
    case 0x09: {
      if (data.empty()) return refuse(Sw::wrong_length, "empty path");
      if (data.size() % 2 != 0) return refuse(Sw::lc_inconsistent, "a path is made of pairs of octets");
      if (command.p1 == 0x09) return tree.walk(channel.directory, data);
      if (fid() != kCurrentAdf) return tree.walk(kMf, fid() == kMfFid ? data.subspan(2) : data);
      return channel.adf == kNoNode ? kNoNode : tree.walk(channel.adf, data.subspan(2));
    }
    default:
      return refuse(Sw::incorrect_p1p2, "SELECT P1");
  }
}

}  // namespace

apdu::Answer select_file(Context& context, const apdu::Command& command) {
  const auto fcp = wants_fcp(command.p2);
  if (!fcp) return std::unexpected(fcp.error());
  const auto target = resolve(context, command);
  if (!target) return std::unexpected(target.error());
  if (*target == kNoNode) return refuse(Sw::file_not_found, "no such file from here");
  return land_on(context, *target, *fcp);
}

apdu::Answer select_adf(Context& context, NodeId adf, const apdu::Command& command) {
  context.channel.adf = adf;
  return land_on(context, adf, (command.p2 & 0x0C) != 0x0C);
}

// TS 102 221 11.1.2
apdu::Answer status(Context& context, const apdu::Command& command) {
  if (command.p1 > 0x02) return refuse(Sw::incorrect_p1p2, "STATUS P1");
  if (!command.data.empty()) return refuse(Sw::wrong_length, "STATUS with data");
  const FileTree& tree = context.uicc.tree();
  switch (command.p2) {
    case 0x00:
      return apdu::with_data(context.uicc.fcp(context.channel.directory, context.txn));
    case 0x01: {
      if (context.channel.adf == kNoNode) return refuse(Sw::data_not_found, "STATUS: no active application");
      const Bytes& aid = tree.at(context.channel.adf).aid;
      Bytes out{0x84, static_cast<std::uint8_t>(aid.size())};
      append(out, aid);
      return apdu::with_data(std::move(out));
    }
    case 0x0C:
      return apdu::done();
    default:
      return refuse(Sw::incorrect_p1p2, "STATUS P2");
  }
}

apdu::Result<NodeId> current_file(Context& context, std::uint8_t sfi) {
  if (sfi == 0) {
    if (context.channel.file == kNoNode) return refuse(Sw::no_ef_selected, "no elementary file is selected");
    return context.channel.file;
  }
  if (sfi > 30) return refuse(Sw::incorrect_p1p2, "SFI 1F does not exist");
  const NodeId file = context.uicc.tree().child_by_sfi(context.channel.directory, sfi);
  if (file == kNoNode) return refuse(Sw::file_not_found, "no file with this SFI in the current directory");
  if (context.channel.file != file) {
    context.channel.file = file;
    context.channel.record = 0;
  }
  return file;
}

apdu::Result<void> check_access(Context& context, NodeId file, Access mode, const Header& header) {
  const std::uint8_t state = context.uicc.life_cycle(file, context.txn);
  const FileTree& tree = context.uicc.tree();
  if (state >= 0x0C) return refuse(Sw::data_invalidated, "the file is terminated");
  const bool deactivated = state == 0x04 || state == 0x06;
  const bool usable_anyway = (tree.at(tree.body_of(file)).special_info & 0x40) != 0 && (mode == Access::read || mode == Access::update);
  if (deactivated && !usable_anyway && mode != Access::activate) return refuse(Sw::data_invalidated, "the file is deactivated");
  if (!context.uicc.allowed(file, mode, header, context.txn))
    return refuse(Sw::security_status_not_satisfied, "the access rule of the file says no");
  return {};
}

}  // namespace simurgh::uicc
