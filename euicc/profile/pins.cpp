// PE-PINCodes and PE-PUKCodes: values, counters and the directories they belong to.
#include <algorithm>

#include "euicc/profile/elements.h"

namespace simurgh::profile {
namespace {

constexpr std::size_t kValueSize = 8;

// Key references as VERIFY PIN writes them (TS 102 221 table 9.3).
constexpr bool global_pin(std::uint8_t reference) {
  return (reference >= 0x01 && reference <= 0x08) || (reference >= 0x0A && reference <= 0x0E) || (reference >= 0x8A && reference <= 0x8E);
}
constexpr bool local_pin(std::uint8_t reference) { return reference >= 0x81 && reference <= 0x88; }
constexpr bool puk(std::uint8_t reference) { return (reference >= 0x01 && reference <= 0x08) || local_pin(reference); }

struct Tries {
  std::uint8_t maximum, left;
};
Outcome<Tries> tries(const asn1::Tlv& member) {
  const auto both = number(member, 0xFF);
  if (!both) return std::unexpected(both.error());
  const Tries result{static_cast<std::uint8_t>(*both >> 4), static_cast<std::uint8_t>(*both & 0x0F)};
  if (result.maximum == 0 || result.left > result.maximum) return bad_values("retry counter", member.raw);
  return result;
}

Outcome<std::uint8_t> reference(const asn1::Tlv& member) {
  const auto value = number(member, 0xFF);
  if (!value) return std::unexpected(value.error());
  return static_cast<std::uint8_t>(*value);
}

const uicc::PinBinding* binding(const uicc::PinTable& pins, NodeId directory, std::uint8_t key_reference) {
  const auto found = std::find_if(pins.bindings.begin(), pins.bindings.end(),
                                  [&](const auto& b) { return b.directory == directory && b.reference == key_reference; });
  return found == pins.bindings.end() ? nullptr : &*found;
}

Outcome<uicc::PinObject> read_pin(Session& session, const Element& element, const asn1::Tlv& configuration) {
  uicc::PinObject pin;
  for (asn1::TlvReader in(configuration.value); !in.at_end();) {
    const auto member = next(in);
    if (!member) return std::unexpected(member.error());
    switch (member->tag) {
      case 0x80:
      case 0x82: {
        const auto value = reference(*member);
        if (!value) return std::unexpected(value.error());
        (member->tag == 0x80 ? pin.reference : pin.puk) = *value;
        break;
      }
      case 0x81:
        pin.value = crypto::SecretBytes(member->value);
        break;
      case 0x83: {
        const auto attributes = number(*member, 0xFF);
        if (!attributes) return std::unexpected(attributes.error());
        pin.enabled = (*attributes & 1) != 0;
        pin.changeable = (*attributes & 2) != 0;
        pin.can_be_disabled = (*attributes & 4) != 0;
        break;
      }
      case 0x84: {
        const auto counts = tries(*member);
        if (!counts) return std::unexpected(counts.error());
        pin.max_tries = counts->maximum;
        pin.tries = counts->left;
        break;
      }
      default:
        if (auto known = session.tolerate(element, {PeStatus::invalid_parameter, "unknown PIN member", member->raw.data()}); !known)
          return std::unexpected(known.error());
    }
  }
  if (pin.reference == 0 || pin.value.empty()) return malformed("PIN without reference or value", configuration.raw);
  if (pin.value.size() != kValueSize) return bad_values("length of the PIN", configuration.raw);
  const auto unblocks = [&](const uicc::PukObject& object) { return object.reference == pin.puk; };
  if (pin.puk != 0 && std::none_of(session.pins.puks.begin(), session.pins.puks.end(), unblocks))
    return bad_values("PUK of the PIN is not defined", configuration.raw);
  return pin;
}

Outcome<void> read_pins(Session& session, const Element& element, ByteView list, NodeId context) {
  for (asn1::TlvReader in(list); !in.at_end();) {
    const auto configuration = next(in);
    if (!configuration) return std::unexpected(configuration.error());
    if (configuration->tag != 0x30) return malformed("PIN configuration", configuration->raw);
    auto pin = read_pin(session, element, *configuration);
    if (!pin) return std::unexpected(pin.error());
    // Global references live in the MF, local ones everywhere else.
    if (context == uicc::kMf ? !global_pin(pin->reference) : !local_pin(pin->reference))
      return bad_values("key reference does not belong here", configuration->raw);
    if (binding(session.pins, context, pin->reference) != nullptr) return bad_values("key reference twice", configuration->raw);
    session.pins.bindings.push_back({context, pin->reference, static_cast<std::uint16_t>(session.pins.pins.size())});
    session.pins.pins.push_back(std::move(*pin));
  }
  return {};
}

// filePath: the context means the same objects as that directory, with the same counters.
Outcome<void> share_pins(Session& session, const asn1::Tlv& path, NodeId context) {
  const NodeId source = session.files.walk(path.value);
  if (source == kNoNode || source == kLeftOut || !session.files.at(source).is_directory() || source == context)
    return bad_values("PIN path not found", path.raw);
  const std::size_t before = session.pins.bindings.size();
  for (std::size_t i = 0; i < before; ++i) {
    const uicc::PinBinding shared = session.pins.bindings[i];
    if (shared.directory == source) session.pins.bindings.push_back({context, shared.reference, shared.pin});
  }
  if (session.pins.bindings.size() == before) return bad_values("no PINs under that path", path.raw);
  return {};
}

}  // namespace

Outcome<void> process_pin_codes(Session& session, const Element& element) {
  if (session.context_left_out) return refuse(*session.context_left_out, "PINs of a directory that was left out");
  const NodeId context = session.pin_context;
  const auto here = [&](const uicc::PinBinding& b) { return b.directory == context; };
  if (std::any_of(session.pins.bindings.begin(), session.pins.bindings.end(), here)) return bad_values("second pinCodes for one directory");
  bool codes = false;
  for (asn1::TlvReader in(element.members); !in.at_end();) {
    const auto member = next(in);
    if (!member) return std::unexpected(member.error());
    if (member->tag != 0xA1 || codes) {
      if (auto known = session.tolerate(element, {PeStatus::invalid_parameter, "unknown member", member->raw.data()}); !known) return known;
      continue;
    }
    codes = true;
    asn1::TlvReader choice(member->value);
    const auto chosen = next(choice);
    if (!chosen) return std::unexpected(chosen.error());
    Outcome<void> done;
    if (chosen->tag == 0xA0) {
      done = read_pins(session, element, chosen->value, context);
    } else if (chosen->tag == 0x81) {
      done = share_pins(session, *chosen, context);
    } else {
      return malformed("pinCodes choice", chosen->raw);
    }
    if (!done) return done;
    if (!choice.at_end()) return malformed("pinCodes choice", choice.rest());
  }
  if (!codes) return malformed("pinCodes are missing");
  return {};
}

Outcome<void> process_puk_codes(Session& session, const Element& element) {
  // Directly behind the MF: nothing that a PUK could be needed for comes earlier.
  constexpr std::uint64_t kLater = std::uint64_t{1} << 2 | std::uint64_t{1} << 17 | std::uint64_t{1} << 18 | std::uint64_t{1} << 19 |
                                   std::uint64_t{1} << 21 | std::uint64_t{1} << 25 | std::uint64_t{1} << 6;
  if ((session.seen & kLater) != 0) return malformed("pukCodes after elements that may use them");
  bool codes = false;
  for (asn1::TlvReader in(element.members); !in.at_end();) {
    const auto member = next(in);
    if (!member) return std::unexpected(member.error());
    if (member->tag != 0xA1 || codes) {
      if (auto known = session.tolerate(element, {PeStatus::invalid_parameter, "unknown member", member->raw.data()}); !known) return known;
      continue;
    }
    codes = true;
    for (asn1::TlvReader list(member->value); !list.at_end();) {
      const auto entry = next(list);
      if (!entry) return std::unexpected(entry.error());
      if (entry->tag != 0x30) return malformed("PUK configuration", entry->raw);
      uicc::PukObject object;
      for (asn1::TlvReader fields(entry->value); !fields.at_end();) {
        const auto field = next(fields);
        if (!field) return std::unexpected(field.error());
        if (field->tag == 0x80) {
          const auto value = reference(*field);
          if (!value) return std::unexpected(value.error());
          object.reference = *value;
        } else if (field->tag == 0x81) {
          object.value = crypto::SecretBytes(field->value);
        } else if (field->tag == 0x82) {
          const auto counts = tries(*field);
          if (!counts) return std::unexpected(counts.error());
          object.max_tries = counts->maximum;
          object.tries = counts->left;
        } else if (auto known = session.tolerate(element, {PeStatus::invalid_parameter, "unknown PUK member", field->raw.data()}); !known) {
          return known;
        }
      }
      if (object.value.empty()) return malformed("PUK without value", entry->raw);
      if (object.value.size() != kValueSize || !puk(object.reference)) return bad_values("PUK", entry->raw);
      const auto same = [&](const uicc::PukObject& other) { return other.reference == object.reference; };
      if (std::any_of(session.pins.puks.begin(), session.pins.puks.end(), same)) return bad_values("PUK reference twice", entry->raw);
      session.pins.puks.push_back(std::move(object));
    }
  }
  if (!codes) return malformed("pukCodes are missing");
  return {};
}

Outcome<void> check_pin_references(const Session& session) {
  for (NodeId id = 0; id < session.files.size(); ++id) {
    const uicc::FileNode& directory = session.files.at(id);
    for (const std::uint8_t key_reference : directory.pin_references) {
      bool defined = false;
      if (local_pin(key_reference)) {
        for (NodeId here = id; here != kNoNode && !defined; here = session.files.at(here).parent)
          defined = binding(session.pins, here, key_reference) != nullptr;
      } else {
        defined = binding(session.pins, uicc::kMf, key_reference) != nullptr;
      }
      if (!defined) return refuse(PeStatus::pin_code_missing, "PIN of a PIN status template is not defined");
    }
  }
  return {};
}

}  // namespace simurgh::profile
