// PE-AKAParameter and PE-CDMAParameter: keys and algorithm of the application created last.
#include <algorithm>

#include "euicc/profile/elements.h"

namespace simurgh::profile {
namespace {

constexpr std::size_t kSqnCount = 32, kSqnSize = 6;
constexpr std::uint64_t kHighestSeq = 0x07FFFFFFFFFF;  // 43 bits: SQN without its five index bits

// algorithmID of AlgoParameter.
constexpr std::uint32_t kMilenage = 1, kTuak = 2, kTestAlgorithm = 3;

struct Algorithm {
  std::uint32_t id = 0;
  bool key_given = false, opc_given = false;
};

Outcome<std::uint64_t> sequence(const asn1::Tlv& member) {
  if (member.value.size() > kSqnSize) return bad_values("sequence number", member.raw);
  const std::uint64_t value = be_value(member.value);
  if (value > kHighestSeq) return bad_values("sequence number", member.raw);
  return value;
}

Outcome<void> read_algorithm_member(Session& session, const Element& element, const asn1::Tlv& member, usim::AkaParameters& out,
                                    Algorithm& algorithm) {
  switch (member.tag) {
    case 0x80: {
      const auto value = number(member, 0xFF);
      if (!value) return std::unexpected(value.error());
      algorithm.id = *value;
      return {};
    }
    case 0x81:
      if (member.value.size() != 1) return bad_values("algorithm options", member.raw);
      out.algorithm_options = member.value[0];
      return {};
    case 0x82:
      out.key = crypto::SecretBytes(member.value);
      algorithm.key_given = true;
      return {};
    case 0x83:
      out.opc = crypto::SecretBytes(member.value);
      algorithm.opc_given = true;
      return {};
    case 0x84:
      if (member.value.size() != out.rotation.size() || *std::max_element(member.value.begin(), member.value.end()) > 127)
        return bad_values("rotation constants", member.raw);
      std::copy(member.value.begin(), member.value.end(), out.rotation.begin());
      return {};
    case 0x85:
      if (member.value.size() != out.xoring.size()) return bad_values("xoring constants", member.raw);
      std::copy(member.value.begin(), member.value.end(), out.xoring.begin());
      return {};
    case 0x86:
      if (member.value.size() != 3) return bad_values("authentication counter", member.raw);
      out.auth_counter_max = static_cast<std::uint32_t>(be_value(member.value));
      return {};
    case 0x87: {
      const auto value = number(member, 0xFF);
      if (!value) return std::unexpected(value.error());
      if (*value == 0) return bad_values("number of Keccak rounds", member.raw);
      out.keccak_iterations = static_cast<std::uint8_t>(*value);
      return {};
    }
    default:
      return session.tolerate(element, {PeStatus::invalid_parameter, "unknown algorithm member", member.raw.data()});
  }
}

// Sizes of K and OPc/TOPc, and whether the card offers the algorithm.
Outcome<void> check_algorithm(const Session& session, const asn1::Tlv& choice, usim::AkaParameters& out, const Algorithm& algorithm) {
  if (algorithm.id == 0 || !algorithm.key_given || !algorithm.opc_given) return malformed("algorithm member is missing", choice.raw);
  const std::size_t key = out.key.size();
  Service service = Service::milenage;
  bool sizes = false;
  switch (algorithm.id) {
    case kMilenage:
      sizes = key == 16 && out.opc.size() == 16;
      break;
    case kTuak:
      sizes = (key == 16 || key == 32) && out.opc.size() == 32;
      service = key == 32 ? Service::tuak256 : Service::tuak128;
      break;
    case kTestAlgorithm:
      sizes = key == 16;
      service = Service::usim_test_algorithm;
      break;
    default:
      return refuse(PeStatus::feature_not_supported, "algorithm", choice.raw);
  }
  if (!session.supports(service)) return refuse(PeStatus::feature_not_supported, "algorithm", choice.raw);
  if (!sizes) return bad_values("length of the key", choice.raw);
  out.algorithm = static_cast<usim::Algorithm>(algorithm.id);
  return {};
}

Outcome<void> read_algorithm(Session& session, const Element& element, const asn1::Tlv& choice, usim::AkaParameters& out) {
  Algorithm algorithm;
  for (asn1::TlvReader in(choice.value); !in.at_end();) {
    const auto member = next(in);
    if (!member) return std::unexpected(member.error());
    if (auto done = read_algorithm_member(session, element, *member, out, algorithm); !done) return done;
  }
  return check_algorithm(session, choice, out, algorithm);
}

// mappingParameter: the parameter set of another application, sequence numbers included.
Outcome<void> map_from(const Session& session, const asn1::Tlv& choice, AkaBinding& binding) {
  const auto source = asn1::find_child(choice.value, 0x81);
  if (!source) return malformed("mapping source is missing", choice.raw);
  const NodeId adf = session.files.adf_by_aid(source->value);
  const auto original = std::find_if(session.aka.begin(), session.aka.end(), [&](const AkaBinding& other) { return other.adf == adf; });
  if (adf == kNoNode || original == session.aka.end()) return bad_values("mapping source has no parameters", choice.raw);
  binding.parameters = original->parameters.clone();
  std::copy(std::begin(original->initial_sqn), std::end(original->initial_sqn), std::begin(binding.initial_sqn));
  binding.state_cell = original->state_cell;
  return {};
}

Outcome<void> read_initial_sqn(const asn1::Tlv& list, AkaBinding& binding) {
  std::size_t index = 0;
  for (asn1::TlvReader in(list.value); !in.at_end();) {
    const auto entry = next(in);
    if (!entry) return std::unexpected(entry.error());
    if (entry->tag != 0x04) return malformed("sqnInit", entry->raw);
    if (index == kSqnCount) return bad_values("too many sequence numbers", entry->raw);
    const auto value = sequence(*entry);
    if (!value) return std::unexpected(value.error());
    binding.initial_sqn[index++] = *value;
  }
  return {};
}

std::uint16_t next_state_cell(const Session& session) {
  std::uint16_t cell = 0;
  for (const AkaBinding& binding : session.aka) cell = std::max(cell, static_cast<std::uint16_t>(binding.state_cell + 1));
  return cell;
}

}  // namespace

Outcome<void> process_aka(Session& session, const Element& element) {
  AkaBinding binding;
  binding.adf = session.last_adf;
  binding.state_cell = next_state_cell(session);
  const auto here = [&](const AkaBinding& other) { return other.adf == binding.adf; };
  if (std::any_of(session.aka.begin(), session.aka.end(), here)) return bad_values("second parameters for one application");
  bool configured = false;
  for (asn1::TlvReader in(element.members); !in.at_end();) {
    const auto member = next(in);
    if (!member) return std::unexpected(member.error());
    Outcome<void> done;
    switch (member->tag) {
      case 0xA1: {
        if (configured) return malformed("member twice", member->raw);
        configured = true;
        asn1::TlvReader inside(member->value);
        const auto choice = next(inside);
        if (!choice) return std::unexpected(choice.error());
        if (choice->tag == 0xA0) {
          done = map_from(session, *choice, binding);
        } else if (choice->tag == 0xA1) {
          done = read_algorithm(session, element, *choice, binding.parameters);
        } else {
          return malformed("algoConfiguration", choice->raw);
        }
        break;
      }
      case 0x82:
        if (member->value.size() != 1) return bad_values("sqnOptions", member->raw);
        binding.parameters.sqn_options = member->value[0];
        break;
      case 0x83:
      case 0x84: {
        const auto value = sequence(*member);
        if (!value) return std::unexpected(value.error());
        (member->tag == 0x83 ? binding.parameters.sqn_delta : binding.parameters.sqn_age_limit) = *value;
        break;
      }
      case 0xA5:
        done = read_initial_sqn(*member, binding);
        break;
      default:
        done = session.tolerate(element, {PeStatus::invalid_parameter, "unknown member", member->raw.data()});
    }
    if (!done) return done;
  }
  if (!configured) return malformed("algoConfiguration is missing");
  session.aka.push_back(std::move(binding));
  return {};
}

Outcome<void> process_cdma(Session& session, const Element& element) {
  CdmaBinding binding;
  binding.adf = session.csim.adf;
  for (asn1::TlvReader in(element.members); !in.at_end();) {
    const auto member = next(in);
    if (!member) return std::unexpected(member.error());
    switch (member->tag) {
      case 0x81:
        if (member->value.size() != 8) return bad_values("length of the A-key", member->raw);
        binding.a_key = crypto::SecretBytes(member->value);
        break;
      case 0x82:
        if (member->value.size() != 16) return bad_values("length of the SSD", member->raw);
        binding.ssd = crypto::SecretBytes(member->value);
        break;
      case 0x83:
        binding.hrpd = crypto::SecretBytes(member->value);
        break;
      case 0x84:
        binding.simple_ip = crypto::SecretBytes(member->value);
        break;
      case 0x85:
        binding.mobile_ip = crypto::SecretBytes(member->value);
        break;
      default:
        if (auto known = session.tolerate(element, {PeStatus::invalid_parameter, "unknown member", member->raw.data()}); !known)
          return known;
    }
  }
  if (binding.a_key.empty()) return malformed("A-key is missing");
  session.cdma.push_back(std::move(binding));
  return {};
}

}  // namespace simurgh::profile
