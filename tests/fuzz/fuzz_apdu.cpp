// A stream of APDUs (each behind a length octet) to a whole card with an enabled profile. Every answer ends in a status word, a refusal changes
// no cell, and what the store holds is a card.
#include "tests/fuzz/require.h"
#include "tools/bench/desk.h"
#include "tools/perso_upp/upp_builder.h"

using namespace simurgh;

namespace {

const std::map<state::Key, state::Cell>& cells() {
  static const auto kCells = [] {
    bench::Desk desk;
    perso::CardSpec spec;
    spec.roots = perso::roots_of(desk.pki());
    for (const char* iccid : {"8988211000000000011", "8988211000000000029"}) {
      perso::FactoryProfile factory;
      factory.package = perso::build_profile(perso::default_recipe(iccid, "001010000000011", Bytes(16, 1), Bytes(16, 2)));
      factory.enabled = spec.profiles.empty();
      spec.profiles.push_back(std::move(factory));
    }
    return perso::make_cells(spec, desk.rng());
  }();
  return kCells;
}

// Refusals that must leave every cell as it was; 63Cx and 6983 may have spent a try, 98xx may not.
bool changes_nothing(unsigned sw) { return (sw & 0xFF00) == 0x6A00 || (sw & 0xFF00) == 0x6700 || (sw & 0xFF00) == 0x6800 || sw == 0x6D00 || sw == 0x6E00 || sw == 0x6982 || sw == 0x9862; }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  state::MemoryStore store(cells());
  const auto rng = crypto::seeded_rng(1);
  static card::ImageCache images;
  card::Card card(store, *rng, nullptr, &images);
  card.power_on();
  ByteView rest(data, size);
  while (!rest.empty()) {
    const std::size_t length = std::min<std::size_t>(rest[0], rest.size() - 1);
    const Bytes apdu = to_bytes(rest.subspan(1, length));  // exact-size block
    rest = rest.subspan(1 + length);
    if (apdu.empty()) {
      card.reset();
      continue;
    }
    const auto before = store.cells();
    const Bytes response = card.transmit(apdu);
    FUZZ_REQUIRE(response.size() >= 2 && response.size() <= 258);
    const auto sw = static_cast<unsigned>(be_value(ByteView(response).last(2)));
    FUZZ_REQUIRE(sw >> 12 == 6 || sw >> 12 == 9);
    FUZZ_REQUIRE(sw != 0x6F00);
    if (changes_nothing(sw)) FUZZ_REQUIRE(store.cells() == before);
  }
  card::Card again(store, *rng, nullptr, &images);
  FUZZ_REQUIRE(again.power_on() == card.atr());
  return 0;
}
