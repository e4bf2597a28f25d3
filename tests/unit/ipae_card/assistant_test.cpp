// The assistant of a card at a terminal, with errands that only count: when it speaks, and what it does around them.
#include "ipae/card/assistant.h"

#include "tests/card/bench_card.h"
#include "tests/unit/ipae_card/internet.h"
#include "tools/terminal/terminal.h"

using namespace simurgh;
using namespace simurgh::test;
using ipae::seconds;
using std::chrono::minutes;

namespace {

bench::Desk& desk() {
  static bench::Desk shared;
  return shared;
}

class BenchLink final : public terminal::Link {
 public:
  explicit BenchLink(BenchCard& bench) : bench_(bench) {}
  Bytes transmit(ByteView command) override { return bench_.card.transmit(command); }
  Bytes reset() override { return bench_.card.reset(); }

 private:
  BenchCard& bench_;
};

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

struct Station {
  explicit Station(ipae::AssistantPolicy policy = {}, terminal::TerminalOptions options = {}) {
    policy.polls.first_spread = seconds(0);
    policy.polls.jitter_percent = 0;
    applets.add({.class_aid = {}, .name = "IPAe", .make = [this, policy](const card::CardServices& services, const gp::Application*) {
                   return std::make_unique<ipae::Assistant>(services, policy, [this](const card::CardServices& its, ipae::BipNet&, std::function<void()>) {
                     return std::make_unique<CountedErrands>(book, its, clock);
                   });
                 }});
    bench = std::make_unique<BenchCard>(desk(), ecasd::Capabilities{}, false, &applets);
    link = std::make_unique<BenchLink>(*bench);
    if (options.capabilities.profile.octets().empty()) options.capabilities = *terminal::built_in_capabilities("nbiot");
    options.device.date = 1'790'000'000;
    modem = std::make_unique<terminal::Terminal>(
        terminal::Terminal::Parts{.link = *link, .clock = clock, .network = net, .user = user, .journal = {}}, std::move(options));
  }
  Station& on() {
    REQUIRE(modem->power_up());
    modem->settle();
    return *this;
  }
  [[nodiscard]] ipae::Record record() const {
    const auto cell = bench->store.cells().find(ipae::kRecord);
    REQUIRE(cell != bench->store.cells().end());
    return ipae::Record::decode(*cell->second).value();
  }

  Notebook book;
  card::Applets applets;
  terminal::VirtualClock clock;
  Internet net;
  terminal::ScriptedUser user{std::vector<std::string>{}};
  std::unique_ptr<BenchCard> bench;
  std::unique_ptr<BenchLink> link;
  std::unique_ptr<terminal::Terminal> modem;
};

}  // namespace

TEST_CASE("After a minute of service the assistant makes its first visit, then one an hour", "[assistant]") {
  Station station;
  station.on().modem->run_for(std::chrono::hours(3) + minutes(2));
  CHECK(station.book.visits == std::vector<std::int64_t>{60, 3660, 7260, 10860});
  CHECK(station.book.changes == std::vector<ipae::esipa::StateChangeCause>{ipae::esipa::StateChangeCause::device_change});
  CHECK(to_hex(station.book.situations.front().plmn) == "00F110");
  CHECK(station.book.situations.front().imei.size() == 8);
  const ipae::Record record = station.record();
  CHECK(record.polls == 4);
  CHECK(record.last_poll == 1'790'000'000 + 10860);
  CHECK(record.events.back().what == "nothing");
}

TEST_CASE("Failed visits back off, and a reset remembers how often they failed", "[assistant]") {
  Station station;
  station.book.act = [](const card::CardServices&) { return ipae::Visit{.what = "no eIM", .host = {}}; };
  station.on().modem->run_for(minutes(60));
  CHECK(station.book.visits == std::vector<std::int64_t>{60, 660, 1860});
  CHECK(station.record().failures == 3);
  station.book.visits.clear();
  station.on().modem->run_for(minutes(9));
  CHECK(station.book.visits == std::vector<std::int64_t>{3600 + 480});
  // The same device is no news.
  CHECK(station.book.changes.size() == 1);
}

TEST_CASE("Without service nothing is tried, and service that comes is used at once", "[assistant]") {
  terminal::TerminalOptions options;
  options.device.service = terminal::ServiceStatus::none;
  Station station({}, std::move(options));
  station.on().modem->run_for(minutes(150));
  CHECK(station.book.visits.empty());
  CHECK(station.record().loss.unregistered >= minutes(119));
  station.modem->move_to({});
  station.modem->settle();
  station.modem->run_for(seconds(5));
  CHECK(station.book.visits == std::vector<std::int64_t>{9000});
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
  station.on().modem->run_for(minutes(5));
  REQUIRE(station.book.visits.size() == 1);
  CHECK(message(station, "2B0B") == terminal::EnvelopeAnswer::Kind::taken);
  station.modem->run_for(seconds(10));
  CHECK(station.book.visits.size() == 1);
  CHECK(message(station, "2B0A") == terminal::EnvelopeAnswer::Kind::taken);
  station.modem->run_for(seconds(10));
  CHECK(station.book.visits.size() == 2);
  CHECK(message(station, "2B0A") == terminal::EnvelopeAnswer::Kind::taken);
  station.modem->run_for(seconds(10));
  CHECK(station.book.visits.size() == 2);
  station.modem->run_for(seconds(40));
  (void)message(station, "2B0A");
  station.modem->run_for(seconds(10));
  CHECK(station.book.visits.size() == 3);
}

namespace {

// A consumer card's way to switch, as errands would have ordered it by a package.
ipae::Visit enable_other(const card::CardServices& services) {
  const auto answer = services.es10(*from_hex(enable(kIccid2, true)));
  REQUIRE(answer);
  REQUIRE(to_hex(answer->data) == "BF3103800100");
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
    for (const char* iccid : {kIccid1, kIccid2}) REQUIRE(bench::installed(station.bench->lpa.download(desk(), desk().order(iccid))));
    REQUIRE(station.bench->es10(enable(kIccid1)) == "BF3103800100");
    bool done = false;
    station.book.act = [&](const card::CardServices& services) {
      if (!std::exchange(done, true)) return enable_other(services);
      return ipae::Visit{.reached = true, .idle = true, .what = "delivered", .host = {}};
    };
    station.on().modem->run_for(minutes(3));
    CHECK(station.modem->facts().iccid() == kIccid2);
    CHECK(station.book.visits == std::vector<std::int64_t>{60, 60});
    const ipae::Record record = station.record();
    CHECK_FALSE(record.unproven);
    CHECK(record.events[record.events.size() - 1].what == "the enabled profile has reached an eIM");
    // and goes on as before
    station.modem->run_for(minutes(60));
    CHECK(station.book.visits.size() == 3);
  }
}

TEST_CASE("A switched profile that reaches nobody has its time and no more, across resets", "[assistant]") {
  Station station;
  for (const char* iccid : {kIccid1, kIccid2}) REQUIRE(bench::installed(station.bench->lpa.download(desk(), desk().order(iccid))));
  REQUIRE(station.bench->es10(enable(kIccid1)) == "BF3103800100");
  bool done = false;
  station.book.act = [&](const card::CardServices& services) {
    if (!std::exchange(done, true)) return enable_other(services);
    return ipae::Visit{.what = "no eIM", .host = {}};
  };
  station.on().modem->run_for(minutes(5));
  REQUIRE(station.record().unproven);
  const seconds before = station.record().unproven->left;
  CHECK(before <= seconds(600 - 240 + 30));
  station.on();
  REQUIRE(station.record().unproven);
  CHECK(station.record().unproven->left == before - seconds(30));
  station.modem->run_for(minutes(12));
  const ipae::Record record = station.record();
  CHECK_FALSE(record.unproven);
  const auto said = [&](const std::string& what) { return std::ranges::any_of(record.events, [&](const ipae::LogLine& event) { return event.what.starts_with(what); }); };
  // A consumer card knows no rollback.
  CHECK(said("the new profile reached no eIM in time; the card refuses the rollback"));
}

TEST_CASE("A record survives its encoding, and octets that are none are refused", "[assistant]") {
  ipae::Record record;
  record.imei = *from_hex("0849050123456789");
  record.failures = 3;
  record.budget = {.life = 12345, .day = 77};
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
