// The file system of a profile while its package is being installed: grows, can be cut back to where an element began, becomes a tree.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <vector>

#include "euicc/profile/package.h"
#include "euicc/uicc/file_tree.h"

namespace simurgh::profile {

using uicc::kNoNode;
using uicc::NodeId;

// A place below a directory that this card does not support and therefore left out (SAIP: linked directories).
inline constexpr NodeId kLeftOut = 0xFFFE;

class ScratchFiles {
 public:
  explicit ScratchFiles(std::size_t memory) : memory_(memory) { nodes_.reserve(288), places_.reserve(288); }

  [[nodiscard]] bool empty() const noexcept { return nodes_.empty(); }
  [[nodiscard]] NodeId size() const noexcept { return static_cast<NodeId>(nodes_.size()); }
  [[nodiscard]] const uicc::FileNode& at(NodeId id) const { return nodes_[id]; }
  [[nodiscard]] NodeId child(NodeId directory, std::uint16_t fid) const noexcept;
  [[nodiscard]] NodeId adf_by_aid(ByteView aid) const noexcept;
  // A chain of file identifiers from the MF, ADFs by their temporary one. Empty: the MF. kNoNode: no such place.
  [[nodiscard]] NodeId walk(ByteView path) const noexcept;

  // bad_values: the identifier is taken in this directory; not_enough_memory.
  [[nodiscard]] std::expected<NodeId, PeStatus> add(uicc::FileNode&& node);
  // Content at an offset of the body; a link writes into its target. BER-TLV bodies grow instead.
  [[nodiscard]] std::expected<void, PeStatus> write(NodeId id, std::size_t offset, ByteView content);
  void clear_bits(NodeId id, std::size_t octet, std::uint8_t bits);
  void leave_out(NodeId parent, std::uint16_t fid) { left_out_.push_back({parent, fid}); }
  // Storage that is not a file: load files, personalisation data.
  [[nodiscard]] bool charge(std::size_t octets) noexcept;

  struct Mark {
    NodeId nodes;
    std::size_t used, left_out;
  };
  // Starts an element; undo takes back what happened since.
  [[nodiscard]] Mark mark();
  void undo(const Mark& mark);

  [[nodiscard]] uicc::FileTree finish();

 private:
  struct Place {  // where a node lies, in a form that is quick to search
    NodeId parent;
    std::uint16_t fid;
    friend bool operator==(const Place&, const Place&) = default;
  };
  struct Before {
    NodeId node;
    Bytes body;
  };
  Bytes& body_for_change(NodeId id);
  // One of 4096 bits per place: a clear bit proves that nothing lies there, which is the usual answer.
  [[nodiscard]] static std::size_t filter_bit(Place place) noexcept { return ((place.parent * 0x9E37U + place.fid) * 0x85EBCA6BU) >> 20; }

  std::vector<uicc::FileNode> nodes_;
  std::vector<Place> places_;
  std::array<std::uint64_t, 64> filter_{};
  std::vector<Place> left_out_;
  std::vector<Before> undo_;  // bodies of files that are older than the running element
  NodeId mark_ = 0;
  std::size_t memory_, used_ = 0;
};

}  // namespace simurgh::profile
