// What the functions of an IoT eUICC work on (SGP.32), and the profile switch they share.
#pragma once

#include <cstdint>
#include <optional>

#include "euicc/ecasd/ecasd.h"
#include "euicc/rsp/switching.h"
#include "euicc/state/transaction.h"

namespace simurgh::iot {

struct Context {
  state::Transaction& txn;
  const ecasd::Ecasd& ecasd;
  rsp::PlatformPort& platform;
  bool busy = false;  // a proactive session runs that must not be interrupted, and the caller is not part of it

  [[nodiscard]] const ecasd::IotCapabilities& card() const { return *ecasd.capabilities.iot; }
  [[nodiscard]] const ecasd::IotChoices& choices() const { return card().choices; }
  [[nodiscard]] bool since(ecasd::IotVersion version) const { return card().version >= version; }
};

// A profile number in a cell.
[[nodiscard]] std::optional<std::uint32_t> stored_profile(const state::Transaction& txn, const state::Key& key);
[[nodiscard]] std::optional<profile::ProfileEntry> profile_numbered(state::Transaction& txn, std::uint32_t number);
// PPR1: disabling the profile is not allowed.
[[nodiscard]] bool forbids_disabling(const profile::ProfileEntry& entry);

// Starts a switch that the card has promised; the notifications it makes are remembered in a rollback authorisation that waits for them.
void start_switch(const Context& context, std::optional<std::uint32_t> target, bool refresh, rsp::Manner manner = rsp::Manner::kept);
// Carries out a switch that waited for its REFRESH. False when none did.
bool apply_pending_switch(state::Transaction& txn, const ecasd::Ecasd& ecasd, rsp::PlatformPort& platform);

}  // namespace simurgh::iot
