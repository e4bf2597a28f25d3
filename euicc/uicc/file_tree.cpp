#include "euicc/uicc/file_tree.h"

#include <algorithm>
#include <array>

#include "asn1/tlv.h"

namespace simurgh::uicc {

NodeId FileTree::add(FileNode node) {
  const auto id = static_cast<NodeId>(nodes_.size());
  if (id != kMf && node.kind != FileKind::removed) {
    if (node.kind == FileKind::adf) {
      adfs_.push_back(id);
    } else {
      children_[node.parent].push_back(id);
      const std::uint32_t key = std::uint32_t{node.parent} << 16 | node.fid;
      by_fid_.insert(std::ranges::lower_bound(by_fid_, key, {}, &Entry::key), Entry{key, id});
    }
  }
  nodes_.push_back(std::move(node));
  children_.emplace_back();
  return id;
}

std::vector<NodeId> FileTree::remove(NodeId id) {
  std::vector<NodeId> out{id};
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::vector<NodeId> below = children_[out[i]];
    out.insert(out.end(), below.begin(), below.end());
  }
  for (const NodeId gone : out) {
    std::erase(children_[nodes_[gone].parent], gone);
    std::erase(adfs_, gone);
    std::erase_if(by_fid_, [&](const Entry& entry) { return entry.id == gone; });
    children_[gone].clear();
    FileNode empty;
    empty.parent = kMf;
    empty.kind = FileKind::removed;
    nodes_[gone] = std::move(empty);
  }
  return out;
}

NodeId FileTree::child(NodeId directory, std::uint16_t fid) const noexcept {
  const std::uint32_t key = std::uint32_t{directory} << 16 | fid;
  const auto at = std::ranges::lower_bound(by_fid_, key, {}, &Entry::key);
  return at != by_fid_.end() && at->key == key ? at->id : kNoNode;
}

NodeId FileTree::child_by_sfi(NodeId directory, std::uint8_t sfi) const noexcept {
  for (const NodeId id : children_[directory]) {
    if (nodes_[id].sfi == sfi && !nodes_[id].is_directory()) return id;
  }
  return kNoNode;
}

NodeId FileTree::walk(NodeId from, ByteView path, bool temporary) const noexcept {
  if (path.size() % 2 != 0) return kNoNode;
  NodeId at = from;
  for (std::size_t i = 0; i < path.size(); i += 2) {
    if (!nodes_[at].is_directory()) return kNoNode;
    const auto fid = static_cast<std::uint16_t>(path[i] << 8 | path[i + 1]);
    NodeId next = child(at, fid);
    if (next == kNoNode && temporary && at == kMf) {
      for (const NodeId adf : adfs_) {
        if (nodes_[adf].fid == fid) next = adf;
      }
    }
    if (next == kNoNode) return kNoNode;
    at = next;
  }
  return at;
}

namespace {

constexpr std::size_t kMaxNodes = 4096;
constexpr std::size_t kFixed = 26;  // octets of a node's numbers

// One node: fixed numbers in one element, then the variable parts, in this order.
void put_node(asn1::TlvWriter& out, const FileNode& n) {
  const auto node = out.open(0x30);
  std::array<std::uint8_t, kFixed> fixed{};
  std::size_t at = 0;
  const auto number = [&](std::uint32_t value, std::size_t octets) {
    for (std::size_t i = octets; i-- > 0; value >>= 8) fixed[at + i] = static_cast<std::uint8_t>(value);
    at += octets;
  };
  number(n.fid, 2);
  number(n.parent, 2);
  number(static_cast<std::uint8_t>(n.kind), 1);
  number(n.descriptor, 1);
  number(n.life_cycle, 1);
  number(n.sfi, 1);
  number(n.special_info, 1);
  number(n.file_details, 1);
  number(n.access.arr_fid, 2);
  number(n.access.record, 1);
  number(n.size, 4);
  number(n.maximum_size, 4);
  number(n.record_length, 2);
  number(n.link_target, 2);
  number(n.repeat_pattern ? 1 : 0, 1);
  out.put(0x80, fixed);
  const auto put_some = [&](std::uint32_t tag, const Bytes& value) {
    if (!value.empty()) out.put(tag, value);
  };
  put_some(0x81, n.expanded_access);
  put_some(0x82, n.aid);
  put_some(0x83, n.pin_references);
  put_some(0x84, n.body);
  put_some(0x85, n.fill_pattern);
  put_some(0x86, n.environments);
}

std::optional<FileNode> read_node(ByteView content) {
  asn1::TlvReader in(content);
  const auto fixed = in.required(0x80);
  if (!fixed || fixed->value.size() != kFixed) return std::nullopt;
  const ByteView f = fixed->value;
  const auto number = [&](std::size_t at, std::size_t size) { return be_value(f.subspan(at, size)); };
  FileNode n;
  n.fid = static_cast<std::uint16_t>(number(0, 2));
  n.parent = static_cast<NodeId>(number(2, 2));
  if (f[4] > static_cast<std::uint8_t>(FileKind::removed)) return std::nullopt;
  n.kind = static_cast<FileKind>(f[4]);
  n.descriptor = f[5];
  n.life_cycle = f[6];
  n.sfi = f[7];
  n.special_info = f[8];
  n.file_details = f[9];
  n.access.arr_fid = static_cast<std::uint16_t>(number(10, 2));
  n.access.record = f[12];
  n.size = static_cast<std::uint32_t>(number(13, 4));
  n.maximum_size = static_cast<std::uint32_t>(number(17, 4));
  n.record_length = static_cast<std::uint16_t>(number(21, 2));
  n.link_target = static_cast<NodeId>(number(23, 2));
  n.repeat_pattern = f[25] != 0;
  const auto some = [&](std::uint32_t tag, Bytes& out) {
    const auto element = in.optional(tag);
    if (!element) return false;
    if (*element) out = to_bytes((*element)->value);
    return true;
  };
  if (!some(0x81, n.expanded_access) || !some(0x82, n.aid) || !some(0x83, n.pin_references) || !some(0x84, n.body) ||
      !some(0x85, n.fill_pattern) || !some(0x86, n.environments) || !in.at_end()) {
    return std::nullopt;
  }
  return n;
}

// What the rest of the card relies on: sizes match, parents and link targets exist and are what they must be.
bool consistent(const FileNode& n, NodeId id, const std::vector<FileNode>& before) {
  if (n.environments.size() % 2 != 0) return false;
  if (id == kMf) return n.kind == FileKind::mf && n.link_target == kNoNode;
  if (n.kind == FileKind::removed) return n.parent == kMf && n.link_target == kNoNode && n.body.empty();
  if (n.kind == FileKind::mf || n.parent >= id || !before[n.parent].is_directory()) return false;
  if (n.is_directory()) return n.link_target == kNoNode && n.body.empty() && n.aid.size() <= 16;
  if (n.sfi > 30) return false;
  if (n.link_target != kNoNode) {
    return n.link_target < id && !before[n.link_target].is_directory() && before[n.link_target].link_target == kNoNode && n.body.empty();
  }
  switch (n.kind) {
    case FileKind::transparent:
      return n.body.size() == n.size && n.record_length == 0;
    case FileKind::linear_fixed:
    case FileKind::cyclic:
      return n.body.size() == n.size && n.record_length > 0 && n.record_length <= 255 && n.size % n.record_length == 0 &&
             n.size / n.record_length <= 254;
    case FileKind::ber_tlv:
      return n.body.size() <= std::max(n.size, n.maximum_size);
    default:
      return false;
  }
}

}  // namespace

Bytes FileTree::encode() const {
  asn1::TlvWriter out;
  for (const FileNode& node : nodes_) put_node(out, node);
  return out.take();
}

std::optional<FileTree> FileTree::decode(ByteView encoded) {
  FileTree out;
  asn1::TlvReader in(encoded);
  while (!in.at_end()) {
    const auto element = in.required(0x30);
    if (!element || out.nodes_.size() >= kMaxNodes) return std::nullopt;
    auto node = read_node(element->value);
    if (!node || !consistent(*node, static_cast<NodeId>(out.nodes_.size()), out.nodes_)) return std::nullopt;
    out.add(*std::move(node));
  }
  return out;
}

}  // namespace simurgh::uicc
