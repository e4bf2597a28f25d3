// A hostile terminal at the toolkit: TERMINAL RESPONSEs, ENVELOPEs and STATUS in any order to applications that use everything. Each step is a
// length octet and that many octets, the first of which says what to do. What is announced can be fetched and fits, and a reset leaves nothing.
#include <string>

#include "euicc/toolkit/bip.h"
#include "euicc/toolkit/cat.h"
#include "euicc/toolkit/comprehension.h"
#include "tests/fuzz/require.h"

using namespace simurgh;
using namespace simurgh::toolkit;

namespace {

class Scripted final : public Application {
 public:
  explicit Scripted(Task<> (*body)(Session&)) : body_(body) {}
  [[nodiscard]] const char* name() const noexcept override { return "fuzzed"; }
  Task<> run(Session& cat) override { return body_(cat); }

 private:
  Task<> (*body_)(Session&);
};

Task<> talk(Session& cat, BipOpen::Transport transport) {
  for (;;) {
    BipOpen what;
    what.transport = transport;
    what.address = {192, 0, 2, 1};
    what.port = 5683;
    what.buffer = 700;
    auto channel = co_await BipChannel::open(cat, what);
    if (!channel) {
      co_await cat.sleep(std::chrono::seconds(5));
      continue;
    }
    Bytes request(600, 0x5A);
    const auto sent = co_await channel->send(std::move(request));
    for (bool open = sent.has_value(); open;) {
      const auto received = co_await channel->receive(std::chrono::seconds(30));
      open = received.has_value();
      if (open) FUZZ_REQUIRE(!received->empty());
    }
    (void)co_await channel->status();
    co_await channel->close();
  }
}
Task<> stream(Session& cat) { return talk(cat, BipOpen::Transport::tcp); }
Task<> datagrams(Session& cat) { return talk(cat, BipOpen::Transport::udp); }

Task<> listen(Session& cat) {
  cat.subscribe({Event::location_status, Event::network_rejection, Event::data_available});
  cat.set_menu("Menu", {"One", "Two"});
  cat.accept(EnvelopeKind::call_control);
  cat.accept(EnvelopeKind::sms_pp_download);
  for (;;) {
    const auto envelope = co_await cat.next(std::chrono::seconds(90));
    if (!envelope) continue;
    if (envelope->kind == EnvelopeKind::call_control) cat.answer({0x00, 0x00});
    const Reply reply = co_await cat.command(provide_local_information(0), Patience{2, std::chrono::seconds(3)});
    if (reply) (void)reply->find(tag::location_information);
  }
}

apdu::Command fetch(std::size_t le) {
  apdu::Command out;
  out.cla = 0x80;
  out.ins = 0x12;
  out.le = static_cast<std::uint16_t>(le);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Cat cat;
  for (auto* const body : {&stream, &datagrams, &listen}) cat.install(std::make_unique<Scripted>(body), 8, body == &listen);
  cat.terminal_profile(Bytes(40, 0xFF));
  ByteView rest(data, size);
  Bytes fetched;
  while (!rest.empty()) {
    const std::size_t length = std::min<std::size_t>(rest[0], rest.size() - 1);
    const Bytes step = to_bytes(rest.subspan(1, length));  // exact-size block
    rest = rest.subspan(1 + length);
    if (step.empty()) {
      cat.polled();
      continue;
    }
    const ByteView body = ByteView(step).subspan(1);
    switch (step[0] % 8) {
      case 0:
        cat.reset();
        FUZZ_REQUIRE(!cat.busy());
        FUZZ_REQUIRE(!cat.announced());
        break;
      case 1:
        cat.terminal_profile(body);
        break;
      case 2:
      case 3: {  // objects behind the right command details
        const Bytes response = concat({fetched, body});
        (void)cat.terminal_response(response);
        break;
      }
      case 4:
        (void)cat.terminal_response(body);
        break;
      case 5:
      case 6:
        (void)cat.envelope(body);
        break;
      default:
        cat.end_session();
        cat.remove_profile_applications();
        break;
    }
    if (const auto announced = cat.announced()) {
      FUZZ_REQUIRE(*announced <= kMaxProactive);
      const auto command = cat.fetch(fetch(*announced));
      FUZZ_REQUIRE(command.has_value());
      FUZZ_REQUIRE(command->data.size() == *announced);
      const std::size_t header = command->data[1] == 0x81 ? 3 : 2;
      fetched = to_bytes(ByteView(command->data).subspan(header, 5));
    }
  }
  return 0;
}
