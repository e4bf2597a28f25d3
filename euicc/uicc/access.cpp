// Access rules (ETSI TS 102 221 9.2, ISO 7816-4 5.4.3): which AM_DO fits the command, and whether its conditions hold now.
#include "asn1/tlv.h"
#include "euicc/uicc/uicc.h"

namespace simurgh::uicc {
namespace {

constexpr unsigned kMaxDepth = 4;
constexpr std::uint32_t kAccessMode = 0x80, kProprietaryMode = 0x9C;

bool is_mode(std::uint32_t tag) { return (tag >= 0x80 && tag <= 0x8F) || tag == kProprietaryMode; }

// AM_DO 81..8F: the low nibble tells which header octets follow (8 CLA, 4 INS, 2 P1, 1 P2), several headers may stand in a row.
bool names_instruction(std::uint32_t tag, ByteView value, std::uint8_t ins) {
  const unsigned present = tag & 0x0F;
  if ((present & 0x04) == 0) return false;
  std::size_t width = 0;
  for (const unsigned bit : {8U, 4U, 2U, 1U}) width += (present & bit) != 0 ? 1 : 0;
  const std::size_t at = (present & 0x08) != 0 ? 1 : 0;
  for (std::size_t i = 0; i + width <= value.size(); i += width) {
    if (value[i + at] == ins) return true;
  }
  return false;
}

}  // namespace

// The rule that a file refers to: the record of the nearest EF.ARR with that FID, from where the file lies upward.
ByteView Uicc::rule(NodeId id, const state::Transaction& txn) const {
  const FileNode& node = tree_->at(id);
  if (node.access.arr_fid == 0) return node.expanded_access;
  for (NodeId at = node.parent == kNoNode ? id : node.parent; at != kNoNode; at = tree_->at(at).parent) {
    const NodeId arr = tree_->child(at, node.access.arr_fid);
    if (arr == kNoNode || tree_->at(arr).is_directory()) continue;
    const std::size_t length = tree_->at(tree_->body_of(arr)).record_length;
    const ByteView content = body(arr, txn);
    const std::size_t from = node.access.record == 0 ? content.size() : (node.access.record - 1U) * length;
    if (length == 0 || from + length > content.size()) return {};
    return content.subspan(from, length);
  }
  return {};
}

std::optional<bool> Uicc::condition_object(std::uint32_t tag, ByteView value, NodeId directory, unsigned depth, const state::Transaction& txn) const {
  switch (tag) {
    case 0x90: return true;
    case 0x97: return false;
    case 0x9E: return value.size() == 1 && value[0] == 0x00;  // SC octet: only "always" holds without a security environment
    case 0xA4: {
      const auto reference = asn1::find_child(value, 0x83);
      const auto usage = asn1::find_child(value, 0x95);
      const bool user = usage && usage->value.size() == 1 && (usage->value[0] & 0x08) != 0;
      return user && reference && reference->value.size() == 1 && pin_satisfied(directory, reference->value[0], txn);
    }
    case 0xA0: return condition(value, directory, false, depth + 1, txn);
    case 0xA7: return condition(value, directory, true, depth + 1, txn);
    case 0xAF: return !condition(value, directory, false, depth + 1, txn);
    default: return std::nullopt;
  }
}

// All or any of a list of SC_DOs. What cannot be read counts as not fulfilled.
bool Uicc::condition(ByteView objects, NodeId directory, bool all, unsigned depth, const state::Transaction& txn) const {
  if (depth > kMaxDepth) return false;
  asn1::TlvReader in(objects);
  bool any = false;
  while (!in.at_end()) {
    const auto object = in.next();
    if (!object) return false;
    const bool holds = condition_object(object->tag, object->value, directory, depth, txn).value_or(false);
    if (all && !holds) return false;
    any = any || holds;
  }
  return any;
}

bool Uicc::allowed(NodeId id, Access mode, std::uint8_t ins, const state::Transaction& txn) const {
  // TS 102 222 5.2: before the operational states the rules do not apply yet.
  const std::uint8_t state = life_cycle(id, txn);
  if (state == 0x01 || state == 0x03) return true;
  const FileNode& node = tree_->at(id);
  const NodeId directory = node.is_directory() ? id : node.parent;
  const ByteView whole = rule(id, txn);
  // A command named by its header is more specific than a mode bit, so it is looked for first.
  for (const bool by_header : {true, false}) {
    asn1::TlvReader in(whole);
    bool matching = false;
    bool found = false;
    bool holds = false;
    while (!in.at_end() && in.peek() != 0xFF && in.rest()[0] != 0xFF) {
      const auto object = in.next();
      if (!object) break;
      if (is_mode(object->tag)) {
        if (found) break;
        if (by_header) {
          matching = object->tag != kAccessMode && object->tag != kProprietaryMode && names_instruction(object->tag, object->value, ins);
        } else {
          matching = object->tag == kAccessMode && object->value.size() == 1 && (object->value[0] & static_cast<std::uint8_t>(mode)) != 0;
        }
        continue;
      }
      if (!matching) continue;
      found = true;  // consecutive SC_DOs of one AM_DO are alternatives
      holds = holds || condition_object(object->tag, object->value, directory, 0, txn).value_or(false);
    }
    if (found) return holds;
  }
  return false;
}

}  // namespace simurgh::uicc
