#include "euicc/applets/multi_imsi/causes.h"

#include <array>

namespace simurgh::multi_imsi {
namespace {

using enum CauseClass;

// TS 24.008 10.5.3.6 and 10.5.5.14, TS 24.301 9.9.3.9, TS 24.501 9.11.3.2.
constexpr auto kRows = std::to_array<CauseRow>({
    {2, 2, identity, soft},    // IMSI unknown in HSS: circuit switched only
    {3, 3, identity, identity},
    {5, 6, device, device},
    {7, 8, identity, identity},
    {9, 10, stale, stale},
    {11, 11, pair, pair},
    {12, 13, area, area},
    {14, 14, pair, soft},
    {15, 15, area, area},
    {16, 19, soft, soft},
    {22, 22, soft, soft},
    {25, 25, ignored, ignored},
    {27, 27, soft, pair},      // 5GMM: N1 mode not allowed
    {31, 31, area, area},
    {35, 35, pair, soft},
    {40, 42, soft, soft},
    {62, 71, soft, soft},
    {72, 75, soft, pair},
    {90, 111, soft, soft},
});

}  // namespace

std::span<const CauseRow> cause_rows() noexcept { return kRows; }

CauseClass class_of(std::uint8_t cause, Mobility from) noexcept {
  for (const CauseRow& row : kRows) {
    if (cause < row.first || cause > row.last) continue;
    // #2 in an EPS attach is listed for combined procedures only: abnormal otherwise.
    if (cause == 2 && from == Mobility::emm) return CauseClass::soft;
    return from == Mobility::fivegmm ? row.in_5gs : row.in_eps;
  }
  return CauseClass::soft;
}

std::uint32_t pair_expiry(std::uint8_t cause) noexcept { return cause == 14 ? kDay : 7 * kDay; }

}  // namespace simurgh::multi_imsi
