// Energy of a modem and its card: power times time for each state, in whole microjoules.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "tools/radio/access.h"

namespace simurgh::radio {

enum class Use : std::uint8_t { search, attach, connect, send, receive, wait, tail, idle, sleep, card };
inline constexpr std::size_t kUses = 10;
[[nodiscard]] std::string_view name_of(Use use) noexcept;

class EnergyMeter {
 public:
  // Milliwatts times milliseconds are microjoules.
  void add(Use use, std::uint32_t milliwatts, Time time) noexcept { used_[static_cast<std::size_t>(use)] += static_cast<std::uint64_t>(milliwatts) * count(time); }
  void add_microwatts(Use use, std::uint32_t microwatts, Time time) noexcept;
  [[nodiscard]] std::uint64_t microjoules(Use use) const noexcept { return used_[static_cast<std::size_t>(use)]; }
  [[nodiscard]] std::uint64_t total_microjoules() const noexcept;

 private:
  [[nodiscard]] static std::uint64_t count(Time time) noexcept { return time.count() > 0 ? static_cast<std::uint64_t>(time.count()) : 0; }
  std::array<std::uint64_t, kUses> used_{};
  std::array<std::uint64_t, kUses> rest_{};  // nanojoules
};

// One exchange of octets over a link that stands.
void add_transfer(EnergyMeter& meter, const LinkModel& link, std::uint64_t up, std::uint64_t down) noexcept;
// How long so many octets take at this rate, rounded up.
[[nodiscard]] Time transfer_time(std::uint64_t octets, std::uint32_t bits_per_second) noexcept;

}  // namespace simurgh::radio
