// The whole story on a whole card: poll, questions, download, enable, proof, report; TLS in the card, BIP in the terminal, an eIM and an SM-DP+
// behind it. And the same with the power gone at any point.
#include <iostream>

#include "euicc/iot/cells.h"
#include "tests/unit/ipae_card/iot_station.h"

using namespace simurgh;
using namespace simurgh::test;
using std::chrono::minutes;

namespace {

const std::string kEnableOk = "R830100";

struct Plan {
  IotStation& station;
  bool rollback = true;
  void order() {
    station.eim->orders.push_back(data_request("BF20BF22A5A6A8A9"));
    trigger();
    station.eim->trigger_failed = [this](ByteView) {
      // The operator orders again.
      station.eim->orders.push_front(trigger_order());
    };
    station.eim->orders.push_back(station.bench->eim.psmos(station.bench->identity.eid, *from_hex(psmo_enable(kIccid2, rollback))));
  }
  void trigger() { station.eim->orders.push_back(trigger_order()); }
  Bytes trigger_order() { return download_trigger("1$localhost$" + iot_desk().order(kIccid2, notify_all()), "00112233445566778899AABBCCDDEEFF"); }
};

std::size_t profiles(IotStation& station) {
  state::MemoryStore copy(station.bench->store.cells());
  state::Transaction txn(copy);
  return profile::Registry(txn).all().size();
}

// Nothing is owed any more, and nothing has happened twice.
void check_end(IotStation& station) {
  INFO(station.story());
  CHECK(station.bench->enabled() == kIccid2);
  CHECK(profiles(station) == 2);
  CHECK(station.eim->orders.empty());
  CHECK(std::ranges::count(station.eim->results, kEnableOk) == 1);
  CHECK(station.eim->bad_signatures == 0);
  CHECK_FALSE(station.record().unproven);
  std::size_t results = 0;
  for (const auto& [key, cell] : station.bench->store.cells()) {
    if (key.space == state::Space::iot && key.owner == iot::kResultOwner) ++results;
  }
  CHECK(results == 0);
}

}  // namespace

TEST_CASE("Zero touch: a card in a terminal polls, downloads directly, enables, proves and reports", "[zero-touch]") {
  IotStation station;
  Plan plan{station};
  plan.order();
  station.run(minutes(30));
  check_end(station);
  CHECK(station.modem->facts().iccid() == kIccid2);
  REQUIRE(station.eim->polls.size() >= 4);
  CHECK(station.eim->polls.front().find("800081010682") != std::string::npos);  // device change, and where
  REQUIRE(station.eim->reports.size() == 2);
  CHECK(station.eim->reports[0].starts_with("BF52"));
  CHECK(station.eim->reports[1].starts_with("BF54"));
  CHECK(station.names.asked.size() >= 3);  // the eIM, the SM-DP+, and the eIM over the new profile
  CHECK_FALSE(station.modem->toolkit().channels_open());
  std::cout << "zero touch over HTTPS: " << station.link->apdus << " APDUs, " << station.link->octets << " octets at the card's interface, " << station.net.up << " octets up, "
            << station.net.down << " down, " << station.net.opened.size() << " channels, " << station.modem->commands() << " proactive commands\n";
}

TEST_CASE("A profile that leads nowhere is rolled back, and the eIM hears of it over the former", "[zero-touch]") {
  IotStation station;
  Plan plan{station};
  plan.order();
  station.net.blocked = [&] { return station.bench->enabled() == kIccid2; };
  station.run(minutes(60));
  INFO(station.story());
  CHECK(station.bench->enabled() == kIccid1);
  CHECK(station.eim->results == std::vector<std::string>{"R8C0100"});
  CHECK(station.eim->orders.empty());
  CHECK(station.eim->bad_signatures == 0);
  CHECK_FALSE(station.record().unproven);
}

TEST_CASE("Pinned keys are kept to: another server at the eIM's address learns nothing", "[zero-touch]") {
  IotStation station;
  const perso::Identity& other = *iot_desk().pki().curves[0].dp_tls;
  station.net.at("tcp 192.0.2.10:443", station.eim->listen(other));
  station.run(minutes(30));
  CHECK(station.eim->polls.empty());
  CHECK(station.record().failures >= 1);
  INFO(station.story());
  CHECK(station.record().polls == 0);
}

TEST_CASE("A link that breaks in the middle ends the visit, and the next one goes on", "[zero-touch]") {
  IotStation station;
  Plan plan{station};
  plan.order();
  std::size_t sends = 0;
  station.link->seen = [&](ByteView command) {
    // Hang up for a while at every fortieth command.
    if (command.size() > 1 && command[1] == 0x14) station.net.hang_up = ++sends % 160 > 140;
  };
  station.run(std::chrono::hours(40));
  station.net.hang_up = false;
  station.run(std::chrono::hours(2));
  check_end(station);
}

TEST_CASE("The power goes at any proactive command, and nothing is lost or done twice", "[zero-touch][walk]") {
  std::size_t fetches = 0;
  {
    IotStation station;
    Plan plan{station};
    plan.order();
    station.run(minutes(30));
    check_end(station);
    fetches = station.modem->commands();
  }
  REQUIRE(fetches > 100);
  std::size_t walked = 0;
  for (std::size_t at = 1; at <= fetches; ++at) {
    INFO("cut at FETCH " << at);
    IotStation station;
    Plan plan{station};
    plan.order();
    station.link->cut_at_fetch = at;
    station.run(std::chrono::hours(6));
    check_end(station);
    CHECK(station.link->resets >= 2);
    ++walked;
  }
  std::cout << "cut at " << walked << " of " << fetches << " proactive commands\n";
}

namespace {

// The new profile is proven, or it leads nowhere and is rolled back.
void run_story(IotStation& station, bool leads_nowhere, std::chrono::milliseconds time) {
  if (leads_nowhere) station.net.blocked = [&station] { return station.bench->enabled() == kIccid2; };
  station.run(time);
}

void check_either_end(IotStation& station, bool leads_nowhere) {
  if (!leads_nowhere) return check_end(station);
  INFO(station.story());
  CHECK(station.bench->enabled() == kIccid1);
  CHECK(profiles(station) == 2);
  CHECK(station.eim->orders.empty());
  CHECK(station.eim->results == std::vector<std::string>{"R8C0100"});
  CHECK(station.eim->bad_signatures == 0);
  CHECK_FALSE(station.record().unproven);
}

// The power goes with the Nth commit, which was stored or not, for every N of download, switch, proof or rollback, and report.
void walk_commits(bool leads_nowhere, bool stored) {
  std::size_t commits = 0;
  {
    IotStation station;
    Plan plan{station};
    plan.order();
    const std::size_t before = station.bench->store.commits();
    run_story(station, leads_nowhere, minutes(60));
    check_either_end(station, leads_nowhere);
    commits = station.bench->store.commits() - before;
  }
  REQUIRE(commits > 10);
  for (std::size_t at = 0; at < commits; ++at) {
    INFO("the power goes at commit " << at);
    IotStation station;
    Plan plan{station};
    plan.order();
    bool cut = false;
    const std::size_t first = station.bench->store.commits();
    if (!stored) station.bench->store.fail_after(at);
    station.link->dead = [&] {
      if (cut || station.bench->store.commits() <= first + at) return false;
      return cut = true;
    };
    run_story(station, leads_nowhere, std::chrono::hours(6));
    check_either_end(station, leads_nowhere);
    CHECK(cut);
  }
  std::cout << "cut at " << commits << " commits, " << (stored ? "stored" : "failed") << (leads_nowhere ? ", of a profile that leads nowhere" : "") << "\n";
}

}  // namespace

TEST_CASE("A store that fails and a power that goes with it, at any commit, leave the old or the new state", "[zero-touch][walk]") {
  walk_commits(false, false);
}

TEST_CASE("A power that goes when a commit is stored and its answer has not left leads to the same end", "[zero-touch][walk]") {
  walk_commits(false, true);
}

TEST_CASE("A rollback happens once and is told once, whatever commit the power goes with", "[zero-touch][walk]") {
  walk_commits(true, false);
  walk_commits(true, true);
}
