#include "tools/radio/energy.h"

#include <numeric>

namespace simurgh::radio {

std::string_view name_of(Use use) noexcept {
  static constexpr std::string_view kNames[kUses] = {"search", "attach", "connect", "send", "receive", "wait", "tail", "idle", "sleep", "card"};
  return kNames[static_cast<std::size_t>(use)];
}

void EnergyMeter::add_microwatts(Use use, std::uint32_t microwatts, Time time) noexcept {
  const auto at = static_cast<std::size_t>(use);
  rest_[at] += static_cast<std::uint64_t>(microwatts) * count(time);
  used_[at] += rest_[at] / 1000;
  rest_[at] %= 1000;
}

std::uint64_t EnergyMeter::total_microjoules() const noexcept { return std::accumulate(used_.begin(), used_.end(), std::uint64_t{0}); }

Time transfer_time(std::uint64_t octets, std::uint32_t bits_per_second) noexcept {
  return Time(static_cast<Time::rep>((octets * 8000 + bits_per_second - 1) / bits_per_second));
}

void add_transfer(EnergyMeter& meter, const LinkModel& link, std::uint64_t up, std::uint64_t down) noexcept {
  meter.add(Use::send, link.tx_mw, transfer_time(up, link.up_bps));
  meter.add(Use::receive, link.rx_mw, transfer_time(down, link.down_bps));
}

}  // namespace simurgh::radio
