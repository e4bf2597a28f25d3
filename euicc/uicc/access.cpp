// Access rules (ETSI TS 102 221 9.2, ISO 7816-4 5.4.3): which AM_DO fits the command, and whether its conditions hold now.
#include <algorithm>

#include "asn1/tlv.h"
#include "euicc/uicc/uicc.h"

namespace simurgh::uicc {
namespace {

constexpr unsigned kMaxDepth = 4;
constexpr std::uint32_t kAccessMode = 0x80, kProprietaryMode = 0x9C;
constexpr std::uint8_t kSeEnabled = 0x01, kSeDisabled = 0x00;  // security environments, TS 102 221 9.2.2

bool is_mode(std::uint32_t tag) { return (tag >= 0x80 && tag <= 0x8F) || tag == kProprietaryMode; }

// AM_DO 81..8F: the low nibble tells which header octets follow (8 CLA, 4 INS, 2 P1, 1 P2), several headers may stand in a row.
bool names_header(std::uint32_t tag, ByteView value, const Header& header) {
  const std::optional<std::uint8_t> octets[] = {header.cla, header.ins, header.p1, header.p2};
  const unsigned present = tag & 0x0F;
  const auto has = [&](std::size_t octet) { return (present & (8U >> octet)) != 0; };
  std::size_t width = 0;
  for (std::size_t octet = 0; octet < 4; ++octet) width += has(octet) ? 1U : 0U;
  if (width == 0) return false;
  for (std::size_t from = 0; from + width <= value.size(); from += width) {
    std::size_t at = from;
    bool same = true;
    for (std::size_t octet = 0; octet < 4; ++octet) {
      if (has(octet)) same = same && octets[octet] == value[at++];
    }
    if (same) return true;
  }
  return false;
}

bool is_application_pin(std::uint8_t reference) { return reference >= 0x01 && reference <= 0x08; }

// The key reference of a control reference template that asks for user authentication (TS 102 221 9.2.4).
std::optional<std::uint8_t> user_reference(ByteView value) {
  const auto reference = asn1::find_child(value, 0x83);
  const auto usage = asn1::find_child(value, 0x95);
  const bool user = usage && usage->value.size() == 1 && (usage->value[0] & 0x08) != 0;
  if (!user || !reference || reference->value.size() != 1) return std::nullopt;
  return reference->value[0];
}

}  // namespace

// The application PIN that stands for "the user" where a directory lies.
std::optional<std::uint8_t> Uicc::user_pin(NodeId directory) const {
  for (NodeId at = directory; at != kNoNode; at = tree_->at(at).parent) {
    for (const std::uint8_t reference : tree_->at(at).pin_references) {
      if (is_application_pin(reference)) return reference;
    }
  }
  return std::nullopt;
}

// TS 102 221 9.2.7: pairs name a record for each security environment; 01 is in force while the application PIN is enabled, else 00.
std::uint8_t Uicc::referenced_record(const FileNode& node, const state::Transaction& txn) const {
  if (node.environments.empty()) return node.access.record;
  const NodeId place = node.parent == kNoNode ? kMf : node.parent;
  const auto reference = user_pin(place);
  const auto index = reference ? resolve_pin(place, *reference) : std::nullopt;
  const std::uint8_t environment = index && pin_state(*index, txn).enabled ? kSeEnabled : kSeDisabled;
  for (std::size_t i = 0; i + 1 < node.environments.size(); i += 2) {
    if (node.environments[i] == environment) return node.environments[i + 1];
  }
  return 0;
}

// The rule that a file refers to: the record of the nearest EF.ARR with that FID, from where the file lies upward.
ByteView Uicc::rule(NodeId id, const state::Transaction& txn) const {
  const FileNode& node = tree_->at(id);
  if (node.access.arr_fid == 0) return node.expanded_access;
  for (NodeId at = node.parent == kNoNode ? id : node.parent; at != kNoNode; at = tree_->at(at).parent) {
    const NodeId arr = tree_->child(at, node.access.arr_fid);
    if (arr == kNoNode || tree_->at(arr).is_directory()) continue;
    const std::size_t length = tree_->at(tree_->body_of(arr)).record_length;
    const ByteView content = body(arr, txn);
    const std::uint8_t record = referenced_record(node, txn);
    const std::size_t from = record == 0 ? content.size() : (record - 1U) * length;
    if (length == 0 || from + length > content.size()) return {};
    return content.subspan(from, length);
  }
  return {};
}

// Nothing: the object cannot be read, which no template turns into a yes.
std::optional<bool> Uicc::condition_object(std::uint32_t tag, ByteView value, NodeId directory, unsigned depth,
                                           const state::Transaction& txn) const {
  switch (tag) {
    case 0x90:
      return true;
    case 0x97:
      return false;
    case 0x9E:
      return value.size() == 1 ? std::optional(condition_octet(value[0], directory, txn)) : std::nullopt;
    case 0xA4: {
      if (acting_ != nullptr) {
        const auto reference = asn1::find_child(value, 0x83);
        return reference && reference->value.size() == 1 && acting_->grants(directory, reference->value[0]);
      }
      // External authentication and secure messaging are not to be had by plain commands.
      const auto reference = user_reference(value);
      return reference && pin_satisfied(directory, *reference, txn);
    }
    case 0xA0:
      return condition(value, directory, false, depth + 1, txn);
    case 0xA7:
      return condition(value, directory, true, depth + 1, txn);
    case 0xAF: {
      const auto holds = condition(value, directory, false, depth + 1, txn);
      return holds ? std::optional(!*holds) : std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

// SC octet (ISO 7816-4 5.4.3.2): b8 all or at least one of b7 secure messaging, b6 external, b5 user authentication; b4-b1 the environment.
bool Uicc::condition_octet(std::uint8_t octet, NodeId directory, const state::Transaction& txn) const {
  if (octet == 0x00) return true;
  if (octet == 0xFF || (octet & 0x10) == 0 || (octet & 0x0F) > kSeEnabled) return false;
  if ((octet & 0x80) != 0 && (octet & 0x60) != 0) return false;
  const auto reference = user_pin(directory);
  if (acting_ != nullptr) return reference && acting_->grants(directory, *reference);
  return reference && pin_satisfied(directory, *reference, txn);
}

// All or any of a list of SC_DOs.
std::optional<bool> Uicc::condition(ByteView objects, NodeId directory, bool all, unsigned depth, const state::Transaction& txn) const {
  if (depth > kMaxDepth || objects.empty()) return std::nullopt;
  asn1::TlvReader in(objects);
  bool decided = false;
  bool readable = true;
  while (!in.at_end()) {
    const auto object = in.next();
    if (!object) return std::nullopt;
    const auto holds = condition_object(object->tag, object->value, directory, depth, txn);
    readable = readable && holds;
    decided = decided || (holds && *holds != all);
  }
  if (decided) return !all;
  return readable ? std::optional(all) : std::nullopt;
}

std::vector<asn1::Tlv> Uicc::conditions(NodeId id, Access mode, const Header& header, const state::Transaction& txn) const {
  const ByteView whole = rule(id, txn);
  std::vector<asn1::Tlv> out;
  // A command named by its header is more specific than a mode bit, so it is looked for first.
  for (const bool by_header : {true, false}) {
    asn1::TlvReader in(whole);
    bool matching = false;
    while (!in.at_end() && in.rest()[0] != 0xFF) {
      const auto object = in.next();
      if (!object) break;
      if (!is_mode(object->tag)) {
        if (matching) out.push_back(*object);  // consecutive SC_DOs of one AM_DO are alternatives
        continue;
      }
      if (!out.empty()) break;
      if (by_header) {
        matching = object->tag != kAccessMode && object->tag != kProprietaryMode && names_header(object->tag, object->value, header);
      } else {
        matching = object->tag == kAccessMode && object->value.size() == 1 && (object->value[0] & static_cast<std::uint8_t>(mode)) != 0;
      }
    }
    if (!out.empty()) break;
  }
  return out;
}

bool Uicc::allowed(NodeId id, Access mode, const Header& header, const state::Transaction& txn) const {
  // TS 102 222 5.2: before the operational states the rules do not apply yet.
  const std::uint8_t state = life_cycle(id, txn);
  if (state == 0x01 || state == 0x03) return true;
  const FileNode& node = tree_->at(id);
  const NodeId directory = node.is_directory() ? id : node.parent;
  for (const asn1::Tlv& object : conditions(id, mode, header, txn)) {
    if (condition_object(object.tag, object.value, directory, 0, txn).value_or(false)) return true;
  }
  return false;
}

namespace {

constexpr std::uint8_t kAlways = 0x0, kChv1 = 0x1, kChv2 = 0x2, kAdm = 0x4, kNever = 0xF;  // TS 51.011 9.3

std::uint8_t level_of(std::uint32_t tag, ByteView value, unsigned depth) {
  if (depth > kMaxDepth) return kNever;
  switch (tag) {
    case 0x90:
      return kAlways;
    case 0x9E:
      return value.size() == 1 && value[0] == 0x00 ? kAlways : kNever;
    case 0xA4: {
      const auto reference = user_reference(value);
      if (!reference) return kNever;
      const std::uint8_t bare = *reference & 0x7F;
      const bool local = (*reference & 0x80) != 0;
      if (bare >= 0x01 && bare <= 0x08) return local ? kChv2 : kChv1;
      if (*reference == 0x11) return kChv1;
      if (bare < 0x0A || bare > 0x0E) return kNever;
      return static_cast<std::uint8_t>(kAdm + (bare - 0x0A) + (local ? 5 : 0));
    }
    case 0xA0:
    case 0xA7: {
      const bool all = tag == 0xA7;
      std::uint8_t level = all ? kAlways : kNever;
      asn1::TlvReader in(value);
      while (!in.at_end()) {
        const auto object = in.next();
        if (!object) return kNever;
        const std::uint8_t one = level_of(object->tag, object->value, depth + 1);
        level = all ? std::max(level, one) : std::min(level, one);
      }
      return level;
    }
    default:
      return kNever;
  }
}

}  // namespace

std::uint8_t Uicc::gsm_level(NodeId id, Access mode, std::uint8_t ins, const state::Transaction& txn) const {
  std::uint8_t level = kNever;
  for (const asn1::Tlv& object : conditions(id, mode, Header{.ins = ins}, txn))
    level = std::min(level, level_of(object.tag, object.value, 0));
  return level;
}

}  // namespace simurgh::uicc
