#include "euicc/iot/context.h"

#include "euicc/iot/rollback.h"
#include "euicc/rsp/metadata.h"
#include "euicc/rsp/notifications.h"

namespace simurgh::iot {

std::optional<std::uint32_t> stored_profile(const state::Transaction& txn, const state::Key& key) {
  const Bytes* cell = txn.find(key);
  if (cell == nullptr || cell->size() != 4) return std::nullopt;
  return static_cast<std::uint32_t>(be_value(*cell));
}

std::optional<profile::ProfileEntry> profile_numbered(state::Transaction& txn, std::uint32_t number) {
  const Bytes* cell = txn.find({state::Space::profile, number, 0});
  return cell == nullptr ? std::nullopt : profile::ProfileEntry::decode(number, *cell);
}

bool forbids_disabling(const profile::ProfileEntry& entry) { return (entry.metadata.ppr.value_or(0) & rsp::kPpr1) != 0; }

void start_switch(const Context& context, std::optional<std::uint32_t> target, bool refresh, rsp::Manner manner) {
  const std::uint32_t before = rsp::last_sequence_number(context.txn);
  rsp::start_switch(context.txn, context.ecasd, context.platform, target, refresh, manner);
  if (!rsp::switch_pending(context.txn)) note_switch(context.txn, before + 1, rsp::last_sequence_number(context.txn));
}

bool apply_pending_switch(state::Transaction& txn, const ecasd::Ecasd& ecasd, rsp::PlatformPort& platform) {
  const std::uint32_t before = rsp::last_sequence_number(txn);
  if (!rsp::apply_pending_switch(txn, ecasd, platform)) return false;
  note_switch(txn, before + 1, rsp::last_sequence_number(txn));
  return true;
}

}  // namespace simurgh::iot
