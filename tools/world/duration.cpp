#include "tools/world/duration.h"

#include <cstdio>
#include <ctime>

namespace simurgh::world {
namespace {

constexpr std::uint64_t kMostNumber = 1'000'000'000;

bool number(std::string_view& text, std::uint64_t& out) {
  std::size_t digits = 0;
  out = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
    out = out * 10 + static_cast<unsigned>(text[digits] - '0');
    if (out > kMostNumber) return false;
    ++digits;
  }
  text.remove_prefix(digits);
  return digits > 0;
}

}  // namespace

std::optional<Time> read_duration(std::string_view text) {
  std::uint64_t value = 0, total = 0;
  if (text.starts_with('P')) {
    text.remove_prefix(1);
    bool time = false, any = false;
    while (!text.empty()) {
      if (text.front() == 'T' && !time) {
        time = true;
        text.remove_prefix(1);
        continue;
      }
      if (!number(text, value) || text.empty()) return std::nullopt;
      const char unit = text.front();
      text.remove_prefix(1);
      std::uint64_t factor = 0;
      if (unit == 'D' && !time) factor = 86'400'000;
      if (unit == 'W' && !time) factor = 7 * std::uint64_t{86'400'000};
      if (unit == 'H' && time) factor = 3'600'000;
      if (unit == 'M' && time) factor = 60'000;
      if (unit == 'S' && time) factor = 1'000;
      if (factor == 0) return std::nullopt;
      total += value * factor;
      any = true;
    }
    return any ? std::optional(Time(total)) : std::nullopt;
  }
  if (!number(text, value)) return std::nullopt;
  static constexpr std::pair<std::string_view, std::uint64_t> kUnits[] = {{"ms", 1}, {"s", 1'000}, {"min", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
  for (const auto& [unit, factor] : kUnits) {
    if (text == unit) return Time(value * factor);
  }
  return std::nullopt;
}

std::string write_duration(Time time) {
  const auto all = time.count() / 1000;
  char out[64];
  if (all >= 86400) {
    std::snprintf(out, sizeof out, "%lldd %02lld:%02lld:%02lld", static_cast<long long>(all / 86400), static_cast<long long>(all / 3600 % 24),
                  static_cast<long long>(all / 60 % 60), static_cast<long long>(all % 60));
  } else if (all >= 3600) {
    std::snprintf(out, sizeof out, "%lld:%02lld:%02lld", static_cast<long long>(all / 3600), static_cast<long long>(all / 60 % 60), static_cast<long long>(all % 60));
  } else {
    std::snprintf(out, sizeof out, "%lld:%02lld", static_cast<long long>(all / 60), static_cast<long long>(all % 60));
  }
  return out;
}

std::optional<std::int64_t> read_instant(std::string_view text) {
  std::tm parts{};
  int end = 0;
  const std::string whole(text);
  if (std::sscanf(whole.c_str(), "%4d-%2d-%2dT%2d:%2d:%2dZ%n", &parts.tm_year, &parts.tm_mon, &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &end) != 6 ||
      end != static_cast<int>(whole.size()) || parts.tm_mon < 1 || parts.tm_mon > 12 || parts.tm_mday < 1 || parts.tm_mday > 31 || parts.tm_year < 1970) {
    return std::nullopt;
  }
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  return ::timegm(&parts);
}

}  // namespace simurgh::world
