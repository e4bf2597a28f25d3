// A hostile peer of the DTLS client: datagrams from the input between those of a real server, altered ones, ends of waits. The engine never
// hands out plaintext the server did not send, and a handshake that ends has verified the server.
#include "ipae/transport/dtls.h"
#include "tests/fuzz/require.h"
#include "tests/unit/ipae/dtls_server.h"

using namespace simurgh;
using namespace simurgh::ipae;

namespace {

constexpr std::string_view kSecret = "what the server says";

struct World {
  std::unique_ptr<crypto::Rng> rng = crypto::seeded_rng(7);
  crypto::EcPrivateKey key = crypto::EcPrivateKey::generate(crypto::Curve::nist_p256, *rng);
  Bytes certificate;
  World() {
    crypto::CertificateSpec spec;
    spec.subject.common_name = "eIM";
    spec.role = crypto::Role::dp_tls;
    spec.dns_names = {"eim.example.com"};
    spec.not_before = 1'700'000'000;
    spec.not_after = 1'900'000'000;
    certificate = crypto::mint_certificate(spec, key.public_key(), key, nullptr, *rng);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const World world;
  ByteView input(data, size);
  test::DtlsServer server(
      world.certificate, world.key, [](ByteView) { return std::vector<Bytes>{to_bytes(text_view(kSecret))}; }, 600);
  auto engine = DtlsEngine::client("eim.example.com", {.pinned_certificate = world.certificate}, {.datagram = 600});
  FUZZ_REQUIRE(engine.has_value());
  std::vector<Bytes> waiting;  // from the real server
  bool up = false;
  for (unsigned step = 0; step < 200; ++step) {
    if (!up) {
      const auto done = engine->handshake();
      if (!done) break;
      up = *done;
      if (up) {
        FUZZ_REQUIRE(engine->version() == "DTLSv1.2");
        if (!engine->write(text_view("hello"))) break;
      }
    }
    while (const auto datagram = engine->take_output()) {
      FUZZ_REQUIRE(datagram->size() <= 600);
      for (Bytes& back : server(*datagram)) waiting.push_back(std::move(back));
    }
    if (up) {
      const auto plaintext = engine->read();
      if (!plaintext || (*plaintext && (*plaintext)->empty())) break;
      if (*plaintext) FUZZ_REQUIRE(to_text(**plaintext) == kSecret);
    }
    if (input.size() < 2) {
      if (waiting.empty()) break;
      engine->feed(waiting.front());
      waiting.erase(waiting.begin());
      continue;
    }
    const std::uint8_t control = input[0];
    const std::size_t count = std::min<std::size_t>(input[1], input.size() - 2);
    const ByteView piece = input.subspan(2, count);
    input = input.subspan(2 + count);
    switch (control % 5) {
      case 0:  // the real one
      case 1:  // the real one, altered
        if (waiting.empty()) break;
        if (control % 5 == 1 && !piece.empty()) waiting.front()[control % waiting.front().size()] ^= piece[0];
        engine->feed(waiting.front());
        waiting.erase(waiting.begin());
        break;
      case 2:
        engine->feed(piece);
        break;
      case 3:  // lost
        if (!waiting.empty()) waiting.erase(waiting.begin());
        break;
      default:
        if (!up && !engine->time_over()) return 0;
    }
  }
  engine->shutdown();
  return 0;
}
