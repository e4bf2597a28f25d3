#include "pcsc/ifd/session.h"

namespace simurgh::pcsc::ifd {

namespace {

// What the other side would not accept must not break the link: an ATR that is none is a mute card, an impossible response is 6F00.
Bytes atr_frame(std::uint8_t number, const Bytes& atr) {
  return encode(Type::atr, number, atr.size() > kMaxAtr ? ByteView() : ByteView(atr));
}

Bytes response_frame(std::uint8_t number, const Bytes& response) {
  static constexpr std::uint8_t kImpossible[] = {0x6F, 0x00};
  return encode(Type::response, number, response.size() > kMaxApdu || response.size() == 1 ? ByteView(kImpossible) : ByteView(response));
}

}  // namespace

Bytes Session::hello(const CardSlot& slot, std::uint8_t wanted_slot, const std::string& name) {
  Bytes atr = slot.atr();
  if (atr.size() > kMaxAtr) atr.clear();
  return encode(Type::hello, 0, encode(Hello{wanted_slot, std::move(atr), name}));
}

std::optional<Bytes> Session::next() {
  while (state_ == State::greeting || state_ == State::seated) {
    const auto frame = reader_.next();
    if (!frame) {
      state_ = State::broken;
      return std::nullopt;
    }
    if (!*frame) return std::nullopt;
    if (state_ == State::greeting) {
      greet(**frame);
    } else if (auto answer = execute(**frame)) {
      return answer;
    } else {
      state_ = State::broken;
    }
  }
  return std::nullopt;
}

void Session::greet(const Frame& frame) {
  state_ = State::broken;
  if (frame.body.size() != 1) return;
  if (frame.type == Type::welcome) {
    seat_ = frame.body[0];
    state_ = State::seated;
  } else if (frame.type == Type::refused) {
    refusal_ = static_cast<Refusal>(frame.body[0]);
    state_ = State::refused;
  }
}

std::optional<Bytes> Session::execute(const Frame& frame) {
  switch (frame.type) {
    case Type::power_on:
      return atr_frame(frame.number, slot_.power_on());
    case Type::reset:
      return atr_frame(frame.number, slot_.reset());
    case Type::power_off:
      slot_.power_off();
      return encode(Type::done, frame.number, {});
    case Type::transmit:
      return response_frame(frame.number, slot_.transmit(frame.body));
    default:
      return std::nullopt;
  }
}

}  // namespace simurgh::pcsc::ifd
