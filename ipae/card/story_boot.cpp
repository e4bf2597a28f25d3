// The device around the card: who it is, what time it is, whether it has service, and what it tells by itself.
#include <chrono>

#include "euicc/ota/sms.h"
#include "euicc/toolkit/comprehension.h"
#include "ipae/card/story.h"

namespace simurgh::ipae {

namespace tag = toolkit::tag;

namespace {

// Qualifiers of PROVIDE LOCAL INFORMATION, TS 102 223 8.6.
constexpr std::uint8_t kLocation = 0x00, kImei = 0x01, kDate = 0x03;
constexpr std::uint8_t kNormalService = 0x00;
// General result, TS 102 223 8.12: done, with a cell nearby and without a registration.
constexpr std::uint8_t kLimitedService = 0x06;
constexpr std::size_t kPlmn = 3;

std::optional<unsigned> swapped_bcd(std::uint8_t octet) {
  const unsigned tens = octet & 0x0F, units = octet >> 4;
  if (tens > 9 || units > 9) return std::nullopt;
  return tens * 10 + units;
}

// Year, month, day, hour, minute, second, zone (TS 102 223 8.39); the zone is left out: hours do not matter here. 0: no date.
std::int64_t date_of(ByteView value) {
  if (value.size() < 6) return 0;
  unsigned part[6];
  for (std::size_t i = 0; i < 6; ++i) {
    const auto number = swapped_bcd(value[i]);
    if (!number) return 0;
    part[i] = *number;
  }
  const std::chrono::year_month_day day{std::chrono::year(2000 + static_cast<int>(part[0])), std::chrono::month(part[1]), std::chrono::day(part[2])};
  // Clocks that were never set show their first year.
  if (!day.ok() || part[0] < 24 || part[3] > 23 || part[4] > 59 || part[5] > 60) return 0;
  return std::chrono::duration_cast<seconds>(std::chrono::sys_days(day).time_since_epoch()).count() + part[3] * 3600LL + part[4] * 60LL + part[5];
}

std::uint64_t digits_of(ByteView imei) {
  std::uint64_t out = 0;
  for (const std::uint8_t octet : imei) out = out << 8 | octet;
  return out;
}

}  // namespace

// The value of an object of the answer; empty without one. `result`: the general result, 00 where nothing was asked.
Task<Bytes> Story::ask(std::uint8_t what, std::uint16_t tag, std::uint8_t& result) {
  result = 0;
  if (!cat_.supports(toolkit::CommandType::provide_local_information, what)) co_return Bytes{};
  const toolkit::Reply reply = co_await cat_.command(toolkit::provide_local_information(what));
  if (!reply) co_return Bytes{};
  result = reply->general;
  const auto value = reply->performed() ? reply->find(tag) : std::nullopt;
  if (!value) co_return Bytes{};
  co_return to_bytes(*value);
}

Task<> Story::meet_the_terminal() {
  cat_.subscribe({toolkit::Event::location_status});
  cat_.accept(toolkit::EnvelopeKind::sms_pp_download);
  std::uint8_t result = 0;
  const Bytes imei = co_await ask(kImei, tag::imei, result);
  if (!imei.empty() && imei.size() <= 9) {
    device_ = device_number(digits_of(imei));
    if (imei != record_.imei) {
      // The first device of a card is news as well: its eIM has seen none.
      errands_->state_changed(esipa::StateChangeCause::device_change);
      note("another device");
      record_.imei = imei;
      save();
    }
  }
  const Bytes date = co_await ask(kDate, tag::date_time, result);
  wall_ = date_of(date);
  if (wall_ != 0) wall_ -= elapsed_.count();
  co_await look_around();
}

Task<> Story::look_around() {
  std::uint8_t result = 0;
  const Bytes location = co_await ask(kLocation, tag::location_information, result);
  // 2X: it cannot now. A terminal that cannot tell at all is taken to have service; the visit finds out.
  registered_ = (result & 0xF0) != 0x20 && result != kLimitedService;
  if (location.size() >= kPlmn) plmn_.assign(location.begin(), location.begin() + kPlmn);
}

void Story::take(const toolkit::Envelope& envelope) {
  if (envelope.event == toolkit::Event::location_status) {
    const auto status = envelope.find(tag::location_status);
    if (!status || status->size() != 1) return;
    const bool now = (*status)[0] == kNormalService;
    if (now && !registered_) service_came_ = true;
    registered_ = now;
    const auto where = envelope.find(tag::location_information);
    if (where && where->size() >= kPlmn) plmn_.assign(where->begin(), where->begin() + kPlmn);
    return;
  }
  if (envelope.kind != toolkit::EnvelopeKind::sms_pp_download) return;
  const auto download = ota::parse_data_download(envelope.objects);
  if (!download || download->message.port != policy_.trigger_port) return;
  // Anybody may send one: it only makes a poll come earlier, and not often.
  if (last_trigger_ && elapsed_ - *last_trigger_ < policy_.polls.trigger_pause) return;
  last_trigger_ = elapsed_;
  triggered_ = true;
  note("triggered by SMS");
}

}  // namespace simurgh::ipae
