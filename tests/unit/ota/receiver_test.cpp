// The receiving entity alone: every combination of the SPI, every status, and what a changed bit does.
#include "euicc/ota/receiver.h"

#include <array>

#include "tests/unit/ota/test_keys.h"
#include "tools/ota/proof.h"

using namespace simurgh;
using namespace simurgh::test;
using ota::Status;

namespace {

struct FakeCard final : ota::Receiving {
  std::vector<gp::Key> keys;
  std::uint8_t minimum = 0;
  std::uint64_t last = 0;
  bool store_works = true;
  std::vector<std::string> executed;  // with the counter that was stored by then
  Bytes answer = "019000"_hex;

  FakeCard() {
    for (const char* name : {"aes", "3des", "des", "3des3"}) {
      for (const std::uint8_t identifier : std::array<std::uint8_t, 2>{1, 2}) keys.push_back(card_key(key_set(name), identifier));
    }
  }
  [[nodiscard]] std::optional<ota::Destination> find(const ota::Tar& tar) const override {
    if (tar != kTar) return std::nullopt;
    return ota::Destination{.kind = ota::Destination::Kind::files, .index = 0, .domain = 0, .minimum_security_level = minimum};
  }
  [[nodiscard]] const gp::Key* key(std::size_t, std::uint8_t version, std::uint8_t identifier) const override {
    for (const gp::Key& one : keys) {
      if (one.identifier == identifier && (version == 0 || one.version == version)) return &one;
    }
    return nullptr;
  }
  [[nodiscard]] std::uint64_t counter(std::size_t, std::uint8_t) const override { return last; }
  [[nodiscard]] bool save_counter(std::size_t, std::uint8_t, std::uint64_t value) override {
    if (store_works) last = value;
    return store_works;
  }
  [[nodiscard]] Bytes execute(const ota::Destination&, ByteView secured_data) override {
    executed.push_back(to_hex(secured_data) + "@" + std::to_string(last));
    return answer;
  }
};

const Bytes kData = "00A40004023F00"_hex;

Bytes packet_of(const ota_sender::Security& protection, std::uint64_t counter, const ota::Tar& tar = kTar) {
  return ota_sender::build_packet({.tar = tar, .counter = counter, .data = kData}, protection);
}

Bytes proof_of(const ota::Received& received) {
  return received.proof ? ota::build_response(*received.proof, received.protection) : Bytes{};
}

}  // namespace

TEST_CASE("Every combination of the SPI goes there and back", "[ota]") {
  std::size_t combinations = 0;
  for (const char* keys : {"aes", "3des", "des", "3des3"}) {
    for (unsigned first = 0; first < 0x20; ++first) {
      if ((first & 0x03) == 0x03) continue;
      for (unsigned second = 0; second < 0x40; ++second) {
        if ((second & 0x03) == 0x03 || (second & 0x0C) == 0x0C) continue;
        auto protection = security(keys, {.first = static_cast<std::uint8_t>(first), .second = static_cast<std::uint8_t>(second)});
        if ((first & 0x03) == 0x01) protection.kid = static_cast<std::uint8_t>((protection.kid & 0xF0) | (second % 2 == 0 ? 0x01 : 0x05));
        FakeCard card;
        card.last = 41;
        INFO(keys << " SPI " << std::hex << first << " " << second);
        const auto received = ota::receive(packet_of(protection, 42), card);
        REQUIRE(received);
        REQUIRE(received->status == Status::ok);
        const bool counted = (first >> 3 & 0x03) >= 2;
        REQUIRE(card.executed == std::vector<std::string>{to_hex(kData) + (counted ? "@42" : "@41")});
        REQUIRE(received->proof.has_value() == ((second & 0x03) == 1));
        if (received->proof) {
          const auto proof = ota_sender::read_proof(proof_of(*received), protection);
          REQUIRE(proof.counter == 42);
          REQUIRE(proof.data == card.answer);
          REQUIRE(proof.checked == ((second & 0x0C) != 0));
          REQUIRE(received->by_submit == ((second & 0x20) != 0));
        }
        ++combinations;
      }
    }
  }
  CHECK(combinations == 4U * 24U * 36U);
}

TEST_CASE("Every status of the receiving entity", "[ota]") {
  FakeCard card;
  card.last = 100;
  const ota::Spi strict{.first = 0x16, .second = 0x01};  // counter higher, ciphered, CC; proof always and plain
  auto protection = security("aes", strict);
  const auto status_of = [&](ByteView packet) {
    const auto received = ota::receive(packet, card);
    REQUIRE(received);
    REQUIRE(received->proof);
    CHECK(received->proof->status == received->status);
    return received->status;
  };
  SECTION("00 ok, and the counter is durable before the script runs") {
    CHECK(status_of(packet_of(protection, 101)) == Status::ok);
    CHECK(card.executed == std::vector<std::string>{to_hex(kData) + "@101"});
    SECTION("02 the same packet again") {
      CHECK(status_of(packet_of(protection, 101)) == Status::counter_low);
      CHECK(card.executed.size() == 1);
    }
  }
  SECTION("01 wrong checksum") {
    protection.checksum_key->value.expose_mutable()[3] ^= 1;
    CHECK(status_of(packet_of(protection, 101)) == Status::checksum_failed);
  }
  SECTION("02 low") { CHECK(status_of(packet_of(protection, 99)) == Status::counter_low); }
  SECTION("03 high, where exactly one more is wanted") {
    protection.spi.first = 0x1E;
    CHECK(status_of(packet_of(protection, 102)) == Status::counter_high);
    CHECK(status_of(packet_of(protection, 100)) == Status::counter_low);
    CHECK(card.last == 100);
    CHECK(status_of(packet_of(protection, 101)) == Status::ok);
    card.executed.clear();
    card.last = 100;
  }
  SECTION("04 blocked") {
    card.last = ota::kLastCounter;
    CHECK(status_of(packet_of(protection, ota::kLastCounter)) == Status::counter_blocked);
    CHECK(status_of(packet_of(protection, 5)) == Status::counter_blocked);
    card.last = 100;
  }
  SECTION("05 not whole blocks") {
    Bytes packet = packet_of(protection, 101);
    packet.push_back(0x00);
    packet[1] = static_cast<std::uint8_t>(packet[1] + 1);
    CHECK(status_of(packet) == Status::ciphering_error);
  }
  SECTION("05 more padding than a block") {
    protection.spi.first = 0x14;  // ciphered without CC: the octets are whatever the wrong key makes of them
    protection.cipher_key->value.expose_mutable()[0] ^= 1;
    CHECK(status_of(packet_of(protection, ota::kLastCounter)) != Status::ok);
  }
  SECTION("06 header length that fits no checksum, signatures, and unknown key versions") {
    Bytes packet = packet_of(protection, 101);
    packet[2] = 0x11;
    CHECK(status_of(packet) == Status::security_error);
    packet = packet_of(protection, 101);
    packet[3] |= 0x03;
    CHECK(status_of(packet) == Status::security_error);
    protection.kic = 0x72;
    CHECK(status_of(packet_of(protection, 101)) == Status::security_error);
    protection.kic = 0x22;
    protection.kid = 0x72;
    CHECK(status_of(packet_of(protection, 101)) == Status::security_error);
    protection.kid = 0x25;  // triple DES with an AES key
    CHECK(status_of(packet_of(protection, 101)) == Status::security_error);
    protection.kid = 0x32;
    CHECK(status_of(packet_of(protection, 101)) == Status::security_error);
  }
  SECTION("07 the counter cannot be stored") {
    card.store_works = false;
    CHECK(status_of(packet_of(protection, 101)) == Status::no_memory);
  }
  SECTION("09 unknown TAR") { CHECK(status_of(packet_of(protection, 101, {0xB0, 0x00, 0x12})) == Status::unknown_tar); }
  SECTION("0A below the minimum security level, mechanism by mechanism") {
    for (const auto& [minimum, first] : {std::pair{0x12, 0x11}, {0x12, 0x0A}, {0x06, 0x12}, {0x1A, 0x12}, {0x01, 0x00}, {0x02, 0x01}}) {
      card.minimum = static_cast<std::uint8_t>(minimum);
      protection.spi.first = static_cast<std::uint8_t>(first);
      INFO(std::hex << minimum << " " << first);
      CHECK(status_of(packet_of(protection, 101)) == Status::security_level_too_low);
    }
  }
  if (card.executed.size() > 1) FAIL("a refused packet was executed");
}

TEST_CASE("A proof is given as often as it is asked for", "[ota]") {
  for (const std::uint8_t wanted : std::array<std::uint8_t, 3>{0x00, 0x01, 0x02}) {
    FakeCard card;
    const auto protection = security("3des", {.first = 0x16, .second = wanted});
    CHECK(ota::receive(packet_of(protection, 1), card)->proof.has_value() == (wanted == 1));
    CHECK(ota::receive(packet_of(protection, 1), card)->proof.has_value() == (wanted != 0));
  }
}

TEST_CASE("The proof of a refusal is protected when the card has the keys", "[ota]") {
  FakeCard card;
  card.last = 7;
  auto protection = security("aes", {.first = 0x16, .second = 0x19});
  const auto low = ota::receive(packet_of(protection, 7), card);
  const auto proof = ota_sender::read_proof(proof_of(*low), protection);
  CHECK(proof.status == 0x02);
  CHECK(proof.checked);
  CHECK(proof.ciphered);
  const auto unknown = ota::receive(packet_of(protection, 8, {1, 2, 3}), card);
  const auto plain = ota_sender::read_proof(proof_of(*unknown), protection);
  CHECK(plain.status == 0x09);
  CHECK_FALSE(plain.checked);
}

TEST_CASE("A packet changed in any bit is not executed and moves no counter", "[ota]") {
  for (const char* keys : {"aes", "3des"}) {
    for (const std::uint8_t first : std::array<std::uint8_t, 2>{0x16, 0x12}) {
      const Bytes packet = packet_of(security(keys, {.first = first, .second = 0x19}), 5);
      for (std::size_t bit = 0; bit < packet.size() * 8; ++bit) {
        FakeCard card;
        card.minimum = 0x12;
        card.last = 3;
        Bytes changed = packet;
        changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ 1U << bit % 8);
        const auto received = ota::receive(changed, card);
        INFO(keys << " bit " << bit);
        CHECK(card.executed.empty());
        CHECK(card.last == 3);
        if (received) CHECK(received->status != Status::ok);
      }
    }
  }
}

TEST_CASE("Key version 0 means the keys that the domain has", "[ota]") {
  FakeCard card;
  auto protection = security("aes", {.first = 0x16, .second = 0x19});
  protection.kic = 0x00;
  protection.kid = 0x00;
  const auto received = ota::receive(packet_of(protection, 1), card);
  REQUIRE(received);
  CHECK(received->status == Status::ok);
  CHECK(ota_sender::read_proof(proof_of(*received), protection).checked);
}

TEST_CASE("A checksum of four octets when the key is for one", "[ota]") {
  FakeCard card;
  card.keys[1].components[0].mac_length = 4;
  auto protection = security("aes", {.first = 0x16, .second = 0x19});
  protection.checksum_key->checksum_length = 4;
  const Bytes packet = packet_of(protection, 1);
  CHECK(packet[2] == 0x11);
  const auto received = ota::receive(packet, card);
  REQUIRE(received);
  CHECK(received->status == Status::ok);
  CHECK(ota_sender::read_proof(proof_of(*received), protection).checked);
}

TEST_CASE("What is no command packet is nobody's", "[ota]") {
  FakeCard card;
  const Bytes packet = packet_of(security("aes", {.first = 0x00, .second = 0x01}), 1);
  for (std::size_t size = 0; size < packet.size(); ++size) {
    INFO(size);
    CHECK_FALSE(ota::receive(ByteView(packet).first(size), card));
  }
  CHECK(card.executed.empty());
}
