// The store fails at the Nth commit, for every N a whole life of a card needs: always the old card or the new one, and life goes on.
#include "euicc/usim/gba.h"
#include "tests/card/bench_card.h"
#include "tools/perso_upp/upp_builder.h"

using namespace simurgh;
using namespace simurgh::test;

namespace {

bench::Desk& desk() {
  static bench::Desk shared;
  return shared;
}

// Everything that persists: a download, switches, a nickname, PINs, notifications, a reset of the memory.
struct Life {
  std::vector<std::string> steps{"install", enable(kIccid1), "BF2910" + iccid_do(kIccid1) + "90024142", "pin", "aka", disable(kIccid1),
                                 "BF3003800101", enable(kIccid1), disable(kIccid1), delete_profile(kIccid1), "install", "BF3404820205E0"};
};

void step(BenchCard& bench, const std::string& what, const std::string& order) {
  if (what == "install") {
    (void)bench.lpa.download(desk(), order);
  } else if (what == "pin") {
    (void)bench.apdu("00A40004023F00");
    (void)bench.apdu("0020000A083838383838383838");
    (void)bench.apdu("0020000A080000000000000000");
  } else if (what == "aka") {
    (void)bench.apdu("00A4040407A0000000871002");
    (void)bench.apdu("0088008122" "10000102030405060708090A0B0C0D0E0F" "10000102030405060708090A0B0C0D0E0F");
  } else {
    (void)bench.es10(what);
  }
}

// What a card must always satisfy: it powers on, lists at most one enabled profile, and numbers of notifications ascend.
void check(BenchCard& bench) {
  REQUIRE_FALSE(bench.card.reset().empty());
  const Bytes list = bench.lpa.es10(from_hex("BF2D055C035A9F70").value());
  std::size_t enabled = 0;
  asn1::TlvReader in(asn1::read_only(asn1::read_only(list, 0xBF2D)->value, 0xA0)->value);
  while (!in.at_end()) {
    const auto entry = in.next();
    REQUIRE(entry);
    if (asn1::find_child(entry->value, 0x9F70)->value[0] == 1) ++enabled;
  }
  REQUIRE(enabled <= 1);
  (void)notifications(bench);
}

}  // namespace

TEST_CASE("A store that fails at any commit of a card's life leaves the cells of before or after", "[state]") {
  const auto cells = desk().new_card();
  const Life life;
  // How many commits a life takes when nothing fails.
  std::size_t commits = 0;
  {
    FaultyStore store(cells);
    card::Card card(store, desk().rng());
    card.power_on();
    BenchCard bench(desk());
    for (const std::string& what : life.steps) step(bench, what, what == "install" ? desk().order(kIccid1, notify_all()) : "");
    commits = bench.store.commits();
  }
  REQUIRE(commits > 12);
  for (std::size_t n = 0; n < commits; ++n) {
    INFO("the commit that fails: " << n);
    BenchCard bench(desk());
    bench.store.fail_after(n);
    for (const std::string& what : life.steps) {
      const auto before = bench.store.cells();
      const std::size_t count = bench.store.commits();
      try {
        step(bench, what, what == "install" ? desk().order(kIccid1, notify_all()) : "");
      } catch (const bench::DeskError&) {
        // The command with the failing commit is refused, and what follows in the same step may be too.
        REQUIRE(bench.store.commits() > count);
      }
      check(bench);
    }
    bench.store.heal();
    // The card works on: a profile can be installed and enabled.
    (void)bench.es10("BF3404820205E0");
    REQUIRE(bench::installed(bench.lpa.download(desk(), desk().order(kIccid2))));
    REQUIRE(bench.es10(enable(kIccid2)) == "BF3103800100");
  }
}

TEST_CASE("A command whose commit fails answers a memory failure and has changed nothing", "[state]") {
  BenchCard bench(desk());
  REQUIRE(bench::installed(bench.lpa.download(desk(), desk().order(kIccid1, notify_all()))));
  bench.apdu("00A4040010A0000005591010FFFFFFFF8900000100");
  const auto before = bench.store.cells();
  bench.store.fail_after(0);
  const std::string command = enable(kIccid1);
  REQUIRE(bench.raw("80E2910014" + command) == "6581");
  REQUIRE(same_cells(bench.store.cells(), before));
  REQUIRE(bench.raw("00A4040407A0000000871002") == "6A82");
  REQUIRE(bench.es10(command) == "BF3103800100");
}

TEST_CASE("A wrong PIN costs its try even when power goes right after", "[pin]") {
  BenchCard bench(desk());
  REQUIRE(bench::installed(bench.lpa.download(desk(), desk().order(kIccid1))));
  bench.es10(enable(kIccid1));
  REQUIRE(bench.raw("0020000A00") == "63CA");
  bench.store.fail_after(0);
  REQUIRE(bench.raw("0020000A080000000000000000") == "6581");  // the try could not be stored, so nothing was compared
  REQUIRE(bench.raw("0020000A00") == "63CA");
  REQUIRE(bench.raw("0020000A080000000000000000") == "63C9");
  card::Card again(bench.store, desk().rng());
  again.power_on();
  REQUIRE(to_hex(again.transmit(from_hex("0020000A00").value())) == "63C9");
}

namespace {

const Bytes kKey = from_hex("465B5CE8B199B49FAA5F0A2EE238A6BC").value(), kOpc = from_hex("CD63CB71954A9F4E48A5994E37A02BAF").value();

// A card with an enabled profile that has something for every command of a UICC that persists.
std::map<state::Key, state::Cell> uicc_cells() {
  using enum perso::FileRecipe::Type;
  perso::ProfileRecipe recipe = perso::default_recipe(kIccid1, "001010123456789", kKey, kOpc);
  recipe.services = {68};
  recipe.aka.auth_counter_max = 200;
  const auto add = [&](std::vector<std::string> path, perso::FileRecipe::Type type, std::uint32_t size, std::uint16_t length) {
    perso::FileRecipe file;
    file.path = std::move(path);
    file.type = type;
    file.size = size;
    file.record_length = length;
    if (length != 0) file.records = static_cast<std::uint16_t>(size / length);
    recipe.files.push_back(file);
  };
  add({"usim", "6F90"}, transparent, 8, 0);
  add({"usim", "6F91"}, linear_fixed, 20, 10);
  add({"usim", "6F92"}, cyclic, 9, 3);
  add({"usim", "6F93"}, ber_tlv, 64, 0);
  add({"usim", "6FD6"}, transparent, 40, 0);
  add({"usim", "6FDA"}, linear_fixed, 60, 30);
  add({"7F20"}, directory, 0, 0);
  recipe.files[2].rule = 7;
  perso::CardSpec spec;
  spec.roots = perso::roots_of(desk().pki());
  perso::FactoryProfile factory;
  factory.package = perso::build_profile(recipe);
  factory.enabled = true;
  spec.profiles.push_back(std::move(factory));
  return perso::make_cells(spec, desk().rng());
}

std::string send(card::Card& card, const std::string& hex) {
  std::string answer = to_hex(card.transmit(from_hex(hex).value()));
  if (answer.size() == 4 && answer.starts_with("61")) answer = to_hex(card.transmit(from_hex("00C00000" + answer.substr(2)).value()));
  return answer;
}

// One command or, where the command needs what another gave, a few. True: all went well.
bool act(card::Card& card, const std::string& what, std::uint64_t& sqn) {
  usim::AkaParameters network;
  network.key = crypto::SecretBytes(ByteView(kKey));
  network.opc = crypto::SecretBytes(ByteView(kOpc));
  const auto vector = [&] { return usim::generate_vector(network, Bytes(16, 7), sqn += 32, Bytes{0x80, 0x00}); };
  const auto good = [&](const std::string& hex) { return send(card, hex).ends_with("9000"); };
  if (what == "reset") {
    card.reset();
    return good("00A4040C07A0000000871002");
  }
  if (what == "aka") {
    const auto v = vector();
    return good(
        "0088008122"
        "10" +
        to_hex(v.rand) + "10" + to_hex(v.autn));
  }
  if (what == "bootstrap") {
    const auto v = vector();
    return good("0088008423DD10" + to_hex(v.rand) + "10" + to_hex(usim::gba_autn(v.autn, v.ik)));
  }
  if (what == "suspend and resume") {
    if (!good("00A4000C023F00") || !good("0020000A083838383838383838") || !good("00D688020102")) return false;
    const std::string answer = send(card, "807600000400010301");
    if (answer.size() != 24) return false;
    card.power_off();
    card.power_on();
    return good("8076010008" + answer.substr(4, 16)) && good("00A4040C07A0000000871002");  // verified PINs come back too
  }
  return good(what);
}

}  // namespace

TEST_CASE("Power lost at any commit of a UICC's commands leaves a card of before or after, and the command works again", "[state]") {
  static const auto kCells = uicc_cells();
  const std::vector<std::string> steps{"reset",
                                       "0020008108"
                                       "35363738FFFFFFFF",
                                       "00A4000C026F90",
                                       "00D60000020102",
                                       "00A4000C026F91",
                                       "00DC01040A01020304050607080910",
                                       "00A4000C026F92",
                                       "00DC000303000000",
                                       "8032000001"
                                       "01",
                                       "A0A40000023F00",
                                       "A0A40000027F20",
                                       "A088000010000102030405060708090A0B0C0D0E0F",
                                       "reset",
                                       "00A4000C026F93",
                                       "80DB00800480020102",
                                       "80DB00800180",
                                       "aka",
                                       "0088008011"
                                       "10000102030405060708090A0B0C0D0E0F",
                                       "bootstrap",
                                       "008800840ADE04AABBCCDD03616240",
                                       "suspend and resume",
                                       "0028000108"
                                       "31323334FFFFFFFF",
                                       "A020000108"
                                       "31323334FFFFFFFF",
                                       "A024000110"
                                       "31323334FFFFFFFF31323334FFFFFFFF",
                                       "A026000108"
                                       "31323334FFFFFFFF",
                                       "0020000A08"
                                       "3838383838383838",
                                       "00040000026F90",
                                       "00440000026F90"};
  std::size_t commits = 0;
  {
    FaultyStore store(kCells);
    card::Card card(store, desk().rng());
    card.power_on();
    std::uint64_t sqn = 0;
    for (const std::string& what : steps) {
      INFO(what);
      const bool answered = act(card, what, sqn) || what.starts_with("A0A4") || what.starts_with("A088");
      CHECK(answered);
    }
    commits = store.commits();
  }
  REQUIRE(commits > 20);
  for (std::size_t n = 0; n < commits; ++n) {
    INFO("the commit that fails: " << n);
    FaultyStore store(kCells);
    auto card = std::make_unique<card::Card>(store, desk().rng());
    card->power_on();
    store.fail_after(n);
    std::uint64_t sqn = 0;
    for (const std::string& what : steps) {
      INFO(what);
      const std::size_t before = store.commits();
      if (act(*card, what, sqn) || store.commits() == before || store.commits() <= n) continue;
      // Power goes with the commit that failed; another card lives on with what is left.
      card = std::make_unique<card::Card>(store, desk().rng());
      REQUIRE_FALSE(card->power_on().empty());
      (void)send(*card, "00A4040C07A0000000871002");
      (void)send(*card, "0020000A083838383838383838");
    }
    store.heal();
    card = std::make_unique<card::Card>(store, desk().rng());
    card->power_on();
    REQUIRE(act(*card, "reset", sqn));
    const std::string tries = send(*card, "0020000100");
    (void)send(*card, "002000010831323334FFFFFFFF");  // the PIN may be enabled or not
    REQUIRE((tries == "63C3" || tries == "63C2"));    // power may go between the try and its reward
    REQUIRE(act(*card, "aka", sqn));
    REQUIRE(act(*card, "bootstrap", sqn));
    REQUIRE(act(*card, "008800840ADE04AABBCCDD03616240", sqn));
    REQUIRE(act(*card, "suspend and resume", sqn));
  }
}
