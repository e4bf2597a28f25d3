#include "ipae/transport/dtls.h"

#include <catch2/catch.hpp>

#include "tests/unit/ipae/dtls_server.h"
#include "tests/unit/ipae/lossy_port.h"
#include "tests/unit/ipae/server_pki.h"

using namespace simurgh;
using namespace simurgh::ipae;
using namespace std::chrono_literals;
using simurgh::test::DtlsServer;
using simurgh::test::kNow;
using simurgh::test::LossyPort;
using simurgh::test::ServerPki;
using simurgh::test::Weather;

namespace {

// A server that sends back what it gets, behind a network.
struct Desk {
  explicit Desk(const ServerPki& pki, Weather weather = {}, std::size_t largest = 1232)
      : server(
            pki.server, pki.server_key, [](ByteView plaintext) { return std::vector<Bytes>{to_bytes(plaintext)}; }, largest),
        port(std::make_unique<LossyPort>([this](ByteView datagram) { return server(datagram); }, weather, largest)),
        network(port.get()) {}
  PortResult<std::unique_ptr<DtlsDatagrams>> connect(const std::string& host, const TlsTrust& trust, DtlsRules rules = {}) {
    return run_now(DtlsDatagrams::connect(std::move(port), host, trust, rules));
  }
  DtlsServer server;
  std::unique_ptr<LossyPort> port;
  LossyPort* network;
};

TlsTrust trust_in(const ServerPki& pki) { return {.authorities = {pki.ci}, .now = kNow}; }

std::string refusal(const ServerPki& pki, const std::string& host, const TlsTrust& trust) {
  Desk desk(pki);
  const auto port = desk.connect(host, trust);
  REQUIRE_FALSE(port);
  CHECK_FALSE(desk.server.finished());
  return port.error().what;
}

}  // namespace

TEST_CASE("DTLS 1.2 carries datagrams both ways and names the server", "[dtls]") {
  const ServerPki pki;
  Desk desk(pki);
  auto port = desk.connect("smdp.example.com", trust_in(pki));
  REQUIRE(port);
  CHECK((*port)->engine().version() == "DTLSv1.2");
  CHECK((*port)->engine().cipher() == "ECDHE-ECDSA-AES128-GCM-SHA256");
  CHECK(desk.server.asked_for() == "smdp.example.com");
  CHECK((*port)->largest() == 1232 - 37);  // record header 13, explicit nonce 8, tag 16
  for (const std::size_t size : {1U, 100U, 1195U}) {
    const Bytes sent(size, 0x5A);
    REQUIRE(run_now((*port)->send(sent)));
    const auto back = run_now((*port)->receive(1s));
    REQUIRE(back);
    CHECK(*back == sent);
  }
  CHECK_FALSE(run_now((*port)->send(Bytes(1196))));
  CHECK(run_now((*port)->receive(1s)).value() == std::nullopt);
}

TEST_CASE("A server on brainpoolP256r1 is reached over DTLS", "[dtls]") {
  const ServerPki pki(crypto::Curve::brainpool_p256r1);
  Desk desk(pki);
  CHECK(desk.connect("smdp.example.com", trust_in(pki)));
}

TEST_CASE("DTLS trusts as TLS does: pinned key, pinned certificate, issuer and name", "[dtls]") {
  const ServerPki pki;
  const ServerPki stranger(crypto::Curve::brainpool_p256r1);
  const Bytes key = test::spki(pki.server_key.public_key());
  CHECK(Desk(pki).connect("any.example", {.now = kNow + 1'000'000, .pinned_key = key}));
  CHECK(Desk(pki).connect("any.example", {.now = kNow + 1'000'000, .pinned_certificate = pki.server}));
  CHECK(Desk(pki).connect("smdp.example.com", {.now = kNow, .pinned_certificate = pki.ci}));
  CHECK(Desk(pki).connect("smdp.example.com", {.authorities = {pki.ci}, .dates = false}));
  CHECK(Desk(pki).connect("any.example", {.verify = false}));
  CHECK(refusal(pki, "smdp.example.com", {.authorities = {pki.ci}, .now = kNow, .pinned_key = test::spki(pki.ci_key.public_key())}) ==
        "the certificate of smdp.example.com does not carry the key that is pinned for it");
  CHECK(refusal(pki, "smdp.example.com", {.now = kNow, .pinned_certificate = stranger.server}) ==
        "the certificate of smdp.example.com is not the pinned one and does not come from it");
  CHECK(refusal(pki, "other.example.com", trust_in(pki)) ==
        "the certificate of other.example.com is for another server (smdp.example.com)");
  CHECK(refusal(pki, "smdp.example.com", {.authorities = {stranger.ci}, .now = kNow}).find("not come from a certificate issuer") !=
        std::string::npos);
  CHECK(refusal(pki, "smdp.example.com", {.authorities = {pki.ci}, .now = kNow + 5000}).find("expired") != std::string::npos);
}

TEST_CASE("Each datagram of the handshake may get lost, and it takes one wait of the caller's clock", "[dtls]") {
  const ServerPki pki;
  std::size_t losses = 0;
  for (const bool to_far : {true, false}) {
    for (std::size_t lost = 0;; ++lost) {
      INFO((to_far ? "of the client: " : "of the server: ") << lost);
      Desk desk(pki, {}, 400);
      bool happened = false;
      desk.network->lose = [&](bool direction, std::size_t count) {
        const bool now = direction == to_far && count == lost;
        happened = happened || now;
        return now;
      };
      auto port = desk.connect("smdp.example.com", trust_in(pki));
      REQUIRE(port);
      if (!happened) break;
      ++losses;
      CHECK(desk.network->now >= 1s);
      CHECK(desk.network->now < 1500ms);
      REQUIRE(run_now((*port)->send({1, 2, 3})));
      CHECK(run_now((*port)->receive(10s)).value() == Bytes{1, 2, 3});
    }
  }
  CHECK(losses > 6);
}

TEST_CASE("A handshake comes through losses, duplicates and reordering", "[dtls]") {
  const ServerPki pki;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    INFO("seed " << seed);
    Desk desk(pki, {.loss = 15, .duplicates = 20, .least = 10ms, .most = 1500ms, .seed = seed}, 400);
    auto port = desk.connect("smdp.example.com", trust_in(pki), {.retransmissions = 12});
    REQUIRE(port);
    bool answered = false;
    for (int tries = 0; tries < 20 && !answered; ++tries) {
      REQUIRE(run_now((*port)->send({1, 2, 3})));
      const auto back = run_now((*port)->receive(4s));
      REQUIRE(back);
      answered = *back == Bytes{1, 2, 3};
    }
    CHECK(answered);
  }
}

TEST_CASE("A silent server is asked seven times with doubling waits", "[dtls]") {
  const ServerPki pki;
  Desk desk(pki, {.loss = 100});
  const auto port = desk.connect("smdp.example.com", trust_in(pki));
  REQUIRE_FALSE(port);
  CHECK(port.error().what == "smdp.example.com does not answer over DTLS");
}

TEST_CASE("With a server that has started anew and forgotten it the handshake begins anew, at each of its steps", "[dtls]") {
  const ServerPki pki;
  // After its HelloVerifyRequest, silent or with another one for each hello; and after its certificate.
  for (const auto& [heard, asks_again] : {std::pair{1U, false}, std::pair{1U, true}, std::pair{2U, false}}) {
    DtlsServer server(pki.server, pki.server_key, [](ByteView plaintext) { return std::vector<Bytes>{to_bytes(plaintext)}; });
    std::size_t taken = 0;
    bool forgotten = false;
    std::vector<Bytes> question;
    auto lower = std::make_unique<LossyPort>([&, heard = heard, asks_again = asks_again](ByteView datagram) {
      if (taken == 0) return ++taken, question = server(datagram);
      if (taken++ == heard) {
        forgotten = true;
        server.again();
      }
      // Whoever knows of no handshake drops what begins none: all but a ClientHello with the message number 0.
      const bool begins = datagram.size() > 18 && datagram[13] == 1 && datagram[18] == 0;
      if (forgotten && !begins) return asks_again ? question : std::vector<Bytes>();
      forgotten = false;
      return server(datagram);
    });
    const LossyPort* network = lower.get();
    auto port = run_now(DtlsDatagrams::connect(std::move(lower), "smdp.example.com", trust_in(pki)));
    INFO((port ? "" : port.error().what));
    REQUIRE(port);
    CHECK(network->now >= 15s);
    CHECK(network->now < 16s);
  }
}

TEST_CASE("The caller's clock runs, not the wall's: an hour of handshake takes no time", "[dtls]") {
  const ServerPki pki;
  Desk desk(pki, {.least = 200s, .most = 200s});
  auto port = desk.connect("smdp.example.com", trust_in(pki), {.first_wait = 1000s, .longest_wait = 1000s});
  REQUIRE(port);
  CHECK(desk.network->now == 1200s);  // three round trips
}

TEST_CASE("Small datagrams carry a handshake in pieces, and too small ones are refused", "[dtls]") {
  const ServerPki pki;
  Desk desk(pki, {}, 208);
  auto port = desk.connect("smdp.example.com", trust_in(pki));
  REQUIRE(port);
  CHECK((*port)->largest() == 208 - 37);
  Desk tiny(pki, {}, 207);
  const auto refused = tiny.connect("smdp.example.com", trust_in(pki));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().what == "the datagrams of this network are too small for DTLS");
}

TEST_CASE("Foreign datagrams, altered ones and repeated ones are dropped", "[dtls]") {
  const ServerPki pki;
  DtlsServer server(pki.server, pki.server_key, [](ByteView plaintext) { return std::vector<Bytes>{to_bytes(plaintext)}; });
  bool noisy = false;
  auto lower = std::make_unique<LossyPort>([&](ByteView datagram) {
    auto out = server(datagram);
    if (!noisy) return out;
    std::vector<Bytes> all{{}, {0x17}, Bytes(40, 0xFF), to_bytes(text_view("HTTP/1.1 400 Bad Request"))};
    for (const Bytes& one : out) {
      Bytes altered = one;
      altered.back() ^= 1;
      all.push_back(altered);
      all.push_back(one);
      all.push_back(one);
    }
    return all;
  });
  auto port = run_now(DtlsDatagrams::connect(std::move(lower), "smdp.example.com", trust_in(pki)));
  REQUIRE(port);
  noisy = true;
  for (std::uint8_t round = 0; round < 5; ++round) {
    REQUIRE(run_now((*port)->send({round})));
    CHECK(run_now((*port)->receive(1s)).value() == Bytes{round});
    CHECK(run_now((*port)->receive(1s)).value() == std::nullopt);
  }
}

TEST_CASE("An end of the association by the server is told", "[dtls]") {
  const ServerPki pki;
  DtlsServer server(pki.server, pki.server_key, [](ByteView) { return std::vector<Bytes>(); });
  bool ends = false;
  auto lower = std::make_unique<LossyPort>([&](ByteView datagram) {
    auto out = server(datagram);
    return ends ? server.end() : out;
  });
  auto port = run_now(DtlsDatagrams::connect(std::move(lower), "smdp.example.com", trust_in(pki)));
  REQUIRE(port);
  ends = true;
  REQUIRE(run_now((*port)->send({1})));
  const auto got = run_now((*port)->receive(1s));
  REQUIRE_FALSE(got);
  CHECK(got.error().what == "smdp.example.com ended the DTLS association");
}

TEST_CASE("A server that keeps the handshake going without end is left", "[dtls]") {
  const ServerPki pki;
  // HelloVerifyRequest for ever: the client answers each with a ClientHello.
  std::uint64_t record = 0;
  class Loop final : public DatagramPort {
   public:
    explicit Loop(std::uint64_t& record) : record_(record) {}
    Task<PortResult<void>> send(Bytes) override { co_return PortResult<void>{}; }
    Task<PortResult<std::optional<Bytes>>> receive(std::chrono::milliseconds) override {
      const std::uint64_t at = record_++;
      const Bytes body{0xFE, 0xFF, 0x01, static_cast<std::uint8_t>(at)};
      Bytes message{0x03, 0, 0, 4};
      append(message, be_bytes(at, 2));
      append(message, Bytes{0, 0, 0, 0, 0, 4});
      append(message, body);
      co_return std::optional<Bytes>(concat({Bytes{0x16, 0xFE, 0xFF, 0, 0}, be_bytes(at, 6), be_bytes(message.size(), 2), message}));
    }

   private:
    std::uint64_t& record_;
  };
  const auto port = run_now(DtlsDatagrams::connect(std::make_unique<Loop>(record), "smdp.example.com", trust_in(pki)));
  REQUIRE_FALSE(port);
  INFO(port.error().what);
  CHECK(record <= 256);
}

TEST_CASE("A server that remembers the last association makes the next one short, and the server is still the one that was verified",
          "[dtls]") {
  const ServerPki pki;
  DtlsServer server(pki.server, pki.server_key, [](ByteView plaintext) { return std::vector<Bytes>{to_bytes(plaintext)}; });
  class Net final : public NetPort {
   public:
    explicit Net(DtlsServer& server) : server_(server) {}
    Task<PortResult<std::unique_ptr<StreamPort>>> connect(std::string, std::uint16_t) override {
      co_return std::unexpected(PortError{"none"});
    }
    Task<PortResult<std::unique_ptr<DatagramPort>>> datagrams(std::string, std::uint16_t) override {
      if (associations++ > 0) server_.again();
      auto port = std::make_unique<LossyPort>([this](ByteView datagram) { return server_(datagram); }, weather);
      network = port.get();
      co_return std::unique_ptr<DatagramPort>(std::move(port));
    }
    Weather weather;
    LossyPort* network = nullptr;
    std::size_t associations = 0;

   private:
    DtlsServer& server_;
  };
  Net udp(server);
  DtlsNet net(udp, trust_in(pki));
  const auto associate = [&](const std::string& host, bool in_order) {
    auto port = run_now(net.datagrams(host, 5684));
    INFO((port ? "" : port.error().what));
    REQUIRE(port);
    REQUIRE(run_now((*port)->send({1, 2, 3})));
    std::optional<Bytes> back;
    for (int tries = 0; tries < 20 && !back; ++tries) back = run_now((*port)->receive(std::chrono::seconds(5))).value();
    CHECK(back == Bytes{1, 2, 3});
    const std::pair out(dynamic_cast<const DtlsDatagrams&>(**port).engine().resumed(), udp.network->octets);
    if (in_order) {
      run_now((*port)->close());
      (void)run_now(udp.network->receive(std::chrono::seconds(5)));  // until it has arrived
    }
    return out;
  };
  const auto [first, whole] = associate("smdp.example.com", true);
  CHECK_FALSE(first);
  const auto [second, half] = associate("smdp.example.com", true);
  CHECK(second);
  CHECK(half * 2 < whole);
  CHECK(associate("smdp.example.com", true).first);
  // Another name is another server: it is verified anew.
  CHECK_FALSE(associate("127.0.0.1", true).first);
  // Cut off, an association leaves nothing.
  CHECK(associate("smdp.example.com", false).first);
  CHECK_FALSE(associate("smdp.example.com", true).first);
  // Another net builds on it when it is told and trusts in the same way.
  SessionMemories memories;
  const auto resumed = [&](const TlsTrust& trust) {
    DtlsNet one(udp, trust, {}, &memories);
    auto port = run_now(one.datagrams("smdp.example.com", 5684));
    REQUIRE(port);
    const bool out = dynamic_cast<const DtlsDatagrams&>(**port).engine().resumed();
    run_now((*port)->close());
    (void)run_now(udp.network->receive(std::chrono::seconds(5)));
    return out;
  };
  CHECK_FALSE(resumed(trust_in(pki)));
  CHECK(resumed(trust_in(pki)));
  CHECK_FALSE(resumed({.pinned_certificate = pki.server}));
  CHECK(resumed({.pinned_certificate = pki.server}));
  CHECK(resumed(trust_in(pki)));
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    udp.weather = {.loss = 10, .duplicates = 20, .least = 10ms, .most = 900ms, .seed = seed};
    DtlsNet lossy(udp, trust_in(pki), {.retransmissions = 12});
    for (int round = 0; round < 2; ++round) {
      auto port = run_now(lossy.datagrams("smdp.example.com", 5684));
      INFO("seed " << seed << (port ? "" : port.error().what));
      REQUIRE(port);
      run_now((*port)->close());
    }
  }
}
