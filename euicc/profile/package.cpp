#include "euicc/profile/package.h"

#include <algorithm>

#include "euicc/profile/elements.h"
#include "euicc/profile/session.h"

namespace simurgh::profile {
namespace {

// Room for an element's own notation around the content that limits.memory bounds.
constexpr std::size_t kElementOverhead = 64 * 1024;

constexpr bool always_aborts(PeStatus status) {
  switch (status) {
    case PeStatus::memory_failure:
    case PeStatus::not_enough_memory:
    case PeStatus::invalid_request_format:
    case PeStatus::pin_code_missing:
    case PeStatus::unsupported_profile_version:
      return true;
    default:
      return false;
  }
}

// [0] PEHeader of every element but the profile header.
Outcome<void> read_element_header(Element& element, ByteView content) {
  asn1::TlvReader in(content);
  const auto header = next(in);
  if (!header) return std::unexpected(header.error());
  if (header->tag != 0xA0) return malformed("element header is missing", header->raw);
  for (asn1::TlvReader members(header->value); !members.at_end();) {
    const auto member = next(members);
    if (!member) return std::unexpected(member.error());
    if (member->tag == 0x80) element.mandated = true;
    if (member->tag == 0x81) {
      const auto value = asn1::unsigned_value(*member);
      if (!value || *value > 0x7FFF) return malformed("identification", member->raw);
      element.identification = static_cast<std::uint16_t>(*value);
    }
  }
  if (!element.identification) return malformed("identification is missing", header->raw);
  element.members = in.rest();
  return {};
}

// Dependents of an application that was left out share its fate instead of breaking the order rules.
Outcome<void> need_application(const CurrentApplication& application) {
  if (application.left_out) return refuse(*application.left_out, "belongs to an application that was left out");
  if (application.adf == kNoNode) return malformed("element before its application");
  return {};
}

Outcome<void> check_order(const Session& session, const ElementRow& row) {
  const auto bit = std::uint64_t{1} << row.number;
  if (row.repeat == Repeat::once && (session.seen & bit) != 0) return malformed("element twice");
  switch (row.needs) {
    case Needs::nothing:
      break;
    case Needs::no_mf:
      if (!session.files.empty()) return malformed("a second MF");
      break;
    case Needs::mf:
      if (session.files.empty()) return malformed("element before the MF");
      break;
    case Needs::usim:
      return need_application(session.usim);
    case Needs::isim:
      return need_application(session.isim);
    case Needs::csim:
      return need_application(session.csim);
    case Needs::adf:
      if (session.adf_left_out) return refuse(*session.adf_left_out, "belongs to an application that was left out");
      if (session.last_adf == kNoNode) return malformed("element before its application");
      break;
    case Needs::domain:
      if (session.gp.domains.empty()) return malformed("element before the security domain");
      break;
  }
  return {};
}

Outcome<void> process_known(Session& session, const Element& element) {
  const ElementRow& row = *element.row;
  if (auto ordered = check_order(session, row); !ordered) return ordered;
  if (row.repeat == Repeat::once_per_application && (session.application_of(row.number)->seen >> row.number & 1) != 0)
    return malformed("element twice for one application");
  if (row.service != kNoService && !session.supports(static_cast<Service>(row.service))) {
    const bool runtime = row.service == static_cast<std::uint8_t>(Service::javacard);
    return refuse(runtime ? PeStatus::runtime_not_supported : PeStatus::feature_not_supported, "the card lacks the service");
  }
  return row.handler(session, element);
}

constexpr bool makes_directories(std::uint8_t number) { return number >= 16 && number != 20 && number != 22 && number != 26; }

// UST and IST bits of functions the card lacks; where the header required them the installation has already stopped.
struct ServiceBit {
  Service service;
  std::uint16_t table_fid;
  std::uint8_t number;
};
constexpr ServiceBit kServiceBits[] = {
    {Service::gba_usim, 0x6F38, 68}, {Service::mbms, 0x6F38, 69}, {Service::get_identity, 0x6F38, 125}, {Service::gba_isim, 0x6F07, 2}};

void repair_service_tables(Session& session) {
  for (const ServiceBit& bit : kServiceBits) {
    if (session.supports(bit.service)) continue;
    const CurrentApplication& kind = bit.table_fid == 0x6F38 ? session.usim : session.isim;
    if (kind.adf == kNoNode) continue;
    const ByteView prefix = ByteView(session.files.at(kind.adf).aid).first(std::min<std::size_t>(7, session.files.at(kind.adf).aid.size()));
    for (NodeId id = 0; id < session.files.size(); ++id) {
      const uicc::FileNode& node = session.files.at(id);
      if (node.kind != uicc::FileKind::adf || node.aid.size() < prefix.size() || !equal(ByteView(node.aid).first(prefix.size()), prefix))
        continue;
      const NodeId table = session.files.child(id, bit.table_fid);
      if (table != kNoNode)
        session.files.clear_bits(table, static_cast<std::size_t>(bit.number - 1) / 8,
                                 static_cast<std::uint8_t>(1 << ((bit.number - 1) % 8)));
    }
  }
}

}  // namespace

Outcome<void> process_end(Session& session, const Element&) {
  if (auto checked = check_pin_references(session); !checked) return checked;
  repair_service_tables(session);
  session.ended = true;
  return {};
}

struct PackageInterpreter::Impl {
  explicit Impl(const PackageLimits& limits) : session(limits) { reports.reserve(40); }
  ~Impl() { crypto::cleanse(pending); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Session session;
  Bytes pending;  // an element of which only the front has arrived; may hold keys
  std::vector<ElementReport> reports;
  bool aborted = false;
  PeStatus result = PeStatus::ok;

  bool abort(const Element& element, const Refusal& refusal) {
    if (session.statuses.size() >= 64) session.statuses.pop_back();
    session.note(element, refusal);
    aborted = true;
    result = refusal.status;
    return false;
  }

  // Octets of the first element in `front`; 0: more are needed. No value: aborted.
  std::optional<std::size_t> element_size(ByteView front) {
    const auto head = asn1::read_head(front);
    if (!head) {
      abort({}, {.status = PeStatus::invalid_request_format, .why = head.error().what});
      return std::nullopt;
    }
    if (!*head) return 0;
    if ((*head)->length > session.limits.memory + kElementOverhead) {
      abort({}, {.status = PeStatus::not_enough_memory, .why = "element is larger than the memory"});
      return std::nullopt;
    }
    const std::size_t size = (*head)->header + (*head)->length;
    return size <= front.size() ? size : 0;
  }

  bool feed(ByteView slice) {
    if (aborted) return false;
    if (!pending.empty()) {
      // Complete the pending element without taking more of the slice than it needs.
      while (!slice.empty()) {
        const auto head = asn1::read_head(pending);
        std::size_t wanted = 1;
        if (head && *head) {
          const std::size_t size = (*head)->header + (*head)->length;
          wanted = size - pending.size();
        }
        const std::size_t taken = std::min(wanted, slice.size());
        append(pending, slice.first(taken));
        slice = slice.subspan(taken);
        const auto size = element_size(pending);
        if (!size) return false;
        if (*size == 0) continue;
        const bool processed = process(ByteView(pending).first(*size));
        crypto::cleanse(pending);
        pending.clear();
        if (!processed) return false;
        break;
      }
    }
    while (!slice.empty()) {
      const auto size = element_size(slice);
      if (!size) return false;
      if (*size == 0) {
        append(pending, slice);
        return true;
      }
      if (!process(slice.first(*size))) return false;
      slice = slice.subspan(*size);
    }
    return true;
  }

  bool process(ByteView raw) {
    asn1::TlvReader in(raw);
    const auto tlv = in.next();
    Element element{.raw = raw};
    if (!tlv) return abort(element, {.status = PeStatus::invalid_request_format, .why = tlv.error().what});
    element.row = find_element(tlv->tag);
    const bool header = element.row != nullptr && element.row->number == 0;
    ElementReport& report =
        reports.emplace_back(ElementReport{.name = element.row != nullptr ? element.row->name : "unknown", .size = raw.size()});
    Outcome<void> done;
    if (session.ended) {
      done = malformed("octets after the end of the package");
    } else if (header != (session.seen == 0)) {
      done = malformed(header ? "second header" : "package without header");
    } else if (header) {
      element.members = tlv->value;
      element.mandated = true;
      done = row_handler(element);
    } else {
      done = read_element_header(element, tlv->value);
      report.mandated = element.mandated;
      report.identification = element.identification;
      if (done) done = element.row != nullptr ? row_handler(element) : unknown(tlv->tag);
    }
    if (done) return true;
    report.status = done.error().status;
    if (element.mandated || done.error().fatal || always_aborts(done.error().status) || session.ended) return abort(element, done.error());
    session.note(element, done.error());
    return true;
  }

  static Outcome<void> unknown(std::uint32_t tag) {
    if (!element_number(tag)) return malformed("not a profile element");
    return refuse(PeStatus::pe_not_supported, "unknown element");
  }

  Outcome<void> row_handler(const Element& element) {
    const Session::Mark mark = session.mark();
    const NodeId first = session.files.size();
    auto done = process_known(session, element);
    const std::uint8_t number = element.row->number;
    if (!done) {
      session.undo(mark);
      if (makes_directories(number)) session.context_left_out = done.error().status;
      if (number == 19 || number == 21 || number == 25) {
        *session.application_of(number) = {.left_out = done.error().status};
        session.adf_left_out = done.error().status;
      }
      return done;
    }
    session.seen |= std::uint64_t{1} << number;
    if (CurrentApplication* application = session.application_of(number)) application->seen |= std::uint64_t{1} << number;
    for (NodeId id = first; id < session.files.size(); ++id) {
      if (!session.files.at(id).is_directory()) continue;
      session.pin_context = id;
      session.context_left_out.reset();
      break;
    }
    return done;
  }
};

PackageInterpreter::PackageInterpreter(PackageLimits limits) : impl_(std::make_unique<Impl>(limits)) {}
PackageInterpreter::~PackageInterpreter() = default;
PackageInterpreter::PackageInterpreter(PackageInterpreter&&) noexcept = default;
PackageInterpreter& PackageInterpreter::operator=(PackageInterpreter&&) noexcept = default;

bool PackageInterpreter::feed(ByteView slice) { return impl_->feed(slice); }

bool PackageInterpreter::complete() const noexcept { return impl_->session.ended && !impl_->aborted && impl_->pending.empty(); }

bool PackageInterpreter::finish() {
  if (impl_->aborted) return false;
  if (complete()) return true;
  return impl_->abort({}, {.status = PeStatus::invalid_request_format, .why = "package ends without its end element"});
}

bool PackageInterpreter::aborted() const noexcept { return impl_->aborted; }
PeStatus PackageInterpreter::result() const noexcept { return impl_->result; }
const std::vector<StatusEntry>& PackageInterpreter::statuses() const noexcept { return impl_->session.statuses; }
const std::vector<ElementReport>& PackageInterpreter::elements() const noexcept { return impl_->reports; }

Bytes PackageInterpreter::euicc_response() const {
  asn1::TlvWriter out;
  {
    auto response = out.open(0x30);
    {
      auto list = out.open(0xA0);
      for (const StatusEntry& entry : impl_->session.statuses) {
        auto status = out.open(0x30);
        out.put_integer(0x80, static_cast<std::uint64_t>(entry.status));
        if (entry.identification) out.put_integer(0x81, *entry.identification);
        if (entry.additional) out.put_integer(0x82, *entry.additional);
        if (entry.offset) out.put_integer(0x83, *entry.offset);
      }
      if (complete()) {
        auto status = out.open(0x30);
        out.put_integer(0x80, 0);
      }
    }
    if (impl_->aborted) out.put(0x81, {});
  }
  return out.take();
}

ProfileImage PackageInterpreter::take() {
  Session& session = impl_->session;
  return {.header = std::move(session.header),
          .files = session.files.finish(),
          .pins = std::move(session.pins),
          .aka = std::move(session.aka),
          .cdma = std::move(session.cdma),
          .gp = std::move(session.gp)};
}

const char* name(PeStatus status) noexcept {
  switch (status) {
    case PeStatus::ok:
      return "ok";
    case PeStatus::pe_not_supported:
      return "pe-not-supported";
    case PeStatus::memory_failure:
      return "memory-failure";
    case PeStatus::bad_values:
      return "bad-values";
    case PeStatus::not_enough_memory:
      return "not-enough-memory";
    case PeStatus::invalid_request_format:
      return "invalid-request-format";
    case PeStatus::invalid_parameter:
      return "invalid-parameter";
    case PeStatus::runtime_not_supported:
      return "runtime-not-supported";
    case PeStatus::lib_not_supported:
      return "lib-not-supported";
    case PeStatus::template_not_supported:
      return "template-not-supported";
    case PeStatus::feature_not_supported:
      return "feature-not-supported";
    case PeStatus::pin_code_missing:
      return "pin-code-missing";
    case PeStatus::unsupported_profile_version:
      return "unsupported-profile-version";
  }
  return "proprietary";
}

}  // namespace simurgh::profile
