// The file system of a profile as its package made it: immutable, shared between cards; what changes later lives in cells.
// ETSI TS 102 221 8, TS 102 222; sizes in octets.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "asn1/bytes.h"

namespace simurgh::uicc {

using NodeId = std::uint16_t;
inline constexpr NodeId kMf = 0;
inline constexpr NodeId kNoNode = 0xFFFF;

enum class FileKind : std::uint8_t { mf, df, adf, transparent, linear_fixed, cyclic, ber_tlv, removed };

// Reference to an EF.ARR record, resolved when it is used (TS 102 221 9.2.7).
struct AccessReference {
  std::uint16_t arr_fid = 0;  // 2F06, 6F06 or the FID the package gave; 0: the rule is `expanded`
  std::uint8_t record = 0;    // 1-based
};

struct FileNode {
  std::uint16_t fid = 0;
  NodeId parent = kNoNode;
  FileKind kind = FileKind::transparent;
  std::uint8_t descriptor = 0x41;      // file descriptor byte of tag 82
  std::uint8_t life_cycle = 0x05;      // tag 8A
  std::uint8_t sfi = 0;                // 1..30; 0: none
  std::uint8_t special_info = 0;       // C0: 80 high update activity, 40 readable/updatable while deactivated
  std::uint8_t file_details = 0x01;    // BER-TLV EF, tag A5/84
  AccessReference access;
  Bytes environments;                  // pairs of SEID and record of `access.arr_fid`, in place of `access.record`
  Bytes expanded_access;               // content of AB, or 8C with its tag, when there is no reference
  std::uint32_t size = 0;              // EF: octets of the body; BER-TLV: reserved size
  std::uint32_t maximum_size = 0;      // BER-TLV: limit of the body, 0 = size
  std::uint16_t record_length = 0;     // linear fixed, cyclic
  NodeId link_target = kNoNode;        // a link shares body, size and descriptor with this node, which is never a link itself
  Bytes aid;                           // ADF: DF name
  Bytes pin_references;                // MF, DF, ADF: key references of the PIN status template, in order
  Bytes body;                          // EF that is no link: initial content, `size` octets (BER-TLV: concatenated objects)
  Bytes fill_pattern;                  // C1 or C2 content for RESIZE
  bool repeat_pattern = false;         // fill_pattern came as C2

  [[nodiscard]] bool is_directory() const noexcept { return kind <= FileKind::adf; }
  [[nodiscard]] std::uint32_t record_count() const noexcept { return record_length == 0 ? 0 : size / record_length; }
};

class FileTree {
 public:
  // Appends a node under node.parent (which exists) and returns its number. The first node is the MF.
  NodeId add(FileNode node);
  [[nodiscard]] const FileNode& at(NodeId id) const { return nodes_[id]; }
  [[nodiscard]] FileNode& edit(NodeId id) { return nodes_[id]; }
  [[nodiscard]] std::size_t size() const noexcept { return nodes_.size(); }
  [[nodiscard]] bool empty() const noexcept { return nodes_.empty(); }
  // Direct child with this FID, kNoNode when there is none. ADFs are not children by FID.
  [[nodiscard]] NodeId child(NodeId directory, std::uint16_t fid) const noexcept;
  [[nodiscard]] NodeId child_by_sfi(NodeId directory, std::uint8_t sfi) const noexcept;
  [[nodiscard]] const std::vector<NodeId>& children(NodeId directory) const { return children_[directory]; }
  [[nodiscard]] const std::vector<NodeId>& adfs() const noexcept { return adfs_; }  // in the order of creation
  // The node that holds the body: itself, or what it links to.
  [[nodiscard]] NodeId body_of(NodeId id) const noexcept { return nodes_[id].link_target == kNoNode ? id : nodes_[id].link_target; }
  // Takes a file, and what lies under a directory, out of the structure; numbers of the others stay. What was removed, by number.
  std::vector<NodeId> remove(NodeId id);
  // Walks `path` (pairs of FID octets, MF left out) from a directory; ADFs match by their temporary FID when `temporary` is set.
  [[nodiscard]] NodeId walk(NodeId from, ByteView path, bool temporary = false) const noexcept;

  // For the profile image. decode gives nothing for anything encode did not write.
  [[nodiscard]] Bytes encode() const;
  [[nodiscard]] static std::optional<FileTree> decode(ByteView encoded);

 private:
  std::vector<FileNode> nodes_;
  std::vector<std::vector<NodeId>> children_;
  struct Entry {
    std::uint32_t key;  // parent << 16 | FID
    NodeId id;
  };
  std::vector<Entry> by_fid_;  // sorted
  std::vector<NodeId> adfs_;
};

}  // namespace simurgh::uicc
