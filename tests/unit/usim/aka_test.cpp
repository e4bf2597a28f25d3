#include "euicc/usim/aka.h"

#include <catch2/catch.hpp>

using namespace simurgh;
using namespace simurgh::usim;
using namespace simurgh::literals;

namespace {

const Bytes kAmf{0x80, 0x00};
const Bytes kRand = "23553cbe9637a89d218ae64dae47bf35"_hex;

AkaParameters milenage() {
  AkaParameters out;
  out.key = crypto::SecretBytes(ByteView("465b5ce8b199b49faa5f0a2ee238a6bc"_hex));
  out.opc = crypto::SecretBytes(ByteView("cd63cb71954a9f4e48a5994e37a02baf"_hex));
  return out;
}

std::uint64_t sqn(std::uint64_t seq, std::uint64_t ind) { return seq << 5 | ind; }

// What the card says of a vector with this SQN: "ok", "sync" or "mac".
std::string verdict(const AkaParameters& parameters, SqnState& state, std::uint64_t number) {
  const Vector vector = generate_vector(parameters, kRand, number, kAmf);
  const auto outcome = authenticate_3g(parameters, state, vector.rand, vector.autn);
  if (!outcome) return outcome.error() == AkaError::mac_wrong ? "mac" : "limit";
  return outcome->success ? "ok" : "sync";
}

}  // namespace

TEST_CASE("A card and a network with the same key agree on RES, CK and IK", "[usim]") {
  const AkaParameters parameters = milenage();
  SqnState state;
  const Vector vector = generate_vector(parameters, kRand, sqn(1, 0), kAmf);
  const auto outcome = authenticate_3g(parameters, state, vector.rand, vector.autn);
  REQUIRE(outcome);
  REQUIRE(outcome->success);
  REQUIRE(equal(outcome->success->res.expose(), vector.xres));
  REQUIRE(equal(outcome->success->ck.expose(), vector.ck));
  REQUIRE(equal(outcome->success->ik.expose(), vector.ik));
  REQUIRE(to_hex(encode_success(*outcome->success, true)).starts_with("DB08A54211D5E3BA50BF10B40BA9A3C58B2A05BBF0D987B21BF8CB10F769BCD7"));
  REQUIRE(encode_success(*outcome->success, true).size() == 0x35);
  REQUIRE(encode_success(*outcome->success, false).size() == 0x2C);
}

TEST_CASE("A replayed SQN is answered by AUTS that the network resolves, a forged AUTN never is", "[usim]") {
  const AkaParameters parameters = milenage();
  SqnState state;
  REQUIRE(verdict(parameters, state, sqn(5, 3)) == "ok");
  const Vector replay = generate_vector(parameters, kRand, sqn(5, 3), kAmf);
  const auto outcome = authenticate_3g(parameters, state, replay.rand, replay.autn);
  REQUIRE(outcome);
  REQUIRE(outcome->sync_failure);
  REQUIRE(resolve_auts(parameters, kRand, outcome->sync_failure->auts) == sqn(5, 3));
  REQUIRE(encode_sync_failure(*outcome->sync_failure).size() == 16);

  Bytes forged = replay.autn;
  forged[15] ^= 1;
  const auto refused = authenticate_3g(parameters, state, replay.rand, forged);
  REQUIRE_FALSE(refused);
  REQUIRE(refused.error() == AkaError::mac_wrong);
  Bytes tampered = outcome->sync_failure->auts;
  tampered[0] ^= 1;
  REQUIRE_FALSE(resolve_auts(parameters, kRand, tampered));
}

TEST_CASE("AUTS of Milenage set 1 has the published value", "[usim]") {
  const AkaParameters parameters = milenage();
  SqnState state;
  const std::uint64_t number = be_value("ff9bb4d0b607"_hex);
  state.seq[number & 0x1F] = number >> 5;
  const auto vector = generate_vector(parameters, kRand, sqn(1, 7), kAmf);
  const auto outcome = authenticate_3g(parameters, state, vector.rand, vector.autn);
  REQUIRE(outcome->sync_failure);
  REQUIRE(to_hex(encode_sync_failure(*outcome->sync_failure)) == "DC0EBA853F3C123CCF44E93596E355C6");
}

TEST_CASE("Each index has its own sequence, so late vectors of another index are taken", "[usim]") {
  const AkaParameters parameters = milenage();
  SqnState state;
  REQUIRE(verdict(parameters, state, sqn(100, 1)) == "ok");
  REQUIRE(verdict(parameters, state, sqn(99, 2)) == "ok");
  REQUIRE(verdict(parameters, state, sqn(99, 2)) == "sync");
  REQUIRE(verdict(parameters, state, sqn(99, 1)) == "sync");
  REQUIRE(verdict(parameters, state, sqn(101, 1)) == "ok");
}

TEST_CASE("A jump of delta or more is refused while the check is on, and an old SEQ is not a jump", "[usim]") {
  AkaParameters parameters = milenage();
  parameters.sqn_delta = 1000;
  SqnState state;
  REQUIRE(verdict(parameters, state, sqn(999, 0)) == "ok");
  REQUIRE(verdict(parameters, state, sqn(1999, 0)) == "sync");
  REQUIRE(verdict(parameters, state, sqn(1, 4)) == "ok");
  parameters.sqn_options = 0;
  REQUIRE(verdict(parameters, state, sqn(1999999, 0)) == "ok");
}

TEST_CASE("A card out of step comes back into step with every algorithm", "[usim]") {
  const auto rng = crypto::seeded_rng(1);
  for (const Algorithm algorithm : {Algorithm::milenage, Algorithm::tuak, Algorithm::usim_test}) {
    AkaParameters parameters;
    parameters.algorithm = algorithm;
    parameters.key = crypto::SecretBytes(ByteView(rng->bytes(16)));
    parameters.opc = crypto::SecretBytes(ByteView(rng->bytes(algorithm == Algorithm::tuak ? 32 : 16)));
    REQUIRE(parameters.well_formed());
    SqnState state;
    std::uint64_t network = sqn(0x7FFFF, 9);
    REQUIRE(verdict(parameters, state, network) == "ok");
    network = sqn(0x100, 9);  // the home network lost its memory
    const Bytes rand = rng->bytes(16);
    const Vector vector = generate_vector(parameters, rand, network, kAmf);
    const auto outcome = authenticate_3g(parameters, state, vector.rand, vector.autn);
    REQUIRE(outcome);
    REQUIRE(outcome->sync_failure);
    const auto sqn_ms = resolve_auts(parameters, rand, outcome->sync_failure->auts);
    REQUIRE(sqn_ms == sqn(0x7FFFF, 9));
    REQUIRE(verdict(parameters, state, *sqn_ms + 32) == "ok");
    // Nothing but the answer comes of a wrong RAND, and any flipped bit of AUTN is a wrong MAC.
    const Vector next = generate_vector(parameters, rand, *sqn_ms + 64, kAmf);
    const SqnState before = state;
    for (std::size_t bit = 0; bit < 128; ++bit) {
      Bytes forged = next.autn;
      forged[bit / 8] ^= static_cast<std::uint8_t>(0x80U >> bit % 8);
      const auto refused = authenticate_3g(parameters, state, rand, forged);
      REQUIRE_FALSE(refused);
      REQUIRE(refused.error() == AkaError::mac_wrong);
    }
    REQUIRE(state.seq == before.seq);
  }
}

TEST_CASE("The highest SEQ there is can be used once", "[usim]") {
  AkaParameters parameters = milenage();
  parameters.sqn_options = 0;
  SqnState state;
  const std::uint64_t last = (std::uint64_t{1} << 48) - 1;
  REQUIRE(verdict(parameters, state, last) == "ok");
  REQUIRE(verdict(parameters, state, last) == "sync");
  REQUIRE(verdict(parameters, state, last - 1) == "ok");  // another index
  REQUIRE(SqnState::decode(state.encode())->seq == state.seq);
}

TEST_CASE("SEQ zero is never fresh", "[usim]") {
  const AkaParameters parameters = milenage();
  SqnState state;
  REQUIRE(verdict(parameters, state, sqn(0, 0)) == "sync");
  REQUIRE(verdict(parameters, state, sqn(0, 31)) == "sync");
  REQUIRE(verdict(parameters, state, sqn(1, 31)) == "ok");
}

TEST_CASE("The age limit refuses what lies too far behind, when it is on", "[usim]") {
  AkaParameters parameters = milenage();
  parameters.sqn_options = 0x03;
  parameters.sqn_age_limit = 10;
  SqnState state;
  REQUIRE(verdict(parameters, state, sqn(100, 0)) == "ok");
  REQUIRE(verdict(parameters, state, sqn(90, 1)) == "sync");
  REQUIRE(verdict(parameters, state, sqn(91, 1)) == "ok");
}

TEST_CASE("The authentication counter stops a card at its maximum", "[usim]") {
  AkaParameters parameters = milenage();
  parameters.auth_counter_max = 2;
  SqnState state;
  REQUIRE(verdict(parameters, state, sqn(1, 0)) == "ok");
  REQUIRE(verdict(parameters, state, sqn(2, 0)) == "ok");
  REQUIRE(verdict(parameters, state, sqn(3, 0)) == "limit");
}

TEST_CASE("The stored SQN state reads back and anything else is refused", "[usim]") {
  SqnState state;
  state.seq[31] = 0x7FFFFFFFFFF;
  state.authentications = 7;
  const Bytes encoded = state.encode();
  const auto back = SqnState::decode(encoded);
  REQUIRE(back);
  REQUIRE(back->seq == state.seq);
  REQUIRE(back->authentications == 7);
  REQUIRE_FALSE(SqnState::decode(ByteView(encoded).first(encoded.size() - 1)));
  REQUIRE_FALSE(SqnState::decode({}));
  Bytes too_large = encoded;
  too_large[0] = 0x08;  // 44 bits
  REQUIRE_FALSE(SqnState::decode(too_large));
}

TEST_CASE("Command data of AUTHENTICATE must have both lengths right", "[usim]") {
  Bytes data{0x10};
  append(data, kRand);
  REQUIRE(parse_gsm(data));
  data.push_back(0x10);
  REQUIRE_FALSE(parse_gsm(data));
  REQUIRE_FALSE(parse_3g(data));
  append(data, kRand);
  REQUIRE(parse_3g(data));
  data[17] = 0x0F;
  REQUIRE_FALSE(parse_3g(data));
}
