#include "euicc/applets/multi_imsi/evidence.h"

#include <chrono>

#include "euicc/toolkit/comprehension.h"

namespace simurgh::multi_imsi {
namespace {

namespace tag = toolkit::tag;

constexpr std::uint8_t kNgRan = 0x0A, kEutran = 0x08;
constexpr std::size_t kNgRanLocation = 11;  // PLMN, TAC of three octets, NCI of five

// PLMN and area: two octets, three where a TAC of 5GS stands.
void put_place(Input& out, ByteView location, std::size_t area) {
  if (location.size() < 3) return;
  out.plmn = Plmn::read(location.first(3)).value_or(Plmn{});
  if (location.size() >= 3 + area) out.area = static_cast<std::uint32_t>(be_value(location.subspan(3, area)));
}

std::optional<Input> status_of(std::uint8_t status, std::optional<ByteView> location, std::optional<ByteView> access) {
  Input out;
  switch (status) {
    case 0x00: out.event = Event::registered; break;
    case 0x01: out.event = Event::limited; break;
    case 0x02: out.event = Event::no_service; break;
    default: return std::nullopt;
  }
  if (location) {
    put_place(out, *location, location->size() == kNgRanLocation ? 3 : 2);
    if (location->size() == kNgRanLocation) out.access = kNgRan;
  }
  if (access && access->size() == 1) out.access = (*access)[0];
  return out;
}

std::optional<Input> rejection_of(const toolkit::Envelope& envelope) {
  Input out{.event = Event::rejected};
  const auto cause = envelope.find(tag::rejection_cause), access = envelope.find(tag::access_technology);
  if (!cause || cause->size() != 1) return std::nullopt;
  out.cause = (*cause)[0];
  if (access && access->size() == 1) out.access = (*access)[0];
  if (const auto tracking = envelope.find(tag::tracking_area)) {
    const bool fivegs = tracking->size() >= 6;
    put_place(out, *tracking, fivegs ? 3 : 2);
    out.mobility = fivegs || out.access == kNgRan ? Mobility::fivegmm : Mobility::emm;
  } else if (const auto routing = envelope.find(tag::routing_area)) {
    put_place(out, *routing, 2);
    out.mobility = Mobility::gmm;
  } else if (const auto location = envelope.find(tag::location_information)) {
    put_place(out, *location, 2);
    out.mobility = Mobility::mm;
  } else {
    out.mobility = out.access == kNgRan ? Mobility::fivegmm : out.access == kEutran ? Mobility::emm : Mobility::gmm;
  }
  return out;
}

unsigned bcd(std::uint8_t swapped) { return (swapped & 0x0FU) * 10U + (swapped >> 4); }

}  // namespace

std::optional<Input> evidence_of(const toolkit::Envelope& envelope) {
  if (!envelope.event) return std::nullopt;
  switch (*envelope.event) {
    case toolkit::Event::location_status: {
      const auto status = envelope.find(tag::location_status);
      if (!status || status->size() != 1) return std::nullopt;
      return status_of((*status)[0], envelope.find(tag::location_information), envelope.find(tag::access_technology));
    }
    case toolkit::Event::network_rejection: return rejection_of(envelope);
    case toolkit::Event::access_technology_change: {
      const auto access = envelope.find(tag::access_technology);
      if (!access || access->empty()) return std::nullopt;
      Input out{.event = Event::access};
      out.access = (*access)[0];
      return out;
    }
    default: return std::nullopt;
  }
}

std::optional<Input> evidence_of_location(const toolkit::TerminalResponse& response) {
  constexpr std::uint8_t kLimitedService = 0x06, kUnableNow = 0x20, kNoService = 0x04;
  if (response.general == kUnableNow) {
    if (response.additional.size() == 1 && response.additional[0] == kNoService) return Input{.event = Event::no_service};
    return std::nullopt;
  }
  if (!response.performed()) return std::nullopt;
  const std::uint8_t status = response.general == kLimitedService ? 1 : 0;
  const auto location = response.find(tag::location_information);
  if (status == 0 && !location) return std::nullopt;
  return status_of(status, location, response.find(tag::access_technology));
}

// TS 102 223 8.39: year to second as swapped BCD, then the time zone in quarters of an hour with its sign in bit 4.
std::optional<std::uint32_t> wall_clock_of(const toolkit::TerminalResponse& response) {
  const auto value = response.performed() ? response.find(tag::date_time) : std::nullopt;
  if (!value || value->size() != 7) return std::nullopt;
  const ByteView t = *value;
  const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(2000 + bcd(t[0]))}, std::chrono::month{bcd(t[1])}, std::chrono::day{bcd(t[2])}};
  if (!date.ok()) return std::nullopt;
  std::int64_t seconds = std::chrono::sys_days{date}.time_since_epoch().count() * 86400LL;
  seconds += bcd(t[3]) * 3600LL + bcd(t[4]) * 60LL + bcd(t[5]);
  if (t[6] != 0xFF) {
    const auto quarters = static_cast<std::int64_t>((t[6] & 0x07U) * 10U + (t[6] >> 4));
    seconds -= ((t[6] & 0x08) != 0 ? -quarters : quarters) * 900;
  }
  if (seconds <= 0 || seconds > 0xFFFFFFFELL) return std::nullopt;
  return static_cast<std::uint32_t>(seconds);
}

std::optional<std::string> tac_of(const toolkit::TerminalResponse& response) {
  const auto value = response.performed() ? response.find(tag::imei) : std::nullopt;
  if (!value || value->size() < 5) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < value->size() && out.size() < 8; ++i) {
    if (i > 0) out.push_back(static_cast<char>('0' + ((*value)[i] & 0x0F) % 10));
    if (out.size() < 8) out.push_back(static_cast<char>('0' + ((*value)[i] >> 4) % 10));
  }
  return out;
}

}  // namespace simurgh::multi_imsi
