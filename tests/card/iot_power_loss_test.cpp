// The store fails at the Nth commit of an IoT card's life, for every N: all of a package or nothing of it (SGP.32 v1.2 2.11.1.2, digest 4.6).
#include "tests/card/iot_bench.h"

using namespace simurgh;
using namespace simurgh::test;

namespace {

const std::map<state::Key, state::Cell>& cells() {
  static const auto kCells = [] {
    IotBench bench(iot_card(), false);
    bench.install(kIccid1, concat({iot_metadata(false, true), notify_all()}));
    bench.install(kIccid2, notify_all());
    bench.install(kIccid3, iot_metadata(true, false));
    return bench.store.cells();
  }();
  return kCells;
}

struct Life {
  explicit Life(FaultyStore& store_in) : store(store_in), eim("eim1.example.com", key()) { power_on(); }
  static const crypto::EcPrivateKey& key() {
    static const auto kKey = crypto::EcPrivateKey::generate(crypto::Curve::nist_p256, iot_desk().rng());
    return kKey;
  }
  void power_on() {
    card = std::make_unique<card::Card>(store, iot_desk().rng());
    REQUIRE_FALSE(card->power_on().empty());
    (void)card->transmit(from_hex("8010000022" + std::string(66, '0') + "20").value());
  }
  ecasd::Eid eid() const {
    state::MemoryStore copy(store.cells());
    const state::Transaction txn(copy);
    return ecasd::Ecasd::load(txn)->eid;
  }
  // The answer, or nothing when the store failed; then power is gone and comes back.
  std::string es10(const Bytes& command) {
    bench::Lpa lpa(*card);
    try {
      return to_hex(lpa.es10(command));
    } catch (const bench::DeskError&) {
      CHECK(lpa.last_status() == 0x6581);
      return {};
    }
  }

  FaultyStore& store;
  TestEim eim;
  std::unique_ptr<card::Card> card;
};

// What a life consists of: PSMOs, eCOs or plain ES10.
struct Step {
  char kind;  // 'p' PSMO list, 'e' eCO list, 't' ES10, 'r' reset
  std::string octets;
};

std::vector<Step> steps() {
  return {{'p', "A80C" + iccid_do(kIccid1)},
          {'p', psmo_enable(kIccid1)},
          {'r', ""},
          {'p', "BF65038001" "61" + psmo_enable(kIccid2, true)},
          {'r', ""},
          {'t', "BF58038001FF"},
          {'r', ""},
          {'p', psmo_enable(kIccid2)},
          {'r', ""},
          {'t', "BF5D03800100"},
          {'t', "BF5E03800100"},
          {'t', "BF5B03800100"},
          {'t', "BF5C03800100"},
          {'e', to_hex(asn1::tlv(0xAA, from_hex("8010" + to_hex(text_view("eim1.example.com")) + "810161").value()))},
          {'p', psmo_delete(kIccid1)},
          {'t', "BF30038001" "09"},
          {'t', "BF640482020786"}};
}

// Runs a step until it is answered, as an IPA does after power comes back. The eIM sends the same octets again.
void live(Life& life, const Step& step) {
  if (step.kind == 'r') {
    life.power_on();
    life.power_on();  // what the first could not store it leaves to the second
    return;
  }
  Bytes command = from_hex(step.octets).value();
  if (step.kind != 't') command = life.eim.sign(life.eim.data(life.eid(), step.kind == 'p' ? 0xA0 : 0xA1, command));
  const auto before = life.store.cells();
  std::string answer = life.es10(command);
  if (!answer.empty()) return;
  REQUIRE(same_cells(before, life.store.cells()));  // nothing of it happened
  life.power_on();
  answer = life.es10(command);
  REQUIRE_FALSE(answer.empty());
  // Executed once: the package was new to the card, its result is kept.
  if (step.kind != 't') REQUIRE(answer.starts_with("BF51"));
  if (step.kind != 't') REQUIRE(answer.find("A0") == (answer.starts_with("BF5181") ? 8U : 6U));
}

}  // namespace

TEST_CASE("Power lost at any commit of an IoT card's life leaves all of a command or nothing, and the life ends the same", "[iot][state]") {
  const auto life = [&](std::optional<std::size_t> failing) {
    FaultyStore store(cells());
    Life one(store);
    REQUIRE(one.es10(one.eim.add_initial()) == "BF5705A003840101");
    one.eim.token = 1;
    const std::size_t start = store.commits();
    if (failing) store.fail_after(*failing);
    for (const Step& step : steps()) live(one, step);
    store.heal();
    one.power_on();
    return std::pair(store.commits() - start, one.es10(from_hex("BF2D055C035A9F70").value()) + one.es10(from_hex("BF3C00").value()));
  };
  const auto [commits, end] = life({});
  REQUIRE(commits > 14);
  for (std::size_t n = 0; n < commits; ++n) {
    INFO("the commit that fails: " << n);
    CHECK(life(n).second == end);
  }
}
