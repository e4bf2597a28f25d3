// Walks vectors/crypto: every file, every case.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>
#include <map>

#include "asn1/tlv.h"
#include "euicc/crypto/des.h"
#include "euicc/crypto/ec.h"
#include "euicc/crypto/symmetric.h"
#include "tests/support/vector_file.h"
#include "tests/support/paths.h"

using namespace simurgh;
using namespace simurgh::crypto;
using simurgh::test::VectorCase;

namespace {

Curve curve_of(const VectorCase& c) { return c.text("curve") == "P-256" ? Curve::nist_p256 : Curve::brainpool_p256r1; }

void check_cmac(const VectorCase& c) {
  const Bytes message = c.hex("message");
  CHECK(to_bytes(aes_cmac(c.hex("key"), {message})) == c.hex("mac"));
  // Parts are the same message however it is cut.
  for (std::size_t cut = 0; cut <= message.size(); cut += 7) {
    CHECK(to_bytes(aes_cmac(c.hex("key"), {ByteView(message).first(cut), ByteView(message).subspan(cut)})) == c.hex("mac"));
  }
}

void check_ecb(const VectorCase& c) {
  CHECK(to_bytes(aes_ecb_encrypt(c.hex("key"), c.hex("plaintext"))) == c.hex("ciphertext"));
  const AesEncryptor cached(c.hex("key"));
  for (int i = 0; i < 2; ++i) CHECK(to_bytes(cached.encrypt(c.hex("plaintext"))) == c.hex("ciphertext"));
}

void check_cbc(const VectorCase& c) {
  CHECK(aes_cbc_encrypt(c.hex("key"), c.hex("iv"), c.hex("plaintext")) == c.hex("ciphertext"));
  CHECK(aes_cbc_decrypt(c.hex("key"), c.hex("iv"), c.hex("ciphertext")) == c.hex("plaintext"));
}

void check_des_cbc(const VectorCase& c) {
  CHECK(des_cbc_encrypt(c.hex("key"), c.hex("iv"), c.hex("plaintext")) == c.hex("ciphertext"));
  CHECK(des_cbc_decrypt(c.hex("key"), c.hex("iv"), c.hex("ciphertext")) == c.hex("plaintext"));
  const Bytes first = to_bytes(ByteView(c.hex("plaintext")).first(8));
  CHECK(des_ecb_encrypt(c.hex("key"), first) == des_cbc_encrypt(c.hex("key"), Bytes(8), first));
  CHECK(des_ecb_decrypt(c.hex("key"), des_ecb_encrypt(c.hex("key"), first)) == first);
}

void check_des_mac(const VectorCase& c) { CHECK(to_bytes(des_cbc_mac(c.hex("key"), c.hex("iv"), c.hex("message"))) == c.hex("mac")); }

void check_des_retail(const VectorCase& c) { CHECK(to_bytes(des_retail_mac(c.hex("key"), c.hex("iv"), c.hex("message"))) == c.hex("mac")); }

void check_sha(const VectorCase& c) {
  const Bytes message = c.hex("message");
  CHECK(to_bytes(sha1(message)) == c.hex("sha1"));
  CHECK(to_bytes(sha256({message})) == c.hex("sha256"));
  const ByteView view = message;
  CHECK(to_bytes(sha256({view.first(view.size() / 2), {}, view.subspan(view.size() / 2)})) == c.hex("sha256"));
}

void check_ecka(const VectorCase& c) {
  const auto key = EcPrivateKey::from_scalar(curve_of(c), c.hex("scalar"));
  const auto peer = EcPrivateKey::from_scalar(curve_of(c), c.hex("peer_scalar"));
  REQUIRE(key);
  REQUIRE(peer);
  CHECK(key->public_key().point() == c.hex("public"));
  CHECK(peer->public_key().point() == c.hex("peer_public"));
  const auto point = EcPublicKey::from_point(curve_of(c), c.hex("peer_public"));
  REQUIRE(point);
  const auto shared = key->agree(*point);
  const auto mirrored = peer->agree(key->public_key());
  REQUIRE(shared);
  REQUIRE(mirrored);
  CHECK(to_bytes(shared->expose()) == c.hex("shared"));
  CHECK(to_bytes(mirrored->expose()) == c.hex("shared"));
}

void check_kdf(const VectorCase& c) {
  const Bytes output = c.hex("output");
  for (const std::size_t size : {output.size(), std::size_t{32}, std::size_t{5}, std::size_t{0}}) {
    const SecretBytes derived = x963_kdf(c.hex("secret"), c.hex("shared_info"), size);
    CHECK(equal(derived.expose(), ByteView(output).first(size)));
  }
}

// One command TLV under SCP03t: what the receiver of a bound package does, spelled with the primitives of this room.
void check_protected(const VectorCase& c) {
  const Bytes tag = c.hex("tag");
  const bool encrypted = tag[0] != 0x88;
  const Block icv = aes_ecb_encrypt(c.hex("enc"), be_bytes(c.number("counter"), 16));
  if (c.has("icv")) CHECK(to_bytes(icv) == c.hex("icv"));
  const Bytes body = encrypted ? aes_cbc_encrypt(c.hex("enc"), icv, pad80(c.hex("plaintext"))) : c.hex("plaintext");
  const Bytes length = asn1::encode_length(body.size() + 8);
  const Block chained = aes_cmac(c.hex("mac"), {c.hex("chaining"), tag, length, body});
  CHECK(concat({tag, length, body, ByteView(chained).first(8)}) == c.hex("tlv"));
  if (c.has("next_chaining")) CHECK(to_bytes(chained) == c.hex("next_chaining"));
  if (!encrypted) return;
  const Bytes padded = aes_cbc_decrypt(c.hex("enc"), icv, body);
  const auto size = unpadded80(padded);
  REQUIRE(size);
  CHECK(equal(ByteView(padded).first(*size), c.hex("plaintext")));
}

void check_ecdsa(const VectorCase& c) {
  const auto key = EcPublicKey::from_point(curve_of(c), c.hex("public"));
  REQUIRE(key);
  const Bytes message = c.hex("message");
  const Bytes signature = c.hex("signature");
  CHECK(key->verify({message}, signature));
  const ByteView view = message;
  CHECK(key->verify({view.first(3), view.subspan(3)}, signature));
  for (std::size_t bit = 0; bit < 512; bit += 37) {
    Bytes bad = signature;
    bad[bit / 8] ^= static_cast<std::uint8_t>(0x80U >> bit % 8);
    CHECK_FALSE(key->verify({message}, bad));
  }
  Bytes other = message;
  other.back() ^= 1;
  CHECK_FALSE(key->verify({other}, signature));
  const auto signer = EcPrivateKey::from_scalar(curve_of(c), c.hex("scalar"));
  REQUIRE(signer);
  CHECK(signer->public_key().point() == c.hex("public"));
  CHECK(key->verify({message}, signer->sign({message})));
}

}  // namespace

TEST_CASE("Every vector of vectors/crypto holds", "[crypto][vectors]") {
  const std::map<std::string, std::function<void(const VectorCase&)>> checks{
      {"cmac", check_cmac},
      {"ecb", check_ecb},
      {"cbc", check_cbc},
      {"sha", check_sha},
      {"ecka", check_ecka},
      {"kdf", check_kdf},
      {"protected", check_protected},
      {"ecdsa", check_ecdsa},
      {"des_cbc", check_des_cbc},
      {"des_mac", check_des_mac},
      {"des_retail", check_des_retail},
  };
  std::map<std::string, int> seen;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(simurgh::test::source_dir()) / "vectors/crypto")) {
    if (entry.path().extension() != ".txt") continue;
    const auto cases = test::load_vectors(entry.path());
    INFO(entry.path().filename().string());
    REQUIRE_FALSE(cases.empty());
    for (const VectorCase& c : cases) {
      INFO(c.where() << " " << c.text("name"));
      REQUIRE(checks.contains(c.text("test")));
      checks.at(c.text("test"))(c);
      ++seen[c.text("test")];
    }
  }
  CHECK(seen.size() == checks.size());
}
