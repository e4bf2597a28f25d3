#include "tools/perso_upp/upp_coding.h"

#include <algorithm>

#include "asn1/tlv.h"
#include "tools/perso_upp/upp_builder.h"

namespace simurgh::perso {
namespace {

std::uint8_t digit(char c, const char* what) {
  if (c < '0' || c > '9') throw RecipeError(std::string(what) + " may hold digits only");
  return static_cast<std::uint8_t>(c - '0');
}

}  // namespace

Bytes padded(Bytes content, std::size_t size) {
  if (content.size() > size)
    throw RecipeError("content of " + std::to_string(content.size()) + " octets does not fit into " + std::to_string(size));
  content.resize(size, 0xFF);
  return content;
}

Bytes digit_octets(std::string_view digits, std::size_t size, bool swap, const char* what) {
  if (digits.size() > size * 2) throw RecipeError(std::string(what) + " has too many digits");
  Bytes out(size, 0xFF);
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const bool low = (i % 2 == 0) == swap;
    const std::uint8_t value = digit(digits[i], what);
    out[i / 2] = static_cast<std::uint8_t>(low ? (out[i / 2] & 0xF0) | value : (out[i / 2] & 0x0F) | value << 4);
  }
  return out;
}

Bytes imsi_octets(std::string_view imsi) {
  if (imsi.size() < 6 || imsi.size() > 15) throw RecipeError("an IMSI has 6 to 15 digits");
  // The nibble in front of the first digit is the identity type with the odd/even indicator: 9 for an odd count of digits, 1 for an even
  // one.
  const Bytes digits = digit_octets((imsi.size() % 2 != 0 ? "9" : "1") + std::string(imsi), 8, true, "IMSI");
  Bytes out = {static_cast<std::uint8_t>((imsi.size() + 2) / 2)};
  append(out, digits);
  return out;
}

Bytes plmn_octets(std::string_view mcc_mnc) {
  if (mcc_mnc.size() != 5 && mcc_mnc.size() != 6) throw RecipeError("a network has 3 MCC digits and 2 or 3 MNC digits");
  const auto at = [&](std::size_t i) { return digit(mcc_mnc[i], "network"); };
  const std::uint8_t third = mcc_mnc.size() == 6 ? at(5) : std::uint8_t{0x0F};
  return {static_cast<std::uint8_t>(at(1) << 4 | at(0)), static_cast<std::uint8_t>(third << 4 | at(2)),
          static_cast<std::uint8_t>(at(4) << 4 | at(3))};
}

Bytes number_octets(std::string_view number) {
  const bool international = number.starts_with('+');
  const std::string_view digits = international ? number.substr(1) : number;
  if (digits.empty()) return Bytes(12, 0xFF);
  Bytes out = {static_cast<std::uint8_t>(1 + (digits.size() + 1) / 2), international ? std::uint8_t{0x91} : std::uint8_t{0x81}};
  append(out, digit_octets(digits, 10, true, "number"));
  return out;
}

Bytes smsp_octets(std::string_view smsc) {
  Bytes out(28, 0xFF);
  if (smsc.empty()) return out;
  out[0] = 0xFD;  // parameter indicators: only the service centre address is present
  const Bytes number = number_octets(smsc);
  std::copy(number.begin(), number.end(), out.begin() + 13);
  return out;
}

Bytes pin_octets(std::string_view value, const char* what) {
  if (value.size() < 4 || value.size() > 8) throw RecipeError(std::string(what) + " has 4 to 8 digits");
  for (const char c : value) (void)digit(c, what);
  return padded(to_bytes(text_view(value)), 8);
}

Bytes service_table(const std::vector<unsigned>& services, std::size_t size) {
  Bytes table(size, 0x00);
  for (const unsigned service : services) {
    if (service == 0 || service > 512) throw RecipeError("service " + std::to_string(service) + " does not exist");
    const std::size_t octet = (service - 1) / 8;
    if (octet >= table.size()) table.resize(octet + 1, 0x00);
    table[octet] |= static_cast<std::uint8_t>(1U << ((service - 1) % 8));
  }
  return table;
}

Bytes text_object(std::string_view text) { return asn1::tlv(0x80, text_view(text)); }

}  // namespace simurgh::perso
