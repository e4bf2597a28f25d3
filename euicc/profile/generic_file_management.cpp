// PE-GenericFileManagement: a walk through the file system that creates and fills files.
#include "euicc/profile/elements.h"
#include "euicc/profile/fcp.h"

namespace simurgh::profile {
namespace {

constexpr std::uint32_t kMaximumOffset = 0x7FFFFF;
constexpr std::size_t kMaximumPath = 8;

struct Cursor {
  NodeId directory = uicc::kMf;  // kLeftOut: below something the card left out, nothing happens until the next path
  NodeId file = kNoNode;
  std::size_t offset = 0;
};

Outcome<void> select_path(Session& session, Cursor& cursor, const asn1::Tlv& step) {
  if (step.value.size() > kMaximumPath) return bad_values("path is too long", step.raw);
  cursor = {};
  const NodeId found = session.files.walk(step.value);
  if (found == kNoNode) {
    if (session.files.empty() && step.value.empty()) return {};
    return bad_values("path not found", step.raw);
  }
  if (found == kLeftOut) {
    cursor.directory = kLeftOut;
  } else if (session.files.at(found).is_directory()) {
    cursor.directory = found;
  } else {
    cursor.directory = session.files.at(found).parent;
    cursor.file = found;
  }
  return {};
}

Outcome<void> create_file(Session& session, const Element& element, Cursor& cursor, const asn1::Tlv& step) {
  Fcp fcp;
  if (auto read = read_fcp(session, element, step.value, fcp); !read) return read;
  if (cursor.directory == kLeftOut) return {};
  const auto created = create_from_fcp(session, element, cursor.directory, fcp, step.raw);
  if (!created) return std::unexpected(created.error());
  cursor.file = kNoNode;
  cursor.offset = 0;
  if (created->left_out) {
    cursor.file = kLeftOut;
  } else if (session.files.at(created->node).is_directory()) {
    cursor.directory = created->node;
  } else {
    cursor.file = created->node;
  }
  return {};
}

Outcome<void> fill_file(Session& session, Cursor& cursor, const asn1::Tlv& step) {
  if (cursor.directory == kLeftOut || cursor.file == kLeftOut) return {};
  if (cursor.file == kNoNode) return bad_values("content without a file", step.raw);
  if (step.tag == 0x02) {
    if (session.files.at(cursor.file).kind == uicc::FileKind::ber_tlv) return bad_values("offset in a BER-TLV file", step.raw);
    const auto skip = number(step, kMaximumOffset);
    if (!skip) return std::unexpected(skip.error());
    cursor.offset += *skip;
    return {};
  }
  if (auto written = write_content(session, cursor.file, cursor.offset, step.value); !written) return written;
  cursor.offset += step.value.size();
  return {};
}

}  // namespace

Outcome<void> process_generic_file_management(Session& session, const Element& element) {
  asn1::TlvReader members(element.members);
  bool commands = false;
  Cursor cursor;
  while (!members.at_end()) {
    const auto member = next(members);
    if (!member) return std::unexpected(member.error());
    if (member->tag != 0xA1 || commands) {
      if (auto known = session.tolerate(element, {PeStatus::invalid_parameter, "unknown member", member->raw.data()}); !known) return known;
      continue;
    }
    commands = true;
    for (asn1::TlvReader lists(member->value); !lists.at_end();) {
      const auto list = next(lists);
      if (!list) return std::unexpected(list.error());
      if (list->tag != 0x30) return malformed("file management list", list->raw);
      for (asn1::TlvReader steps(list->value); !steps.at_end();) {
        const auto step = next(steps);
        if (!step) return std::unexpected(step.error());
        Outcome<void> done;
        switch (step->tag) {
          case 0x80:
            done = select_path(session, cursor, *step);
            break;
          case 0x62:
            done = create_file(session, element, cursor, *step);
            break;
          case 0x02:
          case 0x81:
            done = fill_file(session, cursor, *step);
            break;
          default:
            done = session.tolerate(element, {PeStatus::invalid_parameter, "unknown file management step", step->raw.data()});
        }
        if (!done) return done;
      }
    }
  }
  if (!commands) return malformed("fileManagementCMD is missing");
  return {};
}

}  // namespace simurgh::profile
