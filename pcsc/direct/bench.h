// How fast APDUs pass between a program that loaded our libpcsclite.so.1 and a card behind a Server.
#pragma once

#include <chrono>
#include <string>

#include "asn1/bytes.h"
#include "pcsc/slot.h"

namespace simurgh::pcsc::direct {

struct BenchResult {
  std::size_t apdus = 0;
  double seconds = 0;
  [[nodiscard]] double apdus_per_second() const { return seconds > 0 ? static_cast<double>(apdus) / seconds : 0; }
};

// Opens the library (a path), connects to a server of its own that holds the card, and sends the APDU for about the time given. Sets the
// environment variable SIMURGH_DIRECT_SOCKET of this process. Throws std::runtime_error with a sentence when a step fails.
[[nodiscard]] BenchResult bench(const std::string& library, CardSlot& card, ByteView apdu, std::chrono::milliseconds duration);

}  // namespace simurgh::pcsc::direct
