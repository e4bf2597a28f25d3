// direct_bench [library]: prints how many APDUs a second pass through the drop-in library and the card server, with a card that only
// echoes.
#include <cstdio>
#include <exception>

#include "pcsc/bench/bench.h"

namespace {

class EchoCard : public simurgh::pcsc::CardSlot {
 public:
  simurgh::Bytes power_on() override { return atr(); }
  simurgh::Bytes reset() override { return atr(); }
  void power_off() override {}
  simurgh::Bytes transmit(simurgh::ByteView) override { return {0x90, 0x00}; }
  [[nodiscard]] simurgh::Bytes atr() const override { return {0x3B, 0x00}; }
};

}  // namespace

int main(int argc, char** argv) {
  using namespace simurgh;
  const char* library = argc > 1 ? argv[1] : SIMURGH_DIRECT_LIBRARY;
  try {
    EchoCard card;
    const Bytes apdu{0x00, 0xB0, 0x00, 0x00, 0x02};
    const auto result = pcsc::direct::bench(library, card, apdu, std::chrono::seconds(1));
    std::printf("%.0f APDU/s (%zu in %.2f s)\n", result.apdus_per_second(), result.apdus, result.seconds);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
