#include "euicc/profile/scratch_files.h"

#include <algorithm>

namespace simurgh::profile {
namespace {

constexpr std::size_t kNodeCost = 32;        // what a file costs beyond its body
constexpr std::size_t kMaximumNodes = 4096;  // far above any profile; FileTree reads no more back

}  // namespace

NodeId ScratchFiles::child(NodeId directory, std::uint16_t fid) const noexcept {
  const std::size_t bit = filter_bit({directory, fid});
  if ((filter_[bit / 64] >> (bit % 64) & 1) == 0) return kNoNode;
  const auto found = std::find(places_.begin(), places_.end(), Place{directory, fid});
  return found == places_.end() ? kNoNode : static_cast<NodeId>(found - places_.begin());
}

NodeId ScratchFiles::adf_by_aid(ByteView aid) const noexcept {
  for (NodeId id = 0; id < size(); ++id)
    if (nodes_[id].kind == uicc::FileKind::adf && equal(nodes_[id].aid, aid)) return id;
  return kNoNode;
}

NodeId ScratchFiles::walk(ByteView path) const noexcept {
  if (nodes_.empty() || path.size() % 2 != 0) return kNoNode;
  NodeId here = uicc::kMf;
  for (; !path.empty(); path = path.subspan(2)) {
    const auto fid = static_cast<std::uint16_t>(path[0] << 8 | path[1]);
    if (std::find(left_out_.begin(), left_out_.end(), Place{here, fid}) != left_out_.end()) return kLeftOut;
    here = child(here, fid);
    if (here == kNoNode) return kNoNode;
  }
  return here;
}

std::expected<NodeId, PeStatus> ScratchFiles::add(uicc::FileNode&& node) {
  if (!nodes_.empty() && (node.fid == 0x3F00 || child(node.parent, node.fid) != kNoNode)) return std::unexpected(PeStatus::bad_values);
  const bool ber_tlv = node.kind == uicc::FileKind::ber_tlv && node.link_target == kNoNode;
  if (nodes_.size() >= kMaximumNodes || !charge(kNodeCost + (ber_tlv ? node.size : node.body.size())))
    return std::unexpected(PeStatus::not_enough_memory);
  places_.push_back({node.parent, node.fid});
  const std::size_t bit = filter_bit(places_.back());
  filter_[bit / 64] |= std::uint64_t{1} << (bit % 64);
  nodes_.push_back(std::move(node));
  return static_cast<NodeId>(nodes_.size() - 1);
}

std::expected<void, PeStatus> ScratchFiles::write(NodeId id, std::size_t offset, ByteView content) {
  const NodeId target = nodes_[id].link_target == kNoNode ? id : nodes_[id].link_target;
  const uicc::FileNode& node = nodes_[target];
  if (node.is_directory()) return std::unexpected(PeStatus::bad_values);
  if (node.kind == uicc::FileKind::ber_tlv) {
    const std::size_t limit = node.maximum_size == 0 ? node.size : node.maximum_size;
    if (content.size() > limit || node.body.size() > limit - content.size()) return std::unexpected(PeStatus::bad_values);
    append(body_for_change(target), content);
    return {};
  }
  if (offset > node.body.size() || content.size() > node.body.size() - offset) return std::unexpected(PeStatus::bad_values);
  Bytes& body = body_for_change(target);
  std::copy(content.begin(), content.end(), body.begin() + static_cast<std::ptrdiff_t>(offset));
  return {};
}

void ScratchFiles::clear_bits(NodeId id, std::size_t octet, std::uint8_t bits) {
  const NodeId target = nodes_[id].link_target == kNoNode ? id : nodes_[id].link_target;
  if (octet < nodes_[target].body.size()) body_for_change(target)[octet] &= static_cast<std::uint8_t>(~bits);
}

bool ScratchFiles::charge(std::size_t octets) noexcept {
  if (octets > memory_ - used_) return false;
  used_ += octets;
  return true;
}

Bytes& ScratchFiles::body_for_change(NodeId id) {
  const auto saved = [&](const Before& before) { return before.node == id; };
  if (id < mark_ && std::none_of(undo_.begin(), undo_.end(), saved)) undo_.push_back({id, nodes_[id].body});
  return nodes_[id].body;
}

ScratchFiles::Mark ScratchFiles::mark() {
  undo_.clear();
  mark_ = size();
  return {mark_, used_, left_out_.size()};
}

void ScratchFiles::undo(const Mark& mark) {
  for (Before& before : undo_) nodes_[before.node].body = std::move(before.body);
  undo_.clear();
  nodes_.resize(mark.nodes);
  places_.resize(mark.nodes, Place{});
  left_out_.resize(mark.left_out);
  used_ = mark.used;
}

uicc::FileTree ScratchFiles::finish() {
  uicc::FileTree tree;
  for (uicc::FileNode& node : nodes_) tree.add(std::move(node));
  nodes_.clear();
  return tree;
}

}  // namespace simurgh::profile
