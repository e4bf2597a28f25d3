#include "euicc/profile/gp_members.h"

#include <algorithm>

namespace simurgh::profile {
namespace {

constexpr std::size_t kTarSize = 3;
constexpr std::uint8_t kPersonalized = 0x0F;

Outcome<void> read_application_parameters(Session& session, const Element& element, ByteView content, InstanceMembers& out) {
  for (asn1::TlvReader in(content); !in.at_end();) {
    const auto member = next(in);
    if (!member) return std::unexpected(member.error());
    switch (member->tag) {
      case 0x80:
        out.toolkit = member->value;
        break;
      case 0x81:
        out.access = member->value;
        break;
      case 0x82:
        out.admin_access = member->value;
        break;
      default:
        if (auto known = session.tolerate(element, {PeStatus::invalid_parameter, "unknown application parameter", member->raw.data()});
            !known)
          return known;
    }
  }
  return {};
}

bool has_tar(const std::vector<Bytes>& tars, ByteView tar) {
  return std::any_of(tars.begin(), tars.end(), [&](const Bytes& other) { return equal(other, tar); });
}

}  // namespace

Outcome<InstanceMembers> read_instance(Session& session, const Element& element, ByteView content) {
  InstanceMembers out;
  asn1::TlvReader in(content);
  ByteView* const aids[] = {&out.load_package, &out.class_aid, &out.aid, &out.extradited_to};
  std::size_t count = 0;
  while (!in.at_end()) {
    const auto member = next(in);
    if (!member) return std::unexpected(member.error());
    switch (member->tag) {
      case 0x4F:
        if (count == std::size(aids)) return malformed("too many AIDs", member->raw);
        if (member->value.size() < 5 || member->value.size() > 16) return bad_values("length of an AID", member->raw);
        *aids[count++] = member->value;
        break;
      case 0x82:
        out.privileges = member->value;
        break;
      case 0x83:
        if (member->value.size() != 1) return bad_values("life cycle state", member->raw);
        out.life_cycle = member->value[0];
        break;
      case 0xC9:
        out.c9 = member->value;
        break;
      case 0xEF:
        out.system_parameters = member->value;
        break;
      case 0xEA:
        if (auto read = read_application_parameters(session, element, member->value, out); !read) return std::unexpected(read.error());
        break;
      case 0x30: {
        auto data = octet_strings(session, member->value);
        if (!data) return std::unexpected(data.error());
        out.process_data = std::move(*data);
        break;
      }
      case 0xB0:
        out.control_reference = member->value;
        break;
      default:
        if (auto known = session.tolerate(element, {PeStatus::invalid_parameter, "unknown instance member", member->raw.data()}); !known)
          return std::unexpected(known.error());
    }
  }
  if (count < 3) return malformed("AID is missing", content);
  if (out.privileges.size() != 1 && out.privileges.size() != 3) return bad_values("privileges", content);
  return out;
}

Outcome<std::vector<Bytes>> octet_strings(Session& session, ByteView content) {
  std::vector<Bytes> out;
  for (asn1::TlvReader in(content); !in.at_end();) {
    const auto entry = next(in);
    if (!entry) return std::unexpected(entry.error());
    if (entry->tag != 0x04) return malformed("octet string", entry->raw);
    if (!session.files.charge(entry->value.size())) return refuse(PeStatus::not_enough_memory, "octet string", entry->raw);
    out.push_back(to_bytes(entry->value));
  }
  return out;
}

Outcome<ToolkitAddress> read_toolkit(ByteView field) {
  ToolkitAddress out;
  if (field.empty()) return out;
  const ByteView whole = field;
  // A counted part of the field; nothing when the field is too short for it.
  const auto part = [&field](std::size_t size) -> std::optional<ByteView> {
    if (size > field.size()) return std::nullopt;
    const ByteView front = field.first(size);
    field = field.subspan(size);
    return front;
  };
  const auto head = part(4);  // priority, timers, menu text length, menu entries
  if (!head || !part(static_cast<std::size_t>((*head)[3]) * 2)) return bad_values("toolkit parameters", whole);
  const auto channels = part(1);
  const auto level_size = part(1);
  if (!channels || !level_size) return bad_values("toolkit parameters", whole);
  const auto level = part((*level_size)[0]);
  const auto tars_size = part(1);
  if (!level || !tars_size || (*tars_size)[0] % kTarSize != 0) return bad_values("toolkit parameters", whole);
  const auto tars = part((*tars_size)[0]);
  if (!tars) return bad_values("toolkit parameters", whole);
  if (level->size() >= 2) out.minimum_security_level = (*level)[1];
  for (std::size_t i = 0; i < tars->size(); i += kTarSize) {
    if (has_tar(out.tars, tars->subspan(i, kTarSize))) return bad_values("TAR twice", whole);
    out.tars.push_back(to_bytes(tars->subspan(i, kTarSize)));
  }
  return out;
}

const gp::SecurityDomain* find_domain(const Session& session, ByteView aid) {
  const auto& domains = session.gp.domains;
  if (aid.empty()) return domains.empty() ? nullptr : &domains.front();
  const auto found = std::find_if(domains.begin(), domains.end(), [&](const auto& domain) { return equal(domain.aid, aid); });
  return found == domains.end() ? nullptr : &*found;
}

Outcome<void> check_association(const Session& session, ByteView aid, ByteView at) {
  const gp::SecurityDomain* domain = find_domain(session, aid);
  if (domain == nullptr) return bad_values("security domain does not exist", at);
  if (domain->life_cycle != kPersonalized) {
    Refusal refusal{PeStatus::invalid_parameter, "security domain is not personalised", at.data()};
    refusal.fatal = true;
    return std::unexpected(refusal);
  }
  return {};
}

bool aid_taken(const Session& session, ByteView aid) {
  const auto taken = [&](const auto& list) {
    return std::any_of(list.begin(), list.end(), [&](const auto& item) { return equal(item.aid, aid); });
  };
  return taken(session.gp.domains) || taken(session.gp.rfm) || taken(session.gp.applications);
}

bool tar_taken(const Session& session, ByteView tar) {
  const auto taken = [&](const auto& list) {
    return std::any_of(list.begin(), list.end(), [&](const auto& item) { return has_tar(item.tars, tar); });
  };
  return taken(session.gp.domains) || taken(session.gp.rfm);
}

}  // namespace simurgh::profile
