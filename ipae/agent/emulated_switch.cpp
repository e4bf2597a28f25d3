// Changes of the enabled profile that no package asks for, on an emulated IoT eUICC. SGP.32 v1.2 5.9.12-5.9.22. What has to be remembered is stored
// before the card switches: cut in between, the state names a switch that has not been, and the next look at the card finds that out.
#include <algorithm>

#include "ipae/agent/emulated_codes.h"
#include "ipae/agent/emulated_iot.h"

namespace simurgh::ipae {

using namespace simurgh::literals;
using namespace emulated;

namespace {

constexpr unsigned kWrongState = 2, kCatBusy = 5, kFallbackNotAvailable = 6, kCommandError = 7, kEcallNotAvailable = 8;

bool refresh_of(ByteView request, std::uint32_t tag) {
  const auto flag = asn1::find_child(content_of(request, tag), 0x80);
  return flag && flag->value.size() == 1 && flag->value[0] != 0;
}

// These functions have no code for what a policy rule forbids.
unsigned switch_code(unsigned code_of_es10c) { return code_of_es10c == 0 || code_of_es10c == kCatBusy ? code_of_es10c : kUndefined; }

}  // namespace

PortResult<Bytes> EmulatedIot::roll_back(ByteView request) {
  if (!state_.rollback) return "BF5803020101"_hex;
  const EmulatedState::Rollback granted = *state_.rollback;
  if (!profile(granted.former)) return "BF5803020107"_hex;
  if (enabled_iccid() != granted.former) {
    const auto code = es10c::enable_profile(card_, es10c::Iccid{granted.former}, refresh_of(request, 0xBF58));
    if (!code) return std::unexpected(code.error());
    if (*code != es10c::EnableResult::ok) return asn1::tlv(0xBF58, integer(0x02, switch_code(static_cast<unsigned>(*code))));
  }
  state_.rollback.reset();
  state_.results.erase(granted.sequence);
  for (const std::uint64_t number : granted.notifications) (void)es10b::remove_notification_from_list(card_, number);
  const Bytes result = store_result(granted.eim_id, granted.counter, granted.transaction_id, "8C0100"_hex);
  save();
  return asn1::tlv(0xBF58, concat({"020100"_hex, result}));
}

PortResult<Bytes> EmulatedIot::execute_fallback(ByteView request) {
  const auto answer = [](unsigned code) { return code_answer(0xBF5D, code); };
  const Bytes left = enabled_iccid();
  if (left.empty()) return answer(kCommandError);
  if (state_.fallback.empty() || !profile(state_.fallback)) return answer(kFallbackNotAvailable);
  if (emergency_active()) return answer(kEcallActive);
  if (left == state_.fallback) return answer(kWrongState);
  const EmulatedState before = state_;
  state_.return_target = left;
  state_.rollback.reset();
  save();
  const auto code = es10c::enable_profile(card_, es10c::Iccid{state_.fallback}, refresh_of(request, 0xBF5D));
  if (code && *code == es10c::EnableResult::ok) return answer(0);
  state_ = before;
  save();
  if (!code) return std::unexpected(code.error());
  return answer(switch_code(static_cast<unsigned>(*code)));
}

PortResult<Bytes> EmulatedIot::return_from_fallback(ByteView request) {
  const auto answer = [](unsigned code) { return code_answer(0xBF5E, code); };
  if (emergency_active()) return answer(kUndefined);
  const bool active = !state_.return_target.empty() && !state_.fallback.empty() && enabled_iccid() == state_.fallback;
  if (!active) return answer(kFallbackNotAvailable);
  const auto target = profile(state_.return_target);
  if (!target) return answer(kCommandError);
  const auto code = es10c::enable_profile(card_, es10c::Iccid{state_.return_target}, refresh_of(request, 0xBF5E));
  if (!code) return std::unexpected(code.error());
  if (*code != es10c::EnableResult::ok) return answer(switch_code(static_cast<unsigned>(*code)));
  state_.return_target.clear();
  state_.rollback.reset();
  save();
  return answer(0);
}

bool EmulatedIot::emergency_active() {
  if (!state_.emergency) return false;
  const auto emergency = emergency_profile();
  if (emergency && emergency->state == ProfileState::enabled) return true;
  state_.emergency.reset();
  save();
  return false;
}

PortResult<Bytes> EmulatedIot::enable_emergency(ByteView request) {
  const auto answer = [](unsigned code) { return code_answer(0xBF5B, code); };
  const auto target = emergency_profile();
  if (!target) return answer(kEcallNotAvailable);
  if (emergency_active() || target->state == ProfileState::enabled) return answer(kWrongState);
  const EmulatedState before = state_;
  state_.emergency = enabled_iccid();
  state_.rollback.reset();
  save();
  const auto told = notifications();
  const auto code = es10c::enable_profile(card_, es10c::Iccid{target->iccid}, refresh_of(request, 0xBF5B));
  if (!code || *code != es10c::EnableResult::ok) {
    state_ = before;
    save();
    if (!code) return std::unexpected(code.error());
    return answer(switch_code(static_cast<unsigned>(*code)));
  }
  // An emergency is nobody's business: entering it notifies no server.
  for (const std::uint64_t number : switch_notifications(told)) (void)es10b::remove_notification_from_list(card_, number);
  return answer(0);
}

PortResult<Bytes> EmulatedIot::disable_emergency(ByteView request) {
  const auto answer = [](unsigned code) { return code_answer(0xBF5C, code); };
  if (!emergency_active()) return answer(kWrongState);
  const bool refresh = refresh_of(request, 0xBF5C);
  unsigned code = kUndefined;
  if (!state_.emergency->empty() && profile(*state_.emergency)) {
    const auto enabled = es10c::enable_profile(card_, es10c::Iccid{*state_.emergency}, refresh);
    if (!enabled) return std::unexpected(enabled.error());
    code = static_cast<unsigned>(*enabled);
  } else {
    const auto disabled = es10c::disable_profile(card_, es10c::Iccid{emergency_profile()->iccid}, refresh);
    if (!disabled) return std::unexpected(disabled.error());
    code = static_cast<unsigned>(*disabled);
  }
  if (code != 0) return answer(switch_code(code));
  state_.emergency.reset();
  state_.rollback.reset();
  save();
  return answer(0);
}

bool EmulatedIot::configure_immediate_enable(ByteView content) {
  asn1::TlvReader in(content);
  const auto flag = in.optional(0x80);
  const auto oid = in.optional(0x81);
  const auto address = in.optional(0x82);
  if (!flag || !oid || !address || !in.skip_rest()) return false;
  if ((*flag && !(*flag)->value.empty()) || (*oid && (*oid)->value.empty())) return false;
  // Absent members keep their former value.
  state_.immediate.on = flag->has_value();
  if (*oid) state_.immediate.smdp_oid = to_bytes((*oid)->value);
  if (*address) state_.immediate.smdp_address = to_text((*address)->value);
  save();
  return true;
}

PortResult<Bytes> EmulatedIot::immediate_enable(ByteView request) {
  constexpr unsigned kNotAvailable = 1, kNoSessionContext = 4;
  const auto answer = [](unsigned code) { return code_answer(0xBF5A, code); };
  const EmulatedState::ImmediateEnable& allowed = state_.immediate;
  if (!allowed.on) return answer(kNotAvailable);
  if (!installed_) return answer(kNoSessionContext);
  const bool other_server = (!allowed.smdp_oid.empty() && allowed.smdp_oid != installed_->smdp_oid) ||
                            (!allowed.smdp_address.empty() && allowed.smdp_address != installed_->smdp_address);
  if (other_server) return answer(kNotAvailable);
  const auto target = profile(installed_->iccid);
  if (!target || target->state == ProfileState::enabled) return answer(kNoSessionContext);
  if (emergency_active()) return answer(kUndefined);
  const auto code = es10c::enable_profile(card_, es10c::Iccid{target->iccid}, refresh_of(request, 0xBF5A));
  if (!code) return std::unexpected(code.error());
  if (*code != es10c::EnableResult::ok) return answer(switch_code(static_cast<unsigned>(*code)));
  installed_.reset();
  state_.return_target.clear();
  state_.rollback.reset();
  save();
  return answer(0);
}

}  // namespace simurgh::ipae
