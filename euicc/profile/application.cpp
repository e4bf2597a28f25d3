// PE-Application: a load file, instances, or both. Kept in the registry; the card has no runtime that executes them.
#include <algorithm>

#include "euicc/profile/elements.h"
#include "euicc/profile/gp_members.h"

namespace simurgh::profile {
namespace {

Outcome<void> read_load_block(Session& session, const Element& element, const asn1::Tlv& block) {
  gp::LoadFile file;
  std::optional<ByteView> code;
  for (asn1::TlvReader in(block.value); !in.at_end();) {
    const auto member = next(in);
    if (!member) return std::unexpected(member.error());
    switch (member->tag) {
      case 0x4F:  // the package, then optionally its security domain
        if (!file.security_domain.empty()) return malformed("too many AIDs", member->raw);
        if (member->value.size() < 5 || member->value.size() > 16) return bad_values("length of an AID", member->raw);
        (file.aid.empty() ? file.aid : file.security_domain) = to_bytes(member->value);
        break;
      case 0xC6:
      case 0xC7:
      case 0xC8:
        if (member->value.size() != 2 && member->value.size() != 4) return bad_values("memory limit", member->raw);
        break;
      case 0xC1:
        file.hash = to_bytes(member->value);
        break;
      case 0xC4:
        code = member->value;
        break;
      default:
        if (auto known = session.tolerate(element, {PeStatus::invalid_parameter, "unknown load block member", member->raw.data()}); !known)
          return known;
    }
  }
  if (file.aid.empty() || !code) return malformed("load block member is missing", block.raw);
  const auto& loaded = session.gp.load_files;
  if (std::any_of(loaded.begin(), loaded.end(), [&](const gp::LoadFile& other) { return other.aid == file.aid; }))
    return bad_values("load file exists", block.raw);
  if (auto associated = check_association(session, file.security_domain, block.raw); !associated) return associated;
  if (!session.files.charge(code->size())) return refuse(PeStatus::not_enough_memory, "load block", block.raw);
  file.code = to_bytes(*code);
  session.gp.load_files.push_back(std::move(file));
  return {};
}

Outcome<void> read_application(Session& session, const Element& element, const asn1::Tlv& sequence) {
  auto instance = read_instance(session, element, sequence.value);
  if (!instance) return std::unexpected(instance.error());
  const auto& loaded = session.gp.load_files;
  if (std::none_of(loaded.begin(), loaded.end(), [&](const gp::LoadFile& file) { return equal(file.aid, instance->load_package); }))
    return refuse(PeStatus::lib_not_supported, "load package does not exist", sequence.raw);
  if (aid_taken(session, instance->aid)) return bad_values("AID exists", sequence.raw);
  if (auto associated = check_association(session, instance->extradited_to, sequence.raw); !associated) return associated;
  session.gp.applications.push_back({.package_aid = to_bytes(instance->load_package),
                                     .class_aid = to_bytes(instance->class_aid),
                                     .aid = to_bytes(instance->aid),
                                     .security_domain = to_bytes(instance->extradited_to),
                                     .privileges = to_bytes(instance->privileges),
                                     .life_cycle = instance->life_cycle,
                                     .parameters_c9 = to_bytes(instance->c9),
                                     .system_parameters = to_bytes(instance->system_parameters),
                                     .uicc_toolkit = to_bytes(instance->toolkit),
                                     .uicc_access = to_bytes(instance->access),
                                     .uicc_admin_access = to_bytes(instance->admin_access),
                                     .control_reference = to_bytes(instance->control_reference),
                                     .process_data = std::move(instance->process_data)});
  return {};
}

}  // namespace

Outcome<void> process_application(Session& session, const Element& element) {
  bool any = false;
  for (asn1::TlvReader in(element.members); !in.at_end();) {
    const auto member = next(in);
    if (!member) return std::unexpected(member.error());
    if (member->tag == 0xA1) {
      if (auto done = read_load_block(session, element, *member); !done) return done;
      any = true;
    } else if (member->tag == 0xA2) {
      for (asn1::TlvReader list(member->value); !list.at_end();) {
        const auto sequence = next(list);
        if (!sequence) return std::unexpected(sequence.error());
        if (sequence->tag != 0x30) return malformed("application instance", sequence->raw);
        if (auto done = read_application(session, element, *sequence); !done) return done;
      }
      any = true;
    } else if (auto known = session.tolerate(element, {PeStatus::invalid_parameter, "unknown member", member->raw.data()}); !known) {
      return known;
    }
  }
  if (!any) return malformed("neither load block nor instances");
  return {};
}

}  // namespace simurgh::profile
