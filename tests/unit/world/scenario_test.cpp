// The scenario file.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/paths.h"
#include "tools/world/engine.h"

using namespace simurgh;
using namespace simurgh::world;

namespace {

std::string text_of(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

std::string refusal(const std::string& yaml) {
  try {
    (void)read_scenario(yaml);
  } catch (const ScenarioError& wrong) {
    return wrong.what();
  }
  return "no refusal";
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

const std::string& first_attach() {
  static const std::string kText = text_of(std::filesystem::path(test::source_dir()) / "vectors/scenarios/first-attach.yaml");
  return kText;
}

}  // namespace

TEST_CASE("A shipped scenario is read completely", "[world]") {
  const Scenario scenario = read_scenario(first_attach());
  REQUIRE(scenario.name == "first-attach");
  REQUIRE(scenario.plmns.size() == 3);
  REQUIRE(scenario.plmns[2].cells[1].cell.rat == radio::Rat::nbiot);
  REQUIRE(scenario.agreements.size() == 1);
  REQUIRE(scenario.devices[0].profiles[0].sponsor == "A");
  REQUIRE(scenario.expectations.size() == 6);
  REQUIRE(scenario.ablations.size() == 2);
}

TEST_CASE("An unknown key is refused with its path and the nearest one", "[world]") {
  REQUIRE(refusal(replaced(first_attach(), "level: -85", "levle: -85")) == "world.plmns[0].cells[0].levle is no key here; did you mean level");
  REQUIRE(refusal(replaced(first_attach(), "seed: 1", "sead: 1")) == "sead is no key here; did you mean seed");
}

TEST_CASE("References resolve, numbers keep their ranges, codes keep their zeros", "[world]") {
  REQUIRE(refusal(replaced(first_attach(), "plmn: gamma, rats", "plmn: delta, rats")).find("world.agreements[0].plmn is 'delta'") == 0);
  REQUIRE(refusal(replaced(first_attach(), "country: \"XA\"", "country: XZ")).find("world.plmns[0].country is 'XZ'") == 0);
  REQUIRE(refusal(replaced(first_attach(), "\"99971\"", "9997")).find("world.plmns[0].mccmnc has five or six digits") == 0);
  REQUIRE(refusal(replaced(first_attach(), "level: -85", "level: 85")).find("world.plmns[0].cells[0].level is a whole number") == 0);
  REQUIRE(refusal(replaced(first_attach(), "personality: ltem-nb-typical", "personality: best")).find("devices[0].personality is one of ideal") == 0);
  REQUIRE(refusal(replaced(first_attach(), "fails: [online]", "fails: [never]")).find("ablate[1].fails names 'never'") == 0);
  REQUIRE(refusal(replaced(first_attach(), "duration: PT6H", "duration: 6")).find("duration: '6' is no length of time") != std::string::npos);
  REQUIRE(refusal(replaced(first_attach(), "service == normal and", "service == normal nad")).find("at character") != std::string::npos);
}

TEST_CASE("Keys that YAML reads as truth values, and keys that are there twice, are refused", "[world]") {
  REQUIRE(refusal(replaced(first_attach(), "silent: true", "no: true")).find("reads as a truth value") != std::string::npos);
  REQUIRE(refusal(replaced(first_attach(), "seed: 1", "seed: 1\nseed: 2")) != "no refusal");
}

TEST_CASE("What is no YAML, no map, or no scenario is refused", "[world]") {
  for (const char* text : {"", "[]", "a", "scenario: x", "scenario: x\nworld: {}\n", "scenario: x\nworld: {}\ndevices: []\n", "{", "scenario: [x]", "scenario: x\nworld: 3\n"}) {
    INFO(text);
    REQUIRE(refusal(text) != "no refusal");
  }
}

TEST_CASE("An ablation changes what its paths name, and a path that leads nowhere is refused", "[world]") {
  const Scenario scenario = read_scenario(first_attach());
  REQUIRE(read_scenario(first_attach(), scenario.ablations[0].set).rejects == false);
  REQUIRE(read_scenario(first_attach(), scenario.ablations[1].set).agreements.empty());
  REQUIRE_FALSE(read_scenario(first_attach(), {{"world.plmns.beta.silent", "false"}}).plmns[1].silent);
  REQUIRE_THROWS_AS(read_scenario(first_attach(), {{"world.plmns.omega.silent", "false"}}), ScenarioError);
}
