#include "euicc/profile/fcp.h"

#include <algorithm>

#include "euicc/profile/elements.h"

namespace simurgh::profile {
namespace {

using uicc::FileKind;
using uicc::FileNode;

// ETSI TS 102 221 11.1.1.4.3: file descriptor byte.
constexpr std::uint8_t kShareable = 0x40;

struct Shape {
  FileKind kind = FileKind::transparent;
  std::uint8_t descriptor = 0;
  std::uint16_t record_length = 0;  // 0: not said
};

Outcome<Shape> read_descriptor(ByteView value) {
  if ((value.size() != 2 && value.size() != 4) || (value[0] & 0x80) != 0) return bad_values("file descriptor", value);
  Shape shape{.descriptor = value[0]};
  switch (value[0] & 0x3F) {
    case 0x01:
      shape.kind = FileKind::transparent;
      break;
    case 0x02:
      shape.kind = FileKind::linear_fixed;
      break;
    case 0x06:
      shape.kind = FileKind::cyclic;
      break;
    case 0x38:
      shape.kind = FileKind::df;
      break;
    case 0x39:
      shape.kind = FileKind::ber_tlv;
      break;
    default:
      return refuse(PeStatus::feature_not_supported, "kind of file", value);
  }
  if (value.size() == 4) shape.record_length = static_cast<std::uint16_t>(be_value(value.subspan(2)));
  if (shape.record_length > 255) return bad_values("record length", value);
  return shape;
}

constexpr std::uint8_t descriptor_of(FileKind kind) {
  switch (kind) {
    case FileKind::transparent:
      return kShareable | 0x01;
    case FileKind::linear_fixed:
      return kShareable | 0x02;
    case FileKind::cyclic:
      return kShareable | 0x06;
    case FileKind::ber_tlv:
      return kShareable | 0x39;
    default:
      return kShareable | 0x38;
  }
}

Outcome<void> read_proprietary(Session& session, const Element& element, ByteView content, Fcp& fcp) {
  for (asn1::TlvReader in(content); !in.at_end();) {
    const auto member = next(in);
    if (!member) return std::unexpected(member.error());
    switch (member->tag) {
      case 0xC0:
        fcp.special_info = member->value;
        break;
      case 0xC1:
        fcp.fill_pattern = member->value;
        break;
      case 0xC2:
        fcp.repeat_pattern = member->value;
        break;
      case 0x86:
        fcp.maximum_size = member->value;
        break;
      case 0x84:
        fcp.file_details = member->value;
        break;
      default:
        if (auto known = session.tolerate(element, {PeStatus::invalid_parameter, "unknown proprietary file parameter", member->raw.data()});
            !known)
          return known;
    }
  }
  if (fcp.special_info && fcp.special_info->size() != 1) return bad_values("special file information", content);
  if (fcp.file_details && fcp.file_details->size() != 1) return bad_values("file details", content);
  if (fcp.fill_pattern && fcp.repeat_pattern) return bad_values("fill pattern and repeat pattern", content);
  for (const auto& pattern : {fcp.fill_pattern, fcp.repeat_pattern})
    if (pattern && (pattern->empty() || pattern->size() > 200)) return bad_values("length of the pattern", content);
  return {};
}

// Sizes are big-endian; SAIP 2.0 wrote them in two octets, later ones in as few as possible.
Outcome<std::uint32_t> file_size(const Session& session, ByteView value) {
  if (value.empty() || value.size() > 8) return bad_values("file size", value);
  const std::uint64_t size = be_value(value);
  if (size > session.limits.memory) return refuse(PeStatus::not_enough_memory, "file size", value);
  return static_cast<std::uint32_t>(size);
}

// Default content, for each record on its own in a record file.
void fill_body(Bytes& body, std::size_t unit, ContentKind kind, ByteView pattern) {
  if (pattern.empty() || unit == 0) return;
  for (std::size_t start = 0; start < body.size(); start += unit) {
    const std::span<std::uint8_t> part = std::span(body).subspan(start, std::min(unit, body.size() - start));
    const std::size_t head = std::min(pattern.size(), part.size());
    switch (kind) {
      case ContentKind::given:
      case ContentKind::ff:
        return;
      case ContentKind::literal:
        std::copy_n(pattern.begin(), head, part.begin());
        break;
      case ContentKind::fill:
        std::copy_n(pattern.begin(), head, part.begin());
        std::fill(part.begin() + static_cast<std::ptrdiff_t>(head), part.end(), pattern.back());
        break;
      case ContentKind::repeated:
        for (std::size_t i = 0; i < part.size(); ++i) part[i] = pattern[i % pattern.size()];
        break;
      case ContentKind::tail:
        std::copy_n(pattern.end() - static_cast<std::ptrdiff_t>(head), head, part.end() - static_cast<std::ptrdiff_t>(head));
        break;
    }
  }
}

// securityAttributesReferenced: a record of the EF.ARR that the place implies, or EF.ARR identifier and record.
Outcome<uicc::AccessReference> access_reference(const FileNode& node, ByteView value) {
  if (value.size() == 3 && value[2] != 0) return uicc::AccessReference{static_cast<std::uint16_t>(value[0] << 8 | value[1]), value[2]};
  if (value.size() != 1 || value[0] == 0) return bad_values("security attributes", value);
  const bool at_mf = node.kind == FileKind::mf || node.kind == FileKind::adf || node.parent == uicc::kMf;
  return uicc::AccessReference{at_mf ? std::uint16_t{0x2F06} : std::uint16_t{0x6F06}, value[0]};
}

// What every created object takes from its Fcp, wherever its row came from.
Outcome<void> overlay_common(FileNode& node, const Fcp& fcp, std::uint8_t row_rule) {
  if (fcp.life_cycle) {
    if (fcp.life_cycle->size() != 1) return bad_values("life cycle status", *fcp.life_cycle);
    const std::uint8_t state = (*fcp.life_cycle)[0];
    // ETSI TS 102 222 6.3.2.2: creation, initialisation, operational deactivated or activated, termination.
    if (state != 0x01 && state != 0x03 && (state < 0x04 || state > 0x07) && (state < 0x0C || state > 0x0F))
      return bad_values("life cycle status", *fcp.life_cycle);
    node.life_cycle = state;
  }
  const std::uint8_t implicit[] = {row_rule};
  auto access = access_reference(node, fcp.access ? *fcp.access : ByteView(implicit));
  if (!access) return std::unexpected(access.error());
  node.access = *access;
  return {};
}

Outcome<void> overlay_directory(Session& session, FileNode& node, const Fcp& fcp, ByteView at) {
  if (fcp.size || fcp.short_id) return bad_values("directory with size or SFI", at);
  if (!fcp.pin_status) return malformed("directory without PIN status template", at);
  node.pin_references = to_bytes(*fcp.pin_status);
  if (node.kind == FileKind::adf) {
    if (!fcp.df_name || !fcp.file_id) return malformed("ADF without name or temporary identifier", at);
    if (fcp.df_name->size() < 5 || fcp.df_name->size() > 16) return bad_values("length of the AID", *fcp.df_name);
    if (session.files.adf_by_aid(*fcp.df_name) != kNoNode) return bad_values("AID exists", *fcp.df_name);
    node.aid = to_bytes(*fcp.df_name);
  } else if (fcp.df_name) {
    return bad_values("DF name outside an ADF", *fcp.df_name);
  }
  return {};
}

Outcome<void> overlay_file_id(FileNode& node, const Fcp& fcp) {
  if (!fcp.file_id) return {};
  if (fcp.file_id->size() != 2) return bad_values("file identifier", *fcp.file_id);
  node.fid = static_cast<std::uint16_t>(be_value(*fcp.file_id));
  // TS 102 221 8.2: 3F00 is the MF, 7FFF the current ADF, FFFF and 3FFF are reserved.
  const bool reserved = node.fid == 0x7FFF || node.fid == 0xFFFF || node.fid == 0x3FFF;
  if (reserved || (node.fid == 0x3F00) != (node.kind == FileKind::mf)) return bad_values("file identifier", *fcp.file_id);
  return {};
}

Outcome<void> overlay_sfi(FileNode& node, const Fcp& fcp) {
  if (!fcp.short_id) return {};
  const ByteView value = *fcp.short_id;
  node.sfi = 0;
  if (value.empty()) return {};
  if (value.size() != 1 || (value[0] & 7) != 0 || value[0] == 0xF8) return bad_values("short file identifier", value);
  node.sfi = static_cast<std::uint8_t>(value[0] >> 3);
  return {};
}

Outcome<void> overlay_proprietary(Session& session, FileNode& node, const Fcp& fcp) {
  if (fcp.special_info) node.special_info = (*fcp.special_info)[0];
  if (fcp.file_details) node.file_details = (*fcp.file_details)[0];
  if (fcp.maximum_size) {
    const auto size = file_size(session, *fcp.maximum_size);
    if (!size) return std::unexpected(size.error());
    node.maximum_size = *size;
  }
  return {};
}

// Size and default content of an EF that has a body of its own. `records` and `length` come from the row, 0 when it has none.
Outcome<void> shape_body(Session& session, FileNode& node, const Fcp& fcp, std::uint32_t row_count, ContentKind kind, ByteView pattern,
                         ByteView at) {
  const bool records = node.kind == FileKind::linear_fixed || node.kind == FileKind::cyclic;
  if (records && node.record_length == 0) return bad_values("record length is not given", at);
  node.size = records ? row_count * node.record_length : row_count;
  if (fcp.size) {
    const auto size = file_size(session, *fcp.size);
    if (!size) return std::unexpected(size.error());
    node.size = *size;
  }
  if (node.size == 0) return bad_values("file size is not given", at);
  if (node.size > session.limits.memory) return refuse(PeStatus::not_enough_memory, "file size", at);
  if (records && (node.size % node.record_length != 0 || node.record_count() > 254)) return bad_values("number of records", at);
  if (node.kind == FileKind::ber_tlv) {
    if (node.maximum_size != 0 && node.maximum_size < node.size) return bad_values("maximum file size", at);
    return {};
  }
  if (fcp.fill_pattern) kind = ContentKind::fill, pattern = *fcp.fill_pattern;
  if (fcp.repeat_pattern) kind = ContentKind::repeated, pattern = *fcp.repeat_pattern;
  node.body.assign(node.size, 0xFF);
  fill_body(node.body, records ? node.record_length : node.size, kind, pattern);
  if (kind == ContentKind::fill || kind == ContentKind::repeated) {
    node.fill_pattern = to_bytes(pattern);
    node.repeat_pattern = kind == ContentKind::repeated;
  }
  return {};
}

// A non-empty linkPath: nothing of the link's own but identifiers, access rule and life cycle.
Outcome<Creation> finish_link(Session& session, const Element& element, FileNode& node, ByteView path) {
  if (path.size() % 2 != 0 || path.size() > 8) return bad_values("link path", path);
  NodeId target = session.files.walk(path);
  if (node.is_directory()) {
    session.files.leave_out(node.parent, node.fid);
    auto left_out = session.tolerate(element, {PeStatus::feature_not_supported, "linked directory", path.data()});
    if (!left_out) return std::unexpected(left_out.error());
    return Creation{kNoNode, true};
  }
  if (target == kLeftOut) return Creation{kNoNode, true};
  if (target == kNoNode) return bad_values("link to a file that does not exist", path);
  if (session.files.at(target).link_target != kNoNode) target = session.files.at(target).link_target;
  const FileNode& original = session.files.at(target);
  if (original.is_directory()) return bad_values("link from a file to a directory", path);
  node.link_target = target;
  node.kind = original.kind;
  node.descriptor = original.descriptor;
  node.special_info = original.special_info;
  node.file_details = original.file_details;
  node.size = original.size;
  node.maximum_size = original.maximum_size;
  node.record_length = original.record_length;
  auto added = session.files.add(std::move(node));
  if (!added) return refuse(added.error(), "link", path);
  return Creation{*added, false};
}

Outcome<Creation> finish(Session& session, const Element& element, FileNode& node, ByteView at) {
  if (node.kind == FileKind::ber_tlv && !session.supports(Service::ber_tlv)) {
    auto left_out = session.tolerate(element, {PeStatus::feature_not_supported, "BER-TLV file", at.data()});
    if (!left_out) return std::unexpected(left_out.error());
    session.files.leave_out(node.parent, node.fid);
    return Creation{kNoNode, true};
  }
  const bool adf = node.kind == FileKind::adf;
  auto added = session.files.add(std::move(node));
  if (!added) return refuse(added.error(), added.error() == PeStatus::bad_values ? "file identifier exists" : "no room for the file", at);
  if (adf) session.adf_created(*added, element.row->number);
  return Creation{*added, false};
}

}  // namespace

Outcome<void> read_fcp(Session& session, const Element& element, ByteView content, Fcp& fcp) {
  for (asn1::TlvReader in(content); !in.at_end();) {
    const auto member = next(in);
    if (!member) return std::unexpected(member.error());
    switch (member->tag) {
      case 0x82:
        fcp.descriptor = member->value;
        break;
      case 0x83:
        fcp.file_id = member->value;
        break;
      case 0x84:
        fcp.df_name = member->value;
        break;
      case 0x8A:
        fcp.life_cycle = member->value;
        break;
      case 0x8B:
        fcp.access = member->value;
        break;
      case 0x80:
        fcp.size = member->value;
        break;
      case 0xC6:
        fcp.pin_status = member->value;
        break;
      case 0x88:
        fcp.short_id = member->value;
        break;
      case 0xC7:
        fcp.link_path = member->value;
        break;
      case 0xA5:
        if (auto read = read_proprietary(session, element, member->value, fcp); !read) return read;
        break;
      default:
        if (auto known = session.tolerate(element, {PeStatus::invalid_parameter, "unknown file parameter", member->raw.data()}); !known)
          return known;
    }
  }
  return {};
}

Outcome<Creation> create_from_row(Session& session, const Element& element, const FileRow& row, NodeId directory, const Fcp& fcp,
                                  unsigned instance) {
  const ByteView at = fcp.descriptor ? *fcp.descriptor : fcp.file_id ? *fcp.file_id : ByteView{};
  FileNode node;
  node.fid = row.fid.first;
  node.parent = directory;
  node.kind = row.shape.kind;
  node.descriptor = descriptor_of(row.shape.kind);
  node.sfi = row.sfi;
  if (node.kind == FileKind::mf) node.parent = kNoNode;
  if (node.kind == FileKind::adf) node.parent = uicc::kMf;
  if (auto done = overlay_file_id(node, fcp); !done) return std::unexpected(done.error());
  if (node.fid == 0) return malformed("file identifier is missing", at);
  if (instance != 0 && !fcp.file_id) return bad_values("another file of the same kind without identifier", at);
  if (auto done = overlay_common(node, fcp, row.rule); !done) return std::unexpected(done.error());

  std::uint16_t record_length = row.shape.record_length;
  bool same_kind = true;
  if (fcp.descriptor) {
    const auto shape = read_descriptor(*fcp.descriptor);
    if (!shape) return std::unexpected(shape.error());
    if ((shape->kind == FileKind::df) != node.is_directory()) return bad_values("descriptor of another kind of file", at);
    node.descriptor = shape->descriptor;
    if (!node.is_directory()) {
      same_kind = shape->kind == node.kind;
      node.kind = shape->kind;
      if (shape->record_length != 0) record_length = shape->record_length;
    }
  }
  if (node.is_directory()) {
    if (fcp.link_path && !fcp.link_path->empty()) return finish_link(session, element, node, *fcp.link_path);
    if (auto done = overlay_directory(session, node, fcp, at); !done) return std::unexpected(done.error());
    return finish(session, element, node, at);
  }
  if (fcp.df_name || fcp.pin_status) return bad_values("file with DF name or PIN status", at);
  if (auto done = overlay_sfi(node, fcp); !done) return std::unexpected(done.error());
  if (fcp.link_path && !fcp.link_path->empty()) return finish_link(session, element, node, *fcp.link_path);
  if ((row.flags & kHighUpdate) != 0) node.special_info = 0x80;
  if (auto done = overlay_proprietary(session, node, fcp); !done) return std::unexpected(done.error());
  node.record_length = node.kind == FileKind::linear_fixed || node.kind == FileKind::cyclic ? record_length : std::uint16_t{0};
  const std::uint32_t count = same_kind ? row.shape.count : 0;
  if (auto done = shape_body(session, node, fcp, count, row.content.kind, row.content.octets.view(), at); !done)
    return std::unexpected(done.error());
  return finish(session, element, node, at);
}

Outcome<Creation> create_from_fcp(Session& session, const Element& element, NodeId directory, const Fcp& fcp, ByteView at) {
  if (!fcp.file_id || !fcp.descriptor || !fcp.access) return malformed("file parameters are missing", at);
  const auto shape = read_descriptor(*fcp.descriptor);
  if (!shape) return std::unexpected(shape.error());
  FileNode node;
  node.parent = directory;
  node.kind = shape->kind;
  node.descriptor = shape->descriptor;
  if (node.kind == FileKind::df && session.files.empty()) {
    node.kind = FileKind::mf;
    node.parent = kNoNode;
  } else if (node.kind == FileKind::df && fcp.df_name) {
    node.kind = FileKind::adf;
    node.parent = uicc::kMf;
  } else if (session.files.empty()) {
    return malformed("the MF is not the first file", at);
  }
  if (auto done = overlay_file_id(node, fcp); !done) return std::unexpected(done.error());
  if (auto done = overlay_common(node, fcp, 0); !done) return std::unexpected(done.error());
  if (fcp.link_path && !fcp.link_path->empty()) {
    if (fcp.size || fcp.df_name || fcp.pin_status) return bad_values("link with parameters of its target", at);
    if (!node.is_directory()) {
      const std::uint8_t low = node.fid & 0x1F;
      node.sfi = low == 0x1F ? std::uint8_t{0} : low;
      if (auto done = overlay_sfi(node, fcp); !done) return std::unexpected(done.error());
    }
    return finish_link(session, element, node, *fcp.link_path);
  }
  if (node.is_directory()) {
    if (auto done = overlay_directory(session, node, fcp, at); !done) return std::unexpected(done.error());
    return finish(session, element, node, at);
  }
  if (fcp.df_name || fcp.pin_status) return bad_values("file with DF name or PIN status", at);
  if (!fcp.size) return malformed("file without size", at);
  // Without shortEFID the five low bits of the identifier serve; 00000 and 11111 are no SFI (TS 102 222 6.3.2.2).
  const std::uint8_t low = node.fid & 0x1F;
  node.sfi = low == 0x1F ? std::uint8_t{0} : low;
  if (auto done = overlay_sfi(node, fcp); !done) return std::unexpected(done.error());
  if (auto done = overlay_proprietary(session, node, fcp); !done) return std::unexpected(done.error());
  node.record_length = node.kind == FileKind::linear_fixed || node.kind == FileKind::cyclic ? shape->record_length : std::uint16_t{0};
  if (auto done = shape_body(session, node, fcp, 0, ContentKind::ff, {}, at); !done) return std::unexpected(done.error());
  return finish(session, element, node, at);
}

Outcome<void> write_content(Session& session, NodeId file, std::size_t offset, ByteView content) {
  auto written = session.files.write(file, offset, content);
  if (!written) return refuse(written.error(), "content does not fit into the file", content);
  return {};
}

}  // namespace simurgh::profile
