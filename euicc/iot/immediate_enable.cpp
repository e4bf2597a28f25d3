#include "euicc/iot/immediate_enable.h"

#include "asn1/tlv.h"
#include "euicc/gp/octet_record.h"
#include "euicc/iot/cells.h"
#include "euicc/iot/emergency.h"
#include "euicc/iot/fallback.h"
#include "euicc/iot/rollback.h"

namespace simurgh::iot {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kMostOctets = 255;  // of the OID, and of the address

}  // namespace

Bytes ImmediateEnableConfiguration::encode() const {
  gp::OctetWriter out(smdp_oid.size() + smdp_address.size() + 8);
  out.byte(kFormat);
  out.byte(enabled ? 1 : 0);
  out.octets(smdp_oid);
  out.octets(text_view(smdp_address));
  return out.take();
}

std::optional<ImmediateEnableConfiguration> ImmediateEnableConfiguration::decode(ByteView encoded) {
  gp::OctetReader in(encoded);
  if (in.byte() != kFormat) return std::nullopt;
  ImmediateEnableConfiguration out;
  out.enabled = in.byte() != 0;
  out.smdp_oid = in.octets();
  out.smdp_address = to_text(in.view());
  if (!in.ended()) return std::nullopt;
  return out;
}

ImmediateEnableConfiguration immediate_enable_configuration(const state::Transaction& txn) {
  const Bytes* cell = txn.find(kImmediateEnable);
  if (cell == nullptr) return {};
  return ImmediateEnableConfiguration::decode(*cell).value_or(ImmediateEnableConfiguration{});
}

ConfigureCode configure_immediate_enable(const Context& context, ByteView content) {
  return store_immediate_enable(context.txn, content, context.choices().immediate_enable_keeps_absent);
}

ConfigureCode store_immediate_enable(state::Transaction& txn, ByteView content, bool keep_absent) {
  asn1::TlvReader in(content);
  const auto flag = in.optional(0x80);
  const auto oid = in.optional(0x81);
  const auto address = in.optional(0x82);
  if (!flag || !oid || !address || !in.skip_rest()) return ConfigureCode::command_error;
  if ((*flag && !(*flag)->value.empty()) || (*oid && (*oid)->value.empty())) return ConfigureCode::command_error;
  if ((*oid && (*oid)->value.size() > kMostOctets) || (*address && (*address)->value.size() > kMostOctets)) return ConfigureCode::insufficient_memory;
  ImmediateEnableConfiguration configuration;
  if (keep_absent) configuration = immediate_enable_configuration(txn);
  configuration.enabled = flag->has_value();
  if (*oid) configuration.smdp_oid = to_bytes((*oid)->value);
  if (*address) configuration.smdp_address = to_text((*address)->value);
  txn.put(kImmediateEnable, configuration.encode());
  return ConfigureCode::ok;
}

ImmediateEnableCode immediate_enable(const Context& context, const std::optional<LastInstallation>& installed, bool refresh) {
  const ImmediateEnableConfiguration allowed = immediate_enable_configuration(context.txn);
  if (!allowed.enabled) return ImmediateEnableCode::not_available;
  if (!installed) return ImmediateEnableCode::no_session_context;
  const bool other_server = (!allowed.smdp_oid.empty() && allowed.smdp_oid != installed->smdp_oid) ||
                            (!allowed.smdp_address.empty() && allowed.smdp_address != installed->smdp_address);
  if (other_server) return ImmediateEnableCode::not_available;
  const auto target = profile_numbered(context.txn, installed->profile);
  if (!target || target->state == profile::ProfileState::enabled) return ImmediateEnableCode::no_session_context;
  if (emergency_active(context.txn)) return ImmediateEnableCode::undefined;
  if ((refresh && context.busy) || rsp::switch_pending(context.txn)) return ImmediateEnableCode::cat_busy;
  const auto enabled = profile::Registry(context.txn).enabled();
  if (enabled && context.choices().ppr1_stops_immediate_enable && forbids_disabling(*enabled)) return ImmediateEnableCode::undefined;
  end_fallback(context.txn);
  // v1.1 named only the immediate form among the events that end a rollback authorisation (10.2).
  if (!refresh || context.since(ecasd::IotVersion::v1_2)) clear_rollback(context.txn);
  start_switch(context, target->number, refresh);
  return ImmediateEnableCode::ok;
}

}  // namespace simurgh::iot
