// PLMNs as terminals write them (TS 24.008 10.5.1.3) and patterns over them: nibble E is any digit, F stays the filler of a two-digit MNC.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "asn1/bytes.h"

namespace simurgh::multi_imsi {

struct Plmn {
  std::array<std::uint8_t, 3> octets{0xFF, 0xFF, 0xFF};

  Plmn() = default;
  explicit Plmn(std::array<std::uint8_t, 3> value) : octets(value) {}
  // Three octets; others are no PLMN.
  [[nodiscard]] static std::optional<Plmn> read(ByteView view);

  [[nodiscard]] bool known() const noexcept { return (octets[0] & 0x0F) <= 9; }
  // Three decimal digits as hexadecimal nibbles: 0x999.
  [[nodiscard]] std::uint16_t mcc() const noexcept;
  [[nodiscard]] std::string text() const;  // "999-70"
  auto operator<=>(const Plmn&) const = default;
};

// Three octets of the same layout with wildcards, or one octet: the number of a region group. Empty: everything.
struct Pattern {
  Bytes octets;

  [[nodiscard]] bool well_formed() const noexcept;
  [[nodiscard]] bool is_region() const noexcept { return octets.size() == 1; }
  // Digits that are named: 6 for a whole PLMN, 3 for an MCC, 0 for everything. A region counts less than an MCC.
  [[nodiscard]] unsigned specificity() const noexcept;
  // Of a pattern that is no region.
  [[nodiscard]] bool matches(const Plmn& plmn) const noexcept;
  bool operator==(const Pattern&) const = default;
};

}  // namespace simurgh::multi_imsi
