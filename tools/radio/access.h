// Radio access technologies and what they cost: rates, delays, losses and powers of one link. Magnitudes for comparing, not measurements; a
// scenario may set its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "tools/terminal/device.h"

namespace simurgh::radio {

using Time = std::chrono::milliseconds;  // since the world began

enum class Rat : std::uint8_t { gsm, utran, lte, ltem, nbiot, nr };
inline constexpr Rat kAllRats[] = {Rat::gsm, Rat::utran, Rat::lte, Rat::ltem, Rat::nbiot, Rat::nr};

[[nodiscard]] std::string_view name_of(Rat rat) noexcept;  // "ltem"
[[nodiscard]] std::optional<Rat> rat_of(std::string_view name) noexcept;
// LTE-M and NB-IoT are E-UTRAN to a card (TS 102 223 8.61).
[[nodiscard]] terminal::AccessTechnology technology_of(Rat rat) noexcept;
// Its bit in an entry of a list with access technology (TS 31.102 4.2.5).
[[nodiscard]] std::uint16_t access_bit_of(Rat rat) noexcept;

struct LinkModel {
  std::uint32_t up_bps, down_bps;
  Time round_trip, setup;         // setup: from idle to connected
  std::uint32_t loss_per_million; // of a packet, in each direction
  bool hides_loss;                // the radio repeats: a loss is a delay
  std::uint32_t tx_mw, rx_mw, wait_mw;
  Time tail;                      // connected after the last packet
  Time band_scan;                 // one band, once
  Time attach_least, attach_most; // of an answered attach
};
// `coverage`: class 0 to 2 of NB-IoT, 0 to 1 of LTE-M; others have one.
[[nodiscard]] const LinkModel& link_model(Rat rat, unsigned coverage = 0) noexcept;

// TS 24.008 10.5.5.32: the longest eDRX cycle a network has that is not longer than this one; nothing below the shortest.
[[nodiscard]] std::optional<Time> edrx_cycle(Rat rat, Time wanted) noexcept;

// Quality from which a network counts as good, dBm (TS 23.122 4.4.3.1.1); weaker ones are ordered by level.
[[nodiscard]] int high_quality(Rat rat) noexcept;

}  // namespace simurgh::radio
