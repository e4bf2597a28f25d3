// Whole runs: every shipped scenario comes out as it says, and fails when its mechanism is switched off.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "tests/support/paths.h"
#include "tools/world/engine.h"
#include "tools/world/report.h"

using namespace simurgh;
using namespace simurgh::world;
namespace fs = std::filesystem;

namespace {

std::string text_of(const fs::path& path) {
  std::ifstream in(path);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

std::vector<fs::path> shipped() {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(fs::path(test::source_dir()) / "vectors/scenarios")) {
    if (entry.path().extension() == ".yaml") out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  REQUIRE(out.size() >= 4);
  return out;
}

std::string failures(const RunResult& run) {
  std::string out;
  for (const Outcome& outcome : run.outcomes) {
    if (outcome.state != Outcome::State::passed) out += outcome.device + " " + outcome.id + ": " + outcome.why + "\n";
  }
  return out;
}

// A card as a reader has it: made from the same kit, held by somebody else.
class CardElsewhere final : public terminal::Link {
 public:
  CardElsewhere(const CardKit& kit, const std::map<state::Key, state::Cell>& cells)
      : rng_(crypto::seeded_rng(7)), store_(cells), card_(store_, *rng_, nullptr, &images_, &kit.applets) {}
  Bytes transmit(ByteView command) override {
    if (left && (*left)-- == 0) throw terminal::LinkError("the reader lost the card");
    ++apdus;
    return card_.transmit(command);
  }
  Bytes reset() override { return card_.powered() ? card_.reset() : card_.power_on(); }
  std::optional<std::uint64_t> left;
  std::uint64_t apdus = 0;

 private:
  std::unique_ptr<crypto::Rng> rng_;
  state::MemoryStore store_;
  card::ImageCache images_;
  card::Card card_;
};

Scenario scenario_named(const char* name) { return read_scenario(text_of(fs::path(test::source_dir()) / "vectors/scenarios" / (std::string(name) + ".yaml"))); }

}  // namespace

TEST_CASE("Every shipped scenario comes out as it says", "[world]") {
  for (const fs::path& path : shipped()) {
    const Scenario scenario = read_scenario(text_of(path));
    const RunResult result = run(scenario, *make_kit(scenario), {.seed = scenario.seed, .detail = false});
    INFO(path.filename().string() << "\n" << failures(result));
    CHECK(result.passed);
    CHECK_FALSE(result.outcomes.empty());
  }
}

TEST_CASE("Every shipped scenario fails when one of its mechanisms is switched off", "[world]") {
  for (const fs::path& path : shipped()) {
    const std::string yaml = text_of(path);
    const Scenario scenario = read_scenario(yaml);
    INFO(path.filename().string());
    CHECK_FALSE(scenario.ablations.empty());
    for (const AblationResult& result : ablate(yaml, scenario, {.seed = scenario.seed, .detail = false})) {
      INFO("without " << result.disable);
      CHECK(result.proven);
    }
  }
}

TEST_CASE("The same seed gives the same timeline, octet by octet, and another seed another one", "[world]") {
  // The second with cards, eIM and SM-DP+ that sign, encrypt and shake hands.
  for (const char* name : {"first-attach", "ship"}) {
    const Scenario scenario = scenario_named(name);
    const auto kit = make_kit(scenario);
    const auto text = [&](std::uint64_t seed) { return run(scenario, *kit, {.seed = seed, .detail = true}).timeline.text(); };
    const std::string first = text(1);
    REQUIRE_FALSE(first.empty());
    REQUIRE(first == text(1));
    REQUIRE(first != text(2));
    REQUIRE(run(scenario, *make_kit(scenario), {.seed = 1, .detail = true}).timeline.text() == first);
  }
}

TEST_CASE("Runs side by side on several threads do not disturb each other", "[world]") {
  const Scenario scenario = scenario_named("ship");
  const auto kit = make_kit(scenario);
  const std::string alone = run(scenario, *kit, {.seed = 9}).timeline.text();
  std::vector<std::string> texts(4);
  {
    std::vector<std::jthread> threads;
    for (std::string& text : texts) threads.emplace_back([&] { text = run(scenario, *kit, {.seed = 9}).timeline.text(); });
  }
  for (const std::string& text : texts) REQUIRE(text == alone);
}

TEST_CASE("A device does with a card in a reader what it does with one of its own", "[world]") {
  const Scenario scenario = scenario_named("identity-by-rejection");
  const auto kit = make_kit(scenario);
  const RunResult own = run(scenario, *kit, {.seed = 1});
  CardElsewhere card(*kit, kit->cells.at(scenario.devices.front().id));
  const RunResult other = run(scenario, *kit, {.seed = 1, .card = &card});
  REQUIRE(own.passed);
  CHECK(other.passed);
  CHECK(other.timeline.text() == own.timeline.text());
  CHECK(card.apdus == own.things.front().apdus);
  // It remembers where it was: the third identity needs no search for it.
  const RunResult again = run(scenario, *kit, {.seed = 1, .card = &card});
  CHECK(again.things.front().counts.count("swap_done") == 0);
  CHECK(again.things.front().first_online < own.things.front().first_online);
}

TEST_CASE("A card that is taken out of its reader ends the run, and two devices cannot share one", "[world]") {
  const Scenario scenario = scenario_named("identity-by-rejection");
  const auto kit = make_kit(scenario);
  CardElsewhere card(*kit, kit->cells.at(scenario.devices.front().id));
  card.left = 100;
  CHECK_THROWS_AS(run(scenario, *kit, {.seed = 1, .card = &card}), terminal::LinkError);
  Scenario more = scenario;
  more.devices.front().count = 2;
  CHECK_THROWS_AS(run(more, *make_kit(more), {.seed = 1, .card = &card}), ScenarioError);
}

TEST_CASE("A further device changes nothing for the others", "[world]") {
  const Scenario scenario = scenario_named("first-attach");
  Scenario more = scenario;
  more.devices.push_back(scenario.devices[0]);
  more.devices[1].id = "another";
  const auto lives = [](const RunResult& result) {
    std::string out;
    for (const Mark& mark : result.timeline.marks) {
      if (mark.thing == "meter") out += describe(mark) + "\n";
    }
    return out;
  };
  REQUIRE(lives(run(scenario, *make_kit(scenario), {.seed = 5})) == lives(run(more, *make_kit(more), {.seed = 5})));
}

TEST_CASE("A report is one page that asks for nothing from outside", "[world]") {
  const Scenario scenario = scenario_named("first-attach");
  const std::string page = report({{scenario, run(scenario, *make_kit(scenario), {.seed = 1}), {}}});
  REQUIRE(page.find("<svg") != std::string::npos);
  REQUIRE(page.find("gamma (ltem)") != std::string::npos);
  REQUIRE(page.find("http") == std::string::npos);
  REQUIRE(page.find("src=") == std::string::npos);
  REQUIRE(page.find("<script") == std::string::npos);
}

TEST_CASE("Text in a report cannot become markup", "[world]") {
  Scenario scenario = scenario_named("first-attach");
  RunResult result = run(scenario, *make_kit(scenario), {.seed = 1});
  scenario.about = "<b>&\"'";
  const std::string page = report({{scenario, std::move(result), {}}});
  REQUIRE(page.find("<b>&") == std::string::npos);
  REQUIRE(page.find("&lt;b&gt;&amp;&quot;&#39;") != std::string::npos);
}
