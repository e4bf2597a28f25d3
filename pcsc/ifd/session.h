// The card's half of the conversation with our IFD handler, see frame.h.
#pragma once

#include <optional>

#include "pcsc/ifd/frame.h"
#include "pcsc/slot.h"

namespace simurgh::pcsc::ifd {

// A state machine without a socket: octets in by receive(), in any fragments; frames out by next().
class Session {
 public:
  explicit Session(CardSlot& slot) : slot_(slot) {}

  // The frame that opens the conversation.
  [[nodiscard]] static Bytes hello(const CardSlot& slot, std::uint8_t wanted_slot, const std::string& name);

  enum class State { greeting, seated, refused, broken };
  [[nodiscard]] State state() const noexcept { return state_; }
  // Of a seated card.
  [[nodiscard]] unsigned seat() const noexcept { return seat_; }
  // Of a refused one.
  [[nodiscard]] Refusal refusal() const noexcept { return refusal_; }

  void receive(ByteView bytes) { reader_.receive(bytes); }
  // Handles frames up to the first one that has an answer, and returns that answer. Nothing: what has arrived is done, or the conversation
  // is broken or was refused.
  [[nodiscard]] std::optional<Bytes> next();

 private:
  [[nodiscard]] std::optional<Bytes> execute(const Frame& frame);
  void greet(const Frame& frame);

  CardSlot& slot_;
  FrameReader reader_;
  State state_ = State::greeting;
  unsigned seat_ = 0;
  Refusal refusal_ = Refusal::full;
};

}  // namespace simurgh::pcsc::ifd
