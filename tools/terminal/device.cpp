#include "tools/terminal/device.h"

#include <algorithm>
#include <ctime>

namespace simurgh::terminal {
namespace {

bool all_digits(const std::string& text, std::size_t size) {
  return text.size() == size && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::uint8_t digit(char c) { return static_cast<std::uint8_t>(c - '0'); }

std::uint8_t swapped(unsigned value) { return static_cast<std::uint8_t>((value % 10) << 4 | (value / 10 % 10)); }

// TS 24.008 10.5.1.4: the first digit shares its octet with the type and the parity of the count.
Bytes identity(const std::string& digits, std::uint8_t type) {
  Bytes out{static_cast<std::uint8_t>(digit(digits[0]) << 4 | (digits.size() % 2 == 1 ? 0x08 : 0x00) | type)};
  for (std::size_t i = 1; i < digits.size(); i += 2) {
    const std::uint8_t high = i + 1 < digits.size() ? digit(digits[i + 1]) : 0x0F;
    out.push_back(static_cast<std::uint8_t>(high << 4 | digit(digits[i])));
  }
  return out;
}

}  // namespace

Bytes encode_plmn(const std::string& digits) {
  if (!all_digits(digits, 5) && !all_digits(digits, 6)) return {};
  const std::uint8_t third = digits.size() == 6 ? digit(digits[5]) : std::uint8_t{0x0F};
  return {static_cast<std::uint8_t>(digit(digits[1]) << 4 | digit(digits[0])), static_cast<std::uint8_t>(third << 4 | digit(digits[2])),
          static_cast<std::uint8_t>(digit(digits[4]) << 4 | digit(digits[3]))};
}

Bytes encode_location(const Device& device) {
  Bytes out = encode_plmn(device.plmn);
  switch (device.access) {
    case AccessTechnology::gsm:
      append(out, be_bytes(device.area, 2));
      append(out, be_bytes(device.cell, 2));
      break;
    case AccessTechnology::utran:
      append(out, be_bytes(device.area, 2));
      append(out, be_bytes(device.cell, 2));
      append(out, be_bytes(device.extended_cell, 2));
      break;
    case AccessTechnology::eutran:
      append(out, be_bytes(device.area, 2));
      append(out, be_bytes(device.cell << 4 | 0x0F, 4));
      break;
    case AccessTechnology::ng_ran:
      append(out, be_bytes(device.area, 3));
      append(out, be_bytes(device.cell << 4 | 0x0F, 5));
      break;
  }
  return out;
}

Bytes encode_tracking_area(const Device& device) {
  Bytes out = encode_plmn(device.plmn);
  append(out, be_bytes(device.area, device.access == AccessTechnology::ng_ran ? 3 : 2));
  return out;
}

Bytes encode_imei(const std::string& digits) { return all_digits(digits, 15) ? identity(digits, 0x02) : Bytes{}; }
Bytes encode_imeisv(const std::string& digits) { return all_digits(digits, 16) ? identity(digits, 0x03) : Bytes{}; }

Bytes encode_date(std::int64_t seconds_since_1970) {
  const auto time = static_cast<std::time_t>(seconds_since_1970);
  std::tm parts{};
  gmtime_r(&time, &parts);
  const auto part = [](int value) { return swapped(static_cast<unsigned>(value)); };
  return {part(parts.tm_year % 100), part(parts.tm_mon + 1), part(parts.tm_mday), part(parts.tm_hour), part(parts.tm_min), part(parts.tm_sec), 0x00};
}

Bytes encode_timer_value(std::int64_t seconds) {
  const auto part = [](std::int64_t value) { return swapped(static_cast<unsigned>(value)); };
  return {part(seconds / 3600), part(seconds / 60 % 60), part(seconds % 60)};
}

std::optional<std::int64_t> decode_timer_value(ByteView value) {
  if (value.size() != 3) return std::nullopt;
  std::int64_t parts[3]{};
  for (std::size_t i = 0; i < 3; ++i) {
    const unsigned tens = value[i] & 0x0FU, ones = value[i] >> 4U;
    if (tens > 9 || ones > 9 || (i > 0 && tens > 5)) return std::nullopt;
    parts[i] = tens * 10 + ones;
  }
  return parts[0] * 3600 + parts[1] * 60 + parts[2];
}

std::string bcd_digits(ByteView bcd, std::size_t skip) {
  std::string out;
  for (const std::uint8_t octet : bcd) {
    for (const int nibble : {octet & 0x0F, octet >> 4}) {
      if (skip > 0) {
        --skip;
      } else if (nibble < 10) {
        out.push_back(static_cast<char>('0' + nibble));
      }
    }
  }
  return out;
}

}  // namespace simurgh::terminal
