// The eIM speaks first.
#include "ipae/agent/journal.h"
#include "tests/unit/ipae/iot_world.h"

using namespace simurgh;
using namespace simurgh::test;

namespace {

// The answer to one, as the other decoder reads it as well.
std::string transfer(World& world, const Bytes& request, AgentReport* report = nullptr) {
  CHECK(asn1::codec::check("EsipaMessageFromEimToIpa", request));
  IotAgent agent(world.card, world, world, {});
  Bytes answer;
  int answers = 0;
  const auto outcome = run_now(agent.transfer(
      request,
      [&](Bytes octets) {
        answer = std::move(octets);
        ++answers;
      },
      {}));
  CHECK(answers == 1);
  CHECK(asn1::codec::check("EsipaMessageFromIpaToEim", answer));
  if (report != nullptr) *report = outcome.report;
  return to_hex(answer);
}

}  // namespace

TEST_CASE("An eIM that speaks first gets the result as the answer, and what it acknowledges is removed", "[iot_agent]") {
  World world;
  auto& eim = world.eims.at("eim1");
  const Bytes done = result("eim1", 7, "850100"_hex);
  world.card.next_results = {done};
  world.card.results[5] = result("eim9", 5, "850100"_hex);
  CHECK(transfer(world, transferred(package("eim1", kDelete))) == to_hex(asn1::tlv(0xBF4E, done)));
  CHECK(eim.heard.empty());
  CHECK(world.card.removed.empty());
  // 5 was never sent this way.
  CHECK(transfer(world, "BF4E09BF5306800105800107"_hex) == "BF4E020500");
  CHECK(world.card.removed == std::vector<std::uint64_t>{7});
  CHECK(transfer(world, "BF4E06BF5303800107"_hex) == "BF4E020500");
  CHECK(world.card.removed.size() == 1);
}

TEST_CASE("A transferred enable is answered before the profile switches", "[iot_agent]") {
  World world;
  const Bytes done = result("eim1", 2, "830100"_hex);
  world.card.next_results = {done};
  AgentReport report;
  CHECK(transfer(world, transferred(package("eim1", kEnable)), &report) == to_hex(asn1::tlv(0xBF4E, done)));
  CHECK(report.switched);
  CHECK(report.rollback);
  CHECK(world.card.results.contains(2));
}

TEST_CASE("Transferred questions and triggers are answered, and what makes no sense with its error", "[iot_agent]") {
  World world;
  const std::string keys = std::string(40, '1'), info = "BF2035" "8203020500" "A9160414" + keys + "AA160414" + keys;
  world.card.answers[0xBF20] = from_hex(info).value();
  const std::string data = transfer(world, "BF4E0CBF52095C02BF208303010203"_hex);
  CHECK(data.starts_with("BF4E"));
  CHECK(data.find(info + "8703010203") != std::string::npos);
  CHECK(transfer(world, "BF4E0ABF52075C015A83020102"_hex).find("020101") != std::string::npos);
  // The end of a download comes by ProvideEimPackageResult.
  AgentReport report;
  CHECK(transfer(world, "BF4E0ABF5407A00281008201AA"_hex, &report) == "BF4E020500");
  CHECK(report.downloads == 1);
  CHECK(world.eims.at("eim1").of(Function::provide_eim_package_result).size() == 1);
  for (const Bytes& nonsense : {Bytes{}, "00"_hex, "BF4E00"_hex, "BF4E03020101"_hex, "BF4F03020101"_hex, "BF4E05BF53028101"_hex}) {
    IotAgent agent(world.card, world, world, {});
    Bytes answer;
    (void)run_now(agent.transfer(nonsense, [&](Bytes octets) { answer = std::move(octets); }, {}));
    CHECK(to_hex(answer) == "BF4E03020101");
  }
  // An unknown kind.
  CHECK_FALSE(world.card.removed.size() > 0);
  World gone;
  gone.card.gone = true;
  IotAgent agent(gone.card, gone, gone, {});
  bool answered = false;
  CHECK(run_now(agent.transfer("BF4E020500"_hex, [&](Bytes) { answered = true; }, {})).card);
  CHECK_FALSE(answered);
}

TEST_CASE("A journal keeps the numbers of what was transferred, and not without end", "[iot_agent]") {
  AgentJournal journal;
  for (std::uint64_t i = 0; i < 40; ++i) journal.transferred.push_back(i);
  const AgentJournal read = AgentJournal::decode(journal.encode());
  CHECK(read.transferred.size() == AgentJournal::kMostTransferred);
  journal.transferred.resize(AgentJournal::kMostTransferred);
  CHECK(read == journal);
}
