// What the card answers to a server that does something wrong (SGP.22 v2.5 5.7.5, 5.7.13), code by code.
#include "tests/card/bench_card.h"

using namespace simurgh;
using namespace simurgh::test;

namespace {

bench::Desk& desk() {
  static bench::Desk shared;
  return shared;
}

// A server by hand: every part of AuthenticateServer can be bent.
struct Server {
  const perso::Pki::Curve* curve = &desk().pki().curves[0];
  Bytes transaction = Bytes(16, 0x01), challenge, certificate = curve->dp_auth->certificate.der, key_id = curve->ci->certificate.ski;
  const crypto::EcPrivateKey* key = &*curve->dp_auth->key;
  bool break_signature = false;

  Bytes request() const {
    asn1::TlvWriter signed1;
    {
      const auto scope = signed1.open(0x30);
      signed1.put(0x80, transaction).put(0x81, challenge).put_text(0x83, "localhost").put(0x84, Bytes(16, 0x77));
    }
    Bytes signature = key->sign({signed1.view()});
    if (break_signature) signature[10] ^= 1;
    asn1::TlvWriter out;
    {
      const auto scope = out.open(0xBF38);
      out.raw(signed1.view()).put(0x5F37, signature).put(0x04, key_id).raw(certificate);
      out.raw(from_hex("A00FA10D800435290611A1058203010203").value());
    }
    return out.take();
  }
};

Server challenged(BenchCard& bench) {
  Server out;
  out.challenge = to_bytes(ByteView(bench.lpa.es10(from_hex("BF2E00").value())).subspan(5));
  return out;
}

std::string authenticate_error(unsigned code) { return "BF3817A1158010" + to_hex(Bytes(16, 0x01)) + "0201" + to_hex(be_bytes(code, 1)); }

}  // namespace

TEST_CASE("AuthenticateServer without a challenge, and twice with one, has no session", "[es10b]") {
  BenchCard bench(desk());
  Server server;
  server.challenge = Bytes(16, 0);
  REQUIRE(to_hex(bench.lpa.es10(server.request())) == authenticate_error(4));
  server = challenged(bench);
  REQUIRE(to_hex(bench.lpa.es10(server.request())).starts_with("BF3882"));
  REQUIRE(to_hex(bench.lpa.es10(server.request())) == authenticate_error(4));
}

TEST_CASE("AuthenticateServer refuses unknown keys, certificates, roles, signatures and challenges by their codes", "[es10b]") {
  BenchCard bench(desk());
  Server server = challenged(bench);
  SECTION("unknown CI key") {
    server.key_id = Bytes(20, 0xAB);
    REQUIRE(to_hex(bench.lpa.es10(server.request())) == authenticate_error(7));
  }
  SECTION("a certificate of the other curve's CI") {
    server.certificate = desk().pki().curves[1].dp_auth->certificate.der;
    REQUIRE(to_hex(bench.lpa.es10(server.request())) == authenticate_error(1));
  }
  SECTION("a certificate with a flipped signature") {
    server.certificate.back() ^= 1;
    REQUIRE(to_hex(bench.lpa.es10(server.request())) == authenticate_error(1));
  }
  SECTION("a certificate for package binding") {
    server.certificate = server.curve->dp_pb->certificate.der;
    server.key = &*server.curve->dp_pb->key;
    REQUIRE(to_hex(bench.lpa.es10(server.request())) == authenticate_error(5));
  }
  SECTION("a wrong signature") {
    server.break_signature = true;
    REQUIRE(to_hex(bench.lpa.es10(server.request())) == authenticate_error(2));
  }
  SECTION("another challenge") {
    server.challenge[3] ^= 1;
    REQUIRE(to_hex(bench.lpa.es10(server.request())) == authenticate_error(6));
  }
  // Whatever was wrong, the challenge is used up.
  Server again = server;
  REQUIRE(to_hex(bench.lpa.es10(again.request())) == authenticate_error(4));
}

TEST_CASE("AuthenticateServer copies the context and the device capabilities it does not know octet for octet", "[es10b]") {
  BenchCard bench(desk());
  const Server server = challenged(bench);
  const std::string answer = to_hex(bench.lpa.es10(server.request()));
  REQUIRE(answer.find("A00FA10D800435290611A1058203010203") != std::string::npos);
  REQUIRE(answer.find(to_hex(Bytes(16, 0x77))) != std::string::npos);
  REQUIRE(asn1::check_nesting(from_hex(answer).value(), 12, asn1::Lengths::der));
}

TEST_CASE("AuthenticateServer that cannot be read is undefinedError with its transaction id, or 6A80 without one", "[es10b]") {
  BenchCard bench(desk());
  (void)challenged(bench);
  REQUIRE(bench.es10("BF3814301280" "10" + to_hex(Bytes(16, 0x01))) == authenticate_error(127));
  bench.apdu("00A4040010A0000005591010FFFFFFFF8900000100");
  REQUIRE(bench.raw("80E2910005BF38023000") == "6A80");
}

TEST_CASE("PrepareDownload without authentication has no session", "[es10b]") {
  BenchCard bench(desk());
  asn1::TlvWriter request;
  {
    const auto scope = request.open(0xBF21);
    request.raw(from_hex("301580100101010101010101010101010101010101" "0100").value()).put(0x5F37, Bytes(64, 1));
    request.raw(desk().pki().curves[0].dp_pb->certificate.der);
  }
  REQUIRE(to_hex(bench.lpa.es10(request.view())) == "BF2117A115801001010101010101010101010101010101020104");
}

TEST_CASE("PrepareDownload refuses foreign certificates, signatures and transactions by their codes", "[es10b]") {
  BenchCard bench(desk());
  const Server server;
  // Every refusal ends what can be prepared, so each one has a session of its own.
  const auto prepare = [&](const Bytes& transaction, const perso::Identity& binding, bool break_signature, bool confirmation = false) {
    const Bytes answer = bench.lpa.es10(challenged(bench).request());
    const auto ok = asn1::read_only(asn1::read_only(answer, 0xBF38)->value, 0xA0);
    const auto signature1 = asn1::find_child(ok->value, 0x5F37);
    asn1::TlvWriter signed2;
    {
      const auto scope = signed2.open(0x30);
      signed2.put(0x80, transaction).put_byte(0x01, confirmation ? 0xFF : 0x00);
    }
    Bytes signature = binding.key->sign({signed2.view(), signature1->raw});
    if (break_signature) signature[0] ^= 1;
    asn1::TlvWriter out;
    {
      const auto scope = out.open(0xBF21);
      out.raw(signed2.view()).put(0x5F37, signature).raw(binding.certificate.der);
    }
    return to_hex(bench.lpa.es10(out.view()));
  };
  const std::string head = "BF2117A1158010";
  const std::string id = to_hex(server.transaction);
  REQUIRE(prepare(server.transaction, *desk().pki().curves[1].dp_pb, false) == head + id + "020101");
  REQUIRE(prepare(server.transaction, *desk().pki().curves[0].dp_auth, false) == head + id + "020101");
  REQUIRE(prepare(server.transaction, *desk().pki().curves[0].dp_pb, true) == head + id + "020102");
  REQUIRE(prepare(Bytes(16, 0x02), *desk().pki().curves[0].dp_pb, false) == head + to_hex(Bytes(16, 0x02)) + "020105");
  REQUIRE(prepare(server.transaction, *desk().pki().curves[0].dp_pb, false, true) == head + id + "02017F");
}

namespace {

Bytes serial(std::uint8_t value) { return {0x00, 0xC0, value}; }

Bytes crl(const std::vector<Bytes>& revoked, std::uint64_t number, std::uint32_t part = 0, std::uint32_t parts = 0) {
  const auto& ci = *desk().pki().curves[0].ci;
  return crypto::mint_crl(ci.certificate, *ci.key, revoked, number, 1'700'000'000, 1'800'000'000, part, parts);
}

// LoadCRL with the CertificateList as automatic tagging makes it.
std::string load(BenchCard& bench, const Bytes& list) {
  const auto content = asn1::read_only(list, 0x30);
  REQUIRE(content);
  return to_hex(bench.lpa.es10(asn1::tlv(0xBF35, asn1::tlv(0xA0, content->value))));
}

}  // namespace

TEST_CASE("A server whose certificate a loaded CRL revokes is refused, also after a reset, until a later list clears it", "[es10b]") {
  BenchCard bench(desk());
  REQUIRE(load(bench, crl({serial(1), desk().pki().curves[0].dp_auth->certificate.serial}, 5)) == "BF3502A000");
  REQUIRE(to_hex(bench.lpa.es10(challenged(bench).request())) == authenticate_error(1));
  bench.card.reset();
  REQUIRE(to_hex(bench.lpa.es10(challenged(bench).request())) == authenticate_error(1));
  REQUIRE(load(bench, crl({}, 6)) == "BF3502A000");
  REQUIRE(to_hex(bench.lpa.es10(challenged(bench).request())).starts_with("BF3882"));
}

TEST_CASE("The parts of a partial CRL come in any order, the answer names the missing ones, and every part counts at once", "[es10b]") {
  BenchCard bench(desk());
  REQUIRE(load(bench, crl({desk().pki().curves[0].dp_auth->certificate.serial}, 7, 3, 3)) == "BF350AA008A006020101020102");
  REQUIRE(to_hex(bench.lpa.es10(challenged(bench).request())) == authenticate_error(1));
  REQUIRE(load(bench, crl({serial(1)}, 7, 1, 3)) == "BF3507A005A003020102");
  REQUIRE(load(bench, crl({serial(1)}, 7, 1, 3)) == "BF3503810105");
  REQUIRE(load(bench, crl({serial(2)}, 7, 2, 3)) == "BF3502A000");
  SECTION("a later partial list takes the place of all parts") {
    REQUIRE(load(bench, crl({serial(2)}, 8, 2, 2)) == "BF3507A005A003020101");
    REQUIRE(to_hex(bench.lpa.es10(challenged(bench).request())).starts_with("BF3882"));
  }
  SECTION("an older whole list is refused") { REQUIRE(load(bench, crl({}, 6)) == "BF3503810105"); }
}

TEST_CASE("LoadCRL refuses by its codes what is no list, of nobody's key, badly signed, badly numbered or too large", "[es10b]") {
  BenchCard bench(desk());
  const auto& ci = *desk().pki().curves[0].ci;
  REQUIRE(bench.es10("BF3504A0020500") == "BF3503810102");
  REQUIRE(load(bench, crl({}, 1, 4, 3)) == "BF3503810102");
  Bytes flipped = crl({}, 1);
  flipped.back() ^= 1;
  REQUIRE(load(bench, flipped) == "BF3503810101");
  const auto& stranger = *desk().pki().curves[0].dp_auth;
  REQUIRE(load(bench, crypto::mint_crl(stranger.certificate, *stranger.key, {}, 1, 1'700'000'000, 1'800'000'000)) == "BF3503810104");
  REQUIRE(load(bench, crypto::mint_crl(ci.certificate, *ci.key, std::vector<Bytes>(2000, serial(9)), 2, 1'700'000'000, 1'800'000'000)) ==
          "BF3503810103");
}
