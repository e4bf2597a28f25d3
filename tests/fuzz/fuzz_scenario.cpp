// Any octets as a scenario, as a predicate, as a query to the world's name server and as what the assistant of a card in a reader remembers: read or refused with a sentence, never a crash.
#include "ipae/card/observation.h"
#include "tests/fuzz/require.h"
#include "tools/world/internet.h"
#include "tools/world/scenario.h"

using namespace simurgh;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView octets(data, size);
  const std::string text = to_text(octets);
  try {
    const world::Scenario scenario = world::read_scenario(text);
    FUZZ_REQUIRE(!scenario.devices.empty());
    const auto changed = [&](const world::Changes& changes) {
      try {
        (void)world::read_scenario(text, changes);
      } catch (const world::ScenarioError&) {
      }
    };
    for (const world::Ablation& ablation : scenario.ablations) changed(ablation.set);
    for (const world::Comparison::Variant& variant : scenario.comparison.variants) changed(variant.set);
  } catch (const world::ScenarioError& wrong) {
    FUZZ_REQUIRE(wrong.what()[0] != '\0');
  }
  if (const auto predicate = world::Predicate::read(text)) {
    (void)predicate->holds([](const std::string&, const std::string&) { return world::Value{.number = 1}; });
  }
  if (const auto seen = ipae::Observation::decode(octets)) FUZZ_REQUIRE(ipae::Observation::decode(seen->encode()).has_value());
  const Bytes answer = world::answer_name(octets, [](const std::string& name) { return name.size() % 2 == 0 ? Bytes{192, 0, 2, 1} : Bytes{}; });
  FUZZ_REQUIRE(answer.size() <= size + 16);
  return 0;
}
