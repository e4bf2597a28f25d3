#include "ipae/coap/esipa.h"

#include <catch2/catch.hpp>

#include "tests/unit/ipae/coap_peer.h"
#include "tests/unit/ipae/lossy_port.h"

using namespace simurgh;
using namespace simurgh::ipae;
using namespace simurgh::ipae::esipa;
using simurgh::test::CoapPeer;
using simurgh::test::LossyPort;

namespace {

// Every association reaches the same peer.
class Net final : public NetPort {
 public:
  explicit Net(CoapPeer& peer) : peer_(peer) {}
  Task<PortResult<std::unique_ptr<StreamPort>>> connect(std::string, std::uint16_t) override {
    co_return std::unexpected(PortError{"streams are not offered here"});
  }
  Task<PortResult<std::unique_ptr<DatagramPort>>> datagrams(std::string host, std::uint16_t port) override {
    ++opened;
    asked = host + ":" + std::to_string(port);
    if (down) co_return std::unexpected(PortError{"no network"});
    auto datagrams = std::make_unique<LossyPort>([this, number = opened](ByteView datagram) {
      if (lose > 0 && lose-- > 0) return std::vector<Bytes>();
      if (!mute && number > forgotten_) return peer_(datagram);
      ++unheard;
      return std::vector<Bytes>();
    });
    co_return std::unique_ptr<DatagramPort>(std::move(datagrams));
  }
  // The peer starts anew and knows none of the associations so far.
  void forget() { forgotten_ = opened; }
  std::size_t opened = 0, unheard = 0, lose = 0;
  std::string asked;
  bool down = false, mute = false;

 private:
  std::size_t forgotten_ = 0;
  CoapPeer& peer_;
};

struct Desk {
  CoapPeer peer{[this](const Bytes& body) {
    seen = body;
    return reply;
  }};
  Net net{peer};
  std::unique_ptr<crypto::Rng> rng = crypto::seeded_rng(1);
  CoapExchange eim{net, *rng, "eim.example.com"};
  Bytes seen, reply{0xBF, 0x4F, 0x03, 0x02, 0x01, 0x01};
  EsipaResult<std::optional<Bytes>> poll() { return run_now(eim.exchange(Function::get_eim_package, {0xBF, 0x4F, 0x00})); }
};

}  // namespace

TEST_CASE("ESipa over CoAP posts the message to its path and keeps the association", "[coap]") {
  Desk desk;
  for (int i = 0; i < 3; ++i) {
    const auto answer = desk.poll();
    REQUIRE(answer);
    CHECK(*answer == desk.reply);
    CHECK(desk.seen == Bytes{0xBF, 0x4F, 0x00});
    CHECK(to_text(desk.peer.path) == "/gsma/rsp2/asn1");
  }
  CHECK(desk.net.opened == 1);
  CHECK(desk.net.asked == "eim.example.com:5684");
  run_now(desk.eim.close());
  REQUIRE(desk.poll());
  CHECK(desk.net.opened == 2);
}

TEST_CASE("An empty answer of the eIM is nothing, an error code is a sentence", "[coap]") {
  Desk desk;
  desk.reply = {};
  CHECK(desk.poll().value() == std::nullopt);
  desk.reply = {1};
  desk.peer.code = coap::kContent;
  CHECK(desk.poll().value() == Bytes{1});
  desk.peer.code = coap::code(4, 0);
  CHECK(desk.poll().error().what == "the eIM answers with CoAP code 4.00 Bad Request");
  CHECK(desk.poll().error().kind == Es9Error::Kind::protocol);
  desk.peer.code = coap::code(5, 3);
  desk.peer.max_age = 600;
  CHECK(desk.poll().error().advice == "try again in 600 s");
}

TEST_CASE("Without an answer the association is given up, and the next exchange makes another", "[coap]") {
  Desk desk;
  desk.net.down = true;
  CHECK(desk.poll().error().what == "no network");
  desk.net.down = false;
  desk.net.mute = true;
  CHECK(desk.poll().error().what == "the CoAP server does not answer");
  CHECK(desk.poll().error().kind == Es9Error::Kind::unreachable);
  desk.net.mute = false;
  CHECK(desk.poll());
  CHECK(desk.net.opened == 4);
}

TEST_CASE("An association that was kept and has become silent is renewed once, within the same exchange", "[coap]") {
  Desk desk;
  REQUIRE(desk.poll());
  desk.net.forget();
  REQUIRE(desk.poll());
  CHECK(desk.net.opened == 2);
  CHECK(desk.net.unheard == 3);  // the request and two repetitions
  // Where something got lost before, silence tells nothing: all repetitions, and no new association.
  desk.net.lose = 1;
  REQUIRE(desk.poll());
  desk.net.forget();
  desk.net.unheard = 0;
  CHECK(desk.poll().error().what == "the CoAP server does not answer");
  CHECK(desk.net.opened == 2);
  CHECK(desk.net.unheard == 5);
  // One that is silent from its beginning is not renewed.
  REQUIRE(desk.poll());
  CHECK(desk.net.opened == 3);
  desk.net.forget();
  desk.net.mute = true;
  desk.net.unheard = 0;
  CHECK(desk.poll().error().what == "the CoAP server does not answer");
  CHECK(desk.net.opened == 4);
  CHECK(desk.net.unheard == 3 + 5);
}

TEST_CASE("A package on a kept association is asked for again while nothing of it has come, and waited for once it has begun", "[coap]") {
  struct Sink final : OctetSink {
    bool take(ByteView octets) override {
      append(package, octets);
      return true;
    }
    Bytes package;
  };
  const Bytes package = asn1::tlv(0xBF36, Bytes(5000, 1));
  const Bytes answer = asn1::tlv(0xBF3A, asn1::tlv(0xA0, package));
  {
    Desk desk;
    REQUIRE(desk.poll());
    desk.reply = answer;
    desk.net.forget();
    Sink sink;
    const auto got = run_now(desk.eim.get_bound_profile_package({0xBF, 0x3A, 0x00}, sink));
    REQUIRE(got);
    CHECK(to_hex(got->value()) == "BF3A05A003BF3600");
    CHECK(sink.package == package);
    CHECK(desk.net.opened == 2);
  }
  Desk desk;
  REQUIRE(desk.poll());
  desk.reply = answer;
  std::size_t said = 0;
  desk.peer.twist = [&](coap::Message&, const coap::Message&) {
    if (++said == 2) desk.net.forget();
  };
  Sink sink;
  CHECK(run_now(desk.eim.get_bound_profile_package({0xBF, 0x3A, 0x00}, sink)).error().what == "the CoAP server does not answer");
  CHECK(desk.net.opened == 1);
  CHECK(desk.net.unheard == 5);  // the block and four repetitions
  CHECK_FALSE(sink.package.empty());
  CHECK(sink.package.size() < 2100);
}
