// The store fails at the Nth commit, for every N a whole life of a card needs: always the old card or the new one, and life goes on.
#include "tests/card/bench_card.h"

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
