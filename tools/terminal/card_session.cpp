#include "tools/terminal/card_session.h"

#include <utility>

namespace simurgh::terminal {
namespace {

constexpr std::size_t kMaxAnswer = 256 * 1024;
constexpr int kMaxRounds = 2048;
constexpr std::uint8_t kEnvelope = 0xC2;

std::uint16_t status_of(ByteView answer) { return static_cast<std::uint16_t>(be_value(answer.last(2))); }

}  // namespace

CardSession::CardSession(Link& link, std::function<void(ByteView, ByteView)> seen) : link_(link), seen_(std::move(seen)) {}

Bytes CardSession::reset() {
  atr_ = link_.reset();
  announced_.reset();
  if (seen_) seen_({}, atr_);
  return atr_;
}

Bytes CardSession::exchange(ByteView command) {
  Bytes answer = link_.transmit(command);
  if (seen_) seen_(command, answer);
  if (answer.size() < 2) throw LinkError("the card answers without a status word");
  return answer;
}

Answer CardSession::transmit(std::string_view hex) { return transmit(from_hex(hex).value()); }

Answer CardSession::transmit(ByteView command) {
  if (command.size() < 4) throw std::invalid_argument("a command APDU has four octets or more");
  Answer out;
  Bytes next = to_bytes(command);
  bool corrected = false;
  std::uint16_t warning = 0;
  for (int round = 0; round < kMaxRounds; ++round) {
    const Bytes answer = exchange(next);
    const std::uint16_t sw = status_of(answer);
    const auto sw1 = static_cast<std::uint8_t>(sw >> 8), sw2 = static_cast<std::uint8_t>(sw);
    append(out.data, ByteView(answer).first(answer.size() - 2));
    if (out.data.size() > kMaxAnswer) break;
    if (sw1 == 0x61 || sw1 == 0x9F) {
      next = {command[0], 0xC0, 0x00, 0x00, sw2};
      corrected = false;
      continue;
    }
    if (sw1 == 0x6C && !corrected && next.size() <= 5) {
      corrected = true;
      next.resize(5);
      next[4] = sw2;
      continue;
    }
    // TS 102 221 7.3.1.1.4: a warning to a case 4 command may have data behind it. Only ENVELOPE answers that way here.
    if ((sw1 == 0x62 || sw1 == 0x63) && command[1] == kEnvelope && command.size() > 5 && out.data.empty() && warning == 0) {
      warning = sw;
      next = {command[0], 0xC0, 0x00, 0x00, 0x00};
      corrected = false;
      continue;
    }
    // Its own status word counts when GET RESPONSE had nothing to bring.
    out.sw = warning != 0 && out.data.empty() ? warning : sw;
    if (warning != 0 && sw == 0x9000) out.sw = warning;
    if (sw1 == 0x91) {
      announced_ = sw2 == 0 ? std::size_t{256} : sw2;
    } else if (sw == 0x9000) {
      announced_.reset();
    }
    return out;
  }
  throw LinkError("the card never ends its answer");
}

}  // namespace simurgh::terminal
