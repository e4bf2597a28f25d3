// What a modem does when a network refuses it: one row per cause of TS 24.301 9.9.3.9 (TS 24.501 9.11.3.2 where the same number means the same, and
// for numbers of its own).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace simurgh::radio {

// What becomes of the subscription until power-off, another card or a timer.
enum class Invalid : std::uint8_t { nothing, circuit, packet, everything };
// The list that the network or its area enters.
enum class Barred : std::uint8_t { nothing, plmn, packet_plmn, area_roaming, area_regional, plmn_and_rat };
enum class Next : std::uint8_t {
  again,         // an abnormal case: counter, T3411, after the fifth T3402
  at_once,       // attach with the IMSI
  other_plmn,    // PLMN selection
  other_area,    // first another area or technology of this PLMN
  stay,          // limited service, no selection
  back_off,      // T3346; another PLMN is allowed
};

struct CauseRow {
  std::uint8_t cause;
  std::string_view name;
  Invalid invalid;
  Barred barred;
  bool forgets_identity;  // GUTI, last area and keys
  Next next;
  bool starts_t3247;      // when it comes without integrity protection
};

// Nothing: the number has no row; it is handled as an abnormal case.
[[nodiscard]] const CauseRow* cause_row(std::uint8_t cause) noexcept;
[[nodiscard]] std::string_view cause_name(std::uint8_t cause) noexcept;

}  // namespace simurgh::radio
