// Datagrams of a client at the CoAP server that simulations use, each behind two octets of length: every answer is a message, the same request gets
// the same answer, and bodies keep their limit.
#include "tests/fuzz/require.h"
#include "tools/coap/server_session.h"

using namespace simurgh;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kLargest = 4096;
  const coaps::Service service = [](ByteView body, std::string&) -> std::optional<Bytes> {
    FUZZ_REQUIRE(!body.empty() && body.size() <= kLargest);
    if (body[0] == 0xFE) throw coaps::BadMessage("no");
    return Bytes(std::size_t{body[0]} * 16, 0x55);
  };
  const std::string path = "gsma/rsp2/asn1";
  coaps::ServerSession session(service, path, kLargest);
  ByteView rest(data, size);
  while (rest.size() >= 2) {
    const std::size_t length = std::min<std::size_t>(be_value(rest.first(2)), rest.size() - 2);
    const Bytes datagram = to_bytes(rest.subspan(2, length));
    rest = rest.subspan(2 + length);
    const auto said = session.take(datagram);
    FUZZ_REQUIRE(said.size() <= 1);
    for (const Bytes& one : said) {
      FUZZ_REQUIRE(ipae::coap::decode(one).has_value());
      FUZZ_REQUIRE(one.size() <= 1024 + 64);
    }
    FUZZ_REQUIRE(session.take(datagram) == said);
  }
  return 0;
}
