#include "euicc/ota/command_packet.h"

#include <algorithm>

namespace simurgh::ota {

Bytes CommandHead::encode() const {
  Bytes out = be_bytes(packet_length, 2);
  out.insert(out.end(), {header_length, spi.first, spi.second, kic, kid});
  append(out, tar);
  return out;
}

std::optional<CommandHead> parse_command_head(ByteView packet) {
  constexpr std::uint8_t kShortestHeader = 0x0D;
  if (packet.size() < 2U + 1U + kShortestHeader) return std::nullopt;
  CommandHead out;
  out.packet_length = static_cast<std::uint16_t>(be_value(packet.first(2)));
  if (out.packet_length != packet.size() - 2) return std::nullopt;
  out.header_length = packet[2];
  out.spi = {.first = packet[3], .second = packet[4]};
  out.kic = packet[5];
  out.kid = packet[6];
  std::ranges::copy(packet.subspan(7, 3), out.tar.begin());
  return out;
}

std::optional<CommandBody> parse_command_body(ByteView plain, std::size_t check_length) {
  constexpr std::size_t kFront = kCounterSize + 1;
  if (plain.size() < kFront + check_length) return std::nullopt;
  return CommandBody{.counter = be_value(plain.first(kCounterSize)),
                     .padding = plain[kCounterSize],
                     .check = to_bytes(plain.subspan(kFront, check_length)),
                     .data = to_bytes(plain.subspan(kFront + check_length)),
                     .counter_octets = to_bytes(plain.first(kFront))};
}

}  // namespace simurgh::ota
