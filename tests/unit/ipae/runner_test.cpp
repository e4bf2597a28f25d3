// What a host does around visits, in virtual time.
#include "ipae/agent/runner.h"

#include "tests/unit/ipae/iot_world.h"

using namespace simurgh;
using namespace simurgh::test;

namespace {

struct Host final : HostPort {
  Task<PortResult<void>> restart_card() override {
    ++restarts;
    if (after_restart) after_restart();
    co_return PortResult<void>{};
  }
  Task<bool> wait(std::chrono::seconds time) override {
    clock += time.count();
    ++waits;
    if (on_wait) on_wait();
    co_return !interrupted;
  }
  std::int64_t now() override { return clock; }
  Task<bool> network_works() override { co_return network; }
  std::function<void()> after_restart, on_wait;
  std::int64_t clock = 1'750'000'000;
  unsigned restarts = 0, waits = 0;
  bool interrupted = false, network = false;
};

PortResult<RunReport> run(World& world, Host& host, RunnerRules rules = {}) {
  IotAgent agent(world.card, world, world);
  IotRunner runner(world.card, agent, world, host, rules);
  return run_now(runner.poll({}));
}

}  // namespace

TEST_CASE("A new profile that reaches its eIM is proven by the delivery of its result", "[runner]") {
  World world;
  Host host;
  auto& eim = world.eims.at("eim1");
  eim.polls = {package("eim1", kEnable)};
  eim.reports = {"BF5006BF5303800102"_hex};
  world.card.next_results = {result("eim1", 2, "830100"_hex)};
  const auto report = run(world, host);
  REQUIRE(report);
  CHECK(report->proven);
  CHECK_FALSE(report->rolled_back);
  CHECK(report->visit.delivered);
  CHECK(host.restarts == 1);
  CHECK(world.card.removed == std::vector<std::uint64_t>{2});
  CHECK_FALSE(RunnerRecord::decode(world.records[kRunnerRecord]).deadline);
}

TEST_CASE("Attempts of a proof that succeeds in the end are no problems", "[runner]") {
  World world;
  Host host;
  auto& eim = world.eims.at("eim1");
  eim.polls = {package("eim1", kEnable)};
  eim.reports = {"BF5006BF5303800102"_hex};
  world.card.next_results = {result("eim1", 2, "830100"_hex)};
  host.after_restart = [&] { eim.reachable = false; };
  host.on_wait = [&] { eim.reachable = host.waits == 3; };
  const auto report = run(world, host);
  REQUIRE(report);
  CHECK(host.waits == 3);
  CHECK(report->proven);
  CHECK(report->visit.problems.empty());
  CHECK(report->visit.failures == 0);
}

TEST_CASE("A profile that a transferred package enables is proven by the next poll", "[runner]") {
  World world;
  Host host;
  world.card.next_results = {result("eim1", 2, "830100"_hex)};
  IotAgent agent(world.card, world, world, {});
  IotRunner runner(world.card, agent, world, host);
  Bytes answer;
  const auto report = run_now(runner.transfer(transferred(package("eim1", kEnable)), [&](Bytes octets) { answer = std::move(octets); }, {}));
  REQUIRE(report);
  CHECK(report->unproven);
  CHECK_FALSE(answer.empty());
  const auto poll = run_now(runner.poll({}));
  REQUIRE(poll);
  CHECK(poll->proven);
}

TEST_CASE("A new profile that reaches none is rolled back when its time is over, and only then", "[runner]") {
  World world;
  Host host;
  auto& eim = world.eims.at("eim1");
  eim.polls = {package("eim1", kEnable)};
  world.card.next_results = {result("eim1", 2, "830100"_hex)};
  const Bytes rolled = result("eim1", 3, "8C0100"_hex);
  world.card.answers[0xBF58] = asn1::tlv(0xBF58, concat({"020100"_hex, rolled}));
  host.after_restart = [&] {
    eim.reachable = host.restarts != 1;  // not over the new profile
    if (host.restarts == 2) world.card.results = {{3, rolled}};
  };
  eim.reports = {"BF5006BF5303800103"_hex};
  const auto report = run(world, host, {std::chrono::seconds(300), std::chrono::seconds(40), std::chrono::seconds(0)});
  REQUIRE(report);
  CHECK(report->rolled_back);
  CHECK_FALSE(report->proven);
  CHECK(report->visit.reached);
  CHECK(report->visit.problems == std::vector<std::string>{"the new profile reached no eIM in time and was rolled back"});
  CHECK(host.waits == 8);
  CHECK(host.restarts == 2);
  CHECK(world.card.removed == std::vector<std::uint64_t>{3});
  CHECK(std::count(world.card.calls.begin(), world.card.calls.end(), 0xBF58) == 1);
}

TEST_CASE("Without the flag there is no rollback, and a process that ends in between goes on later", "[runner]") {
  World world;
  Host host;
  auto& eim = world.eims.at("eim1");
  eim.polls = {package("eim1", "A30C5A0A98001032547698103254"_hex)};
  world.card.next_results = {result("eim1", 2, "830100"_hex)};
  host.after_restart = [&] { eim.reachable = false; };
  host.interrupted = true;
  const auto first = run(world, host);
  REQUIRE(first);
  CHECK(first->unproven);
  CHECK(RunnerRecord::decode(world.records[kRunnerRecord]).deadline == host.clock - 10 + 300);
  host.interrupted = false;
  const auto second = run(world, host);
  REQUIRE(second);
  CHECK_FALSE(second->rolled_back);
  CHECK_FALSE(second->visit.problems.empty());
  CHECK(std::count(world.card.calls.begin(), world.card.calls.end(), 0xBF58) == 0);
  CHECK(RunnerRecord::decode(world.records[kRunnerRecord]).failures == 1);
  eim.reachable = true;
  CHECK(run(world, host)->visit.delivered);
  CHECK(RunnerRecord::decode(world.records[kRunnerRecord]).failures == 0);
}

namespace {

using std::chrono::hours;
using std::chrono::seconds;

// A host on a profile that reaches nobody, one poll an hour; the fallback profile does reach its eIM.
struct Outage {
  explicit Outage(RunnerRules rules_in = {}) : rules(rules_in) {
    rules.fallback_after = hours(4);
    world.card.answers[0xBF5D] = "BF5D03800100"_hex;
    world.card.answers[0xBF5E] = "BF5E03800100"_hex;
    host.after_restart = [this] {
      // Each switch is to the other profile.
      on_fallback = !on_fallback;
      world.eims.at("eim1").reachable = on_fallback || repaired;
    };
    world.eims.at("eim1").reachable = false;
  }
  RunReport poll(seconds after = hours(1), const Bytes& plmn = {}) {
    host.clock += after.count();
    IotAgent agent(world.card, world, world);
    IotRunner runner(world.card, agent, world, host, rules);
    const auto report = run_now(runner.poll({plmn, {}}));
    REQUIRE(report);
    return *report;
  }
  void fall_back(const Bytes& plmn = {}) {
    for (unsigned i = 0; i < rules.fallback_polls; ++i) CHECK_FALSE(poll(hours(1), plmn).fell_back == (i + 1 < rules.fallback_polls));
    REQUIRE(on_fallback);
  }
  [[nodiscard]] unsigned asked(std::uint32_t tag) const {
    return static_cast<unsigned>(std::count(world.card.calls.begin(), world.card.calls.end(), tag));
  }
  [[nodiscard]] RunnerRecord record() { return RunnerRecord::decode(world.records[kRunnerRecord]); }
  World world;
  Host host;
  RunnerRules rules;
  bool on_fallback = false, repaired = false;
};

}  // namespace

TEST_CASE("A host that lost its eIM for long enough and often enough falls back and says so", "[runner]") {
  Outage outage;
  outage.poll();
  CHECK_FALSE(outage.poll(hours(20)).fell_back);  // long, but two polls are no proof
  CHECK_FALSE(outage.poll(seconds(1)).fell_back);
  CHECK_FALSE(outage.poll(seconds(1)).fell_back);
  const RunReport report = outage.poll(seconds(1));
  CHECK(report.fell_back);
  CHECK(report.visit.reached);
  CHECK(outage.host.restarts == 1);
  CHECK(outage.world.eims.at("eim1").of(Function::get_eim_package).back().find("8000810101") != std::string::npos);
  CHECK(outage.record().fallback);
  // Often, but not for long.
  Outage brief;
  for (unsigned i = 0; i < 20; ++i) CHECK_FALSE(brief.poll(seconds(60)).fell_back);
}

TEST_CASE("A host whose network works does not fall back for an eIM that is down", "[runner]") {
  Outage outage;
  outage.host.network = true;
  for (unsigned i = 0; i < 100; ++i) CHECK_FALSE(outage.poll().fell_back);
  CHECK(outage.asked(0xBF5D) == 0);
  outage.host.network = false;
  CHECK(outage.poll().fell_back);
}

TEST_CASE("After its time on the fallback profile a host tries the former one, and stays when it works", "[runner]") {
  Outage outage;
  outage.fall_back();
  const std::int64_t since = outage.host.clock;
  outage.repaired = true;
  unsigned polls = 0;
  RunReport report;
  while (!report.returned && ++polls < 40) report = outage.poll();
  REQUIRE(report.returned);
  CHECK_FALSE(report.proven);
  CHECK_FALSE(outage.on_fallback);
  // 24 hours, plus or minus a fifth by the device.
  CHECK(outage.host.clock - since >= 24 * 3600 * 4 / 5);
  CHECK(outage.host.clock - since <= 24 * 3600 * 6 / 5 + 3600);
  CHECK(outage.asked(0xBF5E) == 1);
  CHECK_FALSE(outage.record().fallback);
  CHECK(outage.world.eims.at("eim1").of(Function::get_eim_package).back().find("8000810101") != std::string::npos);
  for (unsigned i = 0; i < 100; ++i) outage.poll();
  CHECK(outage.asked(0xBF5E) == 1);
  CHECK(outage.asked(0xBF5D) == 1);
}

TEST_CASE("A return that reaches no eIM in time is taken back, and each one is tried later than the last one", "[runner]") {
  Outage outage;
  outage.fall_back();
  std::vector<std::int64_t> trials;
  for (unsigned i = 0; i < 24 * 90; ++i) {
    const std::int64_t before = outage.host.clock;
    const RunReport report = outage.poll();
    if (!report.return_failed) continue;
    CHECK(report.visit.reached);  // over the fallback profile again
    CHECK(outage.on_fallback);
    CHECK(outage.host.clock - before < 3600 + 320);  // the trial ends with the time of a proof
    trials.push_back(outage.host.clock);
  }
  REQUIRE(trials.size() >= 5);
  CHECK(trials[1] - trials[0] > 24 * 3600);
  for (std::size_t i = 2; i < trials.size(); ++i) CHECK(trials[i] - trials[i - 1] >= trials[i - 1] - trials[i - 2]);
  CHECK(trials.back() - trials[trials.size() - 2] <= 14 * 24 * 3600 * 6 / 5 + 3700);
  CHECK(outage.record().fallback->failed == trials.size());
}

TEST_CASE("A host that fell back three times in a week waits for its eIM", "[runner]") {
  RunnerRules often;
  often.return_after = hours(1);
  often.dwell = hours(1);
  Outage outage(often);
  // Each return works, and each time the profile is lost again.
  for (unsigned i = 0; i < 3; ++i) {
    outage.repaired = false;
    outage.world.eims.at("eim1").reachable = outage.on_fallback;
    outage.fall_back();
    outage.repaired = true;
    if (i < 2) {
      RunReport report;
      for (unsigned k = 0; k < 5 && !report.returned; ++k) report = outage.poll();
      REQUIRE(report.returned);
    }
  }
  const std::int64_t first = outage.record().fallbacks.front();
  for (unsigned i = 0; i < 7 * 24 + 48 && outage.on_fallback; ++i) outage.poll();
  CHECK_FALSE(outage.on_fallback);
  CHECK(outage.host.clock - first >= 7 * 24 * 3600);
}

TEST_CASE("In another country, or once an eIM has enabled a profile, nothing returns by itself", "[runner]") {
  const Bytes home = "62F210"_hex, neighbour = "62F220"_hex, abroad = "02F810"_hex;
  Outage away;
  away.fall_back(home);
  away.repaired = true;
  for (unsigned i = 0; i < 60; ++i) CHECK_FALSE(away.poll(hours(1), abroad).returned);
  CHECK(away.asked(0xBF5E) == 0);
  RunReport report;
  for (unsigned i = 0; i < 40 && !report.returned; ++i) report = away.poll(hours(1), neighbour);
  CHECK(report.returned);

  Outage managed;
  managed.fall_back();
  managed.world.eims.at("eim1").polls = {package("eim1", kEnable)};
  managed.world.eims.at("eim1").reports = {"BF5006BF5303800102"_hex};
  managed.world.card.next_results = {result("eim1", 2, "830100"_hex)};
  managed.repaired = true;
  CHECK(managed.poll().proven);
  for (unsigned i = 0; i < 60; ++i) managed.poll();
  CHECK(managed.asked(0xBF5E) == 0);

  Outage refused;
  refused.fall_back();
  refused.world.card.answers[0xBF5E] = "BF5E03800106"_hex;  // somebody else ended it
  for (unsigned i = 0; i < 60; ++i) refused.poll();
  CHECK(refused.asked(0xBF5E) == 1);
  CHECK_FALSE(refused.record().fallback);
  Outage never;
  never.rules.return_after = seconds(0);
  never.fall_back();
  for (unsigned i = 0; i < 60; ++i) never.poll();
  CHECK(never.asked(0xBF5E) == 0);
}

TEST_CASE("A return that a process does not see the end of goes on in the next one", "[runner]") {
  Outage outage;
  outage.fall_back();
  outage.host.interrupted = true;
  RunReport report;
  for (unsigned i = 0; i < 40 && !report.unproven; ++i) report = outage.poll();
  REQUIRE(report.unproven);
  CHECK(outage.record().fallback->returning);
  CHECK(RunnerRecord::decode(outage.record().encode()) == outage.record());
  outage.host.interrupted = false;
  report = outage.poll(seconds(600));
  CHECK(report.return_failed);
  CHECK(outage.on_fallback);
}
