#include "ipae/transport/tls.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/support/paths.h"
#include "tests/unit/ipae/memory_net.h"
#include "tests/unit/ipae/server_pki.h"

using namespace simurgh;
using namespace simurgh::ipae;
using simurgh::test::TlsServerStream;

namespace {

using simurgh::test::kNow;
using simurgh::test::spki;

struct Pki : simurgh::test::ServerPki {
  using ServerPki::ServerPki;
  [[nodiscard]] std::unique_ptr<TlsServerStream> listen(int version = TLS1_3_VERSION) const {
    return std::make_unique<TlsServerStream>(
        server, server_key, [](Bytes& received) { return std::exchange(received, {}); }, version);
  }
};

std::string refusal(const Pki& pki, const std::string& host, const TlsTrust& trust) {
  auto stream = run_now(TlsStream::connect(pki.listen(), host, trust));
  REQUIRE_FALSE(stream);
  return stream.error().what;
}

}  // namespace

TEST_CASE("TLS 1.2 and 1.3 carry octets both ways and name the server", "[tls]") {
  const Pki pki;
  for (const auto& [version, name] : {std::pair{TLS1_2_VERSION, "TLSv1.2"}, std::pair{TLS1_3_VERSION, "TLSv1.3"}}) {
    auto server = pki.listen(version);
    TlsServerStream& far = *server;
    auto stream = run_now(TlsStream::connect(std::move(server), "smdp.example.com", {.authorities = {pki.ci}, .now = kNow}));
    REQUIRE(stream);
    CHECK((*stream)->engine().version() == name);
    CHECK(far.asked_for() == "smdp.example.com");
    Bytes sent(50000);
    for (std::size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<std::uint8_t>(i * 7);
    REQUIRE(run_now((*stream)->send(sent)));
    Bytes back;
    while (back.size() < sent.size()) {
      const auto part = run_now((*stream)->receive());
      REQUIRE(part);
      REQUIRE_FALSE(part->empty());
      append(back, *part);
    }
    CHECK(back == sent);
  }
}

TEST_CASE("A server on brainpoolP256r1 is reached over TLS 1.2", "[tls]") {
  const Pki pki(crypto::Curve::brainpool_p256r1);
  auto stream = run_now(TlsStream::connect(pki.listen(), "smdp.example.com", {.authorities = {pki.ci}, .now = kNow}));
  REQUIRE(stream);
  CHECK((*stream)->engine().version() == "TLSv1.2");
}

TEST_CASE("A certificate for another name is refused and its names are told", "[tls]") {
  const Pki pki;
  const TlsTrust trust{.authorities = {pki.ci}, .now = kNow};
  CHECK(refusal(pki, "other.example.com", trust) == "the certificate of other.example.com is for another server (smdp.example.com)");
  CHECK(refusal(pki, "example.com", trust).find("another server") != std::string::npos);
  CHECK(refusal(pki, "127.0.0.2", trust).find("another server") != std::string::npos);
  CHECK(run_now(TlsStream::connect(pki.listen(), "127.0.0.1", trust)));
  CHECK(run_now(TlsStream::connect(pki.listen(), "SMDP.example.com", trust)));
}

TEST_CASE("Only the named issuers are trusted", "[tls]") {
  const Pki pki;
  const Pki stranger(crypto::Curve::brainpool_p256r1);
  CHECK(refusal(pki, "smdp.example.com", {.authorities = {stranger.ci}, .now = kNow}).find("not come from a certificate issuer") !=
        std::string::npos);
  CHECK(refusal(pki, "smdp.example.com", {.now = kNow}).find("no certificate issuer") != std::string::npos);
  // The server's own certificate can be named as well; and checks can be switched off as a whole.
  CHECK(run_now(TlsStream::connect(pki.listen(), "smdp.example.com", {.authorities = {pki.server}, .now = kNow})));
  CHECK(run_now(TlsStream::connect(pki.listen(), "any.example.org", {.verify = false})));
}

TEST_CASE("Validity is judged by the clock that was handed in", "[tls]") {
  const Pki pki;
  CHECK(refusal(pki, "smdp.example.com", {.authorities = {pki.ci}, .now = kNow + 5000}).find("expired") != std::string::npos);
  CHECK(refusal(pki, "smdp.example.com", {.authorities = {pki.ci}, .now = kNow - 5000}).find("not valid yet") != std::string::npos);
}

TEST_CASE("An orderly end is told from a cut connection", "[tls]") {
  const Pki pki;
  auto server = pki.listen();
  TlsServerStream& far = *server;
  auto stream = run_now(TlsStream::connect(std::move(server), "smdp.example.com", {.authorities = {pki.ci}, .now = kNow}));
  REQUIRE(stream);
  far.close_after_answer = true;
  REQUIRE(run_now((*stream)->send(to_bytes(text_view("ping")))));
  CHECK(to_text(*run_now((*stream)->receive())) == "ping");
  const auto end = run_now((*stream)->receive());
  REQUIRE(end);
  CHECK(end->empty());

  auto cut = run_now(TlsStream::connect(pki.listen(), "smdp.example.com", {.authorities = {pki.ci}, .now = kNow}));
  REQUIRE(cut);
  REQUIRE(run_now((*cut)->send(to_bytes(text_view("ping")))));
  CHECK(to_text(*run_now((*cut)->receive())) == "ping");
  const auto broken = run_now((*cut)->receive());
  REQUIRE_FALSE(broken);
  CHECK(broken.error().what.find("cut") != std::string::npos);
}

TEST_CASE("A peer that does not speak TLS is an error, not a hang", "[tls]") {
  const auto plain = [](const std::string& answer) {
    return std::make_unique<test::MemoryStream>([answer](Bytes& received) {
      received.clear();
      return to_bytes(text_view(answer));
    });
  };
  CHECK_FALSE(run_now(TlsStream::connect(plain("HTTP/1.1 400 Bad Request\r\n\r\n"), "smdp.example.com", {.verify = false})));
  CHECK_FALSE(run_now(TlsStream::connect(plain(""), "smdp.example.com", {.verify = false})));
  CHECK_FALSE(run_now(TlsStream::connect(plain("\x16\x03\x03"), "smdp.example.com", {.verify = false})));
}

TEST_CASE("Certificates are read from DER and from PEM with several", "[tls]") {
  const Pki pki;
  const std::string pem =
      to_text(crypto::to_pem(*crypto::parse_certificate(pki.ci))) + to_text(crypto::to_pem(*crypto::parse_certificate(pki.server)));
  CHECK(certificates_in(pki.ci) == std::vector<Bytes>{pki.ci});
  CHECK(certificates_in(text_view(pem)) == std::vector<Bytes>{pki.ci, pki.server});
  CHECK(certificates_in(text_view("no certificate")).empty());
}

namespace {

Bytes file_bytes(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  REQUIRE(in);
  return Bytes(std::istreambuf_iterator<char>(in), {});
}

}  // namespace

TEST_CASE("The published SGP.26 server certificates are trusted under their CI and no other", "[tls][vectors]") {
  const char* given = std::getenv("SIMURGH_SHARED_VECTORS");
  const std::filesystem::path root =
      (given != nullptr ? std::filesystem::path(given) : std::filesystem::path(simurgh::test::source_dir()) / "../shared/vectors") /
      "sgp26";
  if (!std::filesystem::is_directory(root)) {
    WARN("skipped: no folder " << root.string() << " (set SIMURGH_SHARED_VECTORS)");
    return;
  }
  constexpr std::int64_t kWithin = 1796083200;  // 2026-12-01; these certificates live from July 2026 to February 2027
  const std::pair<std::string, std::string> curves[] = {{"NIST", "BRP"}, {"BRP", "NIST"}};
  for (const auto& [curve, other] : curves) {
    INFO(curve);
    const Bytes certificate = file_bytes(root / "DPtls" / ("CERT_S_SM_DP_VARO_TLS_" + curve + ".der"));
    const auto key = crypto::EcPrivateKey::from_file_bytes(file_bytes(root / "DPtls" / ("SK_S_SM_DP_TLS_" + curve + ".pem")));
    REQUIRE(key);
    const auto connect = [&](const std::string& host, const std::string& issuer) {
      const Bytes ci = file_bytes(root / "CertificateIssuer" / ("CERT_CI_ECDSA_" + issuer + ".der"));
      auto server = std::make_unique<TlsServerStream>(certificate, *key, [](Bytes& received) { return std::exchange(received, {}); });
      return run_now(TlsStream::connect(std::move(server), host, {.authorities = {ci}, .now = kWithin})).has_value();
    };
    CHECK(connect("testsmdpplus1.example.com", curve));
    CHECK_FALSE(connect("testsmdpplus1.example.com", other));
    CHECK_FALSE(connect("testsmdpplus2.example.com", curve));
  }
}

TEST_CASE("A pinned key is all that counts: neither name, dates nor issuer", "[tls]") {
  const Pki pki;
  const auto rng = crypto::seeded_rng(9);
  const Bytes key = spki(pki.server_key.public_key());
  const Bytes other = spki(crypto::EcPrivateKey::generate(crypto::Curve::nist_p256, *rng).public_key());
  CHECK(run_now(TlsStream::connect(pki.listen(), "any.example", {.now = kNow + 1'000'000, .pinned_key = key})));
  CHECK(refusal(pki, "smdp.example.com", {.authorities = {pki.ci}, .now = kNow, .pinned_key = other}) ==
        "the certificate of smdp.example.com does not carry the key that is pinned for it");
  CHECK(refusal(pki, "smdp.example.com", {.pinned_key = spki(pki.ci_key.public_key())}) ==
        "the certificate of smdp.example.com does not carry the key that is pinned for it");
  CHECK(refusal(pki, "smdp.example.com", {.pinned_key = Bytes{0x30, 0x00}}) == "the pinned key cannot be read");
  Bytes longer = key;
  longer.push_back(0);
  CHECK(refusal(pki, "smdp.example.com", {.pinned_key = longer}) == "the pinned key cannot be read");
}

TEST_CASE("A pinned certificate is the server's own or the anchor of its chain, and no other issuer counts", "[tls]") {
  const Pki pki;
  const Pki stranger(crypto::Curve::brainpool_p256r1);
  CHECK(run_now(TlsStream::connect(pki.listen(), "any.example", {.now = kNow + 1'000'000, .pinned_certificate = pki.server})));
  CHECK(run_now(TlsStream::connect(pki.listen(), "smdp.example.com", {.now = kNow, .pinned_certificate = pki.ci})));
  CHECK(refusal(pki, "eim.example.com", {.now = kNow, .pinned_certificate = pki.ci}) ==
        "the certificate of eim.example.com is for another server (smdp.example.com)");
  CHECK(refusal(pki, "smdp.example.com", {.authorities = {pki.ci}, .now = kNow, .pinned_certificate = stranger.ci}) ==
        "the certificate of smdp.example.com is not the pinned one and does not come from it");
  CHECK(refusal(pki, "smdp.example.com", {.authorities = {pki.ci}, .now = kNow, .pinned_certificate = stranger.server}) ==
        "the certificate of smdp.example.com is not the pinned one and does not come from it");
  CHECK(refusal(pki, "smdp.example.com", {.pinned_certificate = Bytes{1, 2, 3}}) == "the pinned certificate cannot be read");
}

TEST_CASE("Without a clock dates are not looked at", "[tls]") {
  const Pki pki;
  CHECK(refusal(pki, "smdp.example.com", {.authorities = {pki.ci}, .now = kNow + 1'000'000}) ==
        "the certificate of smdp.example.com has expired");
  CHECK(run_now(TlsStream::connect(pki.listen(), "smdp.example.com", {.authorities = {pki.ci}, .now = kNow + 1'000'000, .dates = false})));
}

TEST_CASE("A connection builds on the last one with the same server and trust, and on no other", "[tls]") {
  const Pki pki;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto server = pki.listen(version);
    test::MemoryNet tcp([&](const std::string&, std::uint16_t) { return std::make_unique<TlsServerStream>(*server); });
    SessionMemories memories;
    const auto resumed = [&](const TlsTrust& trust, const std::string& host = "smdp.example.com", bool orderly = true) {
      TlsNet net(tcp, trust, &memories);
      auto stream = run_now(net.connect(host, 443));
      REQUIRE(stream);
      const bool out = dynamic_cast<const TlsStream&>(**stream).engine().resumed();
      REQUIRE(run_now((*stream)->send(to_bytes(text_view("ping")))));
      CHECK(to_text(*run_now((*stream)->receive())) == "ping");
      if (orderly) run_now((*stream)->close());
      return out;
    };
    const TlsTrust issuer{.authorities = {pki.ci}, .now = kNow}, pin{.pinned_key = spki(pki.server_key.public_key())};
    CHECK_FALSE(resumed(issuer));
    CHECK(resumed(issuer));
    CHECK(resumed(issuer));
    CHECK_FALSE(resumed(pin));
    CHECK(resumed(pin));
    CHECK_FALSE(resumed(pin, "other.example.com"));
    // One that was cut leaves nothing.
    CHECK(resumed(issuer, "smdp.example.com", false));
    CHECK_FALSE(resumed(issuer));
    // Nor does a net that remembers nothing.
    TlsNet plain(tcp, issuer);
    CHECK_FALSE(dynamic_cast<const TlsStream&>(**run_now(plain.connect("smdp.example.com", 443))).engine().resumed());
    // A server that has forgotten, as one that was started anew, is met by a whole handshake.
    const auto later = pki.listen(version);
    test::MemoryNet restarted([&](const std::string&, std::uint16_t) { return std::make_unique<TlsServerStream>(*later); });
    TlsNet net(restarted, issuer, &memories);
    const auto again = run_now(net.connect("smdp.example.com", 443));
    REQUIRE(again);
    CHECK_FALSE(dynamic_cast<const TlsStream&>(**again).engine().resumed());
  }
}
