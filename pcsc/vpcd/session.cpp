#include "pcsc/vpcd/session.h"

namespace simurgh::pcsc::vpcd {

namespace {

enum Control : std::uint8_t { power_off = 0x00, power_on = 0x01, reset = 0x02, get_atr = 0x04 };

constexpr std::size_t kHeader = 2;

// A response that two length bytes cannot announce must not desynchronise the link: the card side answers 6F00 instead.
Bytes frame(ByteView body) {
  static constexpr std::uint8_t kTooLong[] = {0x6F, 0x00};
  if (body.size() > kMaxBody) body = kTooLong;
  Bytes out;
  out.reserve(kHeader + body.size());
  out.push_back(static_cast<std::uint8_t>(body.size() >> 8));
  out.push_back(static_cast<std::uint8_t>(body.size() & 0xFF));
  append(out, body);
  return out;
}

}  // namespace

void Session::receive(ByteView bytes) {
  input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(done_));
  done_ = 0;
  append(input_, bytes);
}

std::optional<Bytes> Session::next() {
  for (;;) {
    const ByteView rest = ByteView(input_).subspan(done_);
    if (rest.size() < kHeader) return std::nullopt;
    const std::size_t length = static_cast<std::size_t>(rest[0]) << 8 | rest[1];
    if (length > rest.size() - kHeader) return std::nullopt;
    done_ += kHeader + length;
    if (auto answer = execute(rest.subspan(kHeader, length))) return answer;
  }
}

std::optional<Bytes> Session::execute(ByteView body) {
  if (body.size() == 1) {
    switch (body[0]) {
      case Control::power_off:
        slot_.power_off();
        return std::nullopt;
      case Control::power_on:
        slot_.power_on();
        return std::nullopt;
      case Control::reset:
        slot_.reset();
        return std::nullopt;
      case Control::get_atr:
        return frame(slot_.atr());
      default:
        break;
    }
  }
  return frame(slot_.transmit(body));
}

}  // namespace simurgh::pcsc::vpcd
