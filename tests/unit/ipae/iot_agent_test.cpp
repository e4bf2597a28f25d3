// Visits of the IoT agent: a card and eIMs that follow a script, and eIMs that mean no good.
#include <catch2/catch.hpp>
#include <deque>
#include <map>

#include "asn1/codec/codec.h"
#include "ipae/agent/iot_agent.h"
#include "ipae/agent/runner.h"
#include "ipae/agent/schedule.h"
#include "tests/unit/ipae/memory_net.h"
#include "tests/unit/ipae/scripted_card.h"

using namespace simurgh;
using namespace simurgh::ipae;
using namespace simurgh::literals;
using esipa::Function;

namespace {

const Bytes kEid = "89049032123451234512345678901235"_hex;
const Bytes kIdle = "BF4F03020101"_hex;
const Bytes kEmpty = "BF50023000"_hex;
const Bytes kSignature = asn1::tlv(0x5F37, Bytes(64, 0x11));

Bytes text(std::uint32_t tag, const std::string& value) { return asn1::tlv(tag, text_view(value)); }
Bytes number(std::uint32_t tag, std::uint64_t value) { return asn1::tlv(tag, asn1::integer_content(value)); }

Bytes package(const std::string& eim, ByteView commands, std::uint32_t list = 0xA0) {
  const Bytes data = concat({text(0x80, eim), asn1::tlv(0x5A, kEid), number(0x81, 1), "82020102"_hex, asn1::tlv(list, commands)});
  return asn1::tlv(0xBF4F, asn1::tlv(0xBF51, concat({asn1::tlv(0x30, data), kSignature})));
}
Bytes result(const std::string& eim, std::uint64_t sequence, ByteView codes) {
  const Bytes data = concat({text(0x80, eim), number(0x81, 1), "82020102"_hex, number(0x83, sequence), asn1::tlv(0x30, codes)});
  return asn1::tlv(0xBF51, asn1::tlv(0xA0, concat({asn1::tlv(0x30, data), kSignature})));
}
Bytes notification(std::uint64_t sequence) {
  const Bytes metadata = concat({number(0x80, sequence), "81020640"_hex, text(0x0C, "smdp.example.com")});
  return asn1::tlv(0x30, concat({asn1::tlv(0xBF2F, metadata), kSignature, "30003000"_hex}));
}
Bytes eim_entry(const std::string& id, bool indirect) {
  Bytes members = concat({text(0x80, id), text(0x81, id), "840101"_hex, "87020780"_hex});
  if (indirect) append(members, "8900"_hex);
  return asn1::tlv(0x30, members);
}

// An IoT card as far as an agent asks it.
class IotCard final : public Es10Port {
 public:
  PortResult<Bytes> request(ByteView command) override {
    const std::uint32_t tag = asn1::TlvReader(command).peek().value_or(0);
    calls.push_back(tag);
    if (gone) return std::unexpected(PortError{"the reader is gone"});
    if (const auto bent = answers.find(tag); bent != answers.end()) return bent->second;
    switch (tag) {
      case 0xBF3E:
        return asn1::tlv(0xBF3E, asn1::tlv(0x5A, kEid));
      case 0xBF55: {
        Bytes list;
        for (const Bytes& eim : eims) append(list, eim);
        return asn1::tlv(0xBF55, asn1::tlv(0xA0, list));
      }
      case 0xBF2B: {
        const auto filter = asn1::find_child(asn1::read_only(command, 0xBF2B)->value, 0xA0);
        const auto wanted = filter ? asn1::find_child(filter->value, 0x80) : std::nullopt;
        Bytes list;
        if (filter && !wanted) {
          for (const auto& [sequence, raw] : results) append(list, raw);
          return asn1::tlv(0xBF2B, asn1::tlv(0xA2, list));
        }
        for (const auto& [sequence, raw] : notifications) {
          if (!wanted || asn1::unsigned_value(*wanted).value() == sequence) append(list, raw);
        }
        return asn1::tlv(0xBF2B, asn1::tlv(0xA0, list));
      }
      case 0xBF28: {
        Bytes list;
        for (const auto& [sequence, raw] : notifications)
          append(list, asn1::read_only(raw, 0x30)->value.first(asn1::TlvReader(asn1::read_only(raw, 0x30)->value).next()->raw.size()));
        return asn1::tlv(0xBF28, asn1::tlv(0xA0, list));
      }
      case 0xBF30: {
        const std::uint64_t sequence = asn1::unsigned_value(*asn1::find_child(asn1::read_only(command, 0xBF30)->value, 0x80)).value();
        removed.push_back(sequence);
        return results.erase(sequence) + notifications.erase(sequence) == 1 ? "BF3003800100"_hex : "BF3003800101"_hex;
      }
      case 0xBF2D:
        return emergency ? "BF2D18A016E3145A0A980010325476981032549F7001019F7B01FF"_hex : "BF2D02A000"_hex;
      case 0xBF51: {
        packages.push_back(to_bytes(command));
        if (next_results.empty()) return std::unexpected(PortError{"wrong data (6A80)", 0x6A80});
        const Bytes answer = next_results.front();
        next_results.pop_front();
        if (const auto parsed = esipa::parse_package_result(answer); parsed && parsed->sequence) results[*parsed->sequence] = answer;
        return answer;
      }
      default:
        return std::unexpected(PortError{"not found (6A88)", 0x6A88});
    }
  }
  std::vector<Bytes> eims{eim_entry("eim1", true)};
  std::map<std::uint64_t, Bytes> results, notifications;
  std::deque<Bytes> next_results;
  std::map<std::uint32_t, Bytes> answers;
  std::vector<std::uint32_t> calls;
  std::vector<std::uint64_t> removed;
  std::vector<Bytes> packages;
  bool emergency = false, gone = false;
};

// What waits for whoever asks next. Suspends when told to, as a BIP channel does.
struct Waiter {
  std::coroutine_handle<> waiting;
  bool on = false;
  auto pause() {
    struct Awaiter {
      Waiter& waiter;
      [[nodiscard]] bool await_ready() const { return !waiter.on; }
      void await_suspend(std::coroutine_handle<> handle) const { waiter.waiting = handle; }
      void await_resume() const {}
    };
    return Awaiter{*this};
  }
};

struct EimScript {
  std::deque<std::optional<Bytes>> polls;    // answers to getEimPackage; then idle
  std::deque<std::optional<Bytes>> reports;  // to results; then empty
  std::vector<std::pair<Function, Bytes>> heard;
  std::size_t closed = 0;
  bool reachable = true;
  bool well_formed = true;  // what is heard; false where a test's card gives stubs
  Waiter waiter;

  [[nodiscard]] std::vector<std::string> of(Function function) const {
    std::vector<std::string> out;
    for (const auto& [what, message] : heard) {
      if (what == function) out.push_back(to_hex(message));
    }
    return out;
  }
};

class ScriptedEim final : public esipa::EsipaExchange {
 public:
  explicit ScriptedEim(EimScript& script) : script_(script) {}
  Task<esipa::EsipaResult<std::optional<Bytes>>> exchange(Function function, Bytes message) override {
    co_await script_.waiter.pause();
    if (!script_.reachable) {
      Es9Error error;
      error.kind = Es9Error::Kind::unreachable;
      error.what = "no connection";
      co_return std::unexpected(error);
    }
    if (script_.well_formed) {
      INFO(to_hex(message));
      CHECK(asn1::codec::check("EsipaMessageFromIpaToEim", message));
    }
    script_.heard.emplace_back(function, message);
    if (function == Function::handle_notification) co_return std::optional<Bytes>{};
    auto& queue = function == Function::get_eim_package ? script_.polls : script_.reports;
    if (queue.empty()) co_return std::optional<Bytes>(function == Function::get_eim_package ? kIdle : kEmpty);
    const auto answer = queue.front();
    queue.pop_front();
    co_return answer;
  }
  Task<> close() override {
    ++script_.closed;
    co_return;
  }

 private:
  EimScript& script_;
};

struct World final : AgentDoors, JournalPort {
  PortResult<std::unique_ptr<esipa::EsipaExchange>> eim(const es10b::EimEntry& entry) override {
    if (!eims.contains(entry.id)) return std::unexpected(PortError{"no way to it"});
    return std::make_unique<ScriptedEim>(eims.at(entry.id));
  }
  NetPort* servers() override { return net ? &*net : nullptr; }
  Bytes load(unsigned record) override { return records[record]; }
  void store(unsigned record, ByteView value) override { records[record] = to_bytes(value); }

  // A new agent each time, as after a reset.
  AgentReport visit(AgentOptions options = {}) {
    IotAgent agent(card, *this, *this, std::move(options));
    const auto outcome = run_now(agent.visit({"62F210"_hex, {"35290611"_hex, {}, {}}}));
    card_error = outcome.card.has_value();
    return outcome.report;
  }
  AgentJournal journal() { return AgentJournal::decode(records[kAgentRecord]); }

  IotCard card;
  std::map<std::string, EimScript> eims{{"eim1", {}}};
  std::map<unsigned, Bytes> records;
  std::optional<test::MemoryNet> net;
  bool card_error = false;
};

const Bytes kDelete = "A50C5A0A98001032547698103254"_hex;
const Bytes kEnable = "A30E5A0A980010325476981032540500"_hex;

}  // namespace

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

namespace {

// TransferEimPackage with what an answer to a poll holds.
Bytes transferred(const Bytes& poll_answer) { return asn1::tlv(0xBF4E, asn1::read_only(poll_answer, 0xBF4F)->value); }

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
  journal.triggers.push_back({"eim1", "0102"_hex, 0, esipa::trigger_error(127, {}), false});
  journal.triggers.push_back({"gone", "0103"_hex, 9, {}, false});
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
    return std::make_unique<test::MemoryStream>([&](Bytes& received) {
      return test::take_request(received, target, fields, body) ? to_bytes(text_view("HTTP/1.1 204 No Content\r\n\r\n")) : Bytes{};
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

TEST_CASE("The schedule spreads first polls, doubles after failures and comes back", "[schedule]") {
  using std::chrono::seconds;
  const ScheduleRules rules;
  PollSchedule schedule(rules, 1234);
  CHECK(schedule.first(0) == seconds(60));
  CHECK(schedule.first(300) == seconds(360));
  CHECK(schedule.first(301) == seconds(60));
  const auto regular = schedule.next(true);
  CHECK(regular >= seconds(3600));
  CHECK(regular <= seconds(3960));
  CHECK(schedule.next(true) == regular);  // the same device, the same jitter
  auto last = seconds(0);
  for (unsigned i = 0; i < 20; ++i) {
    const auto now = schedule.next(false);
    CHECK(now >= last);
    CHECK(now <= seconds(86400 + 8640));
    last = now;
  }
  CHECK(last >= seconds(86400));
  CHECK(schedule.first(0) >= seconds(86400));  // a restart is no way around it
  CHECK(schedule.next(true) == regular);
  CHECK(schedule.failures() == 0);
  CHECK(device_spread("0102030405060708"_hex) != device_spread("0102030405060709"_hex));
}
