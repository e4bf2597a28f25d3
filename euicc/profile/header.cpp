// The profile header: what the package needs of the card. Refusals here always abort (SAIP: eUICC-Mandatory-*).
#include <algorithm>

#include "euicc/profile/elements.h"
#include "euicc/profile/templates.h"

namespace simurgh::profile {
namespace {

constexpr std::size_t kIccidSize = 10;
constexpr std::uint8_t kServices = static_cast<std::uint8_t>(Service::kCount);

Outcome<void> check_services(Session& session, const asn1::Tlv& list) {
  for (asn1::TlvReader in(list.value); !in.at_end();) {
    const auto service = next(in);
    if (!service) return std::unexpected(service.error());
    const std::uint32_t position = service->tag - 0x80;
    if (service->tag < 0x80 || position >= kServices) return refuse(PeStatus::feature_not_supported, "unknown service", service->raw);
    if (!session.may_be_demanded(static_cast<Service>(position))) {
      const bool runtime = position == static_cast<unsigned>(Service::javacard) || position == static_cast<unsigned>(Service::multos);
      return refuse(runtime ? PeStatus::runtime_not_supported : PeStatus::feature_not_supported, "service", service->raw);
    }
    session.header.services |= std::uint64_t{1} << position;
  }
  return {};
}

Outcome<void> check_templates(const asn1::Tlv& list) {
  for (asn1::TlvReader in(list.value); !in.at_end();) {
    const auto oid = next(in);
    if (!oid) return std::unexpected(oid.error());
    if (oid->tag != 0x06) return malformed("template list", oid->raw);
    if (find_template(oid->value) == nullptr) return refuse(PeStatus::template_not_supported, "template", oid->raw);
  }
  return {};
}

}  // namespace

Outcome<void> process_header(Session& session, const Element& element) {
  std::optional<asn1::Tlv> major, minor, type, iccid, services, templates, connectivity, libraries, iot;
  for (asn1::TlvReader in(element.members); !in.at_end();) {
    const auto member = next(in);
    if (!member) return std::unexpected(member.error());
    switch (member->tag) {
      case 0x80:
        major = *member;
        break;
      case 0x81:
        minor = *member;
        break;
      case 0x82:
        type = *member;
        break;
      case 0x83:
        iccid = *member;
        break;
      case 0xA5:
        services = *member;
        break;
      case 0xA6:
        templates = *member;
        break;
      case 0x87:
        connectivity = *member;
        break;
      case 0xA8:
        libraries = *member;
        break;
      case 0xA9:
        iot = *member;
        break;
      default:
        break;  // pol is for M2M; a newer minor version may add members
    }
  }
  if (!major || !minor || !iccid || !services || !templates) return malformed("header member is missing");
  const auto major_value = number(*major, 0xFF);
  const auto minor_value = number(*minor, 0xFF);
  if (!major_value) return std::unexpected(major_value.error());
  if (!minor_value) return std::unexpected(minor_value.error());
  if (*major_value != 2 && !(*major_value == 3 && session.limits.accept_major_3))
    return refuse(PeStatus::unsupported_profile_version, "major version", major->raw);
  session.header.major = static_cast<std::uint8_t>(*major_value);
  session.header.minor = static_cast<std::uint8_t>(*minor_value);
  if (iccid->value.size() != kIccidSize) return bad_values("length of the ICCID", iccid->raw);
  session.header.iccid = to_bytes(iccid->value);
  if (type) session.header.type = to_text(type->value);
  if (connectivity) session.header.connectivity = to_bytes(connectivity->value);
  if (auto done = check_services(session, *services); !done) return done;
  if (auto done = check_templates(*templates); !done) return done;
  if (libraries && !libraries->value.empty()) return refuse(PeStatus::lib_not_supported, "library", libraries->raw);
  if (iot) return refuse(PeStatus::feature_not_supported, "IoT minimal profiles are not supported", iot->raw);
  return {};
}

}  // namespace simurgh::profile
