// Commands to a security domain with a session open. The input is a row of items, each behind a length octet; the first octet of an item says
// what becomes of the rest: wrapped rightly, wrapped and then damaged, or sent as it is. Only what a right MAC covers may change the card.
#include "tests/fuzz/require.h"
#include "tools/bench/desk.h"
#include "tools/bench/scp_host.h"
#include "tools/perso_upp/upp_builder.h"

using namespace simurgh;
using namespace simurgh::literals;

namespace {

const std::map<state::Key, state::Cell>& cells() {
  static const auto kCells = [] {
    bench::Desk desk;
    perso::CardSpec spec;
    spec.roots = perso::roots_of(desk.pki());
    perso::FactoryProfile factory;
    factory.package = perso::build_profile(perso::default_recipe("8988211000000000011", "001010000000011", Bytes(16, 1), Bytes(16, 2)));
    factory.enabled = true;
    spec.profiles.push_back(std::move(factory));
    return perso::make_cells(spec, desk.rng());
  }();
  return kCells;
}

const Bytes kKey = "000102030405060708090A0B0C0D0E0F"_hex;

struct Session {
  explicit Session(card::Card& card_in) : card(card_in), link(card_in) {}
  // False when the keys of the domain have changed meanwhile.
  bool open() {
    (void)link.transmit("00A4040008A000000151000000"_hex);
    const Bytes response = link.transmit(host.initialize_update("0102030405060708"_hex));
    if (link.last_status() != 0x9000) return false;
    try {
      (void)link.transmit(host.external_authenticate(response, 0x33));
    } catch (const bench::DeskError&) {
      return false;
    }
    return link.last_status() == 0x9000;
  }
  card::Card& card;
  bench::Lpa link;
  bench::ScpHost host{bench::ScpHost::Protocol::scp03, 0x30, kKey, kKey, kKey};
};

unsigned status(ByteView response) { return static_cast<unsigned>(be_value(response.last(2))); }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  state::MemoryStore store(cells());
  const auto rng = crypto::seeded_rng(1);
  static card::ImageCache images;
  card::Card card(store, *rng, nullptr, &images);
  card.power_on();
  Session session(card);
  FUZZ_REQUIRE(session.open());
  ByteView rest(data, size);
  while (!rest.empty()) {
    const std::size_t length = std::min<std::size_t>(rest[0], rest.size() - 1);
    const Bytes item = to_bytes(rest.subspan(1, length));
    rest = rest.subspan(1 + length);
    if (item.empty()) continue;
    const std::uint8_t how = item[0] & 0x03;
    Bytes plain = to_bytes(ByteView(item).subspan(1));
    const auto before = store.cells();
    if (how == 3) {
      const Bytes response = card.transmit(plain);
      const unsigned sw = status(response);
      FUZZ_REQUIRE(sw >> 12 == 6 || sw >> 12 == 9);
      FUZZ_REQUIRE(sw != 0x6F00);
      // Bare commands to a domain change counters at most.
      if (plain.size() >= 2 && (plain[0] & 0xFC) == 0x80) {
        for (const auto& [key, cell] : store.cells()) {
          const auto old = before.find(key);
          const bool same = old != before.end() && old->second == cell;
          FUZZ_REQUIRE(same || key.space != state::Space::gp || key.index == 1);
        }
      }
      if (!session.open()) return 0;
      continue;
    }
    if (plain.size() < 4) continue;
    plain.resize(std::min<std::size_t>(plain.size(), 220));
    if (plain.size() > 4) plain.insert(plain.begin() + 4, static_cast<std::uint8_t>(plain.size() - 4));
    Bytes wrapped = session.host.wrap(plain);
    if (how == 2) {
      wrapped[wrapped.size() - 1 - item[0] % 8] ^= static_cast<std::uint8_t>(1U << (item[0] >> 5));
      FUZZ_REQUIRE(status(card.transmit(wrapped)) >> 12 == 6);
      FUZZ_REQUIRE(store.cells() == before);
      if (!session.open()) return 0;
      continue;
    }
    const Bytes response = session.link.transmit(wrapped);
    const unsigned sw = session.link.last_status();
    FUZZ_REQUIRE(sw >> 12 == 6 || sw >> 12 == 9);
    FUZZ_REQUIRE(sw != 0x6F00);
    if (sw >> 12 == 6 && sw != 0x6310) FUZZ_REQUIRE(store.cells() == before);
    // Every good answer carries a right R-MAC while the session lasts.
    if (sw == 0x9000 && plain[1] != 0xA4 && plain[1] != 0x70) (void)session.host.unwrap(response, static_cast<std::uint16_t>(sw));
    if (sw >> 12 == 6 && sw != 0x6310 && !session.open()) return 0;
  }
  card::Card again(store, *rng, nullptr, &images);
  FUZZ_REQUIRE(again.power_on() == card.atr());
  return 0;
}
