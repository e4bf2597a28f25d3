// CREATE, DELETE, RESIZE FILE and TERMINATE DF, EF, CARD USAGE (ETSI TS 102 222 6). A changed structure is one cell that holds the whole tree.
#include <algorithm>

#include "asn1/tlv.h"
#include "euicc/uicc/uicc.h"

namespace simurgh::uicc {

using apdu::refuse;
using apdu::Sw;

namespace {

constexpr std::size_t kMaxFile = 0xFFFF, kMaxBerTlvFile = 0x40000, kMaxNodes = 4000;
constexpr Access kByHeaderOnly{0};  // no access mode bit stands for RESIZE: only a rule that names the instruction does

bool reserved_fid(std::uint16_t fid) { return fid == 0x3F00 || fid == 0x7FFF || fid == 0x3FFF || fid == 0xFFFF; }

// Octet `at` of a new body (TS 102 222 6.3.2.2.2): C1 runs once and then repeats its last octet, C2 repeats as a whole.
std::uint8_t filling(const FileNode& node, std::size_t at) {
  const Bytes& pattern = node.fill_pattern;
  if (pattern.empty()) return 0xFF;
  if (node.repeat_pattern) return pattern[at % pattern.size()];
  return pattern[std::min(at, pattern.size() - 1)];
}

Bytes resized(const FileNode& node, Bytes body, std::size_t size) {
  const std::size_t before = body.size();
  body.resize(size);
  for (std::size_t at = before; at < size; ++at) body[at] = filling(node, at);
  return body;
}

// Compact format (TS 102 221 9.2.5.1): an access mode octet, then one condition for every bit set from b7 to b1; written out as an EF.ARR
// record so that one evaluation serves all formats.
std::optional<Bytes> expanded(ByteView compact) {
  if (compact.empty() || (compact[0] & 0x80) != 0) return std::nullopt;
  asn1::TlvWriter out;
  std::size_t next = 1;
  for (unsigned bit = 0x40; bit != 0; bit >>= 1) {
    if ((compact[0] & bit) == 0) continue;
    if (next == compact.size()) return std::nullopt;
    out.put_byte(0x80, static_cast<std::uint8_t>(bit));
    const std::uint8_t condition = compact[next++];
    if (condition == 0x00) {
      out.put(0x90, {});
    } else if (condition == 0xFF) {
      out.put(0x97, {});
    } else {
      out.put_byte(0x9E, condition);
    }
  }
  if (next != compact.size()) return std::nullopt;
  return out.take();
}

apdu::Result<std::size_t> number(ByteView value) {
  if (value.empty() || value.size() > 4) return refuse(Sw::incorrect_data, "a size of no or more than four octets");
  return static_cast<std::size_t>(be_value(value));
}

// What a 62 template of CREATE FILE or RESIZE FILE says.
struct Template {
  FileNode node;
  std::optional<std::size_t> size, reserved;
  bool has_descriptor = false, has_fid = false, has_access = false, has_sfi = false;
  std::uint8_t records = 0;
};

apdu::Result<void> read_descriptor(ByteView value, Template& out) {
  if ((value.size() != 2 && value.size() != 4 && value.size() != 5) || (value[0] & 0x80) != 0) return refuse(Sw::incorrect_data, "file descriptor");
  FileNode& node = out.node;
  node.descriptor = value[0];
  switch (value[0] & 0x3F) {
    case 0x01: node.kind = FileKind::transparent; break;
    case 0x02: node.kind = FileKind::linear_fixed; break;
    case 0x06: node.kind = FileKind::cyclic; break;
    case 0x38: node.kind = FileKind::df; break;
    case 0x39: node.kind = FileKind::ber_tlv; break;
    default: return refuse(Sw::incorrect_data, "no such kind of file");
  }
  const bool records = node.kind == FileKind::linear_fixed || node.kind == FileKind::cyclic;
  if (records != (value.size() > 2)) return refuse(Sw::incorrect_data, "a record length belongs to files with records");
  if (records) {
    const auto length = be_value(value.subspan(2, 2));
    if (length == 0 || length > 255) return refuse(Sw::incorrect_data, "record length");
    node.record_length = static_cast<std::uint16_t>(length);
    if (value.size() == 5) out.records = value[4];
  }
  out.has_descriptor = true;
  return {};
}

apdu::Result<void> read_access(const asn1::Tlv& object, FileNode& node) {
  const ByteView value = object.value;
  if (object.tag == 0x8B) {
    if (value.size() == 3) {
      node.access = {static_cast<std::uint16_t>(be_value(value.first(2))), value[2]};
      return {};
    }
    if (value.size() < 4 || value.size() % 2 != 0 || value.size() > 18) return refuse(Sw::incorrect_data, "reference to EF.ARR");
    node.access = {static_cast<std::uint16_t>(be_value(value.first(2))), value[3]};
    node.environments = to_bytes(value.subspan(2));
    return {};
  }
  if (object.tag == 0x8C) {
    auto rule = expanded(value);
    if (!rule) return refuse(Sw::incorrect_data, "compact access rule");
    node.expanded_access = *std::move(rule);
    return {};
  }
  asn1::TlvReader in(value);
  if (value.empty() || !in.skip_rest()) return refuse(Sw::incorrect_data, "expanded access rule");
  node.expanded_access = to_bytes(value);
  return {};
}

apdu::Result<void> read_proprietary(ByteView content, Template& out) {
  asn1::TlvReader in(content);
  while (!in.at_end()) {
    const auto object = in.next();
    if (!object) return refuse(Sw::incorrect_data, "proprietary information is no TLV list");
    switch (object->tag) {
      case 0x84:
        if (object->value.size() != 1) return refuse(Sw::incorrect_data, "file details");
        out.node.file_details = object->value[0];
        break;
      case 0x85: {
        const auto size = number(object->value);
        if (!size) return std::unexpected(size.error());
        out.reserved = *size;
        break;
      }
      case 0x86: {
        const auto size = number(object->value);
        if (!size || *size > kMaxBerTlvFile) return refuse(Sw::incorrect_data, "maximum file size");
        out.node.maximum_size = static_cast<std::uint32_t>(*size);
        break;
      }
      case 0xC0:
        if (object->value.size() != 1) return refuse(Sw::incorrect_data, "special file information");
        out.node.special_info = object->value[0];
        break;
      case 0xC1:
      case 0xC2:
        if (object->value.empty()) return refuse(Sw::incorrect_data, "empty filling pattern");
        out.node.fill_pattern = to_bytes(object->value);
        out.node.repeat_pattern = object->tag == 0xC2;
        break;
      default:
        break;  // what a directory or a power supply says of itself changes nothing here
    }
  }
  return {};
}

apdu::Result<Template> read_template(ByteView data) {
  const auto fcp = asn1::read_only(data, 0x62);
  if (!fcp) return refuse(Sw::incorrect_data, "no FCP template");
  Template out;
  asn1::TlvReader in(fcp->value);
  while (!in.at_end()) {
    const auto object = in.next();
    if (!object) return refuse(Sw::incorrect_data, "the FCP template is no TLV list");
    const ByteView value = object->value;
    apdu::Result<void> good;
    switch (object->tag) {
      case 0x80:
      case 0x81: {
        const auto size = number(value);
        if (!size) return std::unexpected(size.error());
        if (object->tag == 0x80 || !out.size) out.size = *size;
        break;
      }
      case 0x82: good = read_descriptor(value, out); break;
      case 0x83:
        if (value.size() != 2) return refuse(Sw::incorrect_data, "file identifier");
        out.node.fid = static_cast<std::uint16_t>(be_value(value));
        out.has_fid = true;
        break;
      case 0x84:
        if (value.empty() || value.size() > 16) return refuse(Sw::incorrect_data, "DF name");
        out.node.aid = to_bytes(value);
        break;
      case 0x88:
        if (value.size() > 1 || (value.size() == 1 && ((value[0] & 0x07) != 0 || value[0] == 0xF8))) return refuse(Sw::incorrect_data, "SFI");
        out.node.sfi = value.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(value[0] >> 3);
        out.has_sfi = true;
        break;
      case 0x8A:
        if (value.size() != 1 || (value[0] != 0x01 && value[0] != 0x03 && (value[0] < 0x04 || value[0] > 0x07))) {
          return refuse(Sw::incorrect_data, "life cycle");
        }
        out.node.life_cycle = value[0];
        break;
      case 0x8B:
      case 0x8C:
      case 0xAB:
        good = read_access(*object, out.node);
        out.has_access = true;
        break;
      case 0xA5: good = read_proprietary(value, out); break;
      case 0xC6: {
        asn1::TlvReader references(value);
        while (!references.at_end()) {
          const auto reference = references.next();
          if (!reference) return refuse(Sw::incorrect_data, "PIN status template");
          if (reference->tag == 0x83 && reference->value.size() == 1) out.node.pin_references.push_back(reference->value[0]);
        }
        break;
      }
      default: return refuse(Sw::incorrect_data, "unknown object in the FCP template");
    }
    if (!good) return std::unexpected(good.error());
  }
  return out;
}

// The sizes of a new EF, and its first content.
apdu::Result<void> furnish(Template& wanted) {
  FileNode& node = wanted.node;
  if (node.kind == FileKind::ber_tlv) {
    const std::size_t size = wanted.reserved.value_or(wanted.size.value_or(node.maximum_size));
    if (size > kMaxFile) return refuse(Sw::not_enough_memory, "the file is too large for this card");
    if (node.maximum_size != 0 && node.maximum_size < size) return refuse(Sw::incorrect_data, "maximum below the reserved size");
    node.size = static_cast<std::uint32_t>(size);
    return {};
  }
  if (!wanted.size || *wanted.size == 0) return refuse(Sw::incorrect_data, "an elementary file needs a size");
  if (*wanted.size > kMaxFile) return refuse(Sw::not_enough_memory, "the file is too large for this card");
  node.size = static_cast<std::uint32_t>(*wanted.size);
  if (node.record_length != 0) {
    const bool whole = node.size % node.record_length == 0 && node.record_count() <= 254;
    if (!whole || (wanted.records != 0 && wanted.records != node.record_count())) return refuse(Sw::incorrect_data, "size and records differ");
    // A pattern fills every record from its start.
    const Bytes record = resized(node, {}, node.record_length);
    for (std::uint32_t i = 0; i < node.record_count(); ++i) append(node.body, record);
  } else {
    node.body = resized(node, {}, node.size);
  }
  return {};
}

bool is_terminated(const Context& context, NodeId id) { return context.uicc.life_cycle(id, context.txn) >= 0x0C; }

apdu::Answer terminate(Context& context, const apdu::Command& command, bool directory) {
  const auto file = addressed_file(context, command);
  if (!file) return std::unexpected(file.error());
  if (context.uicc.tree().at(*file).is_directory() != directory) return refuse(Sw::incompatible_file_structure, "the other kind of file");
  if (is_terminated(context, *file)) return apdu::done();
  if (!context.uicc.allowed(*file, Access::terminate, header_of(command), context.txn)) {
    return refuse(Sw::security_status_not_satisfied, "the access rule of the file says no");
  }
  context.uicc.set_life_cycle(*file, kTerminated, context.txn);
  return apdu::done();
}

}  // namespace

// TS 102 222 6.3. The new file becomes the current one.
apdu::Answer create_file(Context& context, const apdu::Command& command) {
  if (command.p1 != 0 || command.p2 != 0) return refuse(Sw::incorrect_p1p2, "CREATE FILE P1 P2");
  if (command.data.empty()) return refuse(Sw::wrong_length, "CREATE FILE without data");
  auto wanted = read_template(command.data);
  if (!wanted) return std::unexpected(wanted.error());
  FileNode& node = wanted->node;
  if (!wanted->has_descriptor || !wanted->has_fid || !wanted->has_access) return refuse(Sw::incorrect_data, "descriptor, identifier or access rule missing");
  const NodeId directory = context.channel.directory;
  const FileTree& tree = context.uicc.tree();
  const bool is_directory = node.kind == FileKind::df;
  if (is_terminated(context, directory)) return refuse(Sw::conditions_not_satisfied, "the directory is terminated");
  if (!context.uicc.allowed(directory, is_directory ? Access::write : Access::update, header_of(command), context.txn)) {
    return refuse(Sw::security_status_not_satisfied, "the access rule of the directory says no");
  }
  if (reserved_fid(node.fid)) return refuse(Sw::incorrect_data, "a reserved file identifier");
  if (!node.aid.empty() && !is_directory) return refuse(Sw::incorrect_data, "a DF name for an elementary file");
  if (tree.child(directory, node.fid) != kNoNode) return refuse(Sw::file_exists, "the identifier is taken in this directory");
  if (!node.aid.empty()) {
    for (const NodeId adf : tree.adfs()) {
      if (tree.at(adf).aid == node.aid) return refuse(Sw::df_name_exists, "the DF name is taken");
    }
    if (directory != kMf) return refuse(Sw::conditions_not_satisfied, "an application directory lies under the MF");
    node.kind = FileKind::adf;
  }
  if (tree.size() >= kMaxNodes) return refuse(Sw::not_enough_memory, "the file system is full");
  if (!is_directory) {
    if (!wanted->has_sfi) node.sfi = (node.fid & 0x1F) == 0x1F ? std::uint8_t{0} : static_cast<std::uint8_t>(node.fid & 0x1F);
    if (node.sfi != 0 && tree.child_by_sfi(directory, node.sfi) != kNoNode) {
      if (wanted->has_sfi) return refuse(Sw::incorrect_data, "the SFI is taken in this directory");
      node.sfi = 0;
    }
    if (const auto good = furnish(*wanted); !good) return std::unexpected(good.error());
  }
  node.parent = directory;
  FileTree changed = tree;
  const NodeId made = changed.add(std::move(node));
  context.uicc.replace_tree(std::move(changed), context.txn);
  if (is_directory) {
    context.channel.directory = made;
    context.channel.file = kNoNode;
  } else {
    context.channel.file = made;
  }
  context.channel.record = 0;
  return apdu::done();
}

// TS 102 222 6.4. A directory goes with everything below it.
apdu::Answer delete_file(Context& context, const apdu::Command& command) {
  const auto file = addressed_file(context, command);
  if (!file) return std::unexpected(file.error());
  if (*file == kMf) return refuse(Sw::conditions_not_satisfied, "the MF stays");
  const FileTree& tree = context.uicc.tree();
  const FileNode& node = tree.at(*file);
  const bool permitted = context.uicc.allowed(*file, Access::remove, header_of(command), context.txn) ||
                         context.uicc.allowed(node.parent, Access::read, header_of(command), context.txn);  // of a directory: delete child
  if (!permitted) return refuse(Sw::security_status_not_satisfied, "the access rules say no");
  FileTree changed = tree;
  const std::vector<NodeId> gone = changed.remove(*file);
  for (NodeId id = 0; id < changed.size(); ++id) {
    if (changed.at(id).kind == FileKind::removed || changed.at(id).link_target == kNoNode) continue;
    if (std::ranges::find(gone, changed.at(id).link_target) != gone.end()) return refuse(Sw::conditions_not_satisfied, "another file shares the content");
  }
  context.uicc.replace_tree(std::move(changed), context.txn);
  for (const NodeId id : gone) context.uicc.forget(id, context.txn);
  return apdu::done();
}

// TS 102 222 6.10
apdu::Answer resize_file(Context& context, const apdu::Command& command) {
  if (command.p1 != 0 || command.p2 != 0) return refuse(Sw::incorrect_p1p2, "RESIZE FILE P1 P2");
  if (command.data.empty()) return refuse(Sw::wrong_length, "RESIZE FILE without data");
  const auto wanted = read_template(command.data);
  if (!wanted) return std::unexpected(wanted.error());
  if (!wanted->has_fid) return refuse(Sw::incorrect_data, "RESIZE FILE without a file identifier");
  const FileTree& tree = context.uicc.tree();
  const NodeId named = tree.child(context.channel.directory, wanted->node.fid);
  if (named == kNoNode) return refuse(Sw::file_not_found, "no such file in the current directory");
  if (tree.at(named).is_directory()) return refuse(Sw::incompatible_file_structure, "directories have no size here");
  if (is_terminated(context, named)) return refuse(Sw::conditions_not_satisfied, "the file is terminated");
  if (!context.uicc.allowed(named, kByHeaderOnly, header_of(command), context.txn)) {
    return refuse(Sw::security_status_not_satisfied, "no access rule of the file permits RESIZE");
  }
  const NodeId id = tree.body_of(named);
  FileTree changed = tree;
  FileNode& node = changed.edit(id);
  Bytes body = to_bytes(context.uicc.body(id, context.txn));
  switch (node.kind) {
    case FileKind::transparent:
    case FileKind::linear_fixed: {
      if (!wanted->size || *wanted->size == 0) return refuse(Sw::incorrect_data, "RESIZE FILE without a size");
      if (*wanted->size > kMaxFile) return refuse(Sw::not_enough_memory, "the file is too large for this card");
      if (node.record_length != 0 && (*wanted->size % node.record_length != 0 || *wanted->size / node.record_length > 254)) {
        return refuse(Sw::incorrect_data, "not a whole number of records");
      }
      if (node.record_length == 0) {
        body = resized(node, std::move(body), *wanted->size);
      } else {
        const Bytes record = resized(node, {}, node.record_length);
        while (body.size() < *wanted->size) append(body, record);
        body.resize(*wanted->size);
      }
      node.size = static_cast<std::uint32_t>(*wanted->size);
      break;
    }
    case FileKind::ber_tlv: {
      const std::size_t size = wanted->reserved.value_or(node.size);
      const std::size_t most = wanted->node.maximum_size != 0 ? wanted->node.maximum_size : std::max<std::size_t>(node.maximum_size, size);
      if (size > kMaxFile) return refuse(Sw::not_enough_memory, "the file is too large for this card");
      if (most < size || most < body.size()) return refuse(Sw::not_enough_memory, "the objects of the file need more");
      node.size = static_cast<std::uint32_t>(size);
      node.maximum_size = static_cast<std::uint32_t>(most);
      break;
    }
    default:
      return refuse(Sw::incompatible_file_structure, "files of this kind keep their size");
  }
  node.life_cycle = context.uicc.life_cycle(id, context.txn);
  node.body = std::move(body);
  context.uicc.replace_tree(std::move(changed), context.txn);
  context.uicc.forget(id, context.txn);
  return apdu::done();
}

apdu::Answer terminate_df(Context& context, const apdu::Command& command) { return terminate(context, command, true); }
apdu::Answer terminate_ef(Context& context, const apdu::Command& command) { return terminate(context, command, false); }

// TS 102 222 6.9, for the profile: what lies beside it on an eUICC stays reachable.
apdu::Answer terminate_card_usage(Context& context, const apdu::Command& command) {
  if (command.p1 != 0 || command.p2 != 0) return refuse(Sw::incorrect_p1p2, "TERMINATE CARD USAGE P1 P2");
  if (!command.data.empty()) return refuse(Sw::wrong_length, "TERMINATE CARD USAGE with data");
  if (!context.uicc.allowed(kMf, Access::terminate, header_of(command), context.txn)) {
    return refuse(Sw::security_status_not_satisfied, "the access rule of the MF says no");
  }
  context.uicc.set_life_cycle(kMf, kTerminated, context.txn);
  return apdu::done();
}

}  // namespace simurgh::uicc
