#include "euicc/applets/multi_imsi/plmn.h"

namespace simurgh::multi_imsi {
namespace {

constexpr std::uint8_t kAny = 0x0E, kFiller = 0x0F;

// MCC1 MCC2 MCC3 MNC1 MNC2 MNC3.
std::array<std::uint8_t, 6> nibbles(ByteView o) {
  const auto low = [&](std::size_t i) { return static_cast<std::uint8_t>(o[i] & 0x0F); };
  const auto high = [&](std::size_t i) { return static_cast<std::uint8_t>(o[i] >> 4); };
  return {low(0), high(0), low(1), low(2), high(2), high(1)};
}

}  // namespace

std::optional<Plmn> Plmn::read(ByteView view) {
  if (view.size() != 3) return std::nullopt;
  const auto digits = nibbles(view);
  for (std::size_t i = 0; i < 5; ++i) {
    if (digits[i] > 9) return std::nullopt;
  }
  if (digits[5] > 9 && digits[5] != kFiller) return std::nullopt;
  return Plmn({view[0], view[1], view[2]});
}

std::uint16_t Plmn::mcc() const noexcept {
  const auto digits = nibbles(octets);
  return static_cast<std::uint16_t>(digits[0] << 8 | digits[1] << 4 | digits[2]);
}

std::string Plmn::text() const {
  if (!known()) return "unknown";
  std::string out;
  for (const std::uint8_t digit : nibbles(octets)) {
    if (out.size() == 3) out.push_back('-');
    if (digit <= 9) out.push_back(static_cast<char>('0' + digit));
  }
  return out;
}

bool Pattern::well_formed() const noexcept {
  if (octets.empty()) return true;
  if (octets.size() == 1) return octets[0] >= 1 && octets[0] <= 31;
  if (octets.size() != 3) return false;
  const auto digits = nibbles(octets);
  for (std::size_t i = 0; i < 6; ++i) {
    if (digits[i] > 9 && digits[i] != kAny && !(i == 5 && digits[i] == kFiller)) return false;
  }
  return true;
}

unsigned Pattern::specificity() const noexcept {
  if (octets.size() == 1) return 2;
  if (octets.size() != 3) return 0;
  unsigned out = 0;
  for (const std::uint8_t digit : nibbles(octets)) out += digit == kAny ? 0U : 1U;
  return out;
}

bool Pattern::matches(const Plmn& plmn) const noexcept {
  if (octets.empty()) return true;
  if (octets.size() != 3 || !plmn.known()) return false;
  const auto wanted = nibbles(octets), seen = nibbles(plmn.octets);
  for (std::size_t i = 0; i < 6; ++i) {
    if (wanted[i] != seen[i] && wanted[i] != kAny) return false;
  }
  return true;
}

}  // namespace simurgh::multi_imsi
