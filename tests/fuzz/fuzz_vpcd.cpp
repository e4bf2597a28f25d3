// Any octets from the virtual reader's side: every frame that asks for an answer gets one, whatever the cuts.
#include "pcsc/vpcd/session.h"
#include "tests/fuzz/require.h"

using namespace simurgh;

namespace {

class Slot final : public pcsc::CardSlot {
 public:
  Bytes power_on() override { return atr(); }
  Bytes reset() override { return atr(); }
  void power_off() override {}
  Bytes transmit(ByteView apdu) override { return Bytes{static_cast<std::uint8_t>(apdu.size()), 0x90, 0x00}; }
  Bytes atr() const override { return {0x3B, 0x00}; }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  const auto answers = [&](std::size_t step) {
    Slot slot;
    pcsc::vpcd::Session session(slot);
    std::vector<Bytes> out;
    for (std::size_t at = 0; at < size; at += step) {
      session.receive(input.subspan(at, std::min(step, size - at)));
      while (auto frame = session.next()) out.push_back(to_bytes(*frame));
    }
    return out;
  };
  FUZZ_REQUIRE(answers(1) == answers(size + 1));
  return 0;
}
