// SCP02 and SCP03 from the card's side against published exchanges.
#include <catch2/catch.hpp>

#include "euicc/crypto/des.h"
#include "euicc/gp/secure_channel.h"

using namespace simurgh;
using namespace simurgh::literals;

namespace {

// Gives these octets and nothing else: the challenge of a recorded session.
struct FixedRng final : crypto::Rng {
  explicit FixedRng(Bytes octets_in) : octets(std::move(octets_in)) {}
  void fill(std::span<std::uint8_t> out) override {
    REQUIRE(out.size() <= octets.size());
    std::copy_n(octets.begin(), out.size(), out.begin());
    octets.erase(octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(out.size()));
  }
  Bytes octets;
};

gp::KeySet keys(std::uint8_t version, ByteView enc, ByteView mac, ByteView dek) {
  return {version, crypto::SecretBytes(enc), crypto::SecretBytes(mac), crypto::SecretBytes(dek)};
}

gp::KeySet scp03_keys() {
  return keys(0x30, "000102030405060708090A0B0C0D0E0F"_hex, "101112131415161718191A1B1C1D1E1F"_hex, "202122232425262728292A2B2C2D2E2F"_hex);
}

gp::KeySet scp02_keys(std::uint8_t version) {
  return keys(version, "100102030405060708090A0B0C0D0E0F"_hex, "101102030405060708090A0B0C0D0E0F"_hex, "102102030405060708090A0B0C0D0E0F"_hex);
}

// A command object over octets that outlive it.
struct Wire {
  explicit Wire(const std::string& hex) : octets(from_hex(hex).value()), command(apdu::parse_command(octets).value()) {}
  Bytes octets;
  apdu::Command command;
};

const Bytes kNoDiversification(10, 0x00);
const Bytes kAid = "A0000005591010FFFFFFFF8900000100"_hex;

gp::Initiated scp03(std::uint32_t counter, const Bytes& host_challenge, std::uint8_t i = 0x70) {
  FixedRng none({});
  auto out = gp::initiate_scp03(scp03_keys(), i, kAid, kNoDiversification, counter, host_challenge, none);
  REQUIRE(out);
  return *std::move(out);
}

std::uint16_t refused(const auto& result) { return result ? 0 : apdu::value(result.error().sw); }

}  // namespace

TEST_CASE("SCP03 at level 33 reproduces a recorded session octet by octet", "[scp03]") {
  const auto [session, response] = scp03(3, "fdf38259a1e0de44"_hex);
  CHECK(to_hex(response) == "00000000000000000000300370" "3B1ACA81E821F219" "081CDC01C26B372D" "000003");
  CHECK(session->security().by == gp::Security::By::plain);
  REQUIRE(session->external_authenticate(Wire("84823300108c36f96bcc00724a4e13ad591d7da3f0").command));
  CHECK(session->level() == 0x33);
  CHECK(to_hex(session->security().key.value) == "202122232425262728292A2B2C2D2E2F");
  const auto plain = session->unwrap(Wire("84e2910018267a85dfe4a98fca6fb0527e0dfecce4914e40401433c87f00").command);
  REQUIRE(plain);
  CHECK(to_hex(*plain) == "BF3E035C015A");
  CHECK(to_hex(session->wrap("bf3e125a1089882119900000000000000000000005"_hex, apdu::Sw::ok)) ==
        "F3BA2B1013AA6224F5E1C138D71805C569E5439B47576260B75FC021B25097CB" "2E68F8A0144975B9");
}

TEST_CASE("SCP03 at level 03 reproduces a recorded session octet by octet", "[scp03]") {
  const auto [session, response] = scp03(1, "8e1552d0513c60f3"_hex);
  CHECK(to_hex(response).substr(26) == "30760CD2C47C1DD3" "95065FE5EAD8A9D7" "000001");
  REQUIRE(session->external_authenticate(Wire("8482030010fd4721a14d9b07003c451d2f8ae6bb21").command));
  const auto plain = session->unwrap(Wire("84e2910018ca9c00f6713d79bc8baa642bdff51c3f6a4082d3bd9ad26c00").command);
  REQUIRE(plain);
  CHECK(to_hex(*plain) == "BF3E035C015A");
  CHECK(to_hex(session->wrap("0102"_hex, apdu::Sw::ok)) == "0102");
}

TEST_CASE("SCP03 counts commands without data and protects no error", "[scp03]") {
  const auto [session, response] = scp03(3, "fdf38259a1e0de44"_hex);
  REQUIRE(session->external_authenticate(Wire("84823300108c36f96bcc00724a4e13ad591d7da3f0").command));
  CHECK(session->wrap({}, apdu::Sw::data_not_found).empty());
  CHECK(session->wrap("01"_hex, apdu::Sw::incorrect_data) == "01"_hex);
  CHECK(session->wrap({}, apdu::Sw::ok).size() == 8);
  CHECK(session->wrap("01"_hex, apdu::Sw::gp_more_data).size() == 24);
}

TEST_CASE("SCP03 refuses a wrong cryptogram, a wrong MAC and levels that are not offered", "[scp03]") {
  const Bytes challenge = "fdf38259a1e0de44"_hex;
  CHECK(refused(scp03(3, challenge).session->external_authenticate(Wire("84823300108c36f96bcc00724b4e13ad591d7da3f0").command)) == 0x6300);
  CHECK(refused(scp03(3, challenge).session->external_authenticate(Wire("84823300108c36f96bcc00724a4e13ad591d7da3f1").command)) == 0x6982);
  // The same MAC does not fit another level.
  CHECK(refused(scp03(3, challenge).session->external_authenticate(Wire("84820300108c36f96bcc00724a4e13ad591d7da3f0").command)) == 0x6982);
  for (const char* level : {"02", "10", "23", "31", "30", "FF"}) {
    const std::string command = std::string("8482") + level + "00108c36f96bcc00724a4e13ad591d7da3f0";
    CHECK(refused(scp03(3, challenge).session->external_authenticate(Wire(command).command)) == 0x6A86);
  }
  // "i" without R-MAC offers no level with it.
  CHECK(refused(scp03(3, challenge, 0x10).session->external_authenticate(Wire("84823300108c36f96bcc00724a4e13ad591d7da3f0").command)) == 0x6A86);
  CHECK(refused(scp03(3, challenge).session->external_authenticate(Wire("848233000F8c36f96bcc00724a4e13ad591d7da3").command)) == 0x6700);

  const auto [session, response] = scp03(3, challenge);
  CHECK(refused(session->unwrap(Wire("84e2910018267a85dfe4a98fca6fb0527e0dfecce4914e40401433c87f").command)) == 0x6985);
  REQUIRE(session->external_authenticate(Wire("84823300108c36f96bcc00724a4e13ad591d7da3f0").command));
  CHECK(refused(session->unwrap(Wire("84e2910018267a85dfe4a98fca6fb0527e0dfecce4914e40401433c87e").command)) == 0x6982);
  CHECK(refused(session->unwrap(Wire("84F2400000").command)) == 0x6982);
}

TEST_CASE("SCP03 takes a random challenge, S16 mode and AES-256", "[scp03]") {
  FixedRng rng(Bytes(16, 0xA5));
  const Bytes key(32, 0x42);
  auto out = gp::initiate_scp03(keys(0x31, key, key, key), 0x61, kAid, kNoDiversification, 9, Bytes(16, 0x01), rng);
  REQUIRE(out);
  REQUIRE(out->response.size() == 13 + 32);
  CHECK(to_hex(ByteView(out->response).subspan(10, 19)) == "310361" "A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5");
  FixedRng none({});
  CHECK(refused(gp::initiate_scp03(keys(0x31, key, key, key), 0x61, kAid, kNoDiversification, 9, Bytes(8, 0x01), none)) == 0x6700);
}

TEST_CASE("SCP02 reproduces a recorded session octet by octet", "[scp02]") {
  FixedRng rng("6B4524ABEE7C"_hex);
  auto out = gp::initiate_scp02(scp02_keys(0x70), 0x15, kAid, kNoDiversification, 1, "40A62C37FA6304F8"_hex, rng);
  REQUIRE(out);
  CHECK(to_hex(out->response) == "00000000000000000000" "7002" "0001" "6B4524ABEE7C" "F32EA3838BC148F3");
  REQUIRE(out->session->external_authenticate(Wire("8482010010BA6961667737C5BCEBECE14C7D6A4376").command));
  CHECK(to_hex(out->session->security().key.value) == "511DB767812597722109C867F9D7257A");
  const auto plain = out->session->unwrap(Wire("84F220020814DB34FA4341DCA8").command);
  REQUIRE(plain);
  CHECK(plain->empty());
  // A replayed command does not fit the chain.
  CHECK(refused(out->session->unwrap(Wire("84F220020814DB34FA4341DCA8").command)) == 0x6982);
}

TEST_CASE("SCP02 refuses a wrong cryptogram, a wrong MAC and levels that are not offered", "[scp02]") {
  const auto session = [](std::uint8_t i = 0x15) {
    FixedRng rng("6B4524ABEE7C"_hex);
    auto out = gp::initiate_scp02(scp02_keys(0x20), i, kAid, kNoDiversification, 1, "40A62C37FA6304F8"_hex, rng);
    REQUIRE(out);
    return std::move(out->session);
  };
  CHECK(refused(session()->external_authenticate(Wire("8482010010BA6961667737C5BDEBECE14C7D6A4376").command)) == 0x6300);
  CHECK(refused(session()->external_authenticate(Wire("8482010010BA6961667737C5BCEBECE14C7D6A4377").command)) == 0x6982);
  CHECK(refused(session()->external_authenticate(Wire("8482110010BA6961667737C5BCEBECE14C7D6A4376").command)) == 0x6A86);
  CHECK(refused(session(0x35)->external_authenticate(Wire("8482110010BA6961667737C5BCEBECE14C7D6A4376").command)) == 0x6982);
  FixedRng none({});
  CHECK(refused(gp::initiate_scp02(scp02_keys(0x20), 0x15, kAid, kNoDiversification, 1, "40A62C37FA6304"_hex, none)) == 0x6700);
}

TEST_CASE("The pseudo-random challenge of SCP02 is the MAC of the domain's AID") {
  FixedRng none({});
  auto out = gp::initiate_scp02(scp02_keys(0x20), 0x55, kAid, kNoDiversification, 1, "40A62C37FA6304F8"_hex, none);
  REQUIRE(out);
  // The C-MAC session key of counter 1, from the recorded session.
  const auto mac = crypto::des_retail_mac("29a69328e60494982632039ddd47a2f1"_hex, Bytes(8), "A0000005591010FFFFFFFF89000001008000000000000000"_hex);
  CHECK(to_hex(ByteView(out->response).subspan(14, 6)) == to_hex(ByteView(mac).first(6)));
}

TEST_CASE("Key check values are those of GlobalPlatform") {
  CHECK(to_hex(gp::key_check_value(0x88, "000102030405060708090A0B0C0D0E0F"_hex)) == "C35280");
  CHECK(to_hex(gp::key_check_value(0x88, "101112131415161718191A1B1C1D1E1F"_hex)) == "013808");
  CHECK(to_hex(gp::key_check_value(0x88, "202122232425262728292A2B2C2D2E2F"_hex)) == "840DE5");
  // 404142..4F: the test key of many cards.
  CHECK(to_hex(gp::key_check_value(0x80, "404142434445464748494A4B4C4D4E4F"_hex)) == "8BAF47");
  CHECK(gp::key_check_value(0x85, "00"_hex).empty());
}
