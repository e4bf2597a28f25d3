#include "euicc/ota/sms.h"

#include <algorithm>

#include "asn1/tlv.h"

namespace simurgh::ota {
namespace {

constexpr std::uint8_t kDeliver = 0x00, kTypeMask = 0x03, kHeaderIndicator = 0x40;
constexpr std::uint8_t kDownload = 0x7F;  // TP-PID "(U)SIM data download"
constexpr std::size_t kTimestamp = 7, kMaxDigits = 20;
constexpr std::uint8_t kConcatenated = 0x00, kConcatenatedWide = 0x08, kCommandPacket = 0x70, kPort = 0x04, kPortWide = 0x05;

// A counted cursor over octets; nothing when too few are left.
class Cursor {
 public:
  explicit Cursor(ByteView input) : rest_(input) {}
  std::optional<ByteView> take(std::size_t count) {
    if (count > rest_.size()) return std::nullopt;
    const ByteView front = rest_.first(count);
    rest_ = rest_.subspan(count);
    return front;
  }
  std::optional<std::uint8_t> octet() {
    const auto one = take(1);
    return one ? std::optional((*one)[0]) : std::nullopt;
  }
  [[nodiscard]] ByteView rest() const { return rest_; }

 private:
  ByteView rest_;
};

// TS 23.038 4: octets per user data length. Text of seven bits counts septets.
bool seven_bits(std::uint8_t coding) {
  if ((coding & 0xC0) == 0x00) return (coding & 0x0C) == 0x00;
  if ((coding & 0xF0) == 0xF0) return (coding & 0x04) == 0x00;
  return (coding & 0xF0) != 0xE0;
}

// Unknown elements are skipped, ones that cannot be are ignored (TS 23.040 9.2.3.24).
bool read_header(ByteView header, Deliver& out) {
  Cursor in(header);
  while (!in.rest().empty()) {
    const auto identifier = in.octet();
    const auto length = in.octet();
    const auto value = length ? in.take(*length) : std::nullopt;
    if (!value) return false;
    if (*identifier == kCommandPacket) out.command_packet = true;
    if (*identifier == kPort && value->size() == 2) out.port = (*value)[0];
    if (*identifier == kPortWide && value->size() == 4) out.port = static_cast<std::uint16_t>(be_value(value->first(2)));
    const bool wide = *identifier == kConcatenatedWide;
    if ((*identifier == kConcatenated && value->size() == 3) || (wide && value->size() == 4)) {
      const std::size_t width = value->size() - 2;
      const Part part{.reference = static_cast<std::uint16_t>(be_value(value->first(width))),
                      .total = (*value)[width],
                      .number = (*value)[width + 1],
                      .wide_reference = wide};
      if (part.total != 0 && part.number != 0 && part.number <= part.total) out.part = part;
    }
  }
  return true;
}

}  // namespace

bool Deliver::for_the_card() const noexcept {
  if (protocol != kDownload || (coding & 0x03) != 0x02) return false;
  // Class 2 of the general data coding group (with its class bit) or of the data coding and message class group.
  return (coding & 0xF0) == 0xF0 || ((coding & 0xC0) == 0x00 && (coding & 0x10) != 0);
}

std::optional<Deliver> parse_deliver(ByteView tpdu) {
  Cursor in(tpdu);
  const auto first = in.octet();
  const auto digits = in.octet();
  if (!first || !digits || (*first & kTypeMask) != kDeliver || *digits > kMaxDigits) return std::nullopt;
  Deliver out;
  const auto address = in.take(1U + (*digits + 1U) / 2U);
  const auto protocol = in.octet();
  const auto coding = in.octet();
  const auto stamp = in.take(kTimestamp);
  const auto length = in.octet();
  if (!address || !protocol || !coding || !stamp || !length) return std::nullopt;
  out.originator.push_back(*digits);
  append(out.originator, *address);
  out.protocol = *protocol;
  out.coding = *coding;
  const std::size_t octets = seven_bits(*coding) ? (*length * 7U + 7U) / 8U : *length;
  if (in.rest().size() != octets) return std::nullopt;
  if ((*first & kHeaderIndicator) != 0) {
    const auto header_length = in.octet();
    const auto header = header_length ? in.take(*header_length) : std::nullopt;
    if (!header || !read_header(*header, out)) return std::nullopt;
  }
  out.data = to_bytes(in.rest());
  return out;
}

apdu::Result<DataDownload> parse_data_download(ByteView content) {
  constexpr std::uint32_t kDeviceIdentities = 0x02, kAddress = 0x06, kTpdu = 0x0B, kComprehension = 0x80;
  const auto malformed = [](const char* why) { return apdu::refuse(apdu::Sw::incorrect_data, why); };
  DataDownload out;
  bool devices = false;
  asn1::TlvReader in(content);
  while (!in.at_end()) {
    const auto object = in.next();
    if (!object) return malformed("SMS-PP download: an object is malformed");
    switch (object->tag & ~kComprehension) {
      case kDeviceIdentities:
        if (object->value.size() != 2 || object->value[0] != 0x83 || object->value[1] != 0x81) {
          return malformed("SMS-PP download: the device identities are not network to UICC");
        }
        devices = true;
        break;
      case kAddress:
        out.service_centre = to_bytes(object->value);
        break;
      case kTpdu:
        out.tpdu = to_bytes(object->value);
        break;
      default:
        break;
    }
  }
  if (!devices || out.tpdu.empty()) return malformed("SMS-PP download without device identities or TPDU");
  auto message = parse_deliver(out.tpdu);
  if (!message) return malformed("SMS-PP download: the TPDU is no SMS-DELIVER");
  out.message = *std::move(message);
  return out;
}

std::optional<Message> Reassembly::add(DataDownload download) {
  Deliver& deliver = download.message;
  Message out{.originator = deliver.originator,
              .service_centre = std::move(download.service_centre),
              .command_packet = deliver.command_packet,
              .data = {}};
  if (!deliver.part || deliver.part->total == 1) {
    out.data = std::move(deliver.data);
    return out;
  }
  const Part part = *deliver.part;
  const auto same = [&](const Open& open) {
    return open.first.reference == part.reference && open.first.wide_reference == part.wide_reference &&
           equal(open.originator, deliver.originator);
  };
  auto open = std::ranges::find_if(open_, same);
  if (open != open_.end()) {
    const auto known = open->parts.find(part.number);
    const bool repeated = known != open->parts.end();
    if (repeated && open->first.total == part.total && equal(known->second, deliver.data)) return std::nullopt;
    if (repeated || open->first.total != part.total) {
      open_.erase(open);
      open = open_.end();
    }
  }
  if (open == open_.end()) {
    if (open_.size() == kInFlight) open_.pop_front();
    open_.push_back({.originator = deliver.originator, .first = part, .command_packet = false, .parts = {}});
    open = std::prev(open_.end());
  }
  // The command packet identifier may stand in the first part only (TS 31.115 4.1).
  open->command_packet = open->command_packet || deliver.command_packet;
  open->parts.emplace(part.number, std::move(deliver.data));
  if (open->parts.size() < part.total) return std::nullopt;
  out.command_packet = open->command_packet;
  for (const auto& [number, data] : open->parts) append(out.data, data);
  open_.erase(open);
  return out;
}

}  // namespace simurgh::ota
