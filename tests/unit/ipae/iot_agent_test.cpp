// Visits of the IoT agent, also to eIMs that mean no good.
#include "tests/unit/ipae/iot_world.h"

using namespace simurgh;
using namespace simurgh::test;

TEST_CASE("A poll with nothing to do is one question", "[iot_agent]") {
  World world;
  const AgentReport report = world.visit();
  CHECK(report.reached);
  CHECK(report.idle);
  CHECK_FALSE(report.switched);
  const auto& eim = world.eims.at("eim1");
  CHECK(eim.of(Function::get_eim_package) == std::vector<std::string>{"BF4F175A1089049032123451234512345678901235820362F210"});
  CHECK(eim.heard.size() == 1);
  CHECK(eim.closed == 1);
  CHECK(world.card.removed.empty());
}

TEST_CASE("A package goes to the card as it came, and exactly what is acknowledged is removed", "[iot_agent]") {
  World world;
  auto& eim = world.eims.at("eim1");
  eim.polls = {package("eim1", kDelete)};
  eim.reports = {"BF500CBF5309800105800107800163"_hex};  // 5 is another's, 99 nobody's
  world.card.next_results = {result("eim1", 7, "850100"_hex)};
  world.card.results[5] = result("eim9", 5, "850100"_hex);
  world.card.notifications[8] = notification(8);
  const AgentReport report = world.visit();
  CHECK(report.packages == 1);
  CHECK(report.delivered);
  REQUIRE(world.card.packages.size() == 1);
  CHECK(to_hex(world.card.packages[0]) == to_hex(asn1::read_only(package("eim1", kDelete), 0xBF4F)->value));
  // Notification 8 stood in the visit's first message, alone; the result follows with none left.
  CHECK(eim.of(Function::handle_notification).size() == 1);
  CHECK(world.card.removed == std::vector<std::uint64_t>{8, 7});
  CHECK(world.card.results.contains(5));
  CHECK(eim.of(Function::get_eim_package).size() == 2);
}

TEST_CASE("An enable ends the visit, and the next one delivers its result first", "[iot_agent]") {
  World world;
  auto& eim = world.eims.at("eim1");
  eim.polls = {package("eim1", kEnable)};
  world.card.next_results = {result("eim1", 2, "830100"_hex)};
  const AgentReport first = world.visit();
  CHECK(first.switched);
  CHECK(first.rollback);
  CHECK_FALSE(first.delivered);
  CHECK(eim.of(Function::provide_eim_package_result).empty());
  CHECK(eim.closed == 1);

  world.card.notifications = {{3, notification(3)}, {4, notification(4)}};
  eim.reports = {
      "BF500CBF5309"
      "800102"
      "800103"
      "800104"_hex};
  eim.heard.clear();
  const AgentReport second = world.visit();
  CHECK(second.delivered);
  CHECK_FALSE(second.switched);
  REQUIRE(eim.heard.size() == 2);
  CHECK(eim.heard[0].first == Function::provide_eim_package_result);
  CHECK(to_hex(eim.heard[0].second).find(to_hex(notification(4))) != std::string::npos);
  CHECK(world.card.removed == std::vector<std::uint64_t>{2, 3, 4});
}

TEST_CASE("A refused enable switches nothing", "[iot_agent]") {
  World world;
  world.eims.at("eim1").polls = {package("eim1", kEnable)};
  world.card.next_results = {result("eim1", 2, "830114"_hex)};
  const AgentReport report = world.visit();
  CHECK_FALSE(report.switched);
  CHECK(report.delivered);
}

TEST_CASE("A result whose acknowledgement is lost is delivered again", "[iot_agent]") {
  World world;
  auto& eim = world.eims.at("eim1");
  eim.polls = {package("eim1", kDelete)};
  world.card.next_results = {result("eim1", 7, "850100"_hex)};
  for (const Bytes& lost : {"BF5099"_hex, "BF5003020102"_hex, "00"_hex}) {
    eim.reports = {lost};
    const AgentReport report = world.visit();
    CHECK_FALSE(report.delivered);
    CHECK(report.failures == 1);
    CHECK(world.card.removed.empty());
  }
  eim.reports = {"BF5006BF5303800107"_hex};
  CHECK(world.visit().delivered);
  CHECK(world.card.removed == std::vector<std::uint64_t>{7});
  CHECK(world.card.packages.size() == 1);
}

TEST_CASE("An empty answer of v1.0 takes the result, one of later versions takes nothing", "[iot_agent]") {
  for (const auto version : {esipa::Version::v1_0, esipa::Version::v1_2}) {
    World world;
    auto& eim = world.eims.at("eim1");
    eim.well_formed = version != esipa::Version::v1_0;
    world.card.results[7] = result("eim1", 7, "850100"_hex);
    world.card.results[9] = result("eim9", 9, "850100"_hex);
    eim.reports = {"BF5000"_hex};
    AgentOptions options;
    options.version = version;
    CHECK(world.visit(options).delivered);
    CHECK(world.card.results.contains(7) == (version != esipa::Version::v1_0));
    CHECK(world.card.results.contains(9));
  }
}

TEST_CASE("A result that an eIM does not take stays on the card and holds up nothing else", "[iot_agent]") {
  World world;
  auto& eim = world.eims.at("eim1");
  world.card.results[5] = result("eim1", 5, "850100"_hex);
  world.card.results[6] = result("eim1", 6, "850100"_hex);
  eim.polls = {package("eim1", kDelete)};
  world.card.next_results = {result("eim1", 7, "850100"_hex)};
  eim.reports = {"BF5003020102"_hex, "BF5006BF5303800106"_hex, "BF5006BF5303800107"_hex};
  const AgentReport report = world.visit();
  CHECK(report.failures == 1);
  CHECK(report.packages == 1);
  CHECK(world.card.removed == std::vector<std::uint64_t>{6, 7});
  CHECK(world.card.results.contains(5));
}

TEST_CASE("Nothing new is taken up over a profile whose result an eIM does not take", "[iot_agent]") {
  World world;
  auto& eim = world.eims.at("eim1");
  world.card.results[5] = result("eim1", 5, "830100"_hex);
  eim.polls = {package("eim1", kDelete)};
  eim.reports = {"BF5003020102"_hex};
  CHECK(world.visit().packages == 0);
  CHECK(eim.of(Function::get_eim_package).empty());
}

TEST_CASE("Data are answered in order, and questions that make no sense with their error", "[iot_agent]") {
  const auto ask = [](World& world, const Bytes& question) {
    auto& eim = world.eims.at("eim1");
    eim.polls = {asn1::tlv(0xBF4F, question)};
    world.visit();
    return eim.of(Function::provide_eim_package_result).back();
  };
  const std::string head = "5A10" + to_hex(kEid);
  World fine;
  CHECK(ask(fine, "BF52095C0284A88303AABBCC"_hex) == "BF5029" + head + "BF5214A0128401018703AABBCCA8088002037881020780");
  World unknown;
  CHECK(ask(unknown, "BF52085C015A8303AABBCC"_hex).ends_with("BF520AA1088003AABBCC020101"));
  World list;
  CHECK(ask(list, "BF52025C00"_hex).ends_with("BF5205A103020101"));
  World call;
  call.card.emergency = true;
  CHECK(ask(call, "BF52035C01A8"_hex).ends_with("BF5205A103020168"));
  World issuer;
  issuer.card.answers[0xBF56] = "BF5603810101"_hex;
  CHECK(ask(issuer, "BF52035C01A5"_hex).ends_with("BF5205A103020105"));
  World keeps;  // its certificates to itself: the rest is told all the same
  keeps.card.answers[0xBF56] = "BF560381017F"_hex;
  CHECK(ask(keeps, "BF52055C03A5A6A8"_hex).ends_with("BF520CA00AA8088002037881020780"));
}

TEST_CASE("A question in the tags of v1.0 is answered in its forms and its order", "[iot_agent]") {
  const auto ask = [](World& world, const Bytes& question) {
    auto& eim = world.eims.at("eim1");
    eim.well_formed = false;  // the codec knows the forms of v1.2
    eim.polls = {asn1::tlv(0xBF4F, question)};
    AgentOptions options;
    options.version = esipa::Version::v1_0;
    options.indirect = false;
    world.visit(options);
    return eim.of(Function::provide_eim_package_result).back();
  };
  World fine;
  fine.card.answers[0xBF3C] = "BF3C06800164810172"_hex;
  fine.card.notifications[8] = notification(8);
  fine.card.eims = {eim_entry("eim1", false)};
  fine.net.emplace([](const std::string&, std::uint16_t) -> PortResult<std::unique_ptr<StreamPort>> {
    return std::unexpected(PortError{"no connection"});  // so that the notification waits
  });
  const std::string list = to_hex(asn1::tlv(0xBF2B, asn1::tlv(0xA0, notification(8))));
  const std::string answer = ask(fine, "BF52085C0680838488BF2B"_hex);
  CHECK(answer.find("8001648301728401") != std::string::npos);
  CHECK(answer.ends_with(list));
  // The criterion euiccPackageResults.
  World results;
  results.card.results[5] = result("eim9", 5, "850100"_hex);
  CHECK(ask(results, "BF52085C02BF2BA1028200"_hex).ends_with(to_hex(asn1::tlv(0xBF2B, asn1::tlv(0xA2, result("eim9", 5, "850100"_hex))))));
  World unknown;
  CHECK(ask(unknown, "BF52035C015A"_hex) == "BF5006BF5203810101");
}

TEST_CASE("Triggers that cannot work are answered, and leave nothing owed", "[iot_agent]") {
  for (const Bytes& trigger : {"BF540AA0048002413182020102"_hex,
                               "BF5408A0028100"
                               "82020102"_hex}) {
    World world;
    world.card.answers[0xBF3C] = "BF3C028100"_hex;
    auto& eim = world.eims.at("eim1");
    eim.polls = {asn1::tlv(0xBF4F, trigger)};
    const AgentReport report = world.visit();
    CHECK(report.downloads == 1);
    CHECK(eim.of(Function::provide_eim_package_result)
              .back()
              .ends_with("BF540982020102"
                         "300380017F"));
    CHECK(world.journal().triggers.empty());
  }
  World call;
  call.card.emergency = true;
  auto& eim = call.eims.at("eim1");
  eim.polls = {asn1::tlv(0xBF4F, "BF540482020102"_hex)};
  call.visit();
  CHECK(eim.of(Function::provide_eim_package_result)
            .back()
            .ends_with("BF54098202010230038001"
                       "68"));
}

TEST_CASE("What a reset left owed is told at the next visit", "[iot_agent]") {
  World world;
  AgentJournal journal;
  journal.of("eim1").cause = esipa::StateChangeCause::fallback;
  journal.triggers.push_back({"eim1", "0102"_hex, 0, esipa::trigger_error(127, {}), false, true});
  journal.triggers.push_back({"gone", "0103"_hex, 9, {}, true, false});
  world.records[kAgentRecord] = journal.encode();
  CHECK(AgentJournal::decode(journal.encode()) == journal);
  CHECK(AgentJournal::decode("300100"_hex) == AgentJournal{});
  const AgentReport report = world.visit();
  auto& eim = world.eims.at("eim1");
  CHECK(report.reached);
  CHECK(eim.of(Function::provide_eim_package_result).size() == 1);
  // The cause goes with every question until one is answered.
  CHECK(eim.of(Function::get_eim_package) == std::vector<std::string>{"BF4F1C5A1089049032123451234512345678901235800081010182"
                                                                      "0362F210"});
  CHECK(world.journal().triggers.empty());
  CHECK_FALSE(world.journal().of("eim1").cause);
}

TEST_CASE("A change by one eIM is told to the others", "[iot_agent]") {
  World world;
  world.card.eims = {eim_entry("eim1", true), eim_entry("eim2", true)};
  world.eims["eim2"];
  world.eims.at("eim1").polls = {package("eim1", kDelete)};
  world.card.next_results = {result("eim1", 7, "850100"_hex)};
  world.visit();
  CHECK(world.eims.at("eim2").of(Function::get_eim_package).front().find("8000810100") != std::string::npos);
  world.visit();
  CHECK(world.eims.at("eim2").of(Function::get_eim_package).back().find("8000") == std::string::npos);
  CHECK(world.eims.at("eim1").of(Function::get_eim_package).back().find("8000") == std::string::npos);
}

TEST_CASE("An eIM that a package adds is visited at once, and results go only where they belong", "[iot_agent]") {
  World world;
  world.eims["eim2"];
  auto& eim = world.eims.at("eim1");
  eim.polls = {package("eim1", "A8008000"_hex, 0xA1)};
  world.card.next_results = {result("eim1", 7, "A803840102"_hex)};
  world.card.results[6] = result("eim2", 6, "850100"_hex);
  // The card has the new eIM from then on.
  world.card.eims.push_back(eim_entry("eim2", false));
  world.visit();
  CHECK(world.eims.at("eim2").of(Function::provide_eim_package_result).front().find(to_hex(world.card.results[6])) != std::string::npos);
  for (const std::string& report : eim.of(Function::provide_eim_package_result))
    CHECK(report.find(to_hex(world.card.results[6])) == std::string::npos);
}

TEST_CASE("An unreachable eIM changes nothing, and the next one is asked", "[iot_agent]") {
  World world;
  world.card.eims = {eim_entry("eim1", true), eim_entry("eim2", true), eim_entry("eim3", true)};
  world.eims["eim2"];
  world.eims.at("eim1").reachable = false;
  const AgentReport report = world.visit();
  CHECK(report.reached);
  CHECK(report.failures == 2);  // eim3 has no way to it
  CHECK(world.eims.at("eim2").heard.size() == 1);
  World alone;
  alone.eims.at("eim1").reachable = false;
  CHECK_FALSE(alone.visit().reached);
  alone.card.gone = true;
  alone.visit();
  CHECK(alone.card_error);
}

TEST_CASE("An eIM that never ends, or makes no sense, does not hold the agent", "[iot_agent]") {
  World endless;
  auto& eim = endless.eims.at("eim1");
  for (unsigned i = 0; i < 100; ++i) {
    eim.polls.emplace_back(package("eim1", kDelete));
    endless.card.next_results.push_back(result("eim1", 100 + i, "850100"_hex));
  }
  CHECK(endless.visit().packages == 16);

  const std::vector<std::optional<Bytes>> answers{
      std::nullopt,       Bytes{},          "00"_hex,           "BF4F"_hex,          "BF4F7F"_hex,        "BF4F00"_hex,
      "BF5003020101"_hex, "BF4F020200"_hex, "BF4F03020102"_hex, Bytes(100000, 0xBF), "BF4F048401FFFF"_hex};
  for (const auto& answer : answers) {
    World world;
    world.eims.at("eim1").polls = {answer};
    const AgentReport report = world.visit();
    CHECK(report.reached);
    CHECK(report.failures == 1);
    CHECK(world.card.packages.empty());
  }
  // Packages that cannot be read are reported as such and asked about no further.
  World unknown;
  unknown.eims.at("eim1").polls = {"BF4F03990101"_hex,
                                   "BF4F09BF5106"
                                   "300482020102"_hex};
  unknown.visit();
  const auto reports = unknown.eims.at("eim1").of(Function::provide_eim_package_result);
  REQUIRE(reports.size() == 2);
  CHECK(reports[0].ends_with("A003020102"));
  CHECK(reports[1].ends_with("A00780020102020101"));  // the card says 6A80
}

TEST_CASE("Without a way back to an eIM's servers notifications go directly", "[iot_agent]") {
  World world;
  world.card.eims = {eim_entry("eim1", false)};
  std::string target, fields;
  Bytes body;
  world.net.emplace([&](const std::string&, std::uint16_t) -> PortResult<std::unique_ptr<StreamPort>> {
    return std::make_unique<MemoryStream>([&](Bytes& received) {
      return take_request(received, target, fields, body) ? to_bytes(text_view("HTTP/1.1 204 No Content\r\n\r\n")) : Bytes{};
    });
  });
  world.card.notifications[8] = notification(8);
  world.visit();
  CHECK(target == "/gsma/rsp2/es9plus/handleNotification");
  CHECK(world.card.removed == std::vector<std::uint64_t>{8});
  CHECK(world.eims.at("eim1").of(Function::handle_notification).empty());
}

TEST_CASE("Compact forms are made once an eIM has what it needs for the full ones", "[iot_agent]") {
  World world;
  AgentOptions options;
  options.minimize = true;
  auto& eim = world.eims.at("eim1");
  eim.well_formed = false;
  world.card.notifications[8] = notification(8);
  world.card.answers[0xBF56] = "BF560CA00AA503020105A603020106"_hex;
  world.card.answers[0xBF22] = "BF22058203020500"_hex;
  eim.polls = {asn1::tlv(0xBF4F, "BF52075C05BF22A5A6A8"_hex)};
  world.visit(options);
  CHECK(eim.of(Function::handle_notification).front().find(to_hex(notification(8))) != std::string::npos);
  CHECK(world.journal().of("eim1").compact);
  world.card.notifications[9] = notification(9);
  world.visit(options);
  const std::string compact = eim.of(Function::handle_notification).back();
  CHECK(compact.find("A0") == 6);
  CHECK(compact.find("5A10" + to_hex(kEid) + "BF2F") != std::string::npos);
  CHECK(compact.find("30003000") == std::string::npos);
}

TEST_CASE("A visit that waits for the network goes on where it was, or is dropped without a trace", "[iot_agent]") {
  for (const bool dropped : {false, true}) {
    World world;
    auto& eim = world.eims.at("eim1");
    eim.waiter.on = true;
    eim.polls = {package("eim1", kDelete)};
    eim.reports = {"BF5006BF5303800107"_hex};
    world.card.next_results = {result("eim1", 7, "850100"_hex)};
    IotAgent agent(world.card, world, world);
    Task<IotAgent::Outcome> visit = agent.visit({});
    visit.start();
    unsigned waits = 0;
    while (!visit.done()) {
      ++waits;
      if (dropped && waits == 2) break;
      std::exchange(eim.waiter.waiting, {}).resume();
    }
    if (!dropped) CHECK(waits == 3);
    CHECK(world.card.removed.size() == (dropped ? 0U : 1U));
  }
}
