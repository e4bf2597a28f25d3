// Replays vectors/apdu: every script on a fresh card with the profile of that folder enabled.
#include "tools/script/apdu_script.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "euicc/card/core.h"
#include "tests/card/bench_card.h"
#include "tools/perso_upp/upp_builder.h"
#include "tests/support/paths.h"

using namespace simurgh;

namespace {

const std::filesystem::path kFolder = std::filesystem::path(simurgh::test::source_dir()) / "vectors/apdu";

std::string content(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  REQUIRE(in);
  return {std::istreambuf_iterator<char>(in), {}};
}

const std::map<state::Key, state::Cell>& cells() {
  static const auto kCells = [] {
    bench::Desk desk;
    perso::CardSpec spec;
    spec.roots = perso::roots_of(desk.pki());
    perso::FactoryProfile factory;
    factory.package = perso::build_profile(perso::read_recipe(content(kFolder / "profile.yaml")));
    factory.enabled = true;
    spec.profiles.push_back(std::move(factory));
    return perso::make_cells(spec, desk.rng());
  }();
  return kCells;
}

std::vector<std::filesystem::path> scripts() {
  std::vector<std::filesystem::path> out;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() == ".apdu") out.push_back(entry.path());
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace

TEST_CASE("Every script of vectors/apdu replays to its end", "[scripts]") {
  REQUIRE(scripts().size() >= 12);
  for (const auto& file : scripts()) {
    const auto script = script::parse(content(file));
    INFO(file.filename().string());
    if (script.error) FAIL("line " << script.error->line << ": " << script.error->what);
    REQUIRE(script.steps.size() > 5);
    state::MemoryStore store(cells());
    const auto rng = crypto::seeded_rng(7);
    card::Card card(store, *rng);
    card.power_on();
    const script::Link link{.reset = [&] { return card.power_on(); }, .transmit = [&](ByteView command) { return card.transmit(command); }};
    const auto mismatch = script::replay(script, link);
    if (mismatch) FAIL_CHECK("line " << mismatch->line << ": expected " << mismatch->expected << ", the card answered " << mismatch->got);
  }
}

TEST_CASE("The scripts use every command of the UICC, the USIM and the SIM, and every step says what it expects", "[scripts]") {
  std::set<std::pair<apdu::ClaFamily, unsigned>> used;
  for (const auto& file : scripts()) {
    for (const auto& step : script::parse(content(file)).steps) {
      INFO(file.filename().string() << " line " << step.line);
      CHECK((step.reset || step.expected));
      if (const auto command = apdu::parse_command(step.command); !step.reset && command) used.insert({command->family, command->ins});
    }
  }
  for (const auto& row : card::command_table()) {
    if (!std::string_view(row.reference).starts_with("TS ")) continue;
    INFO(row.name << " (" << row.reference << ")");
    CHECK(used.contains({row.family, row.ins}));
  }
}
