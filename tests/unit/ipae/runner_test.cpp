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
  std::function<void()> after_restart, on_wait;
  std::int64_t clock = 1'750'000'000;
  unsigned restarts = 0, waits = 0;
  bool interrupted = false;
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

TEST_CASE("A host that lost its eIM for long enough falls back and says so", "[runner]") {
  World world;
  Host host;
  auto& eim = world.eims.at("eim1");
  eim.reachable = false;
  const RunnerRules rules{std::chrono::seconds(300), std::chrono::seconds(10), std::chrono::seconds(3600)};
  world.card.answers[0xBF5D] = "BF5D03800100"_hex;
  REQUIRE(run(world, host, rules));
  CHECK(host.restarts == 0);
  host.clock += 3600;
  host.after_restart = [&] { eim.reachable = true; };
  const auto report = run(world, host, rules);
  REQUIRE(report);
  CHECK(report->fell_back);
  CHECK(report->visit.reached);
  CHECK(eim.of(Function::get_eim_package).back().find("8000810101") != std::string::npos);
}
