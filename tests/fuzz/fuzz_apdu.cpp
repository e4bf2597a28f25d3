// A stream of APDUs (each behind a length octet) to a whole card with an enabled profile. Every answer ends in a status word, a refusal changes
// no cell, and what the store holds is a card.
#include "tests/fuzz/require.h"
#include "tools/bench/desk.h"
#include "tools/perso_upp/upp_builder.h"

using namespace simurgh;

namespace {

// Every kind of file, a DF.GSM for class A0, GBA, and a SUCI by Profile A.
perso::ProfileRecipe recipe(const char* iccid) {
  using enum perso::FileRecipe::Type;
  perso::ProfileRecipe out = perso::default_recipe(iccid, "001010000000011", Bytes(16, 1), Bytes(16, 2));
  out.services = {68};
  out.suci_by_usim = true;
  out.suci_calc_info = from_hex("A0020101A12580011B81205A8D38864820197C3394B92613B20B91633CBD897119273BF8E4A6F4EEC0A650").value();
  const auto add = [&](std::vector<std::string> path, perso::FileRecipe::Type type, std::uint32_t size = 0, std::uint16_t length = 0) {
    perso::FileRecipe file;
    file.path = std::move(path);
    file.type = type;
    file.size = size;
    file.record_length = length;
    if (length != 0) file.records = static_cast<std::uint16_t>(size / length);
    if (type == cyclic) file.rule = 7;
    if (type == link) file.target = {"usim", file.path.back()};
    out.files.push_back(file);
  };
  add({"usim", "6F90"}, transparent, 20);
  add({"usim", "6F91"}, linear_fixed, 30, 10);
  add({"usim", "6F92"}, cyclic, 9, 3);
  add({"usim", "6F93"}, ber_tlv, 64);
  add({"usim", "6FD6"}, transparent, 40);
  add({"usim", "6FDA"}, linear_fixed, 60, 30);
  add({"7F20"}, directory);
  add({"7F20", "6F06"}, link);
  add({"7F20", "6F07"}, link);
  add({"7F20", "6F3C"}, linear_fixed, 30, 10);
  add({"7F20", "6F39"}, cyclic, 9, 3);
  return out;
}

const std::map<state::Key, state::Cell>& cells() {
  static const auto kCells = [] {
    bench::Desk desk;
    perso::CardSpec spec;
    spec.roots = perso::roots_of(desk.pki());
    for (const char* iccid : {"8988211000000000011", "8988211000000000029"}) {
      perso::FactoryProfile factory;
      factory.package = perso::build_profile(recipe(iccid));
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
