// The card's half of the virtual-reader protocol that the driver of Debian's vsmartcard-vpcd speaks.
//
// The reader sends frames: a length of two bytes, most significant first, and a body. A body of one byte 00, 01, 02 or 04 is power off,
// power on, reset or "give the ATR"; the first three have no answer. Every other body is a command APDU and gets one response frame.
#pragma once

#include <cstddef>
#include <optional>

#include "asn1/bytes.h"
#include "pcsc/slot.h"

namespace simurgh::pcsc::vpcd {

inline constexpr std::size_t kMaxBody = 0xFFFF;

// A state machine without a socket: bytes in by receive(), in any fragments; frames out by next().
class Session {
 public:
  explicit Session(CardSlot& slot) : slot_(slot) {}

  // Call next() until it returns nothing before receiving more: then at most one incomplete frame is kept here.
  void receive(ByteView bytes);

  // Executes commands in their order up to the first one that has an answer, and returns that answer as a frame.
  // Nothing: what has arrived is done, and at most the beginning of a frame remains.
  [[nodiscard]] std::optional<Bytes> next();

 private:
  std::optional<Bytes> execute(ByteView body);

  CardSlot& slot_;
  Bytes input_;
  std::size_t done_ = 0;
};

}  // namespace simurgh::pcsc::vpcd
