#include "euicc/iot/emergency.h"

#include "euicc/iot/cells.h"
#include "euicc/iot/rollback.h"

namespace simurgh::iot {
namespace {

using profile::ProfileEntry;
using profile::ProfileState;

constexpr std::uint32_t kNone = 0xFFFFFFFF;

std::optional<ProfileEntry> emergency_profile(const Context& context) {
  if (!context.card().ecall) return std::nullopt;
  for (ProfileEntry& entry : profile::Registry(context.txn).all()) {
    if (entry.metadata.ecall_indication.value_or(false)) return std::move(entry);
  }
  return std::nullopt;
}

bool busy(const Context& context, bool refresh) { return (refresh && context.busy) || rsp::switch_pending(context.txn); }

// v1.1 named only the immediate form among the events that end a rollback authorisation (10.2).
void end_rollback(const Context& context, bool refresh) {
  if (!refresh || context.since(ecasd::IotVersion::v1_2)) clear_rollback(context.txn);
}

}  // namespace

bool emergency_active(const state::Transaction& txn) { return txn.find(kEmergency) != nullptr; }

EnableEmergencyCode enable_emergency(const Context& context, bool refresh) {
  const auto target = emergency_profile(context);
  if (!target) return EnableEmergencyCode::ecall_not_available;
  if (emergency_active(context.txn) || target->state == ProfileState::enabled) return EnableEmergencyCode::not_disabled;
  if (busy(context, refresh)) return EnableEmergencyCode::cat_busy;
  const auto enabled = profile::Registry(context.txn).enabled();
  if (enabled && context.choices().ppr1_stops_emergency && forbids_disabling(*enabled)) return EnableEmergencyCode::undefined;
  context.txn.put(kEmergency, be_bytes(enabled ? enabled->number : kNone, 4));
  end_rollback(context, refresh);
  start_switch(context, target->number, refresh, rsp::Manner::silent);
  return EnableEmergencyCode::ok;
}

DisableEmergencyCode disable_emergency(const Context& context, bool refresh) {
  if (!emergency_active(context.txn)) return DisableEmergencyCode::not_enabled;
  if (busy(context, refresh)) return DisableEmergencyCode::cat_busy;
  auto target = stored_profile(context.txn, kEmergency);
  if (target && (*target == kNone || !profile_numbered(context.txn, *target))) target.reset();
  context.txn.erase(kEmergency);
  end_rollback(context, refresh);
  start_switch(context, target, refresh, context.choices().notify_after_emergency ? rsp::Manner::kept : rsp::Manner::silent);
  return DisableEmergencyCode::ok;
}

}  // namespace simurgh::iot
