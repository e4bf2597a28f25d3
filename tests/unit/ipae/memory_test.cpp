// What a download costs in memory: everything the assistant and OpenSSL allocate for it, by each way a package comes, for a small and for a large one.
// Figures and bounds are those of docs/architecture.md.
#include <catch2/catch.hpp>
#include <deque>
#include <iostream>

#include "ipae/agent/download.h"
#include "ipae/coap/esipa.h"
#include "ipae/es9/base64.h"
#include "ipae/esipa/http_exchange.h"
#include "ipae/esipa/rsp_server.h"
#include "ipae/transport/dtls.h"
#include "ipae/transport/tls.h"
#include "tests/support/counted_memory.h"
#include "tests/unit/ipae/coap_peer.h"
#include "tests/unit/ipae/dtls_server.h"
#include "tests/unit/ipae/memory_net.h"
#include "tests/unit/ipae/server_pki.h"

using namespace simurgh;
using namespace simurgh::ipae;
using simurgh::test::CountedMemory;

namespace {

// Before anything else of OpenSSL.
const bool kOpenSslCounted = CountedMemory::with_openssl();

// Of one download, whatever the size of its package.
constexpr std::size_t kMost = 160 * 1024;
// That a large package may cost more than a small one.
constexpr std::size_t kSlack = 2048;

const Bytes kTransaction = *from_hex("0102030405060708090A0B0C0D0E0F10");
const Bytes kSignature = asn1::tlv(0x5F37, Bytes(64, 0x11));
const Bytes kMetadata = *from_hex("BF25185A0A988812010000000010F191045653504E920456505246");

Bytes bound_package(std::size_t segments) {
  Bytes elements;
  for (std::size_t i = 0; i < segments; ++i) append(elements, asn1::tlv(0x86, Bytes(1016, 2)));
  return asn1::tlv(0xBF36, concat({asn1::tlv(0xBF23, concat({*from_hex("820101"), asn1::tlv(0x80, kTransaction)})), asn1::tlv(0xA0, asn1::tlv(0x87, Bytes(24, 1))),
                                   asn1::tlv(0xA1, asn1::tlv(0x88, concat({kMetadata, Bytes(8, 0xEE)}))), asn1::tlv(0xA3, elements)}));
}

// A card that agrees with everything and keeps nothing; what it would need of its own is not the assistant's.
class Card final : public Es10Port {
 public:
  explicit Card(std::size_t package) : left_(package) {}
  std::expected<Bytes, PortError> request(ByteView command) override {
    switch (asn1::TlvReader(command).peek().value_or(0)) {
      case 0xBF3C: return *from_hex("BF3C238010736D64702E6578616D706C652E636F6D810F6C70612E64732E67736D612E636F6D");
      case 0xBF20: return *from_hex("BF20058203020500");
      case 0xBF22: return *from_hex("BF22058203020500");
      case 0xBF43: return *from_hex("BF4319A017301580020560A10B30098003EEEEEE8100820082020780");
      case 0xBF2E: return asn1::tlv(0xBF2E, asn1::tlv(0x80, Bytes(16, 0xA1)));
      case 0xBF38: return asn1::tlv(0xBF38, asn1::tlv(0xA0, *from_hex("3000")));
      case 0xBF21: return asn1::tlv(0xBF21, asn1::tlv(0xA0, *from_hex("3000")));
      case 0xBF30: return *from_hex("BF3003800100");
      default: break;
    }
    left_ -= command.size();
    if (left_ != 0) return Bytes{};
    const Bytes data = concat({asn1::tlv(0x80, kTransaction), *from_hex("BF2F19800102810207800C10736D64702E6578616D706C652E636F6D060388370A"),
                               asn1::tlv(0xA2, *from_hex("A01D4F10A0000005591010FFFFFFFF890000100004093007A0053003800100"))});
    return asn1::tlv(0xBF37, concat({asn1::tlv(0xBF27, data), kSignature}));
  }

 private:
  std::size_t left_;
};

class Nobody final : public UserPort {
 public:
  Decision confirm_install(const InstallQuestion&) override { return Decision::install; }
  std::optional<crypto::SecretBytes> confirmation_code() override { return std::nullopt; }
};

enum class Way { es9_asn1, es9_json, esipa_https, esipa_coaps };
constexpr const char* kNames[] = {"ES9+ in ASN.1 over HTTPS", "ES9+ in JSON over HTTPS", "ESipa over HTTPS", "ESipa over CoAP and DTLS"};

// What the server says, whatever carries it.
struct Server {
  Way way;
  Bytes package;

  [[nodiscard]] Bytes signed1() const {
    return asn1::tlv(0x30, concat({asn1::tlv(0x80, kTransaction), asn1::tlv(0x81, Bytes(16, 0xA1)), asn1::tlv(0x83, text_view("smdp.example.com")), asn1::tlv(0x84, Bytes(16, 9))}));
  }
  [[nodiscard]] Bytes signed2() const { return asn1::tlv(0x30, concat({asn1::tlv(0x80, kTransaction), *from_hex("010100")})); }

  [[nodiscard]] Bytes der(const Bytes& request) const {
    Bytes body = request;
    const bool es9 = way == Way::es9_asn1;
    if (es9) body = to_bytes(asn1::read_only(body, 0xA2)->value);
    const std::uint32_t tag = asn1::TlvReader(body).peek().value_or(0);
    if (tag == 0xBF3D) return {};
    const Bytes id = asn1::tlv(0x80, kTransaction);
    Bytes content;
    if (tag == 0xBF39) content = concat({id, signed1(), kSignature, asn1::tlv(0x04, Bytes(20, 5)), *from_hex("3000")});
    if (tag == 0xBF3B) content = concat({id, kMetadata, signed2(), kSignature, *from_hex("3000")});
    if (tag == 0xBF3A) content = concat({id, package});
    const Bytes answer = asn1::tlv(tag, asn1::tlv(0xA0, content));
    return es9 ? asn1::tlv(0xA2, answer) : answer;
  }
  [[nodiscard]] std::string json(const std::string& function) const {
    std::string out = R"({"header":{"functionExecutionStatus":{"status":"Executed-Success"}},"transactionId":")" + to_hex(kTransaction) + '"';
    const auto put = [&](const char* name, const Bytes& value) { out += std::string(",\"") + name + "\":\"" + base64_encode(value) + '"'; };
    if (function == "initiateAuthentication") {
      put("serverSigned1", signed1());
      put("serverSignature1", kSignature);
      put("euiccCiPKIdToBeUsed", asn1::tlv(0x04, Bytes(20, 5)));
      put("serverCertificate", *from_hex("3000"));
    } else if (function == "authenticateClient") {
      put("profileMetadata", kMetadata);
      put("smdpSigned2", signed2());
      put("smdpSignature2", kSignature);
      put("smdpCertificate", *from_hex("3000"));
    } else if (function == "getBoundProfilePackage") {
      put("boundProfilePackage", package);
    }
    return out + "}";
  }
};

const test::ServerPki& pki() {
  static const test::ServerPki kPki;
  return kPki;
}

constexpr std::size_t kPiece = 1400;  // of a stream, as a channel of a terminal gives it

// The far end of a stream, whose memory is not counted.
class FarStream final : public StreamPort {
 public:
  explicit FarStream(const Server& server)
      : tls_(pki().server, pki().server_key, [&server](Bytes& received) {
          std::string target, fields;
          Bytes body;
          if (!test::take_request(received, target, fields, body)) return Bytes{};
          const std::string function = target.substr(target.rfind('/') + 1);
          const std::string answer = server.way == Way::es9_json ? server.json(function) : to_text(server.der(body));
          if (answer.empty() || function == "handleNotification") return to_bytes(text_view("HTTP/1.1 204 No Content\r\n\r\n"));
          return test::http_answer("200 OK", answer);
        }) {}
  Task<PortResult<void>> send(Bytes octets) override {
    const CountedMemory::Elsewhere guard;
    (void)run_now(tls_.send(std::move(octets)));
    co_return PortResult<void>{};
  }
  Task<PortResult<Bytes>> receive() override {
    std::size_t size = 0;
    {
      const CountedMemory::Elsewhere guard;
      if (at_ == waiting_.size()) {
        waiting_ = run_now(tls_.receive()).value();
        at_ = 0;
      }
      size = std::min(kPiece, waiting_.size() - at_);
    }
    Bytes out(waiting_.begin() + static_cast<std::ptrdiff_t>(at_), waiting_.begin() + static_cast<std::ptrdiff_t>(at_ + size));
    at_ += size;
    co_return out;
  }

 private:
  test::TlsServerStream tls_;
  Bytes waiting_;
  std::size_t at_ = 0;
};

class FarDatagrams final : public DatagramPort {
 public:
  explicit FarDatagrams(const Server& server)
      : peer_([&server](const Bytes& body) { return server.der(body); }),
        dtls_(pki().server, pki().server_key, [this](ByteView plaintext) { return peer_(plaintext); }) {}
  Task<PortResult<void>> send(Bytes datagram) override {
    const CountedMemory::Elsewhere guard;
    for (Bytes& back : dtls_(datagram)) waiting_.push_back(std::move(back));
    co_return PortResult<void>{};
  }
  Task<PortResult<std::optional<Bytes>>> receive(std::chrono::milliseconds) override {
    if (waiting_.empty()) co_return std::optional<Bytes>{};
    Bytes out = waiting_.front();
    const CountedMemory::Elsewhere guard;
    waiting_.pop_front();
    co_return std::optional<Bytes>(std::move(out));
  }
  std::size_t largest() const override { return 1232; }

 private:
  test::CoapPeer peer_;
  test::DtlsServer dtls_;
  std::deque<Bytes> waiting_;
};

class Net final : public NetPort {
 public:
  explicit Net(const Server& server) : server_(server) {}
  Task<PortResult<std::unique_ptr<StreamPort>>> connect(std::string, std::uint16_t) override {
    const CountedMemory::Elsewhere guard;
    co_return std::make_unique<FarStream>(server_);
  }
  Task<PortResult<std::unique_ptr<DatagramPort>>> datagrams(std::string, std::uint16_t) override {
    const CountedMemory::Elsewhere guard;
    co_return std::make_unique<FarDatagrams>(server_);
  }

 private:
  const Server& server_;
};

TlsTrust trust() {
  TlsTrust out;
  out.authorities = {pki().ci};
  out.now = test::kNow;
  return out;
}

bool download(const Server& server, Es10Port& card) {
  Nobody nobody;
  Net net(server);
  DownloadOptions options;
  options.unattended = true;
  if (server.way == Way::es9_asn1 || server.way == Way::es9_json) {
    TlsNet tls(net, trust());
    DownloadOrder order;
    order.server = *ServerAddress::parse("smdp.example.com");
    options.es9.asn1 = server.way == Way::es9_asn1;
    return run_now(download_profile(card, tls, nobody, order, options)).has_value();
  }
  const auto by = [&](esipa::EsipaExchange& eim) {
    esipa::IndirectServer indirect(eim, {"smdp.example.com", {}, esipa::Version::v1_2, false});
    return run_now(download_from(card, indirect, nobody, std::nullopt, options)).has_value();
  };
  if (server.way == Way::esipa_https) {
    TlsNet tls(net, trust());
    esipa::HttpExchange eim(tls, *ServerAddress::parse("smdp.example.com"));
    return by(eim);
  }
  const auto rng = crypto::seeded_rng(1);
  DtlsNet dtls(net, trust());
  esipa::CoapExchange eim(dtls, *rng, "smdp.example.com");
  return by(eim);
}

struct Cost {
  std::size_t peak = 0, left = 0;
};
Cost cost(Way way, std::size_t segments) {
  const Server server{way, bound_package(segments)};
  Card card(server.package.size());
  const CountedMemory::Counting counting;
  REQUIRE(download(server, card));
  return {counting.peak(), counting.live()};
}

}  // namespace

TEST_CASE("A download needs as much memory for a large package as for a small one, by every way", "[memory]") {
  REQUIRE(kOpenSslCounted);
  for (const Way way : {Way::es9_asn1, Way::es9_json, Way::esipa_https, Way::esipa_coaps}) {
    INFO(kNames[static_cast<std::size_t>(way)]);
    (void)cost(way, 1);  // what OpenSSL loads once and keeps is not a session's
    const Cost small = cost(way, 20), large = cost(way, 1000);
    std::cout << kNames[static_cast<std::size_t>(way)] << ": at most " << small.peak << " octets for a package of 20 kB, " << large.peak << " for one of 1 MB, " << large.left
              << " left behind\n";
    CHECK(large.peak <= small.peak + kSlack);
    CHECK(large.peak <= kMost);
    CHECK(large.left <= kSlack);
  }
}

TEST_CASE("An answer that must be kept is bounded, however much the server sends", "[memory]") {
  for (const Way way : {Way::esipa_https, Way::esipa_coaps}) {
    (void)cost(way, 1);
    Server server{way, Bytes(4'000'000, 1)};  // no package at all
    const auto poll = [&] {
      Net net(server);
      if (way == Way::esipa_https) {
        TlsNet tls(net, trust());
        esipa::HttpOptions options;
        options.limits.body = 32 * 1024;
        esipa::HttpExchange eim(tls, *ServerAddress::parse("smdp.example.com"), options);
        return run_now(eim.exchange(esipa::Function::get_bound_profile_package, *from_hex("BF3A00"))).has_value();
      }
      const auto rng = crypto::seeded_rng(1);
      DtlsNet dtls(net, trust());
      esipa::CoapOptions options;
      options.blocks.largest_answer = 32 * 1024;
      esipa::CoapExchange eim(dtls, *rng, "smdp.example.com", 5684, options);
      return run_now(eim.exchange(esipa::Function::get_bound_profile_package, *from_hex("BF3A00"))).has_value();
    };
    const CountedMemory::Counting counting;
    CHECK_FALSE(poll());
    INFO(kNames[static_cast<std::size_t>(way)] << ": " << counting.peak());
    CHECK(counting.peak() <= kMost + 64 * 1024);
  }
}
