// The elements that are a template identifier and File lists: MF, TELECOM, USIM and all others of annex A.
#include <array>

#include "euicc/profile/elements.h"
#include "euicc/profile/fcp.h"

namespace simurgh::profile {
namespace {

constexpr std::size_t kMaximumMember = 96;
constexpr std::uint32_t kMaximumOffset = 0x7FFFFF;

class TemplateElement {
 public:
  TemplateElement(Session& session, const Element& element, const Template& used) : session_(session), element_(element), used_(used) {
    nodes_.fill(kNoNode);
  }

  Outcome<void> process(asn1::TlvReader in) {
    while (!in.at_end()) {
      const auto member = next(in);
      if (!member) return std::unexpected(member.error());
      const FileRow* row = find_row(member->tag);
      if (row == nullptr) {
        if (auto known = session_.tolerate(element_, {PeStatus::invalid_parameter, "unknown member", member->raw.data()}); !known)
          return known;
        continue;
      }
      if (listed_[row->member]) return malformed("member twice", member->raw);
      listed_[row->member] = true;
      if (auto done = file_list(*row, member->value, member->raw); !done) return done;
    }
    return create_unlisted();
  }

 private:
  // Members mostly come in the order of the rows, so the search goes on where the last one ended.
  const FileRow* find_row(std::uint32_t tag) {
    const std::uint32_t member = tag >= 0xBF1F ? tag - 0xBF00 : tag - 0xA0;
    if ((tag >= 0xBF && tag < 0xBF1F) || tag < 0xA0 || member >= kMaximumMember) return nullptr;
    for (std::size_t i = 0; i < used_.rows.size(); ++i, next_row_ = (next_row_ + 1) % used_.rows.size())
      if (used_.rows[next_row_].member == member && used_.has(used_.rows[next_row_])) return &used_.rows[next_row_];
    return nullptr;
  }

  // Where a row's file goes; kLeftOut below a directory that was left out.
  Outcome<NodeId> directory_of(const FileRow& row, ByteView at) const {
    if (row.under != 0) {
      if (nodes_[row.under] == kNoNode) return malformed("file without its directory", at);
      return nodes_[row.under];
    }
    switch (row.shape.kind) {
      case uicc::FileKind::mf:
      case uicc::FileKind::adf:
        return uicc::kMf;
      default:
        break;
    }
    if (used_.element == 27) return session_.last_adf;  // DF.EAP lies in the ADF that offers EAP
    const CurrentApplication* application = session_.application_of(used_.element);
    return application == nullptr ? uicc::kMf : application->adf;
  }

  // GBA and MBMS files where the card has neither: left out, with the additional information the clause names.
  Outcome<bool> supported(const FileRow& row, ByteView at) {
    const bool isim = used_.element == 22;
    const bool gba = (row.flags & kGba) != 0 && !session_.supports(isim ? Service::gba_isim : Service::gba_usim);
    const bool mbms = (row.flags & kMbms) != 0 && !session_.supports(Service::mbms);
    if (!gba && !mbms) return true;
    Refusal refusal{PeStatus::feature_not_supported, gba ? "GBA file" : "MBMS file", at.data()};
    refusal.additional = gba ? std::uint8_t{1} : std::uint8_t{2};
    if (auto left_out = session_.tolerate(element_, refusal); !left_out) return std::unexpected(left_out.error());
    return false;
  }

  Outcome<void> create(const FileRow& row, NodeId directory, const Fcp& fcp, unsigned instance, NodeId& current) {
    auto created = create_from_row(session_, element_, row, directory, fcp, instance);
    if (!created) return std::unexpected(created.error());
    current = created->left_out ? kLeftOut : created->node;
    if (instance == 0) nodes_[row.member] = current;
    return {};
  }

  Outcome<void> file_list(const FileRow& row, ByteView list, ByteView at) {
    if (const auto wanted = supported(row, at); !wanted)
      return std::unexpected(wanted.error());
    else if (!*wanted)
      return {};
    const auto directory = directory_of(row, at);
    if (!directory) return std::unexpected(directory.error());
    if (*directory == kLeftOut) {
      nodes_[row.member] = kLeftOut;
      return {};
    }
    NodeId current = kNoNode;
    unsigned instances = 0;
    std::size_t offset = 0;
    for (asn1::TlvReader in(list); !in.at_end();) {
      const auto step = next(in);
      if (!step) return std::unexpected(step.error());
      switch (step->tag) {
        case 0x80:  // doNotCreate: alone in its list, without effect in the MF template
          if (current != kNoNode || !in.at_end()) return malformed("doNotCreate beside other members", step->raw);
          if (used_.element != 16) return {};
          break;
        case 0xA1: {
          Fcp fcp;
          if (auto read = read_fcp(session_, element_, step->value, fcp); !read) return read;
          if (auto done = create(row, *directory, fcp, instances, current); !done) return done;
          ++instances;
          offset = 0;
          break;
        }
        case 0x82:
        case 0x83: {
          if (current == kNoNode) {
            if (auto done = create(row, *directory, {}, 0, current); !done) return done;
            ++instances;
          }
          if (current == kLeftOut) break;
          if (auto done = content(*step, current, offset); !done) return done;
          break;
        }
        default:
          if (auto known = session_.tolerate(element_, {PeStatus::invalid_parameter, "unknown file member", step->raw.data()}); !known)
            return known;
      }
    }
    return current == kNoNode ? create(row, *directory, {}, 0, current) : Outcome<void>{};
  }

  Outcome<void> content(const asn1::Tlv& step, NodeId file, std::size_t& offset) {
    if (step.tag == 0x82) {
      if (session_.files.at(file).kind == uicc::FileKind::ber_tlv) return bad_values("offset in a BER-TLV file", step.raw);
      const auto skip = number(step, kMaximumOffset);
      if (!skip) return std::unexpected(skip.error());
      offset += *skip;
      return {};
    }
    if (auto written = write_content(session_, file, offset, step.value); !written) return written;
    offset += step.value.size();
    return {};
  }

  Outcome<void> create_unlisted() {
    for (const FileRow& row : used_.rows) {
      if (!used_.has(row) || listed_[row.member]) continue;
      if ((row.flags & kMandatory) != 0) return malformed("mandatory file is missing");
      if (!used_.created_by_default) continue;
      if ((row.flags & kFrom23) != 0 && session_.header.major == 2 && session_.header.minor < 3) continue;
      if (row.shape.count == 0) continue;  // the annex leaves its size to the package: nothing to create it from
      const auto directory = directory_of(row, {});
      if (!directory) return std::unexpected(directory.error());
      NodeId current = kNoNode;
      if (auto done = create(row, *directory, {}, 0, current); !done) return done;
    }
    return {};
  }

  Session& session_;
  const Element& element_;
  const Template& used_;
  std::size_t next_row_ = 0;
  std::array<NodeId, kMaximumMember> nodes_{};
  std::array<bool, kMaximumMember> listed_{};
};

constexpr Service multiple(std::uint8_t element) {
  return element == 19 ? Service::multiple_usim : element == 21 ? Service::multiple_isim : Service::multiple_csim;
}

}  // namespace

Outcome<void> process_template(Session& session, const Element& element) {
  asn1::TlvReader in(element.members);
  const auto oid = next(in);
  if (!oid) return std::unexpected(oid.error());
  if (oid->tag != 0x81) return malformed("templateID is missing", oid->raw);
  const Template* used = find_template(oid->value);
  if (used == nullptr) return refuse(PeStatus::template_not_supported, "unknown template", oid->raw);
  if (used->element != element.row->number) return bad_values("template of another element", oid->raw);
  const std::uint8_t number = element.row->number;
  const bool root = number == 19 || number == 21 || number == 25;
  if (root && session.application_of(number)->adf != kNoNode && !session.supports(multiple(number)))
    return refuse(PeStatus::feature_not_supported, "another application of the same kind");
  return TemplateElement(session, element, *used).process(in);
}

}  // namespace simurgh::profile
