// A hostile CoAP server: whatever comes back, the client ends after a bounded number of datagrams and waits, with an answer within its
// limit or an error. The input is cut into datagrams; IDs, tokens and block numbers can be made to fit, so that the input gets past the
// first checks.
#include <deque>

#include "ipae/coap/client.h"
#include "tests/fuzz/require.h"

using namespace simurgh;
using namespace simurgh::ipae;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kLimit = 4096;

class HostileServer final : public DatagramPort {
 public:
  explicit HostileServer(ByteView input) : input_(input) {}

  Task<PortResult<void>> send(Bytes datagram) override {
    FUZZ_REQUIRE(datagram.size() <= largest());
    const auto message = coap::decode(datagram);
    FUZZ_REQUIRE(message.has_value());
    ++sent;
    if (message->code == coap::kPost) last_ = *message;
    co_return PortResult<void>{};
  }

  // One octet of control and one of length before each datagram.
  Task<PortResult<std::optional<Bytes>>> receive(std::chrono::milliseconds timeout) override {
    FUZZ_REQUIRE(timeout > 0ms);
    FUZZ_REQUIRE(++waits <= 200'000);
    if (input_.size() < 2) co_return std::optional<Bytes>();
    const std::uint8_t control = input_[0];
    const std::size_t size = std::min<std::size_t>(input_[1] * (control & 0x80 ? 8U : 1U), input_.size() - 2);
    Bytes datagram = to_bytes(input_.subspan(2, size));
    input_ = input_.subspan(2 + size);
    if (control & 0x40) co_return std::optional<Bytes>();
    if (control & 0x01) datagram = fitting(control, datagram);
    co_return std::optional<Bytes>(std::move(datagram));
  }
  std::size_t largest() const override { return 200; }
  std::size_t sent = 0, waits = 0;

 private:
  // An answer that fits the request, with a payload from the input.
  Bytes fitting(std::uint8_t control, ByteView payload) const {
    coap::Message out{.type = coap::Type::acknowledgement,
                      .code = control & 0x02 ? coap::kContinue : coap::kChanged,
                      .id = last_.id,
                      .token = last_.token};
    const auto echo = [&](std::uint16_t number, bool more) {
      const Bytes* value = last_.find(number);
      auto block = value == nullptr ? coap::Block{0, false, 2} : coap::decode_block(*value).value_or(coap::Block{});
      if (number == coap::option::kBlock2) block.more = more;
      out.options.push_back({number, coap::encode_block(block)});
      return block.size();
    };
    if (control & 0x04) echo(coap::option::kBlock1, false);
    out.payload = to_bytes(payload);
    if (control & 0x08) {
      const std::size_t octets = echo(coap::option::kBlock2, control & 0x10);
      if (control & 0x20) out.payload.assign(octets, 0x55);
    }
    return coap::encode(out);
  }

  ByteView input_;
  coap::Message last_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  HostileServer server(ByteView(data + 1, size - 1));
  const auto rng = crypto::seeded_rng(1);
  coap::Client client(server, *rng, {}, {.largest_answer = kLimit});
  const std::size_t up = data[0] * 16U;
  const auto answer = run_now(client.post({"gsma", "rsp2", "asn1"}, Bytes(up, 0xA5)));
  if (answer) FUZZ_REQUIRE(answer->body.size() <= std::max(kLimit, std::size_t{2048}));
  if (!answer) FUZZ_REQUIRE(!answer.error().what.empty());
  // Each datagram that comes in can move the client by one request; silence by five tries of each.
  FUZZ_REQUIRE(server.sent <= 5 * (size + 600));
  return 0;
}
