// What a reader needs from a card, and nothing else. The card's owner implements it; readers in this room call it.
#pragma once

#include "asn1/bytes.h"

namespace simurgh::pcsc {

// A reader never calls a slot from two threads at once, but successive calls may come from different threads.
// Exceptions mean trouble of the host (a full disk, say): vpcd lets them reach the caller of serve(), direct shows a mute card.
class CardSlot {
 public:
  virtual ~CardSlot() = default;
  // Cold reset, also from the powered state. Returns the ATR; an empty one is a mute card.
  virtual Bytes power_on() = 0;
  // Warm reset. Returns the ATR as power_on does.
  virtual Bytes reset() = 0;
  virtual void power_off() = 0;
  // A command APDU of any bytes and length; the response ends in SW1 SW2. Empty: the card is mute.
  virtual Bytes transmit(ByteView apdu) = 0;
  // The ATR of the last activation, or the one the next activation will give. Never empty while the card works.
  [[nodiscard]] virtual Bytes atr() const = 0;
};

}  // namespace simurgh::pcsc
