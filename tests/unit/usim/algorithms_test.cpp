// Walks vectors/usim: every file, every case.
#include "euicc/usim/algorithms.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>
#include <map>

#include "euicc/usim/aka.h"
#include "tests/support/vector_file.h"
#include "tests/support/paths.h"

using namespace simurgh;
using namespace simurgh::usim;
using namespace simurgh::literals;
using simurgh::test::VectorCase;

namespace {

crypto::SecretBytes secret(ByteView bytes) { return crypto::SecretBytes(bytes); }

void check_functions(const VectorCase& c, const AuthFunctions& f) {
  CHECK(f.f1(c.hex("RAND"), c.hex("SQN"), c.hex("AMF")) == c.hex("f1"));
  if (c.has("f1*")) CHECK(f.f1_star(c.hex("RAND"), c.hex("SQN"), c.hex("AMF")) == c.hex("f1*"));
  const Keys keys = f.f2345(c.hex("RAND"));
  CHECK(to_bytes(keys.res.expose()) == c.hex("f2"));
  CHECK(to_bytes(keys.ck.expose()) == c.hex("f3"));
  CHECK(to_bytes(keys.ik.expose()) == c.hex("f4"));
  CHECK(to_bytes(keys.ak.expose()) == c.hex("f5"));
  if (c.has("f5*")) CHECK(f.f5_star(c.hex("RAND")) == c.hex("f5*"));
}

void check_card(const VectorCase& c, const AkaParameters& parameters) {
  REQUIRE(parameters.well_formed());
  check_functions(c, *functions(parameters));
  const GsmKeys gsm = authenticate_gsm(parameters, c.hex("RAND"));
  CHECK(to_bytes(gsm.sres.expose()) == c.hex("c2"));
  CHECK(to_bytes(gsm.kc.expose()) == c.hex("c3"));
  const Vector vector = generate_vector(parameters, c.hex("RAND"), be_value(c.hex("SQN")), c.hex("AMF"));
  CHECK(vector.autn == c.hex("AUTN"));
}

void check_milenage(const VectorCase& c) {
  CHECK(to_bytes(milenage_opc(c.hex("K"), c.hex("OP")).expose()) == c.hex("OPc"));
  AkaParameters parameters;
  parameters.key = secret(c.hex("K"));
  parameters.opc = secret(c.hex("OPc"));
  if (c.has("rotation")) {
    const Bytes rotation = c.hex("rotation"), xoring = c.hex("xoring");
    REQUIRE(rotation.size() == parameters.rotation.size());
    REQUIRE(xoring.size() == parameters.xoring.size());
    std::copy(rotation.begin(), rotation.end(), parameters.rotation.begin());
    std::copy(xoring.begin(), xoring.end(), parameters.xoring.begin());
  }
  check_card(c, parameters);
}

void check_tuak(const VectorCase& c) {
  const auto iterations = static_cast<unsigned>(c.number("iterations"));
  CHECK(to_bytes(tuak_topc(c.hex("K"), c.hex("TOP"), iterations).expose()) == c.hex("TOPc"));
  const TuakSizes sizes{.mac = c.hex("f1").size(), .res = c.hex("f2").size(), .ck = c.hex("f3").size(), .ik = c.hex("f4").size()};
  check_functions(c, Tuak(c.hex("K"), c.hex("TOPc"), iterations, sizes));
}

void check_xor(const VectorCase& c) {
  AkaParameters parameters;
  parameters.algorithm = Algorithm::usim_test;
  parameters.key = secret(c.hex("K"));
  check_card(c, parameters);
}

// The data of one AUTHENTICATE as a card answers it.
void check_dialogue(const VectorCase& c) {
  AkaParameters parameters;
  parameters.key = secret(c.hex("K"));
  parameters.opc = secret(c.hex("OPc"));
  const Bytes command = c.hex("command");
  if (c.text("context") == "80") {
    const auto rand = parse_gsm(command);
    REQUIRE(rand);
    CHECK(encode_gsm(authenticate_gsm(parameters, *rand)) == c.hex("response"));
    return;
  }
  parameters.sqn_options = c.hex("options")[0];
  SqnState state;
  if (c.has("highest")) {
    const std::uint64_t highest = be_value(c.hex("highest"));
    state.seq[highest & 0x1F] = highest >> 5;
  }
  const SqnState before = state;
  const auto challenge = parse_3g(command);
  REQUIRE(challenge);
  const auto outcome = authenticate_3g(parameters, state, challenge->rand, challenge->autn);
  if (c.text("response") == "9862") {
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error() == AkaError::mac_wrong);
    CHECK(state.seq == before.seq);
    return;
  }
  REQUIRE(outcome);
  REQUIRE(outcome->success.has_value() != outcome->sync_failure.has_value());
  if (outcome->success) {
    CHECK(encode_success(*outcome->success, !c.has("kc")) == c.hex("response"));
    CHECK(state.seq != before.seq);
  } else {
    CHECK(encode_sync_failure(*outcome->sync_failure) == c.hex("response"));
    CHECK(state.seq == before.seq);
  }
}

}  // namespace

TEST_CASE("Every vector of vectors/usim holds", "[usim][vectors]") {
  const std::map<std::string, std::function<void(const VectorCase&)>> checks{
      {"milenage", check_milenage}, {"tuak", check_tuak}, {"xor", check_xor}, {"dialogue", check_dialogue}};
  std::map<std::string, int> seen;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(simurgh::test::source_dir()) / "vectors/usim")) {
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
  CHECK(seen["milenage"] >= 9);
  CHECK(seen["tuak"] >= 6);
  CHECK(seen["xor"] >= 1);
  CHECK(seen["dialogue"] >= 5);
}

TEST_CASE("The options octet chooses the length of RES", "[usim]") {
  AkaParameters parameters;
  parameters.key = crypto::SecretBytes(std::size_t{16});
  parameters.opc = crypto::SecretBytes(std::size_t{16});
  const auto res_size = [&](int options) {
    parameters.algorithm_options = static_cast<std::uint8_t>(options);
    return functions(parameters)->f2345(Bytes(16)).res.size();
  };
  for (const int options : {0, 1, 2, 3}) CHECK(res_size(options) == 8);  // Milenage knows one length
  parameters.algorithm = Algorithm::usim_test;
  CHECK((res_size(0) == 4 && res_size(1) == 8 && res_size(2) == 16 && res_size(3) == 16));
  parameters.algorithm = Algorithm::tuak;
  parameters.opc = crypto::SecretBytes(std::size_t{32});
  CHECK((res_size(0) == 4 && res_size(1) == 8 && res_size(2) == 16 && res_size(3) == 32));
}

TEST_CASE("Parameters with sizes an algorithm does not know are not well formed", "[usim]") {
  AkaParameters parameters;
  CHECK_FALSE(parameters.well_formed());
  parameters.key = crypto::SecretBytes(std::size_t{16});
  CHECK_FALSE(parameters.well_formed());
  parameters.opc = crypto::SecretBytes(std::size_t{16});
  CHECK(parameters.well_formed());
  parameters.key = crypto::SecretBytes(std::size_t{32});
  CHECK_FALSE(parameters.well_formed());
  parameters.algorithm = Algorithm::tuak;
  CHECK_FALSE(parameters.well_formed());
  parameters.opc = crypto::SecretBytes(std::size_t{32});
  CHECK(parameters.well_formed());
  parameters.keccak_iterations = 0;
  CHECK_FALSE(parameters.well_formed());
  parameters.algorithm = Algorithm::usim_test;
  CHECK_FALSE(parameters.well_formed());
  parameters.key = crypto::SecretBytes(std::size_t{16});
  parameters.opc = {};
  CHECK(parameters.well_formed());
}

TEST_CASE("A copy of parameters gives the same vectors", "[usim]") {
  AkaParameters parameters;
  parameters.key = secret("465b5ce8b199b49faa5f0a2ee238a6bc"_hex);
  parameters.opc = secret("cd63cb71954a9f4e48a5994e37a02baf"_hex);
  parameters.rotation = {1, 2, 3, 4, 5};
  parameters.xoring[7] = 0x55;
  const AkaParameters copy = parameters.clone();
  const Bytes rand(16, 0x42), amf{0x80, 0x00};
  CHECK(generate_vector(copy, rand, 0x1234, amf).autn == generate_vector(parameters, rand, 0x1234, amf).autn);
}
