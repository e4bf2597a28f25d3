// Any octets on the socket between our IFD handler and a card process, at either end: frames do not depend on the cuts, the handler comes
// back from every command with an answer it asked for or with the loss of the card, and the card answers or leaves.
#include <sys/socket.h>

#include "pcsc/ifd/link.h"
#include "pcsc/ifd/session.h"
#include "tests/fuzz/require.h"

using namespace simurgh;
using namespace simurgh::pcsc;
using namespace simurgh::pcsc::ifd;

namespace {

class Slot final : public CardSlot {
 public:
  Bytes power_on() override { return atr(); }
  Bytes reset() override { return {}; }
  void power_off() override {}
  Bytes transmit(ByteView apdu) override { return Bytes{static_cast<std::uint8_t>(apdu.size()), 0x90, 0x00}; }
  [[nodiscard]] Bytes atr() const override { return {0x3B, 0x00}; }
};

struct Read {
  std::vector<Bytes> frames;
  bool bad = false;
  bool operator==(const Read&) const = default;
};

Read frames_of(ByteView input, std::size_t step) {
  FrameReader reader;
  Read out;
  for (std::size_t at = 0; at < input.size(); at += step) {
    reader.receive(input.subspan(at, std::min(step, input.size() - at)));
    for (auto frame = reader.next();; frame = reader.next()) {
      out.bad = !frame;
      if (!frame || !*frame) break;
      const Bytes again = encode((*frame)->type, (*frame)->number, (*frame)->body);
      FUZZ_REQUIRE(again.size() <= kMaxFrame);
      out.frames.push_back(again);
    }
    if (out.bad) break;
  }
  return out;
}

// The octets are what a card says after it has been seated.
void talk_to_handler(ByteView input) {
  int ends[2];
  FUZZ_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  Link link(UniqueFd(ends[0]), Hello{}, std::chrono::seconds(10));
  {
    const UniqueFd card(ends[1]);
    (void)::send(card.get(), input.data(), input.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    ::shutdown(card.get(), SHUT_WR);
    for (const Type request : {Type::power_on, Type::transmit, Type::power_off}) {
      const auto answer =
          link.ask(request, request == Type::transmit ? ByteView(input.first(std::min<std::size_t>(input.size(), 300))) : ByteView());
      if (!answer) {
        FUZZ_REQUIRE(*link.lost() == answer.error());
        continue;
      }
      FUZZ_REQUIRE(!link.lost());
      FUZZ_REQUIRE(request != Type::power_on || answer->size() <= kMaxAtr);
      FUZZ_REQUIRE(request != Type::transmit || (answer->size() <= kMaxApdu && answer->size() != 1));
      FUZZ_REQUIRE(request != Type::power_off || answer->empty());
    }
  }
  FUZZ_REQUIRE(!link.ask(Type::power_on));
}

std::vector<Bytes> talk_to_card(ByteView input, std::size_t step) {
  Slot slot;
  Session session(slot);
  std::vector<Bytes> out;
  for (std::size_t at = 0; at < input.size(); at += step) {
    session.receive(input.subspan(at, std::min(step, input.size() - at)));
    while (auto answer = session.next()) {
      FUZZ_REQUIRE(session.state() == Session::State::seated);
      out.push_back(*std::move(answer));
    }
    if (session.state() == Session::State::broken || session.state() == Session::State::refused) break;
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  FUZZ_REQUIRE(frames_of(input, 1) == frames_of(input, size + 1));
  if (const auto hello = decode_hello(input)) FUZZ_REQUIRE(equal(encode(*hello), input));
  FUZZ_REQUIRE(talk_to_card(input, 1) == talk_to_card(input, size + 1));
  talk_to_handler(input);
  return 0;
}
