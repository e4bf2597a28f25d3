// Enabling, disabling and deleting profiles: the state changes behind ES10c, with their notifications (SGP.22 v2.5 3.2).
#pragma once

#include <optional>
#include <string>

#include "euicc/isdr/isdr.h"

namespace simurgh::isdr {

inline constexpr state::Key kDefaultDpAddress{state::Space::card, 0, 3};
inline constexpr state::Key kPendingSwitch{state::Space::card, 0, 5};   // profile number, FFFFFFFF: disable
inline constexpr state::Key kBeforeTest{state::Space::card, 0, 7};      // operational profile that was enabled before a test profile

[[nodiscard]] std::string default_dp_address(const state::Transaction& txn, const ecasd::Ecasd& ecasd);

// Disables what is enabled and enables `target` (nothing: only disables). Stages states and notifications, tells the platform.
void switch_profile(state::Transaction& txn, const ecasd::Ecasd& ecasd, PlatformPort& platform, std::optional<std::uint32_t> target);
// Notifications first, then everything of the profile.
void delete_profile_cells(state::Transaction& txn, const ecasd::Ecasd& ecasd, const profile::ProfileEntry& entry);
// The operational profile to go back to when a test profile is disabled, if it still exists.
[[nodiscard]] std::optional<std::uint32_t> profile_before_test(const state::Transaction& txn);

}  // namespace simurgh::isdr
