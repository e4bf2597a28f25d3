// The Fallback Profile (SGP.32 v1.2 3.4.3, 5.9.22, 5.9.23): one profile has the attribute, a fallback remembers where it came from.
#pragma once

#include "euicc/iot/context.h"

namespace simurgh::iot {

// The profile that has the attribute, if it still exists and the card supports it.
[[nodiscard]] std::optional<std::uint32_t> fallback_profile(const state::Transaction& txn, const ecasd::Ecasd& ecasd);
// The profile an active fallback goes back to.
[[nodiscard]] std::optional<std::uint32_t> return_target(const state::Transaction& txn);
void end_fallback(state::Transaction& txn);
// The profile is going away: neither attribute nor way back may name it.
void forget_profile(state::Transaction& txn, std::uint32_t number);

enum class FallbackCode : std::uint8_t { ok = 0, not_disabled = 2, cat_busy = 5, not_available = 6, command_error = 7, ecall_active = 104, undefined = 127 };
[[nodiscard]] FallbackCode execute_fallback(const Context& context, bool refresh);
[[nodiscard]] FallbackCode return_from_fallback(const Context& context, bool refresh);

enum class AttributeCode : std::uint8_t { ok = 0, not_found = 1, not_allowed_or_none = 2, profile_enabled = 3, command_error = 7, undefined = 127 };
[[nodiscard]] AttributeCode set_fallback_attribute(const Context& context, ByteView iccid);
[[nodiscard]] AttributeCode unset_fallback_attribute(const Context& context);

}  // namespace simurgh::iot
