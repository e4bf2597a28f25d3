// The door of a terminal to its card: one TPDU in, one answer out. A card in this process, a PC/SC reader and a script in a test all fit.
#pragma once

#include <stdexcept>

#include "asn1/bytes.h"

namespace simurgh::terminal {

// The card has gone or never answered; the sentence has no full stop.
class LinkError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Link {
 public:
  virtual ~Link() = default;
  // The answer ends in SW1 SW2; 61xx and 6Cxx are the caller's business. Throws LinkError.
  [[nodiscard]] virtual Bytes transmit(ByteView command) = 0;
  // The ATR after the reset (cold or warm, as the link can). Throws LinkError.
  virtual Bytes reset() = 0;
  // The device loses its power, and the card with it where the link can do that; the next reset() gives it back.
  virtual void power_off() {}
};

}  // namespace simurgh::terminal
