#include "euicc/iot/fallback.h"

#include "euicc/iot/cells.h"
#include "euicc/iot/emergency.h"
#include "euicc/iot/rollback.h"

namespace simurgh::iot {
namespace {

using profile::ProfileEntry;
using profile::ProfileState;

bool busy(const Context& context, bool refresh) { return (refresh && context.busy) || rsp::switch_pending(context.txn); }

std::optional<ProfileEntry> attributed(const Context& context) {
  const auto number = fallback_profile(context.txn, context.ecasd);
  return number ? profile_numbered(context.txn, *number) : std::nullopt;
}

}  // namespace

std::optional<std::uint32_t> fallback_profile(const state::Transaction& txn, const ecasd::Ecasd& ecasd) {
  if (!ecasd.capabilities.iot || !ecasd.capabilities.iot->fallback) return std::nullopt;
  return stored_profile(txn, kFallbackAttribute);
}

std::optional<std::uint32_t> return_target(const state::Transaction& txn) { return stored_profile(txn, kReturnTarget); }

void end_fallback(state::Transaction& txn) { txn.erase(kReturnTarget); }

void forget_profile(state::Transaction& txn, std::uint32_t number) {
  for (const state::Key& key : {kFallbackAttribute, kReturnTarget}) {
    if (stored_profile(txn, key) == number) txn.erase(key);
  }
}

FallbackCode execute_fallback(const Context& context, bool refresh) {
  const auto enabled = profile::Registry(context.txn).enabled();
  if (!enabled) return FallbackCode::command_error;
  const auto target = attributed(context);
  if (!target) return FallbackCode::not_available;
  if (emergency_active(context.txn)) return FallbackCode::ecall_active;
  if (target->state == ProfileState::enabled) return FallbackCode::not_disabled;
  if (busy(context, refresh)) return FallbackCode::cat_busy;
  if (context.choices().ppr1_stops_fallback && forbids_disabling(*enabled)) return FallbackCode::undefined;
  context.txn.put(kReturnTarget, be_bytes(enabled->number, 4));
  clear_rollback(context.txn);
  start_switch(context, target->number, refresh);
  return FallbackCode::ok;
}

FallbackCode return_from_fallback(const Context& context, bool refresh) {
  const auto target = return_target(context.txn);
  const auto fallback = attributed(context);
  if (!target || !fallback) return FallbackCode::not_available;
  if (emergency_active(context.txn)) return FallbackCode::undefined;
  if (busy(context, refresh)) return FallbackCode::cat_busy;
  const auto entry = profile_numbered(context.txn, *target);
  // Deleting the profile or enabling another ends the fallback (forget_profile, end_fallback): only a damaged store gets here.
  if (!entry || entry->state != ProfileState::disabled) return FallbackCode::command_error;
  if (context.choices().ppr1_stops_fallback && forbids_disabling(*fallback)) return FallbackCode::undefined;
  end_fallback(context.txn);
  clear_rollback(context.txn);
  start_switch(context, entry->number, refresh);
  return FallbackCode::ok;
}

AttributeCode set_fallback_attribute(const Context& context, ByteView iccid) {
  const auto target = profile::Registry(context.txn).by_iccid(iccid);
  if (!target) return AttributeCode::not_found;
  if (!target->metadata.fallback_allowed.value_or(false)) return AttributeCode::not_allowed_or_none;
  const auto present = attributed(context);
  if (present && present->state == ProfileState::enabled) return AttributeCode::profile_enabled;
  if (!present || present->number != target->number) context.txn.put(kFallbackAttribute, be_bytes(target->number, 4));
  return AttributeCode::ok;
}

AttributeCode unset_fallback_attribute(const Context& context) {
  const auto present = attributed(context);
  if (!present) return AttributeCode::not_allowed_or_none;
  if (present->state == ProfileState::enabled) return AttributeCode::profile_enabled;
  context.txn.erase(kFallbackAttribute);
  return AttributeCode::ok;
}

}  // namespace simurgh::iot
