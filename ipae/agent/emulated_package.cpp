// eUICC packages on an emulated IoT eUICC. SGP.32 v1.2 2.11.1, 3.3, 5.13.
#include <algorithm>
#include <utility>

#include "ipae/agent/emulated_codes.h"
#include "ipae/agent/emulated_eim.h"
#include "ipae/agent/emulated_iot.h"

namespace simurgh::ipae {

using namespace simurgh::literals;
using namespace emulated;
using asn1::Tlv;
using asn1::TlvReader;

namespace {

constexpr unsigned kNotFound = 1, kWrongState = 2, kDisallowed = 3, kCommandError = 7, kRollbackNotAvailable = 20, kReturnFallbackProfile = 21;

Bytes token_tlv(const std::optional<std::uint64_t>& token) { return integer(0x84, token.value_or(0)); }

template <typename R>
void finish(R& run, std::uint32_t tag, unsigned code) {
  append(run.list, integer(tag, code));
  run.done = code != 0;
}
// processingTerminated
template <typename R>
void damaged(R& run) {
  finish(run, 0x02, 2);
}

// 5A of ten octets, then nothing but `flag`; nothing when the content is another.
struct Target {
  Bytes iccid;
  bool flag = false;
};
std::optional<Target> target_of(const Tlv& command) {
  TlvReader in(command.value);
  const auto iccid = in.required(0x5A);
  const auto flag = iccid ? in.optional(0x05) : std::unexpected(asn1::ParseError{"", 0});
  if (!flag || iccid->value.size() != 10 || (*flag && !(*flag)->value.empty()) || !in.skip_rest()) return std::nullopt;
  return Target{to_bytes(iccid->value), flag->has_value()};
}

}  // namespace

// Power went while the commands ran: the eIM gets what is known of them.
void EmulatedIot::end_interrupted() {
  if (!state_.running) return;
  const EmulatedState::Running cut = *std::exchange(state_.running, {});
  (void)store_result(cut.eim_id, cut.counter, cut.transaction_id, concat({cut.list, "020103"_hex}));
  prune();
  save();
}

PortResult<Bytes> EmulatedIot::load_package(ByteView bf51) {
  const PortError malformed{"LoadEuiccPackage: wrong data (6A80)", 0x6A80};
  TlvReader in(content_of(bf51, 0xBF51));
  const auto data = in.required(0x30);
  const auto signature = data ? in.required(0x5F37) : data;
  if (!data || !signature) return std::unexpected(malformed);
  const std::string id = to_text(octets(data->value, 0x80));
  const Bytes transaction_id = octets(data->value, 0x82);
  if (id.empty() || transaction_id.size() > 16) return std::unexpected(malformed);
  const auto counter = number(data->value, 0x81);
  const Bytes tail = transaction_id.empty() ? Bytes{} : asn1::tlv(0x82, transaction_id);
  const Bytes head = concat({asn1::tlv(0x80, text_view(id)), tail});
  Eim* eim = state_.find(id);
  if (eim == nullptr) return asn1::tlv(0xBF51, asn1::tlv(0xA2, head));
  const auto key = key_of(eim->entry);
  if (!key || !key->verify({data->raw, token_tlv(eim->token)}, signature->value)) {
    return asn1::tlv(0xBF51, asn1::tlv(0xA2, eim->token ? concat({head, token_tlv(eim->token)}) : head));
  }
  const auto refuse = [&](unsigned code) {
    const Bytes said = concat({asn1::tlv(0x80, text_view(id)), integer(0x81, counter.value_or(0)), tail, integer(0x02, code)});
    return asn1::tlv(0xBF51, asn1::tlv(0xA1, concat({asn1::tlv(0x30, said), asn1::tlv(0x5F37, Bytes(64, 0))})));
  };
  const auto eid = es10c::get_eid(card_);
  if (!eid) return std::unexpected(eid.error());
  if (emergency_active()) return refuse(kEcallActive);
  if (octets(data->value, 0x5A) != *eid) return refuse(3);
  if (!counter || *counter > kMostCounter) return refuse(6);
  if (*counter <= eim->counter) return refuse(4);
  if (data->raw.size() > kMostPackage) return refuse(15);
  const auto psmos = asn1::find_child(data->value, 0xA0);
  const auto ecos = asn1::find_child(data->value, 0xA1);
  Run run;
  run.eim_id = id;
  run.former_counter = std::exchange(eim->counter, *counter);
  state_.rollback.reset();
  state_.running = EmulatedState::Running{id, *counter, transaction_id, {}};
  save();
  TlvReader commands(psmos ? psmos->value : ecos ? ecos->value : ByteView());
  while (!commands.at_end() && !run.done) {
    const auto command = commands.next();
    if (!command) {
      damaged(run);
    } else if (psmos) {
      run_psmo(*command, run);
    } else {
      run_eco(*command, run);
    }
    state_.running->list = run.list;
    if (!commands.at_end()) save();
  }
  state_.running.reset();
  if (Eim* requester = state_.find(id); requester != nullptr && run.counter) requester->counter = *run.counter;
  Bytes result = store_result(id, *counter, transaction_id, run.list);
  if (run.rollback) {
    state_.rollback = run.rollback;
    state_.rollback->counter = *counter;
    state_.rollback->sequence = state_.next_sequence - 1;
    state_.rollback->transaction_id = transaction_id;
  }
  if (run.deleted_itself) std::erase_if(state_.eims, [&](const Eim& e) { return e.entry.id == id; });
  save();
  return result;
}

// ---- PSMOs

void EmulatedIot::run_psmo(const Tlv& command, Run& run) {
  switch (command.tag) {
    case 0xA3:
      return enable(command, run);
    case 0xA4:
      return disable(command, run);
    case 0xA5:
      return remove_profile(command, run);
    case 0xBF2D:
      return list_profiles(command, run);
    case 0xA6: {
      const auto answer = card_.request("BF4300"_hex);
      append(run.list, asn1::tlv(0xA6, answer ? octets(content_of(*answer, 0xBF43), 0xA0) : Bytes{}));
      return;
    }
    case 0xA7:
      return finish(run, 0x87, configure_immediate_enable(command.value) ? 0 : kCommandError);
    case 0xA8:
      return set_fallback_attribute(command, run);
    case 0xA9:
      return unset_fallback_attribute(command, run);
    case 0xBF65: {
      const unsigned code = code_of(asn1::tlv(0xBF3F, command.value));
      append(run.list, code_answer(0xBF65, code));
      run.done = code != 0;
      return;
    }
    default:
      return damaged(run);
  }
}

void EmulatedIot::enable(const Tlv& command, Run& run) {
  constexpr std::uint32_t kTag = 0x83;
  const auto target = target_of(command);
  if (!target) return damaged(run);
  if (run.enabled) return finish(run, kTag, kUndefined);
  const auto found = profile(target->iccid);
  if (!found) return finish(run, kTag, kNotFound);
  if (found->state == ProfileState::enabled) return finish(run, kTag, kWrongState);
  // A profile that this package disabled is the one to go back to.
  const Bytes former = run.disabled.empty() ? enabled_iccid() : run.disabled;
  if (target->flag && former.empty()) return finish(run, kTag, kRollbackNotAvailable);
  const auto told = notifications();
  const auto code = es10c::enable_profile(card_, es10c::Iccid{target->iccid}, false);
  constexpr unsigned kWrongProfileReenabling = 4;
  const unsigned result = code ? static_cast<unsigned>(*code) : kUndefined;
  finish(run, kTag, result == kWrongProfileReenabling ? kDisallowed : result);
  if (result != 0) return;
  run.enabled = run.changed = true;
  state_.return_target.clear();
  if (target->flag) run.rollback = EmulatedState::Rollback{former, run.eim_id, 0, 0, {}, switch_notifications(told)};
}

void EmulatedIot::disable(const Tlv& command, Run& run) {
  constexpr std::uint32_t kTag = 0x84;
  const auto target = target_of(command);
  if (!target) return damaged(run);
  if (run.enabled || !run.disabled.empty()) return finish(run, kTag, kUndefined);
  const auto code = es10c::disable_profile(card_, es10c::Iccid{target->iccid}, false);
  finish(run, kTag, code ? static_cast<unsigned>(*code) : kUndefined);
  if (run.done) return;
  run.disabled = target->iccid;
  run.changed = true;
}

void EmulatedIot::remove_profile(const Tlv& command, Run& run) {
  constexpr std::uint32_t kTag = 0x85;
  const auto target = target_of(command);
  if (!target) return damaged(run);
  if (!profile(target->iccid)) return finish(run, kTag, kNotFound);
  if (run.rollback && run.rollback->former == target->iccid) return finish(run, kTag, kRollbackNotAvailable);
  if (run.disabled == target->iccid) return finish(run, kTag, kWrongState);  // marked only, on a card that switches after the result
  if (state_.return_target == target->iccid) return finish(run, kTag, kReturnFallbackProfile);
  const auto code = es10c::delete_profile(card_, es10c::Iccid{target->iccid});
  finish(run, kTag, code ? static_cast<unsigned>(*code) : kUndefined);
  if (run.done) return;
  run.changed = true;
  state_.forget_profile(target->iccid);
}

void EmulatedIot::list_profiles(const Tlv& command, Run& run) {
  const auto answer = run.changed ? PortResult<Bytes>("BF2D0381010B"_hex) : profiles_info(command.raw);
  const bool read = answer && asn1::read_only(*answer, 0xBF2D);
  append(run.list, read ? *answer : "BF2D0381017F"_hex);
  run.done = !read || asn1::find_child(content_of(*answer, 0xBF2D), 0x81).has_value();
}

void EmulatedIot::set_fallback_attribute(const Tlv& command, Run& run) {
  constexpr std::uint32_t kTag = 0x8D;
  constexpr unsigned kNotAllowed = 2, kFallbackProfileEnabled = 3;
  const auto target = target_of(command);
  if (!target || target->flag) return damaged(run);
  if (!profile(target->iccid)) return finish(run, kTag, kNotFound);
  const EmulatedState::Mark* mark = state_.mark_of(target->iccid);
  if (mark == nullptr || !mark->fallback_allowed) return finish(run, kTag, kNotAllowed);
  if (!state_.fallback.empty() && enabled_iccid() == state_.fallback) return finish(run, kTag, kFallbackProfileEnabled);
  state_.fallback = target->iccid;
  finish(run, kTag, 0);
}

void EmulatedIot::unset_fallback_attribute(const Tlv& command, Run& run) {
  constexpr std::uint32_t kTag = 0x8E;
  constexpr unsigned kNone = 2, kFallbackProfileEnabled = 3;
  if (!command.value.empty()) return finish(run, kTag, kCommandError);
  if (state_.fallback.empty()) return finish(run, kTag, kNone);
  if (enabled_iccid() == state_.fallback) return finish(run, kTag, kFallbackProfileEnabled);
  state_.fallback.clear();
  finish(run, kTag, 0);
}

// ---- eCOs

void EmulatedIot::run_eco(const Tlv& command, Run& run) {
  switch (command.tag) {
    case 0xA8:
      return add_eim(command, run);
    case 0xA9:
      return delete_eim(command, run);
    case 0xAA:
      return update_eim(command, run);
    case 0xAB:
      return list_eims(run);
    default:
      return damaged(run);
  }
}

void EmulatedIot::add_eim(const Tlv& command, Run& run) {
  const auto entry = es10b::parse_eim_entry(asn1::tlv(0x30, command.value));
  std::optional<unsigned> problem = entry ? problem_with(*entry) : kCommandError;
  if (entry && state_.find(entry->id) != nullptr) problem = 2;
  if (!problem && state_.eims.size() >= kMostEims) problem = 1;
  if (problem) {
    append(run.list, asn1::tlv(0xA8, integer(0x02, *problem)));
    run.done = true;
    return;
  }
  const Bytes token = add(*entry);
  append(run.list, asn1::tlv(0xA8, token.empty() ? "020100"_hex : token));
}

void EmulatedIot::delete_eim(const Tlv& command, Run& run) {
  const std::string id = to_text(octets(command.value, 0x80));
  if (state_.find(id) == nullptr) return finish(run, 0x89, 1);
  if (id == run.eim_id) {
    run.deleted_itself = true;  // once its result is made
    append(run.list, integer(0x89, state_.eims.size() == 1 ? 2 : 0));
    return;
  }
  std::erase_if(state_.eims, [&](const Eim& e) { return e.entry.id == id; });
  finish(run, 0x89, 0);
}

void EmulatedIot::update_eim(const Tlv& command, Run& run) {
  constexpr std::uint32_t kTag = 0x8A;
  const auto entry = es10b::parse_eim_entry(asn1::tlv(0x30, command.value));
  if (!entry) return finish(run, kTag, kCommandError);
  Eim* eim = state_.find(entry->id);
  if (eim == nullptr) return finish(run, kTag, 1);
  const Bytes update = without(command.value, {0x83});
  const bool new_key = !entry->public_key.empty();
  const bool nothing = merged({}, without(update, {0x80})).empty() && !entry->counter;
  if (entry->token || nothing || (new_key && !key_of(*entry))) return finish(run, kTag, kCommandError);
  if (!knows_issuer(entry->ci_key_id)) return finish(run, kTag, 3);
  if (entry->counter && *entry->counter > kMostCounter) return finish(run, kTag, 6);
  const std::uint64_t present = entry->id == run.eim_id ? run.former_counter : eim->counter;
  if (entry->counter && *entry->counter < present && !new_key) return finish(run, kTag, kCommandError);
  const Bytes members = merged(eim->members, update);
  auto again = es10b::parse_eim_entry(asn1::tlv(0x30, members));
  if (!again) return finish(run, kTag, kCommandError);
  eim->members = members;
  eim->entry = *std::move(again);
  if (entry->counter) (entry->id == run.eim_id ? run.counter.emplace() : eim->counter) = *entry->counter;
  finish(run, kTag, 0);
}

void EmulatedIot::list_eims(Run& run) {
  Bytes list;
  for (const Eim& eim : state_.eims) {
    Bytes row = asn1::tlv(0x80, text_view(eim.entry.id));
    if (eim.entry.id_type && *eim.entry.id_type != es10b::EimIdType::proprietary) {
      append(row, integer(0x82, static_cast<unsigned>(*eim.entry.id_type)));
    }
    append(list, asn1::tlv(0x30, row));
  }
  append(run.list, asn1::tlv(0xAB, asn1::tlv(0xA0, list)));
}

}  // namespace simurgh::ipae
