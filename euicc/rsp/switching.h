// Enabling, disabling and deleting profiles: the state changes behind ES10c and eUICC packages, with their notifications (SGP.22 v2.5 3.2).
#pragma once

#include <optional>
#include <string>

#include "euicc/ecasd/ecasd.h"
#include "euicc/profile/registry.h"
#include "euicc/rsp/platform.h"
#include "euicc/state/transaction.h"

namespace simurgh::rsp {

inline constexpr state::Key kDefaultDpAddress{state::Space::card, 0, 3};
inline constexpr state::Key kPendingSwitch{state::Space::card, 0, 5};   // profile number, FFFFFFFF: disable; then the manner unless local
inline constexpr state::Key kBeforeTest{state::Space::card, 0, 7};      // operational profile that was enabled before a test profile

[[nodiscard]] std::string default_dp_address(const state::Transaction& txn, const ecasd::Ecasd& ecasd);
// An empty address clears. False: it is too long.
bool set_default_dp_address(state::Transaction& txn, ByteView address);

// What becomes of a switch that waits for its REFRESH.
enum class Manner : std::uint8_t {
  local = 0,   // dropped when the terminal does not refresh (SGP.22 v2.5 3.2.1)
  kept = 1,    // told in a signed result or a state of its own: then it happens at the next reset
  silent = 2,  // the same, without notifications
};

// Disables what is enabled and enables `target` (nothing: only disables). Stages states and notifications, tells the platform.
void switch_profile(state::Transaction& txn, const ecasd::Ecasd& ecasd, PlatformPort& platform, std::optional<std::uint32_t> target,
                    bool silent = false);
// `refresh` with a terminal that can refresh: the switch waits for its TERMINAL RESPONSE or a reset (SGP.22 v2.5 5.7.16). Without a TERMINAL
// PROFILE no proactive command can be delivered, so it happens at once.
void start_switch(state::Transaction& txn, const ecasd::Ecasd& ecasd, PlatformPort& platform, std::optional<std::uint32_t> target, bool refresh,
                  Manner manner = Manner::local);
[[nodiscard]] bool switch_pending(const state::Transaction& txn);
// Carries out a switch that waits. False when none does.
bool apply_pending_switch(state::Transaction& txn, const ecasd::Ecasd& ecasd, PlatformPort& platform);
// The terminal did not refresh.
void drop_pending_switch(state::Transaction& txn);

// Notifications first, then everything of the profile.
void delete_profile_cells(state::Transaction& txn, const ecasd::Ecasd& ecasd, const profile::ProfileEntry& entry);
// The operational profile to go back to when a test profile is disabled, if it still exists.
[[nodiscard]] std::optional<std::uint32_t> profile_before_test(const state::Transaction& txn);

}  // namespace simurgh::rsp
