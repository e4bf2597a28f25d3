// PE-SecurityDomain. The first one is the MNO-SD, whatever AIDs and privileges it names.
#include <algorithm>

#include "euicc/profile/elements.h"
#include "euicc/profile/gp_members.h"

namespace simurgh::profile {
namespace {

// GlobalPlatform 2.3 table 11-16: key types.
bool known_key_type(std::uint8_t type) {
  return type == 0x80 || type == 0x82 || type == 0x85 || type == 0x88 || type == 0x90 || (type >= 0xA0 && type <= 0xA8) ||
         (type >= 0xB0 && type <= 0xB6) || type == 0xF0;
}

bool fits_key_type(std::uint8_t type, std::size_t size) {
  switch (type) {
    case 0x80:
      return size == 8 || size == 16 || size == 24;
    case 0x82:
      return size == 16 || size == 24;
    case 0x88:
      return size == 16 || size == 24 || size == 32;
    default:
      return size != 0;
  }
}

Outcome<gp::KeyComponent> read_component(Session& session, const Element& element, const asn1::Tlv& sequence) {
  gp::KeyComponent component;
  for (asn1::TlvReader in(sequence.value); !in.at_end();) {
    const auto member = next(in);
    if (!member) return std::unexpected(member.error());
    switch (member->tag) {
      case 0x80:
        if (member->value.size() != 1) return bad_values("key type", member->raw);
        component.type = member->value[0];
        break;
      case 0x86:
        component.value = crypto::SecretBytes(member->value);
        break;
      case 0x87: {
        const auto length = number(*member, 16);
        if (!length) return std::unexpected(length.error());
        component.mac_length = static_cast<std::uint8_t>(*length);
        break;
      }
      default:
        if (auto known = session.tolerate(element, {PeStatus::invalid_parameter, "unknown key member", member->raw.data()}); !known)
          return std::unexpected(known.error());
    }
  }
  if (!known_key_type(component.type)) return refuse(PeStatus::feature_not_supported, "key type", sequence.raw);
  if (!fits_key_type(component.type, component.value.size())) return bad_values("length of a key", sequence.raw);
  return component;
}

Outcome<gp::Key> read_key(Session& session, const Element& element, const asn1::Tlv& object) {
  gp::Key key;
  std::optional<ByteView> version, identifier;
  for (asn1::TlvReader in(object.value); !in.at_end();) {
    const auto member = next(in);
    if (!member) return std::unexpected(member.error());
    switch (member->tag) {
      case 0x95:
        key.usage = to_bytes(member->value);
        break;
      case 0x96:
        if (member->value.size() != 1) return bad_values("key access", member->raw);
        key.access = member->value[0];
        break;
      case 0x82:
        identifier = member->value;
        break;
      case 0x83:
        version = member->value;
        break;
      case 0x85:
        key.counter = to_bytes(member->value);
        break;
      case 0x30:
        for (asn1::TlvReader list(member->value); !list.at_end();) {
          const auto sequence = next(list);
          if (!sequence) return std::unexpected(sequence.error());
          if (sequence->tag != 0x30) return malformed("key component", sequence->raw);
          auto component = read_component(session, element, *sequence);
          if (!component) return std::unexpected(component.error());
          key.components.push_back(std::move(*component));
        }
        break;
      default:
        if (auto known = session.tolerate(element, {PeStatus::invalid_parameter, "unknown key member", member->raw.data()}); !known)
          return std::unexpected(known.error());
    }
  }
  if (!version || !identifier || key.components.empty() || key.usage.empty()) return malformed("key member is missing", object.raw);
  if (version->size() != 1 || identifier->size() != 1) return bad_values("key version or identifier", object.raw);
  key.version = (*version)[0];
  key.identifier = (*identifier)[0];
  if (key.version == 0 || key.version > 0x7F) return bad_values("key version", object.raw);
  return key;
}

Outcome<void> read_keys(Session& session, const Element& element, ByteView list, gp::SecurityDomain& domain) {
  for (asn1::TlvReader in(list); !in.at_end();) {
    const auto object = next(in);
    if (!object) return std::unexpected(object.error());
    if (object->tag != 0x30) return malformed("key object", object->raw);
    auto key = read_key(session, element, *object);
    if (!key) return std::unexpected(key.error());
    const auto same = [&](const gp::Key& other) { return other.version == key->version && other.identifier == key->identifier; };
    if (std::any_of(domain.keys.begin(), domain.keys.end(), same)) return bad_values("key twice", object->raw);
    domain.keys.push_back(std::move(*key));
  }
  return {};
}

Outcome<void> take_instance(Session& session, const Element& element, const asn1::Tlv& member, gp::SecurityDomain& domain) {
  const auto instance = read_instance(session, element, member.value);
  if (!instance) return std::unexpected(instance.error());
  domain.package_aid = to_bytes(instance->load_package);
  domain.class_aid = to_bytes(instance->class_aid);
  domain.aid = to_bytes(instance->aid);
  domain.extradited_to = to_bytes(instance->extradited_to);
  domain.privileges = to_bytes(instance->privileges);
  domain.life_cycle = instance->life_cycle;
  domain.parameters_c9 = to_bytes(instance->c9);
  domain.uicc_toolkit = to_bytes(instance->toolkit);
  domain.uicc_access = to_bytes(instance->access);
  domain.uicc_admin_access = to_bytes(instance->admin_access);
  if (aid_taken(session, domain.aid)) return bad_values("AID exists", member.raw);
  const bool mno_sd = session.gp.domains.empty();
  if (mno_sd && !domain.extradited_to.empty()) return bad_values("the MNO-SD cannot be extradited", member.raw);
  if (!mno_sd) {
    if (auto associated = check_association(session, domain.extradited_to, member.raw); !associated) return associated;
  }
  auto address = read_toolkit(instance->toolkit);
  if (!address) return std::unexpected(address.error());
  for (const Bytes& tar : address->tars)
    if (tar_taken(session, tar)) return bad_values("TAR exists", member.raw);
  domain.tars = std::move(address->tars);
  domain.minimum_security_level = address->minimum_security_level;
  return {};
}

}  // namespace

Outcome<void> process_security_domain(Session& session, const Element& element) {
  gp::SecurityDomain domain;
  bool instance = false;
  for (asn1::TlvReader in(element.members); !in.at_end();) {
    const auto member = next(in);
    if (!member) return std::unexpected(member.error());
    Outcome<void> done;
    switch (member->tag) {
      case 0xA1:
        if (instance) return malformed("member twice", member->raw);
        done = take_instance(session, element, *member, domain);
        instance = true;
        break;
      case 0xA2:
        done = read_keys(session, element, member->value, domain);
        break;
      case 0xA3: {
        auto data = octet_strings(session, member->value);
        if (!data) return std::unexpected(data.error());
        domain.personal_data = std::move(*data);
        break;
      }
      case 0xA4:
        domain.open_personal_data = to_bytes(member->value);
        break;
      case 0xA5:
        domain.cat_tp_parameters = to_bytes(member->value);
        break;
      default:
        done = session.tolerate(element, {PeStatus::invalid_parameter, "unknown member", member->raw.data()});
    }
    if (!done) return done;
  }
  if (!instance) return malformed("instance is missing");
  if (!session.gp.domains.empty() && (!domain.open_personal_data.empty() || !domain.cat_tp_parameters.empty()))
    return bad_values("parameters that only the MNO-SD may have");
  session.gp.domains.push_back(std::move(domain));
  return {};
}

}  // namespace simurgh::profile
