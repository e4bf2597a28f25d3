// What one poll costs on the wire: the same question by HTTPS and by CoAP over DTLS, counted below TLS and DTLS.
#include <catch2/catch.hpp>
#include <cstdio>

#include "ipae/coap/esipa.h"
#include "ipae/esipa/http_exchange.h"
#include "ipae/transport/dtls.h"
#include "ipae/transport/tls.h"
#include "tests/unit/ipae/coap_peer.h"
#include "tests/unit/ipae/dtls_server.h"
#include "tests/unit/ipae/memory_net.h"
#include "tests/unit/ipae/server_pki.h"

using namespace simurgh;
using namespace simurgh::ipae;
using namespace simurgh::ipae::esipa;
using namespace simurgh::literals;
using simurgh::test::kNow;
using simurgh::test::MemoryNet;
using simurgh::test::ServerPki;

namespace {

struct Count {
  std::size_t up = 0, down = 0, packets = 0;  // packets that carry data
  [[nodiscard]] std::size_t total() const { return up + down; }
  Count operator-(const Count& before) const { return {up - before.up, down - before.down, packets - before.packets}; }
};

class CountedStream final : public StreamPort {
 public:
  CountedStream(std::unique_ptr<StreamPort> lower, Count& count) : lower_(std::move(lower)), count_(count) {}
  Task<PortResult<void>> send(Bytes octets) override {
    count_.up += octets.size();
    count_.packets += (octets.size() + 1339) / 1340;
    return lower_->send(std::move(octets));
  }
  Task<PortResult<Bytes>> receive() override {
    auto got = co_await lower_->receive();
    if (got) count_.down += got->size();
    if (got) count_.packets += (got->size() + 1339) / 1340;
    co_return got;
  }
  Task<> close() override { return lower_->close(); }

 private:
  std::unique_ptr<StreamPort> lower_;
  Count& count_;
};

class CountedDatagrams final : public DatagramPort {
 public:
  CountedDatagrams(test::DtlsServer& server, Count& count) : server_(server), count_(count) {}
  Task<PortResult<void>> send(Bytes datagram) override {
    count_.up += datagram.size();
    ++count_.packets;
    for (Bytes& back : server_(datagram)) waiting_.push_back(std::move(back));
    co_return PortResult<void>{};
  }
  Task<PortResult<std::optional<Bytes>>> receive(std::chrono::milliseconds) override {
    if (waiting_.empty()) co_return std::optional<Bytes>();
    Bytes out = std::move(waiting_.front());
    waiting_.erase(waiting_.begin());
    count_.down += out.size();
    ++count_.packets;
    co_return std::optional<Bytes>(std::move(out));
  }
  std::size_t largest() const override { return 1232; }

 private:
  test::DtlsServer& server_;
  Count& count_;
  std::vector<Bytes> waiting_;
};

class DatagramNet final : public NetPort {
 public:
  explicit DatagramNet(std::function<std::unique_ptr<DatagramPort>()> dial) : dial_(std::move(dial)) {}
  Task<PortResult<std::unique_ptr<StreamPort>>> connect(std::string, std::uint16_t) override {
    co_return std::unexpected(PortError{"streams are not offered here"});
  }
  Task<PortResult<std::unique_ptr<DatagramPort>>> datagrams(std::string, std::uint16_t) override { co_return dial_(); }

 private:
  std::function<std::unique_ptr<DatagramPort>()> dial_;
};

// SGP.32 v1.2 GetEimPackage and its answer noEimPackageAvailable.
const Bytes kPoll = "BF4F 12 5A10 89049032123451234512345678901235"_hex;
const Bytes kNothing = "BF4F 03 020101"_hex;

struct Costs {
  Count first, next;  // with and without the handshake
  Count again = {};   // with a handshake that builds on the first
};

Costs poll_twice(EsipaExchange& eim, const Count& count) {
  Costs out;
  const auto once = [&] {
    const Count before = count;
    const auto answer = run_now(eim.exchange(Function::get_eim_package, kPoll));
    REQUIRE(answer);
    REQUIRE(*answer == kNothing);
    return count - before;
  };
  out.first = once();
  out.next = once();
  run_now(eim.close());
  out.again = once();
  return out;
}

Costs https(const ServerPki& pki, int version) {
  Count count;
  MemoryNet tcp([&](const std::string&, std::uint16_t) -> PortResult<std::unique_ptr<StreamPort>> {
    auto server = std::make_unique<test::TlsServerStream>(
        pki.server, pki.server_key,
        [](Bytes& received) {
          std::string target, fields;
          Bytes body;
          if (!test::take_request(received, target, fields, body)) return Bytes{};
          return concat({text_view("HTTP/1.1 200 OK\r\nContent-Type: application/x-gsma-rsp-asn1\r\nX-Admin-Protocol: gsma/rsp/v2.1.0\r\n"
                                   "Content-Length: 6\r\n\r\n"),
                         kNothing});
        },
        version);
    return std::make_unique<CountedStream>(std::move(server), count);
  });
  TlsNet net(tcp, {.authorities = {pki.ci}, .now = kNow});
  HttpExchange eim(net, *ServerAddress::parse("smdp.example.com"), {.user_agent = "gsma-rsp-ipae", .limits = {}});
  return poll_twice(eim, count);
}

Costs coaps(const ServerPki& pki) {
  Count count;
  test::CoapPeer peer([](const Bytes&) { return kNothing; });
  test::DtlsServer server(pki.server, pki.server_key, [&](ByteView plaintext) { return peer(plaintext); });
  bool first = true;
  DatagramNet udp([&] {
    if (!std::exchange(first, false)) server.again();
    return std::make_unique<CountedDatagrams>(server, count);
  });
  DtlsNet net(udp, {.authorities = {pki.ci}, .now = kNow});
  const auto rng = crypto::seeded_rng(1);
  CoapExchange eim(net, *rng, "smdp.example.com");
  return poll_twice(eim, count);
}

void print(const char* name, const char* what, const Count& cost, std::size_t header) {
  std::printf("%-24s %-36s %4zu up %4zu down, %zu packets, %4zu with IP\n", name, what, cost.up, cost.down, cost.packets,
              cost.total() + cost.packets * header);
}

void print(const char* name, const Costs& costs, std::size_t header) {
  print(name, "with a whole handshake", costs.first, header);
  print(name, "in a new connection to the same eIM", costs.again, header);
  print(name, "in a connection that was kept", costs.next, header);
}

}  // namespace

TEST_CASE("A poll by CoAP costs less than by HTTPS, with and without the handshake", "[coap]") {
  const ServerPki pki;
  const Costs tls13 = https(pki, TLS1_3_VERSION);
  const Costs tls12 = https(pki, TLS1_2_VERSION);
  const Costs dtls = coaps(pki);
  std::printf("one certificate of %zu octets; TCP's own packets (opening, acknowledgements, end) are not counted\n", pki.server.size());
  print("HTTP/1.1 over TLS 1.3", tls13, 40);
  print("HTTP/1.1 over TLS 1.2", tls12, 40);
  print("CoAP over DTLS 1.2", dtls, 28);
  // An association that is kept: 37 octets of DTLS and 22 of CoAP around the question, 37 and 7 around the answer.
  CHECK(dtls.next.up == kPoll.size() + 37 + 22);
  CHECK(dtls.next.down == kNothing.size() + 37 + 7);
  CHECK(dtls.next.total() * 2 < tls13.next.total());
  CHECK(dtls.next.total() * 2 < tls12.next.total());
  CHECK(dtls.again.total() * 3 < dtls.first.total() * 2);
  CHECK(dtls.first.total() < tls13.first.total());
  CHECK(dtls.first.total() < tls12.first.total());
}
