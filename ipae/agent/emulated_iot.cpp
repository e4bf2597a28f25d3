#include "ipae/agent/emulated_iot.h"

#include <algorithm>

#include "ipae/agent/emulated_codes.h"
#include "ipae/agent/emulated_eim.h"

namespace simurgh::ipae {

using namespace simurgh::literals;
using namespace emulated;
using asn1::TlvReader;

EmulatedIot::EmulatedIot(Es10Port& card, JournalPort& journal)
    : card_(card), journal_(journal), state_(EmulatedState::decode(journal.load(kEmulationRecord))) {
  end_interrupted();
}

PortResult<Bytes> EmulatedIot::request(ByteView command) {
  const std::uint32_t tag = TlvReader(command).peek().value_or(0);
  switch (tag) {
    case 0xBF22:
      return euicc_info2(command);
    case 0xBF2B:
      return retrieve(command);
    case 0xBF2D:
      return profiles_info(command);
    case 0xBF30:
      return remove(command);
    case 0xBF51:
      return load_package(command);
    case 0xBF55:
      return configuration(command);
    case 0xBF56:
      return get_certs(command);
    case 0xBF57:
      return add_initial(command);
    case 0xBF58:
      return roll_back(command);
    case 0xBF59: {
      constexpr unsigned kAssociated = 2;
      if (!state_.eims.empty()) return code_answer(tag, kAssociated);
      return code_answer(tag, configure_immediate_enable(content_of(command, tag)) ? 0 : kUndefined);
    }
    case 0xBF5A:
      return immediate_enable(command);
    case 0xBF5B:
      return enable_emergency(command);
    case 0xBF5C:
      return disable_emergency(command);
    case 0xBF5D:
      return execute_fallback(command);
    case 0xBF5E:
      return return_from_fallback(command);
    case 0xBF5F:
      return asn1::tlv(tag, integer(0x81, 1));  // parametersNotAvailable
    case 0xBF42:
      return code_answer(tag, 1);  // notSupported
    case 0xBF64:
      return memory_reset(command);
    case 0xBF65:
      return set_default_dp_address(command);
    // An IoT eUICC has no ES10c, and these in its own forms (2.1): past the rules above nothing switches.
    case 0xBF29:
    case 0xBF31:
    case 0xBF32:
    case 0xBF33:
    case 0xBF34:
    case 0xBF3F:
      return std::unexpected(PortError{"an IoT eUICC has no such function (6A88)", 0x6A88});
    default: {
      auto answer = card_.request(command);
      if (answer) notice(command, *answer);
      return answer;
    }
  }
}

void EmulatedIot::restarted() {
  installed_.reset();
  metadata_.clear();
  dp_address_.clear();
}

bool EmulatedIot::permit(ByteView iccid, bool fallback_allowed, bool ecall) {
  if (!profile(iccid)) return false;
  EmulatedState::Mark* mark = state_.mark_of(iccid);
  if (mark == nullptr) mark = &state_.marks.emplace_back(EmulatedState::Mark{to_bytes(iccid), false, false});
  mark->fallback_allowed = fallback_allowed;
  mark->ecall = ecall;
  save();
  return true;
}

// ---- eIMs

Bytes EmulatedIot::configuration(ByteView request) const {
  const auto filter = asn1::find_child(content_of(request, 0xBF55), 0xA0);
  const std::string wanted = filter ? to_text(octets(filter->value, 0x80)) : std::string();
  Bytes list;
  for (const Eim& eim : state_.eims) {
    if (filter && eim.entry.id != wanted) continue;
    append(list, asn1::tlv(0x30, eim.token ? merged(eim.members, integer(0x84, *eim.token)) : eim.members));
  }
  return asn1::tlv(0xBF55, asn1::tlv(0xA0, list));
}

bool EmulatedIot::knows_issuer(ByteView ci_key_id) {
  if (ci_key_id.empty()) return true;
  const auto info = es10b::get_euicc_info1(card_);
  return info && std::ranges::any_of(info->ci_keys_for_signing, [&](const Bytes& id) { return equal(id, ci_key_id); });
}

std::optional<unsigned> EmulatedIot::problem_with(const es10b::EimEntry& entry) {
  const auto problem = problem_of(entry);
  return !problem && !knows_issuer(entry.ci_key_id) ? 3 : problem;
}

Bytes EmulatedIot::add(const es10b::EimEntry& entry) {
  Eim eim;
  const Bytes given = without(content_of(entry.raw, 0x30), {0x83, 0x84});
  eim.members = merged(given, entry.protocols == 0 ? "87020308"_hex : Bytes{});
  eim.entry = entry;
  eim.counter = *entry.counter;
  if (entry.token) eim.token = state_.next_token++;
  const Bytes answer = eim.token ? integer(0x84, *eim.token) : Bytes{};
  state_.eims.push_back(std::move(eim));
  return answer;
}

Bytes EmulatedIot::add_initial(ByteView request) {
  const auto refuse = [](unsigned code) { return asn1::tlv(0xBF57, integer(0x81, code)); };
  const auto entries = es10b::parse_eim_entries(request);
  if (!entries || entries->empty()) return refuse(7);
  if (!state_.eims.empty()) return refuse(2);
  if (entries->size() > kMostEims) return refuse(1);
  for (std::size_t i = 0; i < entries->size(); ++i) {
    if (const auto problem = problem_with((*entries)[i])) return refuse(*problem);
    for (std::size_t k = 0; k < i; ++k) {
      if ((*entries)[k].id == (*entries)[i].id) return refuse(2);
    }
  }
  Bytes list;
  for (const es10b::EimEntry& entry : *entries) {
    const Bytes token = add(entry);
    append(list, token.empty() ? "0500"_hex : token);
  }
  save();
  return asn1::tlv(0xBF57, asn1::tlv(0xA0, list));
}

// ---- results

Bytes EmulatedIot::store_result(const std::string& eim_id, std::uint64_t counter, ByteView transaction_id, ByteView list) {
  const std::uint64_t sequence = state_.next_sequence++;
  asn1::TlvWriter out;
  {
    const auto outer = out.open(0xBF51);
    const auto ok = out.open(0xA0);
    {
      const auto data = out.open(0x30);
      out.put_text(0x80, eim_id).put_integer(0x81, counter);
      if (!transaction_id.empty()) out.put(0x82, transaction_id);
      out.put_integer(0x83, sequence).put(0x30, list);
    }
    out.put(0x5F37, Bytes(64, 0));
  }
  Bytes raw = out.take();
  if (state_.results.size() >= kMostResults) state_.results.erase(state_.results.begin());
  state_.results[sequence] = raw;
  return raw;
}

PortResult<Bytes> EmulatedIot::retrieve(ByteView request) {
  const auto filter = asn1::find_child(content_of(request, 0xBF2B), 0xA0);
  const auto wanted = filter ? number(filter->value, 0x80) : std::nullopt;
  if (filter && asn1::find_child(filter->value, 0x82)) {
    Bytes list;
    for (const auto& [sequence, raw] : state_.results) append(list, raw);
    return asn1::tlv(0xBF2B, asn1::tlv(0xA2, list));
  }
  if (wanted && state_.results.contains(*wanted)) return asn1::tlv(0xBF2B, asn1::tlv(0xA2, state_.results.at(*wanted)));
  return card_.request(request);
}

PortResult<Bytes> EmulatedIot::remove(ByteView request) {
  const auto wanted = number(content_of(request, 0xBF30), 0x80);
  if (!wanted || state_.results.erase(*wanted) == 0) return card_.request(request);
  save();
  return code_answer(0xBF30, 0);
}

// ---- what has the same content in SGP.22

unsigned EmulatedIot::code_of(ByteView request) {
  const auto answer = card_.request(request);
  if (!answer) return kUndefined;
  const std::uint64_t code = number(content_of(*answer, TlvReader(request).peek().value_or(0)), 0x80).value_or(kUndefined);
  return static_cast<unsigned>(std::min<std::uint64_t>(code, kUndefined));
}

PortResult<Bytes> EmulatedIot::set_default_dp_address(ByteView request) {
  const auto answer = card_.request(asn1::tlv(0xBF3F, content_of(request, 0xBF65)));
  if (!answer) return answer;
  const auto inner = asn1::read_only(*answer, 0xBF3F);
  return inner ? asn1::tlv(0xBF65, inner->value) : code_answer(0xBF65, kUndefined);
}

PortResult<Bytes> EmulatedIot::memory_reset(ByteView request) {
  constexpr std::uint64_t kOfSgp22 = 0x07, kEims = 0x20, kImmediateEnable = 0x40;
  const auto asked = asn1::find_child(content_of(request, 0xBF64), 0x82);
  const auto bits = asked ? asn1::named_bits(*asked) : asn1::Parsed<std::uint64_t>(std::unexpected(asn1::ParseError{"", 0}));
  if (!bits) return std::unexpected(PortError{"eUICCMemoryReset: wrong data (6A80)", 0x6A80});
  const bool refused = emergency_active();
  std::optional<unsigned> eims, immediate;
  if ((*bits & kEims) != 0) eims = refused ? kUndefined : state_.eims.empty() ? 1 : 0;
  if ((*bits & kImmediateEnable) != 0) immediate = refused ? kUndefined : 0;
  unsigned result = refused ? kEcallActive : (eims == 0U || immediate == 0U) && (*bits & 0x1F) == 0 ? 0 : 1;
  if (!refused) {
    if ((*bits & kOfSgp22) != 0) {
      result = code_of(asn1::tlv(0xBF34, asn1::tlv(0x82, asn1::named_bits_content(*bits & kOfSgp22))));
      prune();
    }
    if (eims == 0U) {
      state_.eims.clear();
      state_.results.clear();
      state_.rollback.reset();
    }
    if (immediate) state_.immediate = {};
    save();
  }
  Bytes answer = integer(0x80, result);
  if (eims) append(answer, integer(0x81, *eims));
  if (immediate) append(answer, integer(0x82, *immediate));
  return asn1::tlv(0xBF64, answer);
}

}  // namespace simurgh::ipae
