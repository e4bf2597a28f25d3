// What a description says of access points and of eDRX reaches the modem of its devices.
#include <catch2/catch.hpp>

#include "tools/world/engine.h"

using namespace simurgh;
using namespace simurgh::world;
using std::chrono::minutes;

namespace {

// A meter with an assistant in its card; `sponsor` and `power` are parts of the description.
Scenario meter(const std::string& sponsor, const std::string& power, const std::string& events = "[]") {
  return read_scenario(R"(
scenario: radio-options
version: 1
seed: 1
duration: PT6H
stop_when: end
world:
  countries: [ { id: "BR", mcc: ["724"] } ]
  plmns: [ { id: costa, mccmnc: "72498", name: Costa, country: "BR", cells: [ { region: town, rat: ltem, level: -85 } ] } ]
  sponsors: [ { id: A, home: "00101", imsi: "001010000000001")" + sponsor + R"( } ]
  agreements: [ { sponsor: A, plmn: costa } ]
  servers: [ { id: hq, kind: eim, fqdn: eim.example } ]
  events: )" + events + R"(
devices:
  - id: meter
    personality: ltem-nb-typical
    card: { eims: [hq], profiles: [ { id: boot, sponsor: A, enabled: true } ] }
    place: { track: [ { at: PT0S, region: town } ] }
    power: { battery_j: 60000)" + power + R"( }
expect:
  - { id: there, at: PT5H, predicate: "service == normal" }
)");
}

std::vector<Mark> marks(const RunResult& run, const std::string& name) {
  std::vector<Mark> out;
  for (const Mark& mark : run.timeline.marks) {
    if (mark.name == name) out.push_back(mark);
  }
  return out;
}

}  // namespace

TEST_CASE("An access point that is congested is left alone for T3396, and reached when it is free again", "[world]") {
  const Scenario busy = meter(", session_rejects: 26, t3396: PT40M", "", "[ { at: PT1H, sponsor: A, set: { session_rejects: 0 } } ]");
  const RunResult run = world::run(busy, *make_kit(busy), {.seed = 1});
  const auto refused = marks(run, "pdn_refused"), waits = marks(run, "pdn_waits"), polls = marks(run, "poll");
  REQUIRE_FALSE(refused.empty());
  CHECK(*refused[0].field("cause") == "26");
  for (std::size_t i = 1; i < refused.size(); ++i) CHECK(refused[i].at - refused[i - 1].at >= minutes(40));
  CHECK_FALSE(waits.empty());  // the card tried before
  REQUIRE_FALSE(polls.empty());
  CHECK(polls[0].at >= minutes(60));
  // Without the timer the network hears of every attempt.
  const Scenario patient = meter(", session_rejects: 26", "", "[ { at: PT1H, sponsor: A, set: { session_rejects: 0 } } ]");
  const RunResult often = world::run(patient, *make_kit(patient), {.seed = 1});
  CHECK(marks(often, "pdn_waits").empty());
  CHECK(marks(often, "pdn_refused").size() > refused.size());
}

TEST_CASE("A device with eDRX is in service, does its work, and is idle for a fifth of the energy", "[world]") {
  const Scenario always = meter("", ""), seldom = meter("", ", edrx: PT90S");
  const RunResult one = world::run(always, *make_kit(always), {.seed = 1}), two = world::run(seldom, *make_kit(seldom), {.seed = 1});
  REQUIRE(one.outcomes.front().state == Outcome::State::passed);
  REQUIRE(two.outcomes.front().state == Outcome::State::passed);
  CHECK_FALSE(marks(two, "poll").empty());
  CHECK(two.things.front().microjoules.at("idle") * 5 < one.things.front().microjoules.at("idle"));
  CHECK(two.things.front().totals.microjoules < one.things.front().totals.microjoules);
}
