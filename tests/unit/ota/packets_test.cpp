// Packets of the sender against those of another implementation, and the algorithms against published values.
#include "euicc/ota/response_packet.h"
#include "tests/support/vector_file.h"
#include "tests/unit/ota/test_keys.h"
#include "tools/ota/proof.h"
#include "tests/support/paths.h"

using namespace simurgh;
using namespace simurgh::test;

namespace {

std::vector<VectorCase> vectors(const char* file) { return load_vectors(simurgh::test::source_dir() + "/vectors/ota/" + file); }

ota::Spi spi_of(const VectorCase& vector) {
  const Bytes octets = vector.hex("spi");
  return {.first = octets.at(0), .second = octets.at(1)};
}

}  // namespace

TEST_CASE("The CRCs of TS 102 225 give the values of its example", "[ota]") {
  const Bytes message = "0102030405"_hex;
  CHECK(to_hex(ota::redundancy_check(ota::Redundancy::crc16, {message})) == "22EC");
  CHECK(to_hex(ota::redundancy_check(ota::Redundancy::crc32, {message})) == "470B99F4");
  CHECK(to_hex(ota::redundancy_check(ota::Redundancy::crc32, {ByteView(message).first(2), ByteView(message).subspan(2)})) == "470B99F4");
}

TEST_CASE("The sender builds the packets that another implementation builds", "[ota]") {
  const auto cases = vectors("packets.txt");
  REQUIRE(cases.size() > 150);
  for (const VectorCase& vector : cases) {
    INFO(vector.where());
    const auto protection = security(vector.text("keys"), spi_of(vector));
    const Bytes packet =
        ota_sender::build_packet({.tar = kTar, .counter = vector.number("counter"), .data = vector.hex("data")}, protection);
    CHECK(to_hex(packet) == to_hex(vector.hex("packet")));
  }
}

TEST_CASE("Published proofs of receipt verify, and the card's side builds the same octets", "[ota]") {
  for (const VectorCase& vector : vectors("dialogues.txt")) {
    INFO(vector.where());
    const ota::Spi spi = spi_of(vector);
    ota_sender::Security protection{.spi = spi, .kic = 0, .kid = 0, .cipher_key = {}, .checksum_key = {}};
    if (vector.text("keys") != "none") {
      protection = security(vector.text("keys"), spi);
      CHECK(to_hex(ota_sender::build_packet({.tar = kTar, .counter = 0, .data = "00A40004023F00"_hex}, protection)) ==
            to_hex(vector.hex("packet")));
    }
    const auto proof = ota_sender::read_proof(vector.hex("proof"), protection);
    CHECK(proof.status == 0);
    CHECK(proof.tar == kTar);
    CHECK(to_hex(proof.data) == to_hex(vector.hex("response")));
    CHECK(proof.checked == (vector.text("keys") != "none"));
    ota::ResponseProtection card;
    if (spi.proof_ciphered()) card.cipher = std::move(protection.cipher_key);
    if (spi.proof_integrity() == ota::Spi::Integrity::checksum) card.checksum = std::move(protection.checksum_key);
    CHECK(to_hex(ota::build_response({.tar = kTar, .counter = 0, .status = ota::Status::ok, .data = vector.hex("response")}, card)) ==
          to_hex(vector.hex("proof")));
  }
}

TEST_CASE("Published checksums are those inside the published packets", "[ota]") {
  std::size_t checked = 0;
  for (const VectorCase& vector : vectors("dialogues.txt")) {
    if (!vector.has("checksum")) continue;
    INFO(vector.where());
    const auto protection = security(vector.text("keys"), spi_of(vector));
    const Bytes packet = vector.hex("packet");
    const Bytes plain = ota::decipher(*protection.cipher_key, ByteView(packet).subspan(ota::CommandHead::kSize));
    const auto body = ota::parse_command_body(plain, 8);
    REQUIRE(body);
    CHECK(to_hex(body->check) == to_hex(vector.hex("checksum")));
    CHECK(to_hex(ByteView(body->data).first(body->data.size() - body->padding)) == "00A40004023F00");
    ++checked;
  }
  CHECK(checked == 2);
}

TEST_CASE("Proofs that another implementation verified are built and read as they were", "[ota]") {
  const auto cases = vectors("proofs.txt");
  REQUIRE(cases.size() == 24);
  for (const VectorCase& vector : cases) {
    INFO(vector.where());
    const ota::Spi spi = spi_of(vector);
    auto protection = security(vector.text("keys"), spi);
    const auto proof = ota_sender::read_proof(vector.hex("proof"), protection);
    CHECK(proof.status == 0);
    CHECK(proof.counter == vector.number("counter"));
    CHECK(to_hex(proof.data) == to_hex(vector.hex("response")));
    ota::ResponseProtection card;
    if (spi.proof_ciphered()) card.cipher = std::move(protection.cipher_key);
    if (spi.proof_integrity() == ota::Spi::Integrity::checksum) card.checksum = std::move(protection.checksum_key);
    const ota::ResponseContent content{
        .tar = {0xB0, 0x01, 0x40}, .counter = vector.number("counter"), .status = ota::Status::ok, .data = vector.hex("response")};
    CHECK(to_hex(ota::build_response(content, card)) == to_hex(vector.hex("proof")));
  }
}

TEST_CASE("A proof that was changed in any bit is refused", "[ota]") {
  for (const VectorCase& vector : vectors("dialogues.txt")) {
    if (vector.text("keys") == "none") continue;
    const auto protection = security(vector.text("keys"), spi_of(vector));
    const Bytes proof = vector.hex("proof");
    for (std::size_t bit = 0; bit < proof.size() * 8; ++bit) {
      Bytes changed = proof;
      changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ 1U << bit % 8);
      INFO(vector.where() << " bit " << bit);
      CHECK_THROWS_AS(ota_sender::read_proof(changed, protection), ota_sender::SenderError);
    }
  }
}

TEST_CASE("SPI words become the bits of TS 102 225 5.1.1", "[ota]") {
  const auto spi = ota_sender::spi_of({.integrity = "cc",
                                       .cipher = true,
                                       .counter = "higher",
                                       .por = "always",
                                       .por_integrity = "cc",
                                       .por_cipher = true,
                                       .por_submit = true});
  CHECK(spi.first == 0x16);
  CHECK(spi.second == 0x39);
  CHECK(ota_sender::spi_of({}).first == 0);
  CHECK(ota_sender::spi_of({.integrity = "rc", .counter = "plus-one", .por = "error"}).first == 0x19);
  CHECK_THROWS_AS(ota_sender::spi_of({.integrity = "md5"}), ota_sender::SenderError);
  CHECK_THROWS_AS(ota_sender::spi_of({.por = "never"}), ota_sender::SenderError);
}

TEST_CASE("A key and the algorithm of its header octet must fit each other", "[ota]") {
  using ota::Algorithm;
  CHECK(ota::algorithm_of(0x2, 0x88, 16, true) == Algorithm::aes);
  CHECK(ota::algorithm_of(0x0, 0x88, 32, true) == Algorithm::aes);
  CHECK(ota::algorithm_of(0x5, 0x80, 16, false) == Algorithm::triple_des_2);
  CHECK(ota::algorithm_of(0x9, 0x80, 24, false) == Algorithm::triple_des_3);
  CHECK(ota::algorithm_of(0x0, 0x80, 8, false) == Algorithm::des_cbc);
  CHECK(ota::algorithm_of(0xD, 0x80, 8, false) == Algorithm::des_ecb);
  CHECK_FALSE(ota::algorithm_of(0xD, 0x80, 8, true));
  CHECK_FALSE(ota::algorithm_of(0x1, 0x80, 16, false));
  CHECK_FALSE(ota::algorithm_of(0x9, 0x80, 16, false));
  CHECK_FALSE(ota::algorithm_of(0x2, 0x80, 16, false));
  CHECK_FALSE(ota::algorithm_of(0x5, 0x88, 16, false));
  CHECK_FALSE(ota::algorithm_of(0x3, 0x88, 16, false));
  CHECK_FALSE(ota::algorithm_of(0x0, 0x85, 16, false));
  CHECK_THROWS_AS(ota_sender::named_key("aes", 1, "00112233"_hex), ota_sender::SenderError);
  CHECK_THROWS_AS(ota_sender::named_key("aes", 16, Bytes(16)), ota_sender::SenderError);
}
