// The assistant of a card at a terminal, with errands that only count: when it speaks, and what it does around them.
#include "ipae/card/assistant.h"

#include "euicc/gp/octet_record.h"
#include "tests/unit/ipae_card/iot_station.h"

using namespace simurgh;
using namespace simurgh::test;
using std::chrono::minutes;

namespace {

struct Notebook {
  std::vector<std::int64_t> visits;                         // seconds on the terminal's clock
  std::vector<ipae::Situation> situations;
  std::vector<ipae::esipa::StateChangeCause> changes;
  std::function<ipae::Visit(const card::CardServices&)> act = [](const card::CardServices&) { return ipae::Visit{.reached = true, .idle = true, .what = "nothing", .host = {}}; };
};

class CountedErrands final : public ipae::Errands {
 public:
  CountedErrands(Notebook& book, const card::CardServices& services, terminal::Clock& clock) : book_(book), services_(services), clock_(clock) {}
  ipae::Task<ipae::Visit> visit(ipae::Situation situation) override {
    book_.visits.push_back(clock_.now() / seconds(1));
    book_.situations.push_back(situation);
    co_return book_.act(services_);
  }
  void state_changed(ipae::esipa::StateChangeCause cause) override { book_.changes.push_back(cause); }
  bool owes() const override { return false; }

 private:
  Notebook& book_;
  const card::CardServices& services_;
  terminal::Clock& clock_;
};

// `book` is told the time by the station's clock.
struct Station : Notebook, IotStation {
  explicit Station(ipae::AssistantPolicy policy = {}, terminal::TerminalOptions options = {}, bool fallback = false)
      : IotStation(policy, std::move(options), fallback, [this](const card::CardServices& services, ipae::BipNet&, std::function<void()>) {
          return std::make_unique<CountedErrands>(*this, services, clock);
        }) {}
};

}  // namespace

TEST_CASE("After a minute of service the assistant makes its first visit, then one an hour", "[assistant]") {
  Station station;
  station.restart().run(std::chrono::hours(3) + minutes(2));
  CHECK(station.visits == std::vector<std::int64_t>{60, 3660, 7260, 10860});
  CHECK(station.changes == std::vector<ipae::esipa::StateChangeCause>{ipae::esipa::StateChangeCause::device_change});
  CHECK(to_hex(station.situations.front().plmn) == "00F110");
  CHECK(station.situations.front().imei.size() == 8);
  const ipae::Record record = station.record();
  CHECK(record.polls == 4);
  CHECK(record.last_poll == 1'790'000'000 + 10860);
  CHECK(record.events.back().what == "nothing");
}

TEST_CASE("Failed visits back off, and a reset remembers how often they failed", "[assistant]") {
  Station station;
  station.act = [](const card::CardServices&) { return ipae::Visit{.what = "no eIM", .host = {}}; };
  station.restart().run(minutes(60));
  CHECK(station.visits == std::vector<std::int64_t>{60, 660, 1860});
  CHECK(station.record().failures == 3);
  station.visits.clear();
  station.restart().run(minutes(9));
  CHECK(station.visits == std::vector<std::int64_t>{3600 + 480});
  // The same device is no news.
  CHECK(station.changes.size() == 1);
}

TEST_CASE("Without service nothing is tried, and service that comes is used at once", "[assistant]") {
  terminal::TerminalOptions options;
  options.device.service = terminal::ServiceStatus::none;
  Station station({}, std::move(options));
  station.restart().run(minutes(150));
  CHECK(station.visits.empty());
  CHECK(station.record().loss.unregistered >= minutes(119));
  station.modem->move_to({});
  station.modem->settle();
  station.run(seconds(5));
  CHECK(station.visits == std::vector<std::int64_t>{9000});
  CHECK(station.record().loss == ipae::Loss{});
}

TEST_CASE("An SMS to the assistant's port makes it poll, not more often than allowed, and other messages do not", "[assistant]") {
  // SMS-DELIVER with application port addressing: 05 04 port port.
  const auto message = [](Station& station, const std::string& port) {
    // originator of four digits, PID 00, DCS 04 eight bits
    const Bytes tpdu = *from_hex("44" "0481" "2143" "00" "04" "62108121000000" "07" "060504" + port + "0000");
    return station.modem->deliver_sms("+491710000000", tpdu).kind;
  };
  Station station;
  station.restart().run(minutes(5));
  REQUIRE(station.visits.size() == 1);
  CHECK(message(station, "2B0B") == terminal::EnvelopeAnswer::Kind::taken);
  station.run(seconds(10));
  CHECK(station.visits.size() == 1);
  CHECK(message(station, "2B0A") == terminal::EnvelopeAnswer::Kind::taken);
  station.run(seconds(10));
  CHECK(station.visits.size() == 2);
  CHECK(message(station, "2B0A") == terminal::EnvelopeAnswer::Kind::taken);
  station.run(seconds(10));
  CHECK(station.visits.size() == 2);
  station.run(seconds(40));
  (void)message(station, "2B0A");
  station.run(seconds(10));
  CHECK(station.visits.size() == 3);
}

namespace {

// As errands would do with a package of the eIM.
ipae::Visit enable_other(Station& station, const card::CardServices& services, bool rollback) {
  const Bytes package = station.bench->eim.psmos(station.bench->identity.eid, *from_hex(psmo_enable(kIccid2, rollback)));
  const auto answer = services.es10(package);
  REQUIRE(answer);
  REQUIRE(station.bench->eim.read(answer->data, station.bench->euicc_key()).elements == "830100");
  return {.reached = true, .switched = true, .what = "a package enables a profile", .host = {}};
}

}  // namespace

TEST_CASE("A switched profile is proven by the next visit, over either kind of REFRESH", "[assistant]") {
  for (const bool state_change : {true, false}) {
    INFO(state_change);
    terminal::TerminalOptions options;
    options.capabilities = *terminal::built_in_capabilities("nbiot");
    options.capabilities.profile.set(34, 6, state_change);
    Station station({}, std::move(options));
    (void)station.es10_as_ipad("BF2000");
    station.bench->install(kIccid2);
    bool done = false;
    station.act = [&](const card::CardServices& services) {
      if (!std::exchange(done, true)) return enable_other(station, services, true);
      return ipae::Visit{.reached = true, .idle = true, .what = "delivered", .host = {}};
    };
    station.run(minutes(3));
    CHECK(station.modem->facts().iccid() == kIccid2);
    CHECK(station.visits.size() == 2);
    const ipae::Record record = station.record();
    CHECK_FALSE(record.unproven);
    CHECK(station.said("the enabled profile has reached an eIM"));
    // and goes on as before
    station.run(minutes(61));
    CHECK(station.visits.size() == 3);
  }
}

TEST_CASE("A switched profile that reaches nobody is rolled back in its time, across resets, where the package allows it", "[assistant]") {
  for (const bool rollback : {true, false}) {
    INFO(rollback);
    Station station;
    (void)station.es10_as_ipad("BF2000");
    station.bench->install(kIccid2);
    bool done = false;
    station.act = [&](const card::CardServices& services) {
      if (!std::exchange(done, true)) return enable_other(station, services, rollback);
      return ipae::Visit{.what = "no eIM", .host = {}};
    };
    station.run(minutes(5));
    REQUIRE(station.record().unproven);
    const seconds before = station.record().unproven->left;
    CHECK(before <= seconds(600 - 240 + 30));
    station.restart().run(seconds(0));
    REQUIRE(station.record().unproven);
    CHECK(station.record().unproven->left == before - seconds(30));
    station.run(minutes(12));
    CHECK_FALSE(station.record().unproven);
    CHECK(station.bench->enabled() == (rollback ? kIccid1 : kIccid2));
    CHECK(station.said(rollback ? "in time and is rolled back" : "in time and may not be rolled back"));
  }
}

TEST_CASE("Without service for too long the card falls back, tries the return where it was, and falls back again", "[assistant]") {
  Station station({}, {}, true);
  (void)station.es10_as_ipad("BF2000");
  station.bench->install(kIccid2);
  REQUIRE(station.bench->run(psmo_enable(kIccid2)) == "830100");
  station.act = [&](const card::CardServices&) { return ipae::Visit{.reached = station.bench->enabled() == kIccid1, .idle = true, .what = "visit", .host = {}}; };
  station.run(minutes(1));
  terminal::Device nowhere = station.modem->device();
  terminal::Device somewhere = nowhere;
  nowhere.service = terminal::ServiceStatus::none;
  station.modem->move_to(nowhere);
  station.run(std::chrono::hours(5));
  CHECK(station.bench->enabled() == kIccid2);
  station.run(std::chrono::hours(2));
  CHECK(station.bench->enabled() == kIccid1);
  REQUIRE(station.record().fallback);
  CHECK(station.record().switches == 1);
  CHECK(station.changes.back() == ipae::esipa::StateChangeCause::fallback);
  // A reset does not forget it.
  station.modem->move_to(somewhere);
  station.restart().run(minutes(10));
  REQUIRE(station.record().fallback);
  station.run(std::chrono::hours(30));
  REQUIRE(station.record().fallback);
  CHECK(station.record().fallback->returns == 1);
  CHECK(station.bench->enabled() == kIccid1);
  CHECK(station.said("the return from fallback reached no eIM"));
}

TEST_CASE("A network that lets a device camp and does not register it is no service, whoever is asked", "[assistant]") {
  Station station({}, {}, true);
  (void)station.es10_as_ipad("BF2000");
  station.bench->install(kIccid2);
  REQUIRE(station.bench->run(psmo_enable(kIccid2)) == "830100");
  station.act = [&](const card::CardServices&) { return ipae::Visit{.reached = true, .idle = true, .what = "visit", .host = {}}; };
  station.run(minutes(1));
  terminal::Device limited = station.modem->device();
  const terminal::Device before = limited;
  limited.service = terminal::ServiceStatus::limited;
  station.modem->move_to(limited);
  // Also after a reset, where PROVIDE LOCAL INFORMATION is all it hears.
  station.run(std::chrono::hours(3));
  station.restart().run(std::chrono::hours(2));
  const std::size_t visits = station.visits.size();
  CHECK(station.bench->enabled() == kIccid2);
  CHECK(station.record().loss.unregistered >= std::chrono::hours(4));
  station.run(std::chrono::hours(3));
  CHECK(station.visits.size() == visits);
  CHECK(station.said("no service for too long: fallback"));
  CHECK(station.bench->enabled() == kIccid1);
  station.modem->move_to(before);
  station.run(minutes(10));
  CHECK(station.visits.size() > visits);
}

TEST_CASE("A profile that registers and has no data is given up when the policy says so", "[assistant]") {
  IotStation station({}, {}, true);
  (void)station.es10_as_ipad("BF2000");
  station.bench->install(kIccid2);
  REQUIRE(station.bench->run(psmo_enable(kIccid2)) == "830100");
  station.net.blocked = [&] { return station.modem->facts().iccid() == kIccid2; };
  station.run(minutes(110));
  CHECK(station.bench->enabled() == kIccid2);
  CHECK(station.record().loss.attempts >= 8);
  station.run(minutes(60));
  INFO(station.story() << station.record().loss.attempts << " attempts, " << station.record().loss.no_data.count() << " s");
  CHECK(station.said("no data connection for too long: fallback"));
  CHECK(station.bench->enabled() == kIccid1);
  station.run(minutes(10));
  CHECK(station.record().polls >= 1);
}

TEST_CASE("A profile is a bootstrap for what it is, not for where it came from", "[assistant]") {
  // Seconds from the first visit to the second, when nothing is to do.
  const auto pause = [](bool fallback, const std::function<void(profile::ProfileEntry&)>& change) {
    Station station({}, {}, fallback);
    bool done = false;
    station.act = [&](const card::CardServices& services) {
      if (!std::exchange(done, true)) {
        profile::Registry registry(services.txn);
        auto enabled = registry.enabled().value();
        change(enabled);
        registry.save(enabled);
      }
      return ipae::Visit{.reached = true, .idle = true, .what = "nothing", .host = {}};
    };
    station.run(std::chrono::hours(2));
    REQUIRE(station.visits.size() >= 2);
    return station.visits[1] - station.visits[0];
  };
  const auto same = [](profile::ProfileEntry&) {};
  CHECK(pause(false, same) == 3600);
  CHECK(pause(true, same) == 90);  // it has the fallback attribute
  CHECK(pause(false, [](profile::ProfileEntry& entry) { entry.metadata.profile_class = profile::ProfileClass::provisioning; }) == 90);
  CHECK(pause(false, [](profile::ProfileEntry& entry) { entry.factory = true; }) == 3600);
}

TEST_CASE("A visit holds the identity, a profile to be proven does too, and nothing else", "[assistant]") {
  using Holding = card::Platform::Holding;
  Station station;
  (void)station.es10_as_ipad("BF2000");
  station.bench->install(kIccid2);
  card::Platform* platform = nullptr;
  unsigned visits = 0;
  station.act = [&](const card::CardServices& services) {
    platform = &services.platform;
    CHECK(services.platform.held(Holding::session));
    CHECK(services.platform.longest(Holding::session) == seconds(600));
    if (++visits == 2) return enable_other(station, services, true);
    CHECK(services.platform.held(Holding::proving) == (visits > 2));
    return ipae::Visit{.reached = visits != 3, .idle = true, .what = "visit", .host = {}};
  };
  station.run(minutes(2));
  REQUIRE(visits == 1);
  CHECK_FALSE(platform->held());
  station.run(minutes(59) + seconds(15));
  REQUIRE(visits == 3);  // the first attempt to prove has failed
  CHECK(platform->held(Holding::proving));
  CHECK_FALSE(platform->held(Holding::session));
  station.run(minutes(2));
  REQUIRE(visits >= 4);
  CHECK_FALSE(platform->held());
}

TEST_CASE("An identity that is being changed defers the visit, and not for ever", "[assistant]") {
  Station station;
  card::Platform* platform = nullptr;
  station.act = [&](const card::CardServices& services) {
    platform = &services.platform;
    return ipae::Visit{.reached = true, .idle = true, .what = "visit", .host = {}};
  };
  station.run(minutes(5));
  REQUIRE(station.visits == std::vector<std::int64_t>{60});
  platform->set_changing(true);
  station.run(minutes(56));
  CHECK(station.visits.size() == 1);  // due at 3660
  platform->set_changing(false);
  station.run(seconds(59));
  REQUIRE(station.visits.size() == 2);
  CHECK(station.visits[1] > 3660);
  // A REFRESH that never comes.
  platform->set_changing(true);
  station.run(minutes(62));
  REQUIRE(station.visits.size() == 3);
  CHECK(station.visits[2] == station.visits[1] + 3660);
}

namespace {

// The errands of every card, which begin with the identity that is wanted.
std::unique_ptr<ipae::Errands> errands_as(const Bytes& imsi, const ipae::AssistantPolicy& policy, const card::CardServices& services, ipae::BipNet& net, std::function<void()> switched) {
  for (const uicc::NodeId adf : services.uicc.tree().adfs()) {
    const uicc::NodeId file = services.uicc.tree().child(adf, 0x6F07);
    if (!imsi.empty() && file != uicc::kNoNode) services.uicc.set_body(file, imsi, services.txn);
  }
  return ipae::agent_errands(policy)(services, net, std::move(switched));
}

}  // namespace

TEST_CASE("Each identity of a bootstrap profile has its own budget, and what one has used stays used", "[assistant]") {
  Bytes wanted;
  ipae::AssistantPolicy policy;
  policy.budget = {.life = 0, .day = 30'000, .reserve = 0};
  policy.polls.bootstrap_interval = seconds(600);
  policy.polls.interval = seconds(600);
  policy.bip.name_servers = {{10, 0, 0, 53}};
  const auto errands = [&](const card::CardServices& services, ipae::BipNet& net, std::function<void()> switched) {
    return errands_as(wanted, policy, services, net, std::move(switched));
  };
  IotStation station(policy, {}, true, errands);
  station.run(std::chrono::hours(20));
  INFO(station.story());
  const std::size_t polls = station.eim->polls.size();
  CHECK(polls >= 6);
  REQUIRE(station.record().spent.size() == 1);
  const ipae::Spent first = station.record().spent[0];
  CHECK(first.used.day >= 30'000);
  CHECK(first.used.day < 34'000);  // no more than the visit that went over it
  CHECK(station.said("no visit: the data budget of the bootstrap profile is used up"));
  // Another identity may speak; the record knows both.
  wanted = *from_hex("080910100000000020");
  station.restart().run(std::chrono::hours(1));
  CHECK(station.eim->polls.size() > polls);
  REQUIRE(station.record().spent.size() == 2);
  CHECK(station.record().spent[0] == first);
  CHECK(station.record().spent[1].imsi == wanted);
  CHECK(station.record().spent[1].used.day > 0);
  CHECK(station.record().imsi == wanted);
  // Back to the first: it has nothing left, until the day is over.
  wanted = first.imsi;
  station.restart().run(minutes(30));
  const std::size_t before = station.eim->polls.size();
  const std::uint64_t life = station.record().used_by(first.imsi).life;
  station.run(std::chrono::hours(30));
  CHECK(station.eim->polls.size() > before);
  CHECK(station.record().used_by(first.imsi).life > life);
}

TEST_CASE("A visit that the power cuts short is charged like a whole one", "[assistant]") {
  IotStation station({}, {}, true);
  // Whenever a channel has been opened, five times.
  std::size_t opened = 0;
  unsigned cuts = 0;
  station.link->dead = [&] {
    if (cuts == 5 || station.net.opened.size() == opened) return false;
    opened = station.net.opened.size();
    return ++cuts <= 5;
  };
  station.run(seconds(28));
  INFO(station.story());
  REQUIRE(cuts == 5);
  REQUIRE(station.record().spent.size() == 1);
  CHECK(station.eim->polls.empty());
  CHECK(station.record().spent[0].used.life == 5 * 3000);
  station.run(minutes(1));
  REQUIRE(station.eim->polls.size() >= 1);
  const std::uint64_t whole = station.record().spent[0].used.life - 5 * 3000;
  CHECK(whole >= (station.net.up + station.net.down) / 2);
  CHECK(whole < 4000 * station.eim->polls.size());
}

TEST_CASE("While the emergency profile is enabled nothing is sent, and then everything goes on", "[assistant]") {
  IotStation station;
  (void)station.es10_as_ipad("BF2000");
  station.bench->install(kIccid2, iot_metadata(true, false));
  station.run(minutes(5));
  REQUIRE(station.eim->polls.size() == 1);
  CHECK(station.es10_as_ipad("BF5B03800100") == "BF5B03800100");
  const std::size_t opened = station.net.opened.size();
  // An eIM that wants something does not change that, nor do resets and messages.
  station.eim->orders.push_back(data_request("BF20"));
  station.run(std::chrono::hours(5));
  station.restart().run(std::chrono::hours(5));
  (void)station.modem->deliver_sms("+491710000000", *from_hex("44" "0481" "2143" "00" "04" "62108121000000" "07" "0605042B0A0000"));
  station.run(std::chrono::hours(1));
  CHECK(station.bench->enabled() == kIccid2);
  CHECK(station.net.opened.size() == opened);
  CHECK(station.eim->polls.size() == 1);
  CHECK(station.es10_as_ipad("BF5C03800100") == "BF5C03800100");
  station.run(minutes(10));
  CHECK(station.bench->enabled() == kIccid1);
  CHECK(station.eim->polls.size() >= 2);
  CHECK(station.eim->orders.empty());
}

TEST_CASE("While a device has an IPAd the assistant is quiet, until it is handed over", "[assistant]") {
  terminal::TerminalOptions options;
  options.capabilities = *terminal::built_in_capabilities("nbiot");
  options.capabilities.terminal_capability = *from_hex("A903840101");
  Station station({}, std::move(options));
  station.run(minutes(90));
  CHECK(station.visits.empty());
  REQUIRE(station.modem->send(*from_hex("00A4040010A0000005591010FFFFFFFF8900000100")).ok());
  REQUIRE(station.modem->send(*from_hex("80E2910007BF420480020780")).ok());
  station.modem->settle();
  station.run(minutes(3));
  CHECK(station.visits.size() == 1);
}

TEST_CASE("What happens again and again is remembered with its first and its latest time", "[assistant]") {
  ipae::Record record;
  record.note(1, "a profile came");
  for (unsigned i = 0; i < 100; ++i) record.note(10 + i, "nothing to do");
  record.note(200, "another thing");
  record.note(201, "nothing to do");
  REQUIRE(record.events.size() == 5);
  CHECK(record.events[0].what == "a profile came");
  CHECK(record.events[1] == ipae::LogLine{10, "nothing to do"});
  CHECK(record.events[2] == ipae::LogLine{109, "nothing to do"});
  CHECK(record.events[4] == ipae::LogLine{201, "nothing to do"});
}

TEST_CASE("A record survives its encoding, and octets that are none are refused", "[assistant]") {
  ipae::Record record;
  record.imei = *from_hex("0849050123456789");
  record.failures = 3;
  record.imsi = *from_hex("080910100000000010");
  record.spent = {{*from_hex("080910100000000010"), {.life = 12345, .day = 77}}, {*from_hex("080910100000000020"), {.life = 5, .day = 5}}};
  record.unproven = ipae::Unproven{.before = {1}, .after = {2, 3}, .left = seconds(599)};
  record.fallback = ipae::Fallback{.reason = ipae::Health::no_data, .country = {0x62, 0x02}, .since = seconds(5), .returns = 2, .returning = true};
  for (unsigned i = 0; i < 40; ++i) record.note(i, "event " + std::to_string(i) + std::string(i * 10, '.'));
  CHECK(record.events.size() == ipae::Record::kEvents);
  const Bytes encoded = record.encode();
  CHECK(encoded.size() < 4096);
  const auto read = ipae::Record::decode(encoded);
  REQUIRE(read);
  CHECK(*read == record);
  for (std::size_t size = 0; size < encoded.size(); ++size) CHECK_FALSE(ipae::Record::decode(ByteView(encoded).first(size)));
  Bytes more = encoded;
  more.push_back(0);
  CHECK_FALSE(ipae::Record::decode(more));
}

TEST_CASE("A record of the version before is read, and its budget is the first identity's", "[assistant]") {
  // Version, IMEI, failures, idle time, budget of life and day, age of the day, three of loss, no unproven profile, no fallback, switches, dwell, polls,
  // last poll, no events: as cards of that version have it in their stores.
  gp::OctetWriter old;
  old.byte(1);
  old.octets(*from_hex("0849050123456789"));
  for (const std::uint64_t number : {3U, 90U, 12345U, 77U, 600U, 0U, 0U, 0U}) old.number(number);
  old.byte(0);
  old.byte(0);
  for (const std::uint64_t number : {0U, 0U, 5U, 1790000000U, 0U}) old.number(number);
  auto record = ipae::Record::decode(old.take());
  REQUIRE(record);
  CHECK(record->failures == 3);
  CHECK(record->polls == 5);
  CHECK(record->imsi.empty());
  const Bytes imsi = *from_hex("080910100000000010"), other = *from_hex("080910100000000020");
  CHECK(record->used_by(imsi) == ipae::Budget{12345, 77});
  record->spend(imsi, 3);
  CHECK(record->used_by(imsi) == ipae::Budget{12348, 80});
  CHECK(record->used_by(other) == ipae::Budget{});
  CHECK(ipae::Record::decode(record->encode()) == record);
  // More identities than there can be: those that used least are forgotten.
  for (std::uint8_t i = 0; i < 40; ++i) record->spend(Bytes{8, i}, 1);
  CHECK(record->spent.size() == ipae::Record::kIdentities);
  CHECK(record->used_by(imsi).life == 12348);
  CHECK(ipae::Record::decode(record->encode()) == record);
}
