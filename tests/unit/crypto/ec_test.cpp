#include <algorithm>
#include <catch2/catch.hpp>

#include "euicc/crypto/ec.h"

using namespace simurgh;
using namespace simurgh::crypto;
using namespace simurgh::literals;

namespace {

Bytes order(Curve curve) {
  return curve == Curve::nist_p256 ? "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551"_hex
                                   : "A9FB57DBA1EEA9BC3E660A909D838D718C397AA3B561A6F7901E0E82974856A7"_hex;
}

Bytes minus_one(Bytes number) {
  --number.back();  // both orders are odd
  return number;
}

// n - s: the other signature of the same message.
Bytes negated(Curve curve, ByteView s) {
  const Bytes n = order(curve);
  Bytes out(32);
  int borrow = 0;
  for (std::size_t i = 32; i-- > 0;) {
    const int digit = n[i] - s[i] - borrow;
    borrow = digit < 0 ? 1 : 0;
    out[i] = static_cast<std::uint8_t>(digit + (digit < 0 ? 256 : 0));
  }
  return out;
}

constexpr Curve kCurves[] = {Curve::nist_p256, Curve::brainpool_p256r1};

}  // namespace

TEST_CASE("A signature is 64 octets and verifies over the parts however they are cut", "[crypto][ec]") {
  const auto rng = seeded_rng(1);
  for (const Curve curve : kCurves) {
    const EcPrivateKey key = EcPrivateKey::generate(curve, *rng);
    const Bytes a = "0102"_hex, b = "030405"_hex;
    const Bytes signature = key.sign({a, b});
    CHECK(signature.size() == 64);
    CHECK(key.public_key().verify({a, b}, signature));
    CHECK(key.public_key().verify({"0102030405"_hex}, signature));
    CHECK_FALSE(key.public_key().verify({b, a}, signature));
    CHECK_FALSE(EcPrivateKey::generate(curve, *rng).public_key().verify({a, b}, signature));
  }
}

TEST_CASE("Signatures of another length or out of range are refused, either half of s is accepted", "[crypto][ec]") {
  const auto rng = seeded_rng(2);
  for (const Curve curve : kCurves) {
    const EcPrivateKey key = EcPrivateKey::generate(curve, *rng);
    const EcPublicKey& open = key.public_key();
    const Bytes message = "AA"_hex;
    const Bytes signature = key.sign({message});
    const ByteView r = ByteView(signature).first(32), s = ByteView(signature).subspan(32);
    CHECK(open.verify({message}, concat({r, negated(curve, s)})));  // SGP.22 2.6.7.2 has no rule against it
    for (const std::size_t size : {0U, 1U, 63U, 65U, 72U}) {
      Bytes other = signature;
      other.resize(size);
      CHECK_FALSE(open.verify({message}, other));
    }
    const Bytes zero(32), n = order(curve), most(32, 0xFF);
    for (const Bytes& bad : {zero, n, most}) {
      CHECK_FALSE(open.verify({message}, concat({bad, s})));
      CHECK_FALSE(open.verify({message}, concat({r, bad})));
    }
    CHECK_FALSE(open.verify({message}, concat({zero, zero})));
    CHECK_FALSE(open.verify({message}, concat({s, r})));
  }
}

TEST_CASE("DER signatures verify and damaged ones do not", "[crypto][ec]") {
  const auto rng = seeded_rng(3);
  for (const Curve curve : kCurves) {
    const EcPrivateKey key = EcPrivateKey::generate(curve, *rng);
    const Bytes message = "00FF"_hex;
    const Bytes signature = key.sign_der(message);
    CHECK(key.public_key().verify_der(message, signature));
    CHECK_FALSE(key.public_key().verify_der(message, {}));
    Bytes longer = signature;
    longer.push_back(0);
    CHECK_FALSE(key.public_key().verify_der(message, longer));
    for (std::size_t size = 0; size < signature.size(); ++size) {
      CHECK_FALSE(key.public_key().verify_der(message, ByteView(signature).first(size)));
    }
    CHECK_FALSE(key.public_key().verify({message}, signature));  // the two forms are never mixed up
  }
}

TEST_CASE("Points are taken uncompressed and on the curve only", "[crypto][ec]") {
  const auto rng = seeded_rng(4);
  for (const Curve curve : kCurves) {
    const Curve other = curve == Curve::nist_p256 ? Curve::brainpool_p256r1 : Curve::nist_p256;
    const Bytes point = EcPrivateKey::generate(curve, *rng).public_key().point();
    CHECK(EcPublicKey::from_point(curve, point));
    CHECK_FALSE(EcPublicKey::from_point(other, point));
    Bytes compressed(point.begin(), point.begin() + 33);
    compressed[0] = static_cast<std::uint8_t>(0x02 | (point.back() & 1));
    CHECK_FALSE(EcPublicKey::from_point(curve, compressed));
    for (const int form : {0x00, 0x02, 0x03, 0x05, 0x06, 0x07, 0xFF}) {
      Bytes bad = point;
      bad[0] = static_cast<std::uint8_t>(form);
      CHECK_FALSE(EcPublicKey::from_point(curve, bad));
    }
    Bytes off = point;
    off.back() ^= 1;
    CHECK_FALSE(EcPublicKey::from_point(curve, off));
    CHECK_FALSE(EcPublicKey::from_point(curve, Bytes{0x00}));  // the point at infinity
    Bytes zero(65);
    zero[0] = 0x04;
    CHECK_FALSE(EcPublicKey::from_point(curve, zero));
    Bytes huge(65, 0xFF);
    huge[0] = 0x04;
    CHECK_FALSE(EcPublicKey::from_point(curve, huge));
    for (const std::size_t size : {0U, 1U, 64U, 66U}) {
      Bytes cut = point;
      cut.resize(size);
      CHECK_FALSE(EcPublicKey::from_point(curve, cut));
    }
  }
}

TEST_CASE("Scalars are 1 to n-1 in 32 octets", "[crypto][ec]") {
  for (const Curve curve : kCurves) {
    CHECK_FALSE(EcPrivateKey::from_scalar(curve, Bytes(32)));
    CHECK_FALSE(EcPrivateKey::from_scalar(curve, order(curve)));
    CHECK_FALSE(EcPrivateKey::from_scalar(curve, Bytes(32, 0xFF)));
    CHECK_FALSE(EcPrivateKey::from_scalar(curve, Bytes(31, 0x11)));
    CHECK_FALSE(EcPrivateKey::from_scalar(curve, Bytes(33, 0x11)));
    const auto one = EcPrivateKey::from_scalar(curve, be_bytes(1, 32));
    const auto last = EcPrivateKey::from_scalar(curve, minus_one(order(curve)));
    REQUIRE(one);
    REQUIRE(last);
    CHECK(to_bytes(one->scalar().expose()) == be_bytes(1, 32));
    // G and -G share their x coordinate.
    CHECK(std::equal(one->public_key().point().begin(), one->public_key().point().begin() + 33, last->public_key().point().begin()));
    CHECK(one->public_key().point() != last->public_key().point());
  }
}

TEST_CASE("Key generation draws the scalar from the generator it is given", "[crypto][ec]") {
  // The first draw is refused as a scalar: all ones are above either order.
  class Script final : public Rng {
   public:
    void fill(std::span<std::uint8_t> out) override {
      const std::uint8_t octet = calls_++ == 0 ? 0xFF : 0x11;
      for (std::uint8_t& target : out) target = octet;
    }

   private:
    int calls_ = 0;
  };
  for (const Curve curve : kCurves) {
    Script rng;
    CHECK(to_bytes(EcPrivateKey::generate(curve, rng).scalar().expose()) == Bytes(32, 0x11));
    const auto a = seeded_rng(5), b = seeded_rng(5);
    CHECK(EcPrivateKey::generate(curve, *a).public_key().point() == EcPrivateKey::generate(curve, *b).public_key().point());
  }
}

TEST_CASE("Keys of different curves do not agree", "[crypto][ec]") {
  const auto rng = seeded_rng(6);
  const EcPrivateKey nist = EcPrivateKey::generate(Curve::nist_p256, *rng);
  const EcPrivateKey brainpool = EcPrivateKey::generate(Curve::brainpool_p256r1, *rng);
  CHECK_FALSE(nist.agree(brainpool.public_key()));
  CHECK_FALSE(brainpool.agree(nist.public_key()));
  CHECK(nist.agree(nist.public_key()));
}

TEST_CASE("Private keys go to PEM and come back", "[crypto][ec]") {
  const auto rng = seeded_rng(7);
  for (const Curve curve : kCurves) {
    const EcPrivateKey key = EcPrivateKey::generate(curve, *rng);
    const Bytes pem = key.to_pem();
    CHECK(to_text(pem).starts_with("-----BEGIN EC PRIVATE KEY-----\n"));
    const auto back = EcPrivateKey::from_file_bytes(pem);
    REQUIRE(back);
    CHECK(back->curve() == curve);
    CHECK(equal(back->scalar().expose(), key.scalar().expose()));
    CHECK(back->public_key().point() == key.public_key().point());
    for (std::size_t size = 0; size + 40 < pem.size(); size += 5) CHECK_FALSE(EcPrivateKey::from_file_bytes(ByteView(pem).first(size)));
  }
  // PKCS#8, DER, P-256, scalar 01; made with "openssl pkcs8 -topk8 -nocrypt -outform DER".
  const Bytes pkcs8 =
      "308187020100301306072A8648CE3D020106082A8648CE3D030107046D306B0201010420000000000000000000000000000000000000000000000000000000000000"
      "0001"
      "A144034200046B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C2964FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB64068"
      "3"
      "7BF51F5"_hex;
  const auto key = EcPrivateKey::from_file_bytes(pkcs8);
  REQUIRE(key);
  CHECK(to_bytes(key->scalar().expose()) == be_bytes(1, 32));
  CHECK_FALSE(EcPrivateKey::from_file_bytes({}));
  CHECK_FALSE(EcPrivateKey::from_file_bytes("3000"_hex));
  CHECK_FALSE(EcPrivateKey::from_file_bytes(text_view("no key at all")));
}
