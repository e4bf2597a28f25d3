// The Emergency Profile (SGP.32 v1.2 3.6, 5.9.20, 5.9.21): in charge until it is left, whatever happens in between.
#pragma once

#include "euicc/iot/context.h"

namespace simurgh::iot {

[[nodiscard]] bool emergency_active(const state::Transaction& txn);

enum class EnableEmergencyCode : std::uint8_t { ok = 0, not_disabled = 2, cat_busy = 5, ecall_not_available = 8, undefined = 127 };
[[nodiscard]] EnableEmergencyCode enable_emergency(const Context& context, bool refresh);

enum class DisableEmergencyCode : std::uint8_t { ok = 0, not_enabled = 2, cat_busy = 5, undefined = 127 };
[[nodiscard]] DisableEmergencyCode disable_emergency(const Context& context, bool refresh);

}  // namespace simurgh::iot
