// Cells of state::Space::iot. Numbers are stored: never renumber.
#pragma once

#include "euicc/state/store.h"

namespace simurgh::iot {

inline constexpr std::uint32_t kCardOwner = 0, kEimOwner = 1, kResultOwner = 2;

inline constexpr state::Key kTokenCounter{state::Space::iot, kCardOwner, 0};       // the association token given last
inline constexpr state::Key kRollback{state::Space::iot, kCardOwner, 1};           // rollback authorisation
inline constexpr state::Key kFallbackAttribute{state::Space::iot, kCardOwner, 2};  // number of the profile that has it
inline constexpr state::Key kReturnTarget{state::Space::iot, kCardOwner, 3};       // number of the profile that the fallback left
inline constexpr state::Key kEmergency{state::Space::iot, kCardOwner, 4};          // profile to restore, FFFFFFFF for none
inline constexpr state::Key kImmediateEnable{state::Space::iot, kCardOwner, 5};    // configuration

// kEimOwner: index = running number of the association.
// kResultOwner: index = sequence number of the package result.

}  // namespace simurgh::iot
