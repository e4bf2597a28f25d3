// How fast APDUs pass between a program that uses libpcsclite and a card behind one of our readers.
#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <string>

#include "asn1/bytes.h"
#include "pcsc/slot.h"

namespace simurgh::pcsc {

struct BenchResult {
  std::size_t apdus = 0;
  double seconds = 0;
  double median_us = 0;              // of one APDU, there and back
  double slowest_of_hundred_us = 0;  // 99 of 100 take no longer
  [[nodiscard]] double apdus_per_second() const { return seconds > 0 ? static_cast<double>(apdus) / seconds : 0; }
};

// Loads a libpcsclite (a path, or the bare name for the system's), waits until a reader whose name starts as given holds a card with this
// ATR, and sends the APDU for about the time given. Throws std::runtime_error with a sentence when a step fails.
[[nodiscard]] BenchResult round_trips(const std::string& library, const std::string& reader, ByteView atr, ByteView apdu,
                                      std::chrono::milliseconds duration);

namespace direct {

// Through our own library (a path) to a server of this process that holds the card. Sets the environment variable SIMURGH_DIRECT_SOCKET of
// this process. Throws as round_trips does.
[[nodiscard]] BenchResult bench(const std::string& library, CardSlot& card, ByteView apdu, std::chrono::milliseconds duration);

// The same way for whoever has more to say to a card than one APDU. A response is valid until the next command.
using Exchange = std::function<ByteView(ByteView apdu)>;
void with_card(const std::string& library, CardSlot& card, const std::function<void(const Exchange&)>& use);

}  // namespace direct

namespace vpcd {

// Through pcscd and Debian's virtual reader; starts a pcscd of its own, as root, when none runs, and ends it. The error is a sentence that
// says why nothing was measured.
[[nodiscard]] std::expected<BenchResult, std::string> bench(CardSlot& card, ByteView apdu, std::chrono::milliseconds duration);

}  // namespace vpcd

namespace ifd {

// Through pcscd and our own handler, a path; always by a pcscd of our own, as root. The error is as above.
[[nodiscard]] std::expected<BenchResult, std::string> bench(const std::string& driver, CardSlot& card, ByteView apdu,
                                                            std::chrono::milliseconds duration);

}  // namespace ifd

}  // namespace simurgh::pcsc
