#include <catch2/catch.hpp>
#include <type_traits>
#include <utility>

#include "euicc/crypto/rng.h"
#include "euicc/crypto/secret.h"
#include "euicc/crypto/symmetric.h"

using namespace simurgh;
using namespace simurgh::crypto;
using namespace simurgh::literals;

static_assert(!std::is_copy_constructible_v<SecretBytes> && !std::is_copy_assignable_v<SecretBytes>);
static_assert(std::is_nothrow_move_constructible_v<SecretBytes> && std::is_nothrow_move_assignable_v<SecretBytes>);
static_assert(!std::is_convertible_v<SecretBytes, ByteView>);

TEST_CASE("Secret bytes are empty after a move and keep their value in the target", "[crypto][secret]") {
  SecretBytes first("00112233445566778899AABBCCDDEEFF"_hex);
  SecretBytes second(std::move(first));
  CHECK(first.empty());  // NOLINT(bugprone-use-after-move): the state after a move is the contract under test
  CHECK(to_hex(second.expose()) == "00112233445566778899AABBCCDDEEFF");
  SecretBytes third("FF"_hex);
  third = std::move(second);
  CHECK(second.empty());
  CHECK(third.size() == 16);
  SecretBytes& itself = third;
  third = std::move(itself);
  CHECK(to_hex(third.expose()) == "00112233445566778899AABBCCDDEEFF");
}

TEST_CASE("A clone of secret bytes is independent", "[crypto][secret]") {
  SecretBytes secret("0102"_hex);
  const SecretBytes copy = secret.clone();
  secret.expose_mutable()[0] = 0xFF;
  CHECK(to_hex(copy.expose()) == "0102");
  CHECK(to_hex(secret.expose()) == "FF02");
}

TEST_CASE("Secret bytes of a size start as zeros", "[crypto][secret]") {
  const SecretBytes secret(std::size_t{5});
  CHECK(to_hex(secret.expose()) == "0000000000");
  CHECK(SecretBytes().empty());
}

TEST_CASE("Secrets are equal only with the same length and content", "[crypto][secret]") {
  CHECK(equal_secret("0102"_hex, "0102"_hex));
  CHECK(equal_secret({}, {}));
  CHECK_FALSE(equal_secret("0102"_hex, "0103"_hex));
  CHECK_FALSE(equal_secret("0102"_hex, "8102"_hex));
  CHECK_FALSE(equal_secret("0102"_hex, "010200"_hex));
  CHECK_FALSE(equal_secret("00"_hex, {}));
}

TEST_CASE("Cleansing overwrites with zeros", "[crypto][secret]") {
  Bytes buffer = "FFFFFF"_hex;
  cleanse(buffer);
  CHECK(to_hex(buffer) == "000000");
  cleanse({});
}

TEST_CASE("A seeded generator repeats itself and seeds differ", "[crypto][rng]") {
  const auto a = seeded_rng(7);
  const auto b = seeded_rng(7);
  const auto c = seeded_rng(8);
  const Bytes first = a->bytes(100);
  // However the octets are drawn, the stream is one.
  Bytes pieces = b->bytes(1);
  append(pieces, b->bytes(31));
  append(pieces, b->bytes(0));
  append(pieces, b->bytes(68));
  CHECK(pieces == first);
  CHECK(c->bytes(100) != first);
  CHECK(a->bytes(100) != first);
  // AES-128-CTR of zeros under the key 00..07: the counter block 0 is one ECB block.
  CHECK(equal(ByteView(first).first(16), aes_ecb_encrypt("00000000000000000000000000000007"_hex, Bytes(16))));
}

TEST_CASE("The system generator does not repeat itself", "[crypto][rng]") {
  const auto rng = system_rng();
  CHECK(rng->bytes(32) != rng->bytes(32));
  CHECK(rng->bytes(0).empty());
}

TEST_CASE("Padding adds 80 and zeros to the next multiple, and comes off again", "[crypto][padding]") {
  CHECK(to_hex(pad80({}, 8)) == "8000000000000000");
  CHECK(to_hex(pad80("01020304050607"_hex, 8)) == "0102030405060780");
  CHECK(to_hex(pad80("0102030405060708"_hex, 8)) == "01020304050607088000000000000000");
  for (std::size_t size = 0; size < 40; ++size) {
    const Bytes data(size, 0x80);
    CHECK(pad80(data).size() % 16 == 0);
    CHECK(unpadded80(pad80(data)) == size);
  }
  CHECK_FALSE(unpadded80({}));
  CHECK_FALSE(unpadded80("0000"_hex));
  CHECK_FALSE(unpadded80("800001"_hex));
  CHECK(unpadded80("800080"_hex) == 2U);
}

TEST_CASE("AES with a wrong size is a programmer's error", "[crypto][aes]") {
  const Bytes key(16), block(16);
  CHECK_THROWS_AS(aes_ecb_encrypt(Bytes(15), block), std::invalid_argument);
  CHECK_THROWS_AS(aes_ecb_encrypt(key, Bytes(17)), std::invalid_argument);
  CHECK_THROWS_AS(aes_cbc_encrypt(key, Bytes(8), block), std::invalid_argument);
  CHECK_THROWS_AS(aes_cbc_decrypt(key, block, Bytes(20)), std::invalid_argument);
  CHECK_THROWS_AS(aes_cmac(Bytes(0), {block}), std::invalid_argument);
  CHECK(aes_cbc_decrypt(key, block, {}).empty());
}
