// Profile state management operations (SGP.32 v1.2 5.13). Enabling and disabling only mark; what deletes does so at once.
#include "asn1/tlv.h"
#include "euicc/iot/emergency.h"
#include "euicc/iot/fallback.h"
#include "euicc/iot/immediate_enable.h"
#include "euicc/iot/run.h"
#include "euicc/rsp/metadata.h"
#include "euicc/rsp/profiles_info.h"

namespace simurgh::iot::psmo {
namespace {

using asn1::TlvReader;
using asn1::TlvWriter;
using ecasd::IotVersion;
using profile::ProfileClass;
using profile::ProfileEntry;
using profile::ProfileState;

enum class Code : std::uint8_t {
  ok = 0, not_found = 1, wrong_state = 2, disallowed_by_policy = 3, cat_busy = 5, command_error = 7, rollback_not_available = 20,
  return_fallback_profile = 21, undefined = 127,
};

CommandResult result(std::uint32_t tag, std::uint8_t code) {
  TlvWriter out;
  out.put_byte(tag, code);
  return {out.take(), code == 0};
}
CommandResult result(std::uint32_t tag, Code code) { return result(tag, static_cast<std::uint8_t>(code)); }

// 5A of ten octets first; `rest` gives what follows.
std::optional<ByteView> read_iccid(TlvReader& in) {
  const auto iccid = in.required(0x5A);
  if (!iccid || iccid->value.size() != 10) return std::nullopt;
  return iccid->value;
}

std::optional<ByteView> only_iccid(ByteView content) {
  TlvReader in(content);
  const auto iccid = read_iccid(in);
  return iccid && in.skip_rest() ? iccid : std::nullopt;
}

// A switch of an earlier command still waits for its REFRESH, or nothing may interrupt the terminal.
bool busy(const Run& run) { return run.context.busy || rsp::switch_pending(run.context.txn); }

}  // namespace

std::optional<CommandResult> enable(Run& run, ByteView content) {
  constexpr std::uint32_t kTag = 0x83;
  TlvReader in(content);
  const auto iccid = read_iccid(in);
  const auto flag = iccid ? in.optional(0x05) : std::unexpected(asn1::ParseError{"", 0});
  if (!flag || (*flag && !(*flag)->value.empty()) || !in.skip_rest()) return std::nullopt;
  const bool rollback = flag->has_value();
  const Context& context = run.context;
  if (run.enable_done) return result(kTag, Code::undefined);
  profile::Registry registry(context.txn);
  const auto target = registry.by_iccid(*iccid);
  if (!target) return result(kTag, Code::not_found);
  if (target->state == ProfileState::enabled) return result(kTag, Code::wrong_state);
  const auto enabled = registry.enabled();
  const bool leaves_marked = enabled && run.to_disable == enabled->number;
  const bool operational = target->metadata.profile_class == ProfileClass::operational;
  if (enabled && !leaves_marked && operational && forbids_disabling(*enabled)) return result(kTag, Code::disallowed_by_policy);
  if (busy(run)) return result(kTag, Code::cat_busy);
  if (rollback && !enabled) {
    return result(kTag, context.since(IotVersion::v1_1) ? Code::rollback_not_available : Code::undefined);
  }
  run.enable_done = true;
  run.to_enable = target->number;
  if (enabled) run.to_disable = enabled->number;
  if (rollback) run.rollback_to = enabled->number;
  end_fallback(context.txn);
  return result(kTag, Code::ok);
}

std::optional<CommandResult> disable(Run& run, ByteView content) {
  constexpr std::uint32_t kTag = 0x84;
  const auto iccid = only_iccid(content);
  if (!iccid) return std::nullopt;
  if (run.enable_done || run.disable_done) return result(kTag, Code::undefined);
  const auto target = profile::Registry(run.context.txn).by_iccid(*iccid);
  if (!target) return result(kTag, Code::not_found);
  if (target->state != ProfileState::enabled) return result(kTag, Code::wrong_state);
  if (forbids_disabling(*target)) return result(kTag, Code::disallowed_by_policy);
  if (busy(run)) return result(kTag, Code::cat_busy);
  run.disable_done = true;
  run.to_disable = target->number;
  return result(kTag, Code::ok);
}

std::optional<CommandResult> remove(Run& run, ByteView content) {
  constexpr std::uint32_t kTag = 0x85;
  const auto iccid = only_iccid(content);
  if (!iccid) return std::nullopt;
  const Context& context = run.context;
  const auto target = profile::Registry(context.txn).by_iccid(*iccid);
  if (!target) return result(kTag, Code::not_found);
  // Before the state: the profile to go back to is the one marked to be disabled.
  if (run.rollback_to == target->number) {
    return result(kTag, context.since(IotVersion::v1_1) ? Code::rollback_not_available : Code::undefined);
  }
  if (target->state == ProfileState::enabled || run.marked(*target)) return result(kTag, Code::wrong_state);
  const bool preinstalled_test = target->factory && target->metadata.profile_class == ProfileClass::test;
  if ((target->metadata.ppr.value_or(0) & rsp::kPpr2) != 0 || preinstalled_test) return result(kTag, Code::disallowed_by_policy);
  if (return_target(context.txn) == target->number) return result(kTag, Code::return_fallback_profile);
  const bool emergency = target->metadata.ecall_indication.value_or(false);
  const bool fallback = fallback_profile(context.txn, context.ecasd) == target->number;
  if ((emergency && !context.choices().emergency_profile_deletable) || (fallback && !context.choices().fallback_profile_deletable)) {
    return result(kTag, Code::undefined);
  }
  if (rsp::switch_pending(context.txn)) return result(kTag, Code::undefined);
  if (fallback) context.platform.note("the profile with the fallback attribute is deleted; no profile has it now");
  rsp::delete_profile_cells(context.txn, context.ecasd, *target);
  forget_profile(context.txn, target->number);
  run.delete_done = true;
  return result(kTag, Code::ok);
}

std::optional<CommandResult> list_profile_info(Run& run, ByteView content) {
  constexpr std::uint8_t kIncorrectInput = 1, kChangeOngoing = 11;
  const Context& context = run.context;
  const auto refuse = [](std::uint8_t code) { return CommandResult{asn1::tlv(0xBF2D, asn1::tlv(0x81, ByteView(&code, 1))), false}; };
  if (run.enable_done || run.disable_done || run.delete_done) return refuse(kChangeOngoing);
  const bool members = context.since(IotVersion::v1_1);
  const auto list = rsp::profiles_info({.iot = members, .fallback = fallback_profile(context.txn, context.ecasd)}, context.txn, content);
  if (!list) return refuse(kIncorrectInput);
  return CommandResult{asn1::tlv(0xBF2D, *list), true};
}

std::optional<CommandResult> get_rat(Run& run, ByteView content) {
  if (!TlvReader(content).skip_rest()) return std::nullopt;
  return CommandResult{asn1::tlv(0xA6, rsp::encode_rat(run.context.ecasd.capabilities)), true};
}

std::optional<CommandResult> configure_immediate_enable(Run& run, ByteView content) {
  return result(0x87, static_cast<std::uint8_t>(iot::configure_immediate_enable(run.context, content)));
}

std::optional<CommandResult> set_fallback_attribute(Run& run, ByteView content) {
  const auto iccid = only_iccid(content);
  if (!iccid) return std::nullopt;
  return result(0x8D, static_cast<std::uint8_t>(iot::set_fallback_attribute(run.context, *iccid)));
}

std::optional<CommandResult> unset_fallback_attribute(Run& run, ByteView content) {
  if (!content.empty()) return result(0x8E, Code::command_error);
  return result(0x8E, static_cast<std::uint8_t>(iot::unset_fallback_attribute(run.context)));
}

std::optional<CommandResult> set_default_dp_address(Run& run, ByteView content) {
  const auto address = TlvReader(content).required(0x80);
  if (!address) return std::nullopt;
  const bool good = rsp::set_default_dp_address(run.context.txn, address->value);
  const std::uint8_t code = good ? 0 : 127;
  return CommandResult{asn1::tlv(0xBF65, asn1::tlv(0x80, ByteView(&code, 1))), good};
}

}  // namespace simurgh::iot::psmo
