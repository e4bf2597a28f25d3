// Whole runs: every shipped scenario comes out as it says, and fails when its mechanism is switched off.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "tests/support/paths.h"
#include "tools/world/compare.h"
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

TEST_CASE("The ways of a comparison stand side by side: fewer octets by CoAP, more round trips for a download", "[world]") {
  const std::string yaml = text_of(fs::path(test::source_dir()) / "vectors/scenarios/bindings.yaml");
  const Scenario scenario = read_scenario(yaml);
  const auto results = compare(yaml, scenario, {.seed = scenario.seed, .detail = false});
  REQUIRE(results.size() == 6);
  for (const VariantResult& one : results) {
    INFO(one.name << "\n" << failures(one.run));
    CHECK(one.run.passed);
    REQUIRE(one.spans.size() == 2);
    CHECK(one.spans[0].there);
    CHECK(one.spans[1].there);
  }
  const Totals &direct = results[0].spans[0].used, &https = results[1].spans[0].used, &coaps = results[2].spans[0].used;
  CHECK(https.up + https.down < direct.up + direct.down);
  CHECK(coaps.up + coaps.down < https.up + https.down);
  CHECK(coaps.round_trips > https.round_trips);
  const std::string text = comparison_text(results);
  CHECK(text.find("CoAPS, through the eIM") != std::string::npos);
  CHECK(text.find("did not come so far") == std::string::npos);
}

TEST_CASE("A span that never ends says so", "[world]") {
  std::string yaml = text_of(fs::path(test::source_dir()) / "vectors/scenarios/first-attach.yaml");
  yaml += "\ncompare: { spans: [ { name: whole, from: boot, until: never_seen } ], variants: [ { name: as it is } ] }\n";
  const auto results = compare(yaml, read_scenario(yaml), {.seed = 1, .detail = false});
  REQUIRE(results.size() == 1);
  CHECK_FALSE(results[0].spans[0].there);
  CHECK(comparison_text(results).find("did not come so far") != std::string::npos);
}

TEST_CASE("A run that keeps no marks comes to the same end", "[world]") {
  for (const char* name : {"first-attach", "ship"}) {
    const Scenario scenario = scenario_named(name);
    const auto kit = make_kit(scenario);
    const RunResult kept = run(scenario, *kit, {.seed = 4, .detail = false}), dropped = run(scenario, *kit, {.seed = 4, .detail = false, .timeline = false});
    CHECK(dropped.timeline.marks.empty());
    CHECK_FALSE(kept.timeline.marks.empty());
    REQUIRE(dropped.outcomes.size() == kept.outcomes.size());
    for (std::size_t i = 0; i < kept.outcomes.size(); ++i) CHECK(kept.outcomes[i].state == dropped.outcomes[i].state);
    CHECK(dropped.things.front().totals.apdus == kept.things.front().totals.apdus);
    CHECK(dropped.things.front().first_online == kept.things.front().first_online);
    CHECK(kept.effort.card.count() > 0);
  }
}

TEST_CASE("A device whose quota is used up is barred from new data connections", "[world]") {
  const std::string yaml = text_of(fs::path(test::source_dir()) / "vectors/scenarios/data-budget.yaml");
  const Scenario scenario = read_scenario(yaml, {{"world.sponsors.A.quota_bytes", "30000"}, {"duration", "P2D"}});
  const RunResult result = run(scenario, *make_kit(scenario), {.seed = 1, .detail = false});
  const auto count = [&](const char* mark) { return std::ranges::count(result.timeline.marks, mark, &Mark::name); };
  CHECK(count("quota_spent") == 1);
  CHECK(count("pdn_refused") >= 1);
  for (const Mark& mark : result.timeline.marks) {
    if (mark.name == "pdn_refused") CHECK(*mark.field("cause") == "8");
  }
  CHECK(result.things.front().totals.up + result.things.front().totals.down < 40000);
}

TEST_CASE("A card from elsewhere tells what its assistant goes through, as one of this process shows it", "[world]") {
  const Scenario scenario = scenario_named("ship");
  const auto kit = make_kit(scenario);
  CardElsewhere card(*kit, kit->cells.at(scenario.devices.front().id));
  const RunResult other = run(scenario, *kit, {.seed = 1, .card = &card});
  INFO(failures(other));
  CHECK(other.passed);
  const auto count = [](const RunResult& result, const char* mark) { return std::ranges::count(result.timeline.marks, mark, &Mark::name); };
  for (const char* mark : {"assistant", "installed", "switching", "proven"}) {
    INFO(mark);
    CHECK(count(other, mark) >= 1);
  }
  CHECK(count(other, "installed") == 1);
  // What it says is longer than one answer: it comes by GET RESPONSE.
  CHECK(card.transmit(*from_hex("0070000001")) == *from_hex("019000"));
  CHECK(card.transmit(*from_hex("01A4040C10A0000005591010FFFFFFFF8900000100")) == *from_hex("9000"));
  CHECK(card.transmit(*from_hex("01CADF7100")) == *from_hex("6100"));
  const Bytes first = card.transmit(*from_hex("01C0000000"));
  REQUIRE(first.size() == 258);
  CHECK(to_hex(ByteView(first).first(2)) == "DF71");
  CHECK(first[256] == 0x61);
  CHECK(to_hex(card.transmit(*from_hex("01CADF7200"))) == "6A88");
  // Its history is not told again.
  const RunResult again = run(scenario, *kit, {.seed = 1, .card = &card});
  CHECK(count(again, "installed") == 0);
  CHECK(count(again, "proven") == 0);
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
  CHECK(card.apdus == own.things.front().totals.apdus);
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
