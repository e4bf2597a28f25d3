#include "euicc/ota/por_by_message.h"

#include <algorithm>

#include "euicc/ota/response_packet.h"

namespace simurgh::ota {
namespace {

constexpr std::size_t kUserData = 140;

Bytes submit(ByteView destination, ByteView header, ByteView data) {
  // MTI 01, a user data header, no validity period; the terminal gives the reference. TP-PID 00, TP-DCS: eight bits, no class.
  Bytes out{0x41, 0x00};
  append(out, destination);
  out.insert(out.end(), {0x00, 0x04, static_cast<std::uint8_t>(header.size() + data.size())});
  append(out, header);
  append(out, data);
  return out;
}

}  // namespace

std::vector<Bytes> submit_tpdus(ByteView destination, ByteView response, std::uint8_t reference) {
  if (response.size() <= kUserData) return {submit(destination, {}, response)};
  constexpr std::size_t kFirstHeader = 8, kNextHeader = 6;
  std::vector<ByteView> pieces;
  ByteView rest = response.subspan(std::size(kResponseHeader));
  while (!rest.empty()) {
    const std::size_t room = kUserData - (pieces.empty() ? kFirstHeader : kNextHeader);
    pieces.push_back(rest.first(std::min(room, rest.size())));
    rest = rest.subspan(pieces.back().size());
  }
  std::vector<Bytes> out;
  const auto total = static_cast<std::uint8_t>(pieces.size());
  for (std::uint8_t number = 1; const ByteView piece : pieces) {
    Bytes header{0x05, 0x00, 0x03, reference, total, number};
    if (number++ == 1) {
      header[0] = 0x07;
      header.insert(header.end(), {0x71, 0x00});
    }
    out.push_back(submit(destination, header, piece));
  }
  return out;
}

}  // namespace simurgh::ota
