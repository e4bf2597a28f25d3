// READ BINARY and UPDATE BINARY, TS 102 221 11.1.3, 11.1.4.
#include "euicc/uicc/uicc.h"

namespace simurgh::uicc {

using apdu::refuse;
using apdu::Sw;

namespace {

struct Target {
  NodeId file;
  std::size_t offset;
};

// P1 b8 = 1: SFI and an offset of 8 bits; else an offset of 15 bits in the current EF.
apdu::Result<Target> target(Context& context, const apdu::Command& command) {
  const bool by_sfi = (command.p1 & 0x80) != 0;
  if (by_sfi && ((command.p1 & 0x60) != 0 || (command.p1 & 0x1F) == 0)) return refuse(Sw::incorrect_p1p2, "P1 names no SFI");
  const auto file = current_file(context, by_sfi ? command.p1 & 0x1F : 0);
  if (!file) return std::unexpected(file.error());
  const FileTree& tree = context.uicc.tree();
  if (tree.at(tree.body_of(*file)).kind != FileKind::transparent) return refuse(Sw::incompatible_file_structure, "not a transparent file");
  const std::size_t offset = by_sfi ? command.p2 : static_cast<std::size_t>(command.p1) << 8 | command.p2;
  return Target{*file, offset};
}

}  // namespace

apdu::Answer read_binary(Context& context, const apdu::Command& command) {
  if (!command.data.empty()) return refuse(Sw::wrong_length, "READ BINARY with data");
  const auto at = target(context, command);
  if (!at) return std::unexpected(at.error());
  if (const auto access = check_access(context, at->file, Access::read, header_of(command)); !access)
    return std::unexpected(access.error());
  const ByteView body = context.uicc.body(at->file, context.txn);
  if (at->offset >= body.size()) return refuse(Sw::wrong_p1p2_range, "offset beyond the file");
  const std::size_t left = body.size() - at->offset;
  const std::size_t wanted = command.le.value_or(256);
  if (wanted > left) return refuse(apdu::wrong_le(left), "Le goes beyond the file");
  return apdu::with_data(to_bytes(body.subspan(at->offset, wanted)));
}

apdu::Answer update_binary(Context& context, const apdu::Command& command) {
  if (command.data.empty()) return refuse(Sw::wrong_length, "UPDATE BINARY without data");
  const auto at = target(context, command);
  if (!at) return std::unexpected(at.error());
  if (const auto access = check_access(context, at->file, Access::update, header_of(command)); !access)
    return std::unexpected(access.error());
  const ByteView body = context.uicc.body(at->file, context.txn);
  if (at->offset >= body.size()) return refuse(Sw::wrong_p1p2_range, "offset beyond the file");
  if (command.data.size() > body.size() - at->offset) return refuse(Sw::wrong_length, "the data goes beyond the file");
  Bytes changed = to_bytes(body);
  std::copy(command.data.begin(), command.data.end(), changed.begin() + static_cast<std::ptrdiff_t>(at->offset));
  context.uicc.set_body(at->file, std::move(changed), context.txn);
  return apdu::done();
}

}  // namespace simurgh::uicc
