#include "ipae/coap/client.h"

#include <catch2/catch.hpp>

#include "tests/unit/ipae/coap_peer.h"
#include "tests/unit/ipae/lossy_port.h"

using namespace simurgh;
using namespace simurgh::ipae;
using namespace simurgh::ipae::coap;
using namespace std::chrono_literals;
using simurgh::test::CoapPeer;
using simurgh::test::LossyPort;
using simurgh::test::Weather;

namespace {

Bytes pattern(std::size_t size, unsigned salt = 7) {
  Bytes out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::uint8_t>(i * salt + (i >> 8));
  return out;
}

const std::vector<std::string> kPath{"gsma", "rsp2", "asn1"};

// A client, its network and a peer that answers `down` octets.
struct Desk {
  explicit Desk(std::size_t down, Weather weather = {}, std::size_t largest = 1232, Reliability rules = {}, BlockRules blocks = {})
      : peer([this, down](const Bytes& body) {
          seen = body;
          return pattern(down, 11);
        }),
        port([this](ByteView datagram) { return peer(datagram); }, weather, largest),
        rng(crypto::seeded_rng(weather.seed)),
        client(port, *rng, rules, blocks) {}
  PortResult<Answer> post(std::size_t up) { return run_now(client.post(kPath, pattern(up))); }
  std::string error(std::size_t up = 10) {
    const auto answer = post(up);
    REQUIRE_FALSE(answer);
    return answer.error().what;
  }
  Bytes seen;
  CoapPeer peer;
  LossyPort port;
  std::unique_ptr<crypto::Rng> rng;
  Client client;
};

}  // namespace

TEST_CASE("Bodies of every size go up and come down", "[coap]") {
  for (const std::size_t up : {0U, 1U, 15U, 16U, 17U, 1000U, 1024U, 1190U, 1300U, 2048U, 2049U, 40000U}) {
    for (const std::size_t down : {0U, 1U, 1024U, 1025U, 2048U, 40000U}) {
      INFO(up << " up, " << down << " down");
      Desk desk(down);
      const auto answer = desk.post(up);
      REQUIRE(answer);
      CHECK(answer->code == kChanged);
      CHECK(answer->body == pattern(down, 11));
      CHECK(desk.seen == pattern(up));
      CHECK(desk.peer.served == 1);
      CHECK(to_text(desk.peer.path) == "/gsma/rsp2/asn1");
      CHECK(desk.peer.malformed == 0);
    }
  }
}

TEST_CASE("A body that fits goes in one datagram without block options", "[coap]") {
  Desk desk(100);
  REQUIRE(desk.post(1000));
  CHECK(desk.port.sent == 1);
  CHECK(desk.port.received == 1);
  // Header 4, token 2, three path options 5 + 5 + 5, marker 1; header 4, token 2, marker 1.
  CHECK(desk.port.octets == 1000 + 22 + 100 + 7);
  CHECK(desk.peer.tags.empty());
}

TEST_CASE("A small network makes small blocks, both ways, and no datagram is larger", "[coap]") {
  for (const std::size_t largest : {80U, 128U, 255U, 600U}) {
    Desk desk(3000, {}, largest);
    std::size_t widest = 0;
    desk.peer.twist = [&](Message& response, const Message&) { widest = std::max(widest, encode(response).size()); };
    const auto answer = desk.post(3000);
    REQUIRE(answer);
    CHECK(answer->body == pattern(3000, 11));
    CHECK(desk.seen == pattern(3000));
    CHECK(widest <= largest);
  }
  Desk desk(0, {}, 40);
  CHECK(desk.error() == "the datagrams of this network are too small for CoAP");
}

TEST_CASE("The server's smaller block size is taken, by 2.31 and by 4.13", "[coap]") {
  for (const bool refuse : {false, true}) {
    Desk desk(5000);
    desk.peer.szx = 3;
    desk.peer.whole = 100;
    desk.peer.refuse_large = refuse;
    const auto answer = desk.post(5000);
    REQUIRE(answer);
    CHECK(answer->body == pattern(5000, 11));
    CHECK(desk.seen == pattern(5000));
    CHECK(desk.peer.served == 1);
  }
}

TEST_CASE("A whole body that is refused as too large is sent in blocks", "[coap]") {
  Desk desk(10);
  bool first = true;
  desk.peer.twist = [&](Message& response, const Message&) {
    if (std::exchange(first, false)) {
      response.code = kTooLarge;
      response.payload.clear();
      response.options = {{option::kBlock1, encode_block({0, true, 4})}};
    }
  };
  const auto answer = desk.post(900);
  REQUIRE(answer);
  CHECK(answer->code == kChanged);
  CHECK(desk.seen == pattern(900));
  CHECK(desk.peer.requests == 1 + 4);
}

TEST_CASE("Losses, duplicates and reordering change nothing but the time", "[coap]") {
  std::size_t repeats = 0;
  std::uint64_t retransmitted = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    Desk desk(6000, {.loss = 20, .duplicates = 30, .least = 10ms, .most = 2500ms, .seed = seed}, 600, {.retransmissions = 12});
    desk.peer.separate = seed % 2 == 0;
    desk.peer.whole = 500;
    if (desk.peer.separate) {
      // Nobody retransmits separate answers here, so they must not get lost.
      desk.port.lose = [](bool to_far, std::size_t count) { return to_far && count % 4 == 1; };
    }
    const auto answer = desk.post(4000);
    REQUIRE(answer);
    CHECK(answer->body == pattern(6000, 11));
    CHECK(desk.seen == pattern(4000));
    CHECK(desk.peer.served == 1);
    repeats += desk.peer.repeats;
    retransmitted += desk.client.endpoint().retransmitted();
  }
  CHECK(repeats > 100);
  CHECK(retransmitted > 100);
}

TEST_CASE("A silent server is asked five times in 62 to 93 seconds", "[coap]") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Desk desk(0, {.loss = 100, .seed = seed});
    CHECK(desk.error() == "the CoAP server does not answer");
    CHECK(desk.port.sent == 5);
    CHECK(desk.port.now >= 62s);
    CHECK(desk.port.now <= 93s);
  }
}

TEST_CASE("The acknowledgement time is a parameter, for networks with long round trips", "[coap]") {
  Desk slow(10, {.least = 4s, .most = 4s});
  REQUIRE(slow.post(10));
  CHECK(slow.client.endpoint().retransmitted() > 0);  // 8 s of round trip against 2 to 3 s
  Desk patient(10, {.least = 4s, .most = 4s}, 1232, {.acknowledgement = 10s});
  REQUIRE(patient.post(10));
  CHECK(patient.client.endpoint().retransmitted() == 0);
  CHECK(patient.port.now == 8s);
}

TEST_CASE("The acknowledgement time follows a link that knows its round trips", "[coap]") {
  struct KnownLink final : DatagramPort {
    KnownLink(LossyPort& lower, std::chrono::milliseconds known) : lower_(lower), known_(known) {}
    Task<PortResult<void>> send(Bytes datagram) override { return lower_.send(std::move(datagram)); }
    Task<PortResult<std::optional<Bytes>>> receive(std::chrono::milliseconds timeout) override { return lower_.receive(timeout); }
    std::chrono::milliseconds round_trip() const override { return known_; }
    LossyPort& lower_;
    std::chrono::milliseconds known_;
  };
  const auto repeated = [](std::chrono::milliseconds takes, std::chrono::milliseconds known) {
    CoapPeer peer([](const Bytes&) { return pattern(5000, 11); });
    LossyPort port([&](ByteView datagram) { return peer(datagram); }, {.least = takes / 2, .most = takes / 2});
    KnownLink link(port, known);
    const auto rng = crypto::seeded_rng(1);
    Client client(link, *rng);
    REQUIRE(run_now(client.post(kPath, pattern(10))));
    return client.endpoint().retransmitted();
  };
  CHECK(repeated(8s, 0s) >= 5);  // every block twice
  CHECK(repeated(8s, 8s) == 0);
  CHECK(repeated(1s, 0s) == 0);
  // A link that claims to be slower than any is not believed: a lost datagram must not cost an hour.
  CoapPeer peer([](const Bytes&) { return Bytes{1}; });
  LossyPort port([&](ByteView datagram) { return peer(datagram); });
  port.lose = [](bool to_far, std::size_t count) { return to_far && count == 0; };
  KnownLink link(port, 3600s);
  const auto rng = crypto::seeded_rng(1);
  Client client(link, *rng);
  REQUIRE(run_now(client.post(kPath, pattern(10))));
  CHECK(port.now >= 60s);
  CHECK(port.now <= 91s);
}

TEST_CASE("A separate answer is awaited after the acknowledgement, and acknowledged", "[coap]") {
  Desk desk(700);
  desk.peer.separate = true;
  const auto answer = desk.post(700);
  REQUIRE(answer);
  CHECK(answer->body == pattern(700, 11));
  CHECK(run_now(desk.port.receive(1s)).value() == std::nullopt);
  CHECK(desk.peer.acknowledgements == 1);
  CHECK(desk.port.sent == 2);

  Desk mute(700);
  mute.peer.separate = true;
  mute.port.lose = [](bool to_far, std::size_t count) { return !to_far && count == 1; };
  CHECK(mute.error() == "the CoAP server took the request but did not answer it in time");
  CHECK(mute.port.sent == 1);  // no retransmission once it is acknowledged
}

TEST_CASE("A separate answer that comes again is acknowledged again and not believed twice", "[coap]") {
  std::vector<Bytes> answers;
  std::vector<Message> sent;
  std::uint16_t id = 100;
  LossyPort port([&](ByteView datagram) {
    sent.push_back(*decode(datagram));
    std::vector<Bytes> out;
    const Message& request = sent.back();
    if (request.type != Type::confirmable) return out;
    // The answer of the exchange before comes once more, ahead of the new one.
    if (!answers.empty()) out.push_back(answers.back());
    answers.push_back(encode(
        {.type = Type::confirmable, .code = kChanged, .id = id++, .token = request.token, .payload = {static_cast<std::uint8_t>(id)}}));
    out.push_back(answers.back());
    return out;
  });
  const auto rng = crypto::seeded_rng(1);
  Client client(port, *rng);
  for (std::uint8_t round = 101; round < 104; ++round) {
    const auto answer = run_now(client.post(kPath, {}));
    REQUIRE(answer);
    CHECK(answer->body == Bytes{round});
  }
  CHECK(run_now(port.receive(1s)).value() == std::nullopt);
  std::size_t acknowledgements = 0;
  for (const Message& message : sent) {
    CHECK(message.type != Type::reset);
    acknowledgements += message.type == Type::acknowledgement ? 1U : 0U;
  }
  CHECK(acknowledgements == 5);
}

TEST_CASE("Errors of the server are answers with their code, body and Max-Age", "[coap]") {
  Desk desk(20);
  desk.peer.code = code(5, 3);
  desk.peer.max_age = 300;
  const auto answer = desk.post(10);
  REQUIRE(answer);
  CHECK_FALSE(answer->good());
  CHECK(answer->code == code(5, 3));
  CHECK(answer->max_age == 300U);
  CHECK(answer->body == pattern(20, 11));
}

TEST_CASE("A reset ends the exchange at once", "[coap]") {
  LossyPort port([](ByteView datagram) {
    const auto request = decode(datagram);
    return std::vector<Bytes>{encode({.type = Type::reset, .id = request->id})};
  });
  const auto rng = crypto::seeded_rng(1);
  Client client(port, *rng);
  const auto answer = run_now(client.post(kPath, {}));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().what == "the CoAP server reset the request");
  CHECK(port.sent == 1);
}

TEST_CASE("Whoever talks without end does not keep the client waiting without end", "[coap]") {
  const Bytes chatter[] = {
      {},                                                            // nothing at all
      {0xFF, 0xFF},                                                  // no message
      encode({.type = Type::confirmable, .code = kEmpty, .id = 9}),  // a ping
      encode({.type = Type::confirmable, .code = kContent, .id = 9, .token = {1, 2, 3}}),
      encode({.type = Type::non_confirmable, .code = kContent, .id = 9, .token = {1, 2, 3}}),
      encode({.type = Type::acknowledgement, .code = kContent, .id = 9, .token = {1, 2, 3}}),
      encode({.type = Type::confirmable, .code = kPost, .id = 9}),
  };
  for (const Bytes& noise : chatter) {
    class Chatterbox final : public DatagramPort {
     public:
      explicit Chatterbox(Bytes noise) : noise_(std::move(noise)) {}
      Task<PortResult<void>> send(Bytes datagram) override {
        ++sent;
        const auto message = decode(datagram);
        resets += message && message->type == Type::reset ? 1U : 0U;
        co_return PortResult<void>{};
      }
      Task<PortResult<std::optional<Bytes>>> receive(std::chrono::milliseconds) override { co_return std::optional<Bytes>(noise_); }
      std::size_t sent = 0, resets = 0;

     private:
      Bytes noise_;
    };
    Chatterbox port(noise);
    const auto rng = crypto::seeded_rng(1);
    Client client(port, *rng);
    const auto answer = run_now(client.post(kPath, {}));
    REQUIRE_FALSE(answer);
    CHECK(answer.error().what == "the CoAP server does not answer");
    CHECK(port.sent == 5 + port.resets);
    // RFC 7252 4.2: what is confirmable and makes no sense is rejected.
    const bool confirmable = decode(noise) && decode(noise)->type == Type::confirmable;
    CHECK(port.resets == (confirmable ? 80U : 0U));
  }
}

TEST_CASE("An answer that does not fit together is refused with its reason", "[coap]") {
  struct Case {
    const char* error;
    std::function<void(Message&, const Message&)> twist;
  };
  const auto replace = [](Message& message, std::uint16_t number, Bytes value) {
    std::erase_if(message.options, [&](const Option& one) { return one.number == number; });
    message.options.push_back({number, std::move(value)});
  };
  const auto number_of = [](const Message& message, std::uint16_t option) {
    const Bytes* value = message.find(option);
    return value == nullptr ? std::optional<Block>() : decode_block(*value);
  };
  const Case cases[] = {
      {"the CoAP server acknowledges another block than the one sent",
       [&](Message& response, const Message&) {
         if (response.code == kContinue) replace(response, option::kBlock1, encode_block({5, true, 6}));
       }},
      {"the CoAP server acknowledges another block than the one sent",
       [&](Message& response, const Message&) {
         if (response.code == kContinue) response.options.clear();
       }},
      {"the CoAP server asks for more of a body that it has whole",
       [&](Message& response, const Message& request) {
         if (const auto block = number_of(request, option::kBlock1); block && !block->more) response.code = kContinue;
       }},
      {"the CoAP server answers before the whole body was sent",
       [&](Message& response, const Message&) {
         if (response.code == kContinue) response.code = kChanged;
       }},
      {"the CoAP server sends a block option that is none",
       [&](Message& response, const Message&) { replace(response, option::kBlock2, {0x07}); }},
      {"the CoAP server sends another block than the one asked for",
       [&](Message& response, const Message& request) {
         if (const auto block = number_of(request, option::kBlock2); block && block->number == 2)
           replace(response, option::kBlock2, encode_block({3, true, 6}));
       }},
      {"the CoAP server sends another block than the one asked for",
       [&](Message& response, const Message& request) {
         if (!request.find(option::kBlock2) && response.code == kChanged) replace(response, option::kBlock2, encode_block({1, true, 6}));
       }},
      {"the CoAP server sends a block of another length than it says",
       [&](Message& response, const Message&) {
         if (response.code == kChanged) response.payload.pop_back();
       }},
      {"the CoAP server sends a block of another length than it says",
       [&](Message& response, const Message& request) {
         if (const auto block = number_of(request, option::kBlock2); block && block->number == 3) response.payload.resize(1025);
       }},
      {"the CoAP server breaks off in the middle of its answer with 4.08 Request Entity Incomplete",
       [&](Message& response, const Message& request) {
         if (request.find(option::kBlock2)) response.code = kIncomplete;
       }},
      {"the CoAP server changed its answer between two blocks",
       [&](Message& response, const Message& request) {
         if (request.find(option::kBlock2)) replace(response, option::kETag, {0xEE});
       }},
      {"the CoAP server sends no block where one was asked for",
       [&](Message& response, const Message& request) {
         if (request.find(option::kBlock2))
           std::erase_if(response.options, [](const Option& one) { return one.number == option::kBlock2; });
       }},
      {"the CoAP server wants to send more than is taken here",
       [&](Message& response, const Message&) { replace(response, option::kSize2, uint_value(5000)); }},
      {"the CoAP server's answer demands option 9, which is not known here",
       [&](Message& response, const Message&) {
         response.options.push_back({9, {}});
       }},
  };
  for (const Case& one : cases) {
    INFO(one.error);
    Desk desk(4000, {}, 1232, {}, {.largest_answer = 4096});
    desk.peer.twist = one.twist;
    CHECK(desk.error(3000) == one.error);
  }
}

TEST_CASE("A server that sends without end is stopped at the limit", "[coap]") {
  Desk desk(1'000'000, {}, 1232, {}, {.largest_answer = 20000});
  CHECK(desk.error() == "the CoAP server sends more than is taken here");
  CHECK(desk.peer.requests == 20);
}

TEST_CASE("The body of a success goes to a sink block by block, and has a limit of its own", "[coap]") {
  struct Sink final : OctetSink {
    bool take(ByteView octets) override {
      append(body, octets);
      largest = std::max(largest, octets.size());
      return body.size() < enough;
    }
    Bytes body;
    std::size_t largest = 0, enough = SIZE_MAX;
  };
  const auto post = [](Desk& desk, Sink& sink) { return run_now(desk.client.post(kPath, pattern(10), &sink)); };
  for (const std::size_t down : {0U, 100U, 1024U, 1025U, 40000U}) {
    Desk desk(down, {}, 1232, {}, {.largest_answer = 2000});
    Sink sink;
    const auto answer = post(desk, sink);
    REQUIRE(answer);
    CHECK(answer->body.empty());
    CHECK(sink.body == pattern(down, 11));
    CHECK(sink.largest <= 1024);
  }
  Desk limited(5000, {}, 1232, {}, {.largest_streamed = 4000});
  Sink some;
  CHECK(post(limited, some).error().what == "the CoAP server sends more than is taken here");
  CHECK(some.body.size() <= 4000);
  Desk enough(5000);
  Sink full;
  full.enough = 2000;
  CHECK(post(enough, full).error().what == "the rest of the server's answer is not wanted");
  CHECK(enough.peer.requests == 2);
  // An error is no body for a sink.
  Desk error(100);
  error.peer.code = code(5, 0);
  Sink none;
  CHECK(post(error, none)->body == pattern(100, 11));
  CHECK(none.body.empty());
}

TEST_CASE("A server that lost the first blocks gets them once more under another tag", "[coap]") {
  Desk desk(10);
  std::size_t count = 0;
  desk.peer.twist = [&](Message& response, const Message&) {
    if (++count == 3) {
      response.code = kIncomplete;
      response.payload.clear();
    }
  };
  const auto answer = desk.post(5000);
  REQUIRE(answer);
  CHECK(answer->code == kChanged);
  CHECK(desk.seen == pattern(5000));
  CHECK(desk.peer.tags.size() == 2);

  Desk hopeless(10);
  hopeless.peer.twist = [](Message& response, const Message&) { response.code = kIncomplete; };
  const auto refused = hopeless.post(5000);
  REQUIRE(refused);
  CHECK(refused->code == kIncomplete);
  CHECK(hopeless.peer.requests == 2);
}

TEST_CASE("Parallel bodies are told apart by their tags, each body by another", "[coap]") {
  Desk desk(10);
  for (int i = 0; i < 5; ++i) REQUIRE(desk.post(3000));
  CHECK(desk.peer.tags.size() == 5);
  CHECK(desk.peer.served == 5);
}

TEST_CASE("The content format is sent when it is asked for", "[coap]") {
  Desk desk(0, {}, 1232, {}, {.content_format = 42});
  std::optional<std::uint32_t> format;
  desk.peer.twist = [&](Message&, const Message& request) { format = request.number(option::kContentFormat); };
  REQUIRE(desk.post(5));
  CHECK(format == 42U);
  Desk plain(0);
  plain.peer.twist = desk.peer.twist;
  REQUIRE(plain.post(5));
  CHECK_FALSE(format);
}
