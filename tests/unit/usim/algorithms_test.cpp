#include "euicc/usim/algorithms.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <cctype>
#include <map>
#include <sstream>

#include "euicc/usim/aka.h"

using namespace simurgh;
using namespace simurgh::usim;

namespace {

using Set = std::map<std::string, std::string>;

std::vector<Set> read_sets(const std::string& name) {
  std::ifstream in(std::string(SIMURGH_SOURCE_DIR) + "/vectors/usim/" + name);
  std::vector<Set> out;
  std::string line;
  while (std::getline(in, line)) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    std::string key, value;
    words >> key >> value;
    if (key == "set") out.emplace_back();
    if (!out.empty()) out.back()[key] = value;
  }
  return out;
}

Bytes hex(const Set& set, const std::string& key) { return from_hex(set.at(key)).value(); }
crypto::SecretBytes secret(const Set& set, const std::string& key) { return crypto::SecretBytes(ByteView(hex(set, key))); }
std::string lower(ByteView view) {
  std::string out = to_hex(view);
  for (char& c : out) c = static_cast<char>(std::tolower(c));
  return out;
}

}  // namespace

TEST_CASE("Milenage reproduces the published test sets", "[usim]") {
  const auto sets = read_sets("milenage.txt");
  REQUIRE(sets.size() >= 7);
  for (const Set& set : sets) {
    INFO("set " << set.at("set"));
    REQUIRE(lower(milenage_opc(hex(set, "K"), hex(set, "OP")).expose()) == set.at("OPc"));
    AkaParameters parameters;
    parameters.key = secret(set, "K");
    parameters.opc = secret(set, "OPc");
    const auto f = functions(parameters);
    REQUIRE(lower(f->f1(hex(set, "RAND"), hex(set, "SQN"), hex(set, "AMF"))) == set.at("f1"));
    REQUIRE(lower(f->f1_star(hex(set, "RAND"), hex(set, "SQN"), hex(set, "AMF"))) == set.at("f1*"));
    const Keys keys = f->f2345(hex(set, "RAND"));
    REQUIRE(lower(keys.res.expose()) == set.at("f2"));
    REQUIRE(lower(keys.ck.expose()) == set.at("f3"));
    REQUIRE(lower(keys.ik.expose()) == set.at("f4"));
    REQUIRE(lower(keys.ak.expose()) == set.at("f5"));
    REQUIRE(lower(f->f5_star(hex(set, "RAND"))) == set.at("f5*"));
    const GsmKeys gsm = authenticate_gsm(parameters, hex(set, "RAND"));
    REQUIRE(lower(gsm.sres.expose()) == set.at("c2"));
    REQUIRE(lower(gsm.kc.expose()) == set.at("c3"));
    const Vector vector = generate_vector(parameters, hex(set, "RAND"), be_value(hex(set, "SQN")), hex(set, "AMF"));
    REQUIRE(lower(vector.autn) == set.at("AUTN"));
  }
}

TEST_CASE("TUAK reproduces the published test sets", "[usim]") {
  const auto sets = read_sets("tuak.txt");
  REQUIRE(sets.size() >= 3);
  for (const Set& set : sets) {
    INFO("set " << set.at("set"));
    const auto size = [&](const char* key) { return static_cast<std::size_t>(std::stoul(set.at(key))); };
    const auto iterations = static_cast<unsigned>(size("iterations"));
    REQUIRE(lower(tuak_topc(hex(set, "K"), hex(set, "TOP"), iterations).expose()) == set.at("TOPc"));
    const Tuak f(hex(set, "K"), hex(set, "TOPc"), iterations, {.mac = size("mac"), .res = size("res"), .ck = size("ck"), .ik = size("ik")});
    REQUIRE(lower(f.f1(hex(set, "RAND"), hex(set, "SQN"), hex(set, "AMF"))) == set.at("f1"));
    if (set.contains("f1*")) REQUIRE(lower(f.f1_star(hex(set, "RAND"), hex(set, "SQN"), hex(set, "AMF"))) == set.at("f1*"));
    const Keys keys = f.f2345(hex(set, "RAND"));
    REQUIRE(lower(keys.res.expose()) == set.at("f2"));
    REQUIRE(lower(keys.ck.expose()) == set.at("f3"));
    REQUIRE(lower(keys.ik.expose()) == set.at("f4"));
    REQUIRE(lower(keys.ak.expose()) == set.at("f5"));
    REQUIRE(lower(f.f5_star(hex(set, "RAND"))) == set.at("f5*"));
  }
}

TEST_CASE("The XOR algorithm gives the values of the test USIM", "[usim]") {
  using namespace simurgh::literals;
  AkaParameters parameters;
  parameters.algorithm = Algorithm::usim_test;
  parameters.key = crypto::SecretBytes(ByteView("000102030405060708090a0b0c0d0e0f"_hex));
  const Bytes rand = "23553cbe9637a89d218ae64dae47bf35"_hex;
  const Vector vector = generate_vector(parameters, rand, 0x20, "8000"_hex);
  REQUIRE(lower(vector.xres) == "23543ebd9232ae9a2983ec46a24ab13a");
  REQUIRE(lower(vector.ck) == "543ebd9232ae9a2983ec46a24ab13a23");
  REQUIRE(lower(vector.ik) == "3ebd9232ae9a2983ec46a24ab13a2354");
  REQUIRE(lower(vector.autn) == "bd9232ae9a09800023543ebd92122e9a");
  for (const auto& [options, size] : {std::pair{0x00, 4}, {0x01, 8}, {0x02, 16}}) {
    parameters.algorithm_options = static_cast<std::uint8_t>(options);
    REQUIRE(functions(parameters)->f2345(rand).res.size() == static_cast<std::size_t>(size));
  }
}

TEST_CASE("Parameters with sizes an algorithm does not know are not well formed", "[usim]") {
  AkaParameters parameters;
  REQUIRE_FALSE(parameters.well_formed());
  parameters.key = crypto::SecretBytes(std::size_t{16});
  REQUIRE_FALSE(parameters.well_formed());
  parameters.opc = crypto::SecretBytes(std::size_t{16});
  REQUIRE(parameters.well_formed());
  parameters.algorithm = Algorithm::tuak;
  REQUIRE_FALSE(parameters.well_formed());
  parameters.opc = crypto::SecretBytes(std::size_t{32});
  REQUIRE(parameters.well_formed());
  parameters.algorithm = Algorithm::usim_test;
  parameters.opc = {};
  REQUIRE(parameters.well_formed());
}
