// What a reject says about the identity, the network, the area or the device: one row per cause.
#pragma once

#include <cstdint>
#include <span>

namespace simurgh::multi_imsi {

enum class CauseClass : std::uint8_t {
  identity,  // the subscription itself
  device,    // the equipment, whatever the identity
  pair,      // this identity in this network
  area,      // this identity in this area
  soft,      // passes
  stale,     // the modem attaches again by itself
  ignored,   // statistics only
};

// Which protocol the cause comes from: 5GMM gives some numbers another meaning.
enum class Mobility : std::uint8_t { mm, gmm, emm, fivegmm };

struct CauseRow {
  std::uint8_t first, last;    // decimal in the standards
  CauseClass in_eps, in_5gs;
};
[[nodiscard]] std::span<const CauseRow> cause_rows() noexcept;
// A cause without a row is soft.
[[nodiscard]] CauseClass class_of(std::uint8_t cause, Mobility from) noexcept;

inline constexpr std::uint32_t kHour = 3600, kDay = 86400;
// How long hard evidence about an identity in a network lasts.
[[nodiscard]] std::uint32_t pair_expiry(std::uint8_t cause) noexcept;
inline constexpr std::uint32_t kSoftExpiry = 30 * 60, kAreaExpiry = kDay;
// How long an identity is out of use after a cause about it.
inline constexpr std::uint32_t kBarredOnce = kHour, kBarredTwice = kDay, kBarredKey = 7 * kDay;

}  // namespace simurgh::multi_imsi
