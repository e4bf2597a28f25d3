// What a card tells about its doings. Handed in by the owner; a card without one stays silent.
#pragma once

#include <cstdint>

#include "asn1/bytes.h"

namespace simurgh::card {

class TraceSink {
 public:
  virtual ~TraceSink() = default;
  virtual void power(const char* event) = 0;                       // "power on", "reset", "power off"
  virtual void exchange(ByteView command, ByteView response) = 0;  // one APDU as it crossed the link
  virtual void note(const char* why) = 0;                          // the reason behind a refusal or an internal failure
};

}  // namespace simurgh::card
