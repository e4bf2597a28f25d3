#include "tools/coap/server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <mutex>
#include <random>
#include <thread>

#include "ipae/coap/client.h"
#include "ipae/transport/dtls.h"
#include "ipae/transport/socket.h"

using namespace simurgh;
using namespace simurgh::ipae;
using namespace std::chrono_literals;
using coap::Client;
using namespace simurgh::literals;

namespace {

Bytes pattern(std::size_t size, unsigned salt = 7) {
  Bytes out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::uint8_t>(i * salt + (i >> 8));
  return out;
}

const std::vector<std::string> kPath{"gsma", "rsp2", "asn1"};

perso::Pki make_pki() {
  const auto rng = crypto::seeded_rng(32);
  return perso::make_pki({.hosts = {"localhost", "127.0.0.1"}, .not_before = 1'700'000'000}, *rng);
}

// A server that answers with as many octets as the first four of the request say, and counts.
struct Desk {
  explicit Desk(bool secured = true, std::size_t largest = 256 * 1024)
      : pki(make_pki()),
        server(
            [this](ByteView body, std::string&) -> std::optional<Bytes> {
              const std::lock_guard lock(mutex);
              ++served;
              seen = to_bytes(body);
              if (body.size() >= 4 && body[0] == 0xFF) throw std::runtime_error("no");
              if (body.size() >= 4 && body[0] == 0xFE) throw coaps::BadMessage("no");
              if (body.size() < 4) return std::nullopt;
              return pattern(be_value(body.first(4)), 11);
            },
            {.identity = secured ? pki.eim_tls : std::nullopt, .largest_body = largest}) {}
  TlsTrust trust() const { return {.authorities = {pki.curves[0].ci->certificate.der}, .dates = false}; }
  std::unique_ptr<DatagramPort> connect(const std::string& host = "localhost") {
    net.redirect("127.0.0.1", server.port());
    dtls.emplace(net, trust());
    auto port = run_now(dtls->datagrams(host, 5684));
    INFO((port ? "" : port.error().what));
    REQUIRE(port);
    return *std::move(port);
  }
  Bytes seen_now() {
    const std::lock_guard lock(mutex);
    return seen;
  }
  std::size_t served_now() {
    const std::lock_guard lock(mutex);
    return served;
  }
  std::mutex mutex;
  Bytes seen;
  std::size_t served = 0;
  perso::Pki pki;
  coaps::Server server;
  SocketNet net;
  std::optional<DtlsNet> dtls;
  std::unique_ptr<crypto::Rng> rng = crypto::seeded_rng(5);
};

// A request of `up` octets that asks for `down`.
Bytes request(std::size_t up, std::size_t down) {
  Bytes out = pattern(up);
  const Bytes head = be_bytes(down, 4);
  std::copy(head.begin(), head.end(), out.begin());
  return out;
}

}  // namespace

TEST_CASE("Bodies up to 40 kB go both ways between our client and libcoap over DTLS", "[coap]") {
  Desk desk;
  const auto port = desk.connect();
  Client client(*port, *desk.rng);
  for (const std::size_t up : {4U, 100U, 1024U, 1170U, 1300U, 2048U, 40000U}) {
    for (const std::size_t down : {0U, 1U, 1000U, 1024U, 1025U, 1200U, 2048U, 40000U}) {
      INFO(up << " up, " << down << " down");
      const Bytes body = request(up, down);
      const auto answer = run_now(client.post(kPath, body));
      INFO((answer ? "" : answer.error().what));
      REQUIRE(answer);
      CHECK(coap::code_text(answer->code) == "2.04 Changed");
      CHECK(answer->body == pattern(down, 11));
      CHECK(desk.seen_now() == body);
    }
  }
  CHECK(desk.served_now() == 7 * 8);
  CHECK(client.endpoint().retransmitted() == 0);
}

TEST_CASE("Small datagrams make small blocks, against libcoap too", "[coap]") {
  Desk desk(false);
  SocketNet net;
  auto udp = run_now(net.datagrams("127.0.0.1", desk.server.port()));
  REQUIRE(udp);
  class Narrow final : public DatagramPort {
   public:
    explicit Narrow(DatagramPort& lower) : lower_(lower) {}
    Task<PortResult<void>> send(Bytes datagram) override { return lower_.send(std::move(datagram)); }
    Task<PortResult<std::optional<Bytes>>> receive(std::chrono::milliseconds timeout) override {
      auto got = co_await lower_.receive(timeout);
      if (got && *got) widest = std::max(widest, (*got)->size());
      co_return got;
    }
    std::size_t largest() const override { return 200; }
    std::size_t widest = 0;

   private:
    DatagramPort& lower_;
  };
  Narrow port(**udp);
  Client client(port, *desk.rng);
  const Bytes body = request(3000, 5000);
  const auto answer = run_now(client.post(kPath, body));
  REQUIRE(answer);
  CHECK(answer->body == pattern(5000, 11));
  CHECK(desk.seen_now() == body);
  CHECK(port.widest <= 200);
}

TEST_CASE("An answer without a body is an empty 2.04, errors have their codes", "[coap]") {
  Desk desk(true, 5000);
  const auto port = desk.connect();
  Client client(*port, *desk.rng);
  const auto code_of = [&](const std::vector<std::string>& path, Bytes body) {
    const auto answer = run_now(client.post(path, std::move(body)));
    REQUIRE(answer);
    return coap::code_text(answer->code);
  };
  const auto empty = run_now(client.post(kPath, {1, 2, 3}));
  REQUIRE(empty);
  CHECK(coap::code_text(empty->code) == "2.04 Changed");
  CHECK(empty->body.empty());
  CHECK(code_of(kPath, {}) == "4.00 Bad Request");
  CHECK(code_of({"gsma", "rsp2"}, {1}) == "4.04 Not Found");
  CHECK(code_of(kPath, request(6000, 1)) == "4.13 Request Entity Too Large");
  CHECK(code_of(kPath, {0xFE, 0, 0, 0}) == "4.00 Bad Request");
  CHECK(code_of(kPath, {0xFF, 0, 0, 0}) == "5.00 Internal Server Error");
  Client other(*port, *desk.rng, {}, {.content_format = 50});
  const auto format = run_now(other.post(kPath, {1}));
  REQUIRE(format);
  CHECK(coap::code_text(format->code) == "4.15 Unsupported Content-Format");
  Client octets(*port, *desk.rng, {}, {.content_format = 42});
  CHECK(run_now(octets.post(kPath, {1}))->good());
}

TEST_CASE("A request that comes twice is served once and answered twice", "[coap]") {
  Desk desk(false);
  SocketNet net;
  auto udp = run_now(net.datagrams("127.0.0.1", desk.server.port()));
  REQUIRE(udp);
  coap::Message message{.code = coap::kPost, .id = 77, .token = {1, 2}, .payload = request(4, 20)};
  for (const std::string& segment : kPath) message.options.push_back({coap::option::kUriPath, to_bytes(text_view(segment))});
  Bytes first;
  for (int i = 0; i < 3; ++i) {
    REQUIRE(run_now((*udp)->send(coap::encode(message))));
    const auto back = run_now((*udp)->receive(10s));
    REQUIRE(back);
    REQUIRE(*back);
    const auto answer = coap::decode(**back);
    REQUIRE(answer);
    CHECK(answer->payload == pattern(20, 11));
    if (first.empty()) first = **back;
    CHECK(**back == first);
  }
  CHECK(desk.served_now() == 1);
  // Also after others have come.
  for (const std::uint16_t id : {std::uint16_t{78}, std::uint16_t{79}, std::uint16_t{80}, std::uint16_t{77}, std::uint16_t{78}}) {
    message.id = id;
    REQUIRE(run_now((*udp)->send(coap::encode(message))));
    REQUIRE(run_now((*udp)->receive(10s)));
  }
  CHECK(desk.served_now() == 4);
}

TEST_CASE("Losses and duplicates on the way to libcoap change nothing, and every body is served once", "[coap]") {
  // Over the association, so that its handshake on libcoap's own clock is not what is waited for.
  class Unlucky final : public DatagramPort {
   public:
    Unlucky(DatagramPort& lower, std::uint64_t seed) : lower_(lower), dice_(seed) {}
    Task<PortResult<void>> send(Bytes datagram) override {
      const auto roll = dice_() % 100;
      if (roll < 15) co_return PortResult<void>{};
      if (roll < 30) {
        Bytes copy = datagram;
        const auto first = co_await lower_.send(std::move(copy));
        if (!first) co_return first;
      }
      const auto sent = co_await lower_.send(std::move(datagram));
      co_return sent;
    }
    Task<PortResult<std::optional<Bytes>>> receive(std::chrono::milliseconds timeout) override {
      for (;;) {
        auto got = co_await lower_.receive(timeout);
        if (!got || !*got || dice_() % 100 >= 15) co_return got;
        ++lost;
      }
    }
    std::size_t largest() const override { return lower_.largest(); }
    std::size_t lost = 0;

   private:
    DatagramPort& lower_;
    std::mt19937_64 dice_;
  };
  Desk desk;
  const auto port = desk.connect();
  std::size_t rounds = 0, lost = 0;
  std::uint64_t repeated = 0;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    Unlucky unlucky(*port, seed);
    Client client(unlucky, *desk.rng, {.acknowledgement = 20ms, .retransmissions = 8});
    for (const std::size_t size : {10U, 3000U}) {
      INFO("seed " << seed << ", " << size << " octets");
      const auto answer = run_now(client.post(kPath, request(size, 3000)));
      INFO((answer ? "" : answer.error().what));
      REQUIRE(answer);
      CHECK(answer->body == pattern(3000, 11));
      CHECK(desk.served_now() == ++rounds);
    }
    lost += unlucky.lost;
    repeated += client.endpoint().retransmitted();
  }
  CHECK(lost > 0);
  CHECK(repeated >= lost);
}

TEST_CASE("Clients have their own bodies", "[coap]") {
  Desk desk;
  std::vector<std::thread> threads;
  std::array<bool, 4> good{};
  const std::uint16_t port = desk.server.port();
  for (std::size_t i = 0; i < good.size(); ++i) {
    threads.emplace_back([&, i] {
      SocketNet udp;
      udp.redirect("127.0.0.1", port);
      DtlsNet net(udp, desk.trust());
      const auto rng = crypto::seeded_rng(100 + i);
      auto datagrams = run_now(net.datagrams("localhost", 5684));
      if (!datagrams) return;
      Client client(**datagrams, *rng);
      for (std::size_t round = 0; round < 5; ++round) {
        const auto answer = run_now(client.post(kPath, request(3000 + i, 5000 + i * 100 + round)));
        if (!answer || answer->body != pattern(5000 + i * 100 + round, 11)) return;
      }
      run_now((*datagrams)->close());
      good[i] = true;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(std::ranges::all_of(good, [](bool one) { return one; }));
}

TEST_CASE("What the service notes of a client stays with that client's session", "[coap]") {
  const perso::Pki pki = make_pki();
  coaps::Server server(
      [](ByteView body, std::string& note) -> std::optional<Bytes> {
        note += to_text(body);
        return to_bytes(text_view(note));
      },
      {.identity = pki.eim_tls});
  SocketNet net;
  net.redirect("127.0.0.1", server.port());
  DtlsNet dtls(net, {.authorities = {pki.curves[0].ci->certificate.der}, .dates = false});
  const auto rng = crypto::seeded_rng(5);
  const auto say = [&](DatagramPort& port, std::string_view what) {
    coap::Client client(port, *rng);
    const auto answer = run_now(client.post(kPath, to_bytes(text_view(what))));
    REQUIRE(answer);
    return to_text(answer->body);
  };
  auto first = run_now(dtls.datagrams("localhost", 5684)), second = run_now(dtls.datagrams("localhost", 5684));
  REQUIRE(first);
  REQUIRE(second);
  CHECK(say(**first, "a") == "a");
  CHECK(say(**second, "b") == "b");
  CHECK(say(**first, "c") == "ac");
}

TEST_CASE("libcoap takes up an association that ended in order", "[coap]") {
  Desk desk;
  desk.net.redirect("127.0.0.1", desk.server.port());
  DtlsNet net(desk.net, desk.trust());
  for (const bool resumed : {false, true, true}) {
    auto port = run_now(net.datagrams("localhost", 5684));
    REQUIRE(port);
    CHECK(dynamic_cast<const DtlsDatagrams&>(**port).engine().resumed() == resumed);
    Client client(**port, *desk.rng);
    const auto answer = run_now(client.post(kPath, request(4, 3000)));
    REQUIRE(answer);
    CHECK(answer->body == pattern(3000, 11));
    run_now((*port)->close());
  }
}

namespace {

// A socket whose address outlives the associations made over it, as that behind a NAT may.
class Place {
 public:
  explicit Place(std::uint16_t server) : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(server);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  }
  ~Place() { ::close(fd_); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  void send(ByteView datagram) { REQUIRE(::send(fd_, datagram.data(), datagram.size(), 0) == static_cast<ssize_t>(datagram.size())); }
  std::optional<Bytes> receive(std::chrono::milliseconds timeout) {
    pollfd item{fd_, POLLIN, 0};
    if (::poll(&item, 1, static_cast<int>(timeout.count())) != 1) return std::nullopt;
    Bytes out(2048);
    const ssize_t got = ::recv(fd_, out.data(), out.size(), 0);
    if (got < 0) return std::nullopt;
    out.resize(static_cast<std::size_t>(got));
    return out;
  }
  std::unique_ptr<DtlsDatagrams> associate(const TlsTrust& trust) {
    class Port final : public DatagramPort {
     public:
      explicit Port(Place& place) : place_(place) {}
      Task<PortResult<void>> send(Bytes datagram) override {
        place_.send(datagram);
        co_return PortResult<void>{};
      }
      Task<PortResult<std::optional<Bytes>>> receive(std::chrono::milliseconds timeout) override { co_return place_.receive(timeout); }
      std::size_t largest() const override { return 1232; }

     private:
      Place& place_;
    };
    auto out = run_now(DtlsDatagrams::connect(std::make_unique<Port>(*this), "localhost", trust, {.first_wait = 100ms}, {}));
    INFO((out ? "" : out.error().what));
    REQUIRE(out);
    return *std::move(out);
  }

 private:
  int fd_;
};

}  // namespace

TEST_CASE("A new client at the address of one that vanished is served", "[coap]") {
  Desk desk;
  Place place(desk.server.port());
  for (int round = 1; round <= 3; ++round) {
    const auto port = place.associate(desk.trust());
    Client client(*port, *desk.rng);
    const auto answer = run_now(client.post(kPath, request(3000, 3000)));
    INFO((answer ? "" : answer.error().what));
    REQUIRE(answer);
    CHECK(answer->body == pattern(3000, 11));
    CHECK(desk.served_now() == static_cast<std::size_t>(round));
  }
}

TEST_CASE("A ClientHello without a cookie is answered and leaves the association at its address as it is", "[coap]") {
  Desk desk;
  Place place(desk.server.port());
  const auto port = place.associate(desk.trust());
  Client client(*port, *desk.rng);
  REQUIRE(run_now(client.post(kPath, request(4, 20))));
  for (int forged = 0; forged < 3; ++forged) {
    auto engine = DtlsEngine::client("localhost", desk.trust());
    REQUIRE(engine);
    REQUIRE(engine->handshake().value() == false);
    const auto hello = engine->take_output();
    REQUIRE(hello);
    place.send(*hello);
    const auto back = place.receive(10s);
    REQUIRE(back);
    REQUIRE(back->size() > 13);
    CHECK((*back)[0] == 22);
    CHECK((*back)[13] == 3);  // hello_verify_request, RFC 6347 4.2.1
  }
  // A cookie that is none of this server's.
  auto engine = DtlsEngine::client("localhost", desk.trust());
  REQUIRE(engine->handshake().value() == false);
  (void)engine->take_output();
  engine->feed("16FEFF0000000000000000001F" "0300001300000000000000" "13" "FEFF" "10" "000102030405060708090A0B0C0D0E0F"_hex);
  REQUIRE(engine->handshake().value() == false);
  const auto hello = engine->take_output();
  REQUIRE(hello);
  place.send(*hello);
  REQUIRE(place.receive(10s));
  const auto answer = run_now(client.post(kPath, request(4, 30)));
  INFO((answer ? "" : answer.error().what));
  REQUIRE(answer);
  CHECK(answer->body == pattern(30, 11));
  CHECK(client.endpoint().retransmitted() == 0);
}

TEST_CASE("A server under another name or issuer is refused by our client", "[coap]") {
  Desk desk;
  desk.net.redirect("127.0.0.1", desk.server.port());
  DtlsNet net(desk.net, desk.trust());
  const auto other = run_now(net.datagrams("eim.example.com", 5684));
  REQUIRE_FALSE(other);
  CHECK(other.error().what.find("is for another server") != std::string::npos);
  DtlsNet pinned(desk.net, {.pinned_certificate = desk.pki.eim_tls->certificate.der});
  CHECK(run_now(pinned.datagrams("eim.example.com", 5684)));
  const auto rng = crypto::seeded_rng(1);
  DtlsNet stranger(desk.net, {.authorities = {perso::make_pki({}, *rng).curves[0].ci->certificate.der}, .dates = false});
  CHECK_FALSE(run_now(stranger.datagrams("localhost", 5684)));
}

TEST_CASE("A CoAP server starts and stops in any state, and says when it cannot", "[coap]") {
  for (int i = 0; i < 3; ++i) Desk desk;
  Desk desk;
  const auto port = desk.connect();
  const auto nothing = [](ByteView, std::string&) { return std::optional<Bytes>(); };
  CHECK_THROWS_AS(coaps::Server(nothing, {.port = desk.server.port()}), coaps::ServerError);
  CHECK_THROWS_AS(coaps::Server(nothing, {.host = "not an address"}), coaps::ServerError);
  perso::Identity keyless = *desk.pki.eim_tls;
  keyless.key.reset();
  CHECK_THROWS_AS(coaps::Server(nothing, {.identity = keyless}), coaps::ServerError);
  const coaps::Server six(nothing, {.host = "::1", .identity = desk.pki.eim_tls});
  CHECK(six.port() != 0);
}
