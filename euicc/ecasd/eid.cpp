// EID arithmetic (SGP.29, SGP.02 2.2.2): 32 digits, the last two make the whole number 1 modulo 97.
#include <algorithm>

#include "euicc/ecasd/ecasd.h"

namespace simurgh::ecasd {
namespace {

bool all_digits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

unsigned modulo_97(std::string_view digits) {
  unsigned rest = 0;
  for (const char c : digits) rest = (rest * 10 + static_cast<unsigned>(c - '0')) % 97;
  return rest;
}

}  // namespace

std::optional<Eid> parse_eid(std::string_view digits) {
  if (digits.size() != 32 || !all_digits(digits) || modulo_97(digits) != 1) return std::nullopt;
  Eid out{};
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint8_t>((digits[2 * i] - '0') << 4 | (digits[2 * i + 1] - '0'));
  return out;
}

std::string eid_text(const Eid& eid) { return to_hex(eid); }

std::optional<Eid> complete_eid(std::string_view thirty_digits) {
  if (thirty_digits.size() != 30 || !all_digits(thirty_digits)) return std::nullopt;
  const unsigned check = 98 - modulo_97(std::string(thirty_digits) + "00");
  std::string whole(thirty_digits);
  whole.push_back(static_cast<char>('0' + check / 10));
  whole.push_back(static_cast<char>('0' + check % 10));
  return parse_eid(whole);
}

}  // namespace simurgh::ecasd
