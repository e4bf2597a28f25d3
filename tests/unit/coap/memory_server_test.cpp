// The server's end without sockets, asked by the product's own client.
#include "tools/coap/memory_server.h"

#include <catch2/catch.hpp>

#include "ipae/coap/client.h"
#include "ipae/transport/dtls.h"
#include "tests/unit/ipae/lossy_port.h"

using namespace simurgh;
using namespace simurgh::ipae;
using coap::Client;

namespace {

Bytes pattern(std::size_t size) {
  Bytes out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::uint8_t>(i * 7 + (i >> 8));
  return out;
}

const std::vector<std::string> kPath{"gsma", "rsp2", "asn1"};

struct Desk {
  coaps::Service service = [this](ByteView body, std::string&) -> std::optional<Bytes> {
    ++served;
    seen = to_bytes(body);
    if (body[0] == 0xFE) throw coaps::BadMessage("no");
    if (body[0] == 0xFF) throw std::runtime_error("no");
    if (answer == 0) return std::nullopt;
    return pattern(answer);
  };
  std::size_t answer = 10;
  unsigned served = 0;
  Bytes seen;
  std::unique_ptr<crypto::Rng> rng = crypto::seeded_rng(5);
};

// Without DTLS.
struct Plain : Desk {
  std::string path = "gsma/rsp2/asn1";
  coaps::ServerSession session{service, path, 8192};
  test::LossyPort port;
  explicit Plain(test::Weather weather = {}) : port([this](ByteView datagram) { return session.take(datagram); }, weather) {}
  PortResult<coap::Answer> post(Bytes body, std::vector<std::string> to = kPath) {
    Client client(port, *rng);
    return run_now(client.post(std::move(to), std::move(body)));
  }
};

}  // namespace

TEST_CASE("Bodies of every size go up and come down whole", "[coap]") {
  for (const std::size_t size : {1U, 15U, 1023U, 1024U, 1025U, 2048U, 5000U}) {
    Plain desk;
    desk.answer = size;
    const auto answer = desk.post(pattern(size));
    REQUIRE(answer);
    REQUIRE(answer->code == coap::kChanged);
    REQUIRE(answer->body == pattern(size));
    REQUIRE(desk.seen == pattern(size));
    REQUIRE(desk.served == 1);
  }
}

TEST_CASE("A network that loses and doubles makes the service run once all the same", "[coap]") {
  for (std::uint64_t seed = 1; seed < 40; ++seed) {
    Plain desk({.loss = 15, .duplicates = 15, .seed = seed});
    desk.answer = 3000;
    const auto answer = desk.post(pattern(3000));
    if (!answer) continue;  // too much was lost
    REQUIRE(answer->body == pattern(3000));
    REQUIRE(desk.served == 1);
  }
}

TEST_CASE("What the service does not take, and what is not its resource, is refused", "[coap]") {
  Plain desk;
  REQUIRE(desk.post({0xFE})->code == coap::code(4, 0));
  REQUIRE(desk.post({0xFF})->code == coap::code(5, 0));
  REQUIRE(desk.post({0x01}, {"elsewhere"})->code == coap::code(4, 4));
  REQUIRE(desk.post(pattern(9000))->code == coap::kTooLarge);
  desk.answer = 0;
  REQUIRE(desk.post({0x01})->body.empty());
}

TEST_CASE("Datagrams that are no request change nothing", "[coap]") {
  Plain desk;
  REQUIRE(desk.session.take({}).empty());
  REQUIRE(desk.session.take(Bytes{0x40}).empty());
  REQUIRE(desk.session.take(coap::encode({.type = coap::Type::acknowledgement, .id = 4})).empty());
  const auto ping = desk.session.take(coap::encode({.type = coap::Type::confirmable, .id = 4}));
  REQUIRE(ping.size() == 1);
  REQUIRE(coap::decode(ping[0])->type == coap::Type::reset);
  // A block of an answer that nobody asked for.
  coap::Message late{.code = coap::kPost, .id = 9, .options = {{coap::option::kBlock2, coap::encode_block({3, false, 6})}}};
  for (const char* segment : {"gsma", "rsp2", "asn1"}) late.options.push_back({coap::option::kUriPath, to_bytes(text_view(segment))});
  REQUIRE(coap::code_class(coap::decode(desk.session.take(coap::encode(late)).at(0))->code) == 4);
  REQUIRE(desk.served == 0);
}

TEST_CASE("The client's DTLS and the server's find each other, also through losses, and build on an association before", "[coap]") {
  const auto rng = crypto::seeded_rng(32);
  const perso::Pki pki = perso::make_pki({.hosts = {"eim.example"}, .not_before = 1'700'000'000}, *rng);
  Desk desk;
  desk.answer = 2000;
  const coaps::MemoryServer server(desk.service, *pki.eim_tls);
  const TlsTrust trust{.authorities = {pki.curves[0].ci->certificate.der}, .dates = false};

  struct Net final : NetPort {
    const coaps::MemoryServer& server;
    test::Weather weather;
    std::size_t octets = 0;
    explicit Net(const coaps::MemoryServer& of) : server(of) {}
    Task<PortResult<std::unique_ptr<StreamPort>>> connect(std::string, std::uint16_t) override { co_return std::unexpected(PortError{"no"}); }
    Task<PortResult<std::unique_ptr<DatagramPort>>> datagrams(std::string, std::uint16_t) override {
      auto far = std::make_shared<coaps::MemoryAssociation>(server);
      co_return std::make_unique<test::LossyPort>(
          [this, far](ByteView datagram) {
            auto out = far->take(datagram);
            octets += datagram.size();
            for (const Bytes& one : out) octets += one.size();
            return out;
          },
          weather);
    }
  } net(server);

  DtlsNet dtls(net, trust);
  std::size_t first = 0;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    net.weather = {.loss = seed > 2 ? 10U : 0U, .seed = seed};
    const std::size_t before = net.octets;
    auto port = run_now(dtls.datagrams("eim.example", 5684));
    REQUIRE(port);
    Client client(**port, *rng);
    const auto answer = run_now(client.post(kPath, pattern(100)));
    REQUIRE(answer);
    REQUIRE(answer->body == pattern(2000));
    run_now((*port)->close());
    if (seed == 1) first = net.octets - before;
    if (seed == 2) REQUIRE(net.octets - before < first - 500);
  }
}
