// A modem with a radio at a real card: attach, causes, timers, files, events, REFRESH.
#include <catch2/catch.hpp>

#include "tests/unit/radio/bench_modem.h"

using namespace simurgh;
using namespace simurgh::test;
using namespace simurgh::radio;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

// An application of the card that only listens.
class Listener final : public toolkit::Application {
 public:
  const char* name() const noexcept override { return "listener"; }
  toolkit::Task<> run(toolkit::Session& cat) override {
    cat.subscribe({toolkit::Event::location_status, toolkit::Event::network_rejection});
    for (;;) (void)co_await cat.next();
  }
};

}  // namespace

TEST_CASE("A modem finds its network, authenticates with the card's key and writes where it is", "[radio]") {
  BenchModem bench;
  bench.air.answer("99970");
  bench.on().run(minutes(3));
  REQUIRE(bench.modem.registered());
  REQUIRE(bench.marks("attach_ok").size() == 1);
  REQUIRE(bench.marks("attach_ok")[0].at("authenticated") == "yes");
  REQUIRE(bench.modem.cell().plmn == "99970");
  const Bytes epsloci = bench.file("7FFF6FE3");
  REQUIRE(read_epsloci(epsloci).plmn == "99970");
  REQUIRE(read_epsloci(epsloci).status == update_status::kUpdated);
  REQUIRE(bench.terminal.device().service == terminal::ServiceStatus::normal);
}

TEST_CASE("After cause 11 the network is forbidden on the card, and the next one is tried", "[radio]") {
  BenchModem bench;
  bench.air.answer("99970", 11).answer("99971");
  bench.air.here = {{.plmn = "99970", .level = -120}, {.plmn = "99971", .level = -125}};
  bench.on().run(minutes(3));
  REQUIRE(bench.modem.registered());
  REQUIRE(bench.modem.cell().plmn == "99971");
  REQUIRE(read_plmn_list(bench.file("7FFF6F7B")) == std::vector<std::string>{"99970"});
  REQUIRE(bench.marks("attach_rej").size() == 1);
  // The next start goes past it without asking.
  bench.modem.power_off(true);
  bench.on().run(minutes(3));
  REQUIRE(bench.marks("attach_rej").size() == 1);
}

TEST_CASE("An unprotected cause 11 is forgotten when T3247 ends, and the card never saw it", "[radio]") {
  BenchModem bench;
  bench.air.answer("99970", 11, false);
  bench.on().run(minutes(20));
  REQUIRE_FALSE(bench.modem.registered());
  REQUIRE(read_plmn_list(bench.file("7FFF6F7B")).empty());
  bench.air.answer("99970");
  bench.run(minutes(45));
  REQUIRE(bench.marks("t3247_expired").size() == 1);
  REQUIRE(bench.modem.registered());
}

TEST_CASE("An unprotected refusal that comes again and again is a lasting one", "[radio]") {
  BenchModem bench;
  bench.air.answer("99970", 11, false);
  bench.on().run(hours(1));
  REQUIRE(read_plmn_list(bench.file("7FFF6F7B")).empty());
  REQUIRE(bench.marks("attach_rej").size() < radio::Personality{}.most_unprotected);
  bench.run(hours(6));
  REQUIRE(bench.marks("attach_rej").size() == radio::Personality{}.most_unprotected);
  REQUIRE(read_plmn_list(bench.file("7FFF6F7B")) == std::vector<std::string>{"99970"});
}

TEST_CASE("T3245 gives back the subscription and the networks that were barred for good, where the modem has it", "[radio]") {
  for (const bool has : {false, true}) {
    INFO(has);
    for (const std::uint8_t cause : {std::uint8_t{8}, std::uint8_t{11}}) {
      INFO(int(cause));
      radio::Personality personality;
      personality.t3245 = has;
      BenchModem bench(personality);
      bench.air.answer("99970", cause);
      bench.on().run(hours(6));
      REQUIRE_FALSE(bench.modem.registered());
      // It runs on while the modem is off.
      bench.modem.power_off(true);
      bench.on().run(hours(6) - minutes(10));
      REQUIRE(bench.marks("t3245_expired").empty());
      REQUIRE(read_plmn_list(bench.file("7FFF6F7B")).empty() == (cause == 8));
      const auto attempts = bench.marks("attach_start").size();
      bench.air.answer("99970");
      bench.run(hours(13));
      REQUIRE(bench.marks("t3245_expired").size() == (has ? 1 : 0));
      REQUIRE(bench.modem.registered() == has);
      REQUIRE(read_plmn_list(bench.file("7FFF6F7B")).empty() == (has || cause == 8));
      REQUIRE(bench.marks("attach_start").size() == attempts + (has ? 1 : 0));
    }
  }
}

TEST_CASE("Each technology has a file of its own for where the modem is", "[radio]") {
  for (const auto& [rat, path] : {std::pair{radio::Rat::gsm, "7FFF6F73"}, std::pair{radio::Rat::utran, "7FFF6F7E"}, std::pair{radio::Rat::nr, "7FFF5FC04F01"}}) {
    INFO(path);
    radio::Personality personality;
    personality.rats = {rat};
    BenchModem bench(personality);
    bench.air.answer("99970");
    bench.air.here = {{.plmn = "99970", .rat = rat, .area = 0x0102}};
    bench.on().run(minutes(5));
    REQUIRE(bench.modem.registered());
    const Bytes file = bench.file(path);
    REQUIRE(file.back() == update_status::kUpdated);
    const Bytes plmn = terminal::encode_plmn("99970");
    REQUIRE(std::search(file.begin(), file.end(), plmn.begin(), plmn.end()) != file.end());
  }
}

TEST_CASE("Cause 8 ends every attempt until the modem is switched off", "[radio]") {
  BenchModem bench;
  bench.air.answer("99970", 8).answer("99971");
  bench.air.here = {{.plmn = "99970", .level = -120}, {.plmn = "99971", .level = -125}};
  bench.on().run(hours(48));
  REQUIRE(bench.modem.subscription_invalid());
  REQUIRE(bench.marks("attach_start").size() == 1);
  REQUIRE(bench.terminal.device().service == terminal::ServiceStatus::limited);
  bench.air.answer("99970");
  bench.modem.power_off(true);
  bench.on().run(minutes(3));
  REQUIRE(bench.modem.registered());
}

TEST_CASE("A network that fails is tried five times, ten seconds apart, then rests for T3402", "[radio]") {
  BenchModem bench;
  bench.air.answer("99970", 17);
  bench.on().run(minutes(4));
  REQUIRE(bench.marks("attach_start").size() == 5);
  REQUIRE(bench.modem.lists().waiting.contains("99970"));
  bench.run(minutes(8));
  REQUIRE(bench.marks("attach_start").size() == 5);
  bench.run(minutes(10));
  REQUIRE(bench.marks("attach_start").size() > 5);
}

TEST_CASE("A network that does not answer is waited for, each technology for its own time", "[radio]") {
  struct Case {
    Rat rat;
    unsigned coverage;
    int seconds;
  };
  // T3410 and T3411, T3310 and T3311; and what the attach itself takes.
  for (const Case& one : {Case{Rat::lte, 0, 25}, Case{Rat::ltem, 0, 25}, Case{Rat::ltem, 1, 95}, Case{Rat::nbiot, 0, 265}, Case{Rat::gsm, 0, 30}, Case{Rat::nr, 0, 25}}) {
    INFO(name_of(one.rat) << one.coverage);
    radio::Personality personality;
    personality.rats = {one.rat};
    BenchModem bench(personality);
    bench.air.here = {{.plmn = "99970", .rat = one.rat, .coverage = one.coverage}};
    bench.on().run(minutes(30));
    const auto silent = bench.marks("attach_silent");
    REQUIRE(silent.size() >= 5);
    for (std::size_t i = 1; i < 5; ++i) {
      const auto apart = std::stoll(silent[i].at("at")) - std::stoll(silent[i - 1].at("at"));
      REQUIRE(apart >= one.seconds * 1000);
      REQUIRE(apart <= one.seconds * 1000 + link_model(one.rat, one.coverage).attach_most.count());
    }
  }
}

TEST_CASE("N1 mode that is not allowed leaves the network's E-UTRAN", "[radio]") {
  radio::Personality personality;
  personality.rats = {Rat::nr, Rat::lte};
  BenchModem bench(personality);
  bench.air.here = {{.plmn = "99970", .rat = Rat::nr}};
  bench.air.by_rat[Rat::nr] = {.kind = AttachAnswer::Kind::rejected, .cause = 27};
  bench.air.answer("99970");
  bench.on().run(minutes(2));
  REQUIRE(bench.marks("attach_rej").size() == 1);
  bench.air.here.push_back({.plmn = "99970", .rat = Rat::lte});
  bench.run(minutes(5));
  REQUIRE(bench.modem.registered());
  REQUIRE(bench.modem.cell().rat == Rat::lte);
  REQUIRE(bench.modem.lists().excluded.contains({"99970", Rat::nr}));
  REQUIRE(read_plmn_list(bench.file("7FFF6F7B")).empty());
}

TEST_CASE("A person may choose a forbidden network, which is forbidden no more once it takes the modem", "[radio]") {
  BenchModem bench;
  bench.air.answer("99970", 11).answer("99971");
  bench.air.here = {{.plmn = "99970", .level = -120}, {.plmn = "99971", .level = -125}};
  bench.on().run(minutes(3));
  REQUIRE(bench.modem.cell().plmn == "99971");
  REQUIRE(read_plmn_list(bench.file("7FFF6F7B")) == std::vector<std::string>{"99970"});
  // It refuses still: nobody else is asked, and it is not asked again by itself.
  bench.modem.choose("99970");
  bench.run(hours(2));
  REQUIRE_FALSE(bench.modem.registered());
  REQUIRE(bench.terminal.device().service == terminal::ServiceStatus::limited);
  REQUIRE(bench.marks("attach_rej").size() == 2);
  bench.air.answer("99970");
  bench.modem.choose("99970");
  bench.run(minutes(3));
  REQUIRE(bench.modem.registered());
  REQUIRE(bench.modem.cell().plmn == "99970");
  REQUIRE(read_plmn_list(bench.file("7FFF6F7B")).empty());
  REQUIRE(bench.terminal.device().search_mode == 0x00);
  // A chosen network that is lost is waited for; the modem chooses again when it may.
  bench.air.here.erase(bench.air.here.begin());
  bench.modem.look_around();
  bench.run(minutes(10));
  REQUIRE_FALSE(bench.modem.registered());
  bench.modem.choose(std::nullopt);
  bench.run(minutes(10));
  REQUIRE(bench.modem.cell().plmn == "99971");
  REQUIRE(bench.terminal.device().search_mode == 0x01);
}

TEST_CASE("Congestion holds a modem back for T3346, and lets it try other networks", "[radio]") {
  BenchModem bench;
  bench.air.answer("99970", 22).answer("99971");
  bench.air.answers["99970"].t3346 = minutes(20);
  bench.air.here = {{.plmn = "99970", .level = -120}, {.plmn = "99971", .level = -125}};
  bench.on().run(minutes(3));
  REQUIRE(bench.modem.cell().plmn == "99971");
  REQUIRE(bench.marks("attach_start").size() == 2);
  REQUIRE(bench.modem.lists().waiting.contains("99970"));
}

TEST_CASE("The network says how long T3402 is, when its refusal is protected", "[radio]") {
  const auto attempts_in_an_hour = [](bool protects) {
    BenchModem bench;
    bench.air.answer("99970", 17);
    bench.air.answers["99970"].t3402 = minutes(40);
    bench.air.answers["99970"].integrity = protects;
    bench.air.here = {{.plmn = "99970", .level = -120}};
    bench.on().run(minutes(60));
    return bench.marks("attach_start").size();
  };
  REQUIRE(attempts_in_an_hour(true) == 10);   // five, T3402, five
  REQUIRE(attempts_in_an_hour(false) > 15);
}

TEST_CASE("Cause 13 bars the area, cause 12 leaves the modem in limited service", "[radio]") {
  BenchModem bench;
  bench.air.answer("99970", 13).answer("99971");
  bench.air.here = {{.plmn = "99970", .level = -120}, {.plmn = "99971", .level = -125}};
  bench.on().run(minutes(3));
  REQUIRE(bench.modem.lists().forbidden_areas.contains({"99970", 1}));
  REQUIRE(bench.modem.cell().plmn == "99971");

  BenchModem other;
  other.air.answer("99970", 12).answer("99971");
  other.air.here = bench.air.here;
  other.on().run(hours(1));
  REQUIRE_FALSE(other.modem.registered());
  REQUIRE(other.terminal.device().service == terminal::ServiceStatus::limited);
}

TEST_CASE("A card that listens hears of rejections and of service, with the bytes of TS 31.111", "[radio]") {
  card::Applets applets;
  applets.add({.class_aid = {}, .name = "listener", .make = [](const card::CardServices&, const gp::Application*) { return std::make_unique<Listener>(); }});
  BenchModem bench({}, 1, &applets);
  bench.air.answer("99970", 11);
  bench.air.here = {{.plmn = "99970", .rat = Rat::lte, .area = 0x1234, .id = 0x0ABCDE1}};
  bench.on().run(minutes(3));
  const auto events = bench.envelopes();
  REQUIRE(events.size() >= 2);
  REQUIRE(events[0] == "D61799011282028381FD0599F9071234BF0108F40109F5010B");
  REQUIRE(events[1] == "D60A990103820282819B0101");
}

TEST_CASE("A modem with a lasting network stays, updates its area and finds its way back from a hole", "[radio]") {
  BenchModem bench;
  bench.air.answer("99970");
  bench.on().run(hours(3));
  REQUIRE(bench.air.updates >= 3);
  bench.air.here.clear();
  bench.modem.look_around();
  bench.run(minutes(10));
  REQUIRE(bench.terminal.device().service == terminal::ServiceStatus::none);
  bench.air.here = {{.plmn = "99970"}};
  bench.run(minutes(10));
  REQUIRE(bench.modem.registered());
}

TEST_CASE("An area update that is refused ends the registration", "[radio]") {
  BenchModem bench;
  bench.air.answer("99970");
  bench.on().run(minutes(30));
  REQUIRE(bench.modem.registered());
  bench.air.answer("99970", 11);
  bench.run(hours(1));
  REQUIRE_FALSE(bench.modem.registered());
  REQUIRE(read_plmn_list(bench.file("7FFF6F7B")) == std::vector<std::string>{"99970"});
  REQUIRE(read_epsloci(bench.file("7FFF6FE3")).status == update_status::kNotAllowed);
}

TEST_CASE("A roaming modem looks for its home network and goes there", "[radio]") {
  BenchModem bench;
  bench.air.answer("99971").answer("99970");
  bench.air.here = {{.plmn = "99971"}};
  bench.on().run(minutes(5));
  REQUIRE(bench.modem.cell().plmn == "99971");
  bench.air.here.push_back({.plmn = "99970"});
  bench.run(minutes(70));
  REQUIRE(bench.modem.registered());
  REQUIRE(bench.modem.cell().plmn == "99970");
}

TEST_CASE("The sum of the states is the energy, and searching is what costs", "[radio]") {
  BenchModem bench;
  bench.air.here.clear();
  bench.on().run(hours(1));
  bench.modem.account();
  REQUIRE(bench.energy.microjoules(Use::search) > 10'000'000);
  REQUIRE(bench.energy.microjoules(Use::search) > bench.energy.total_microjoules() / 2);
  REQUIRE(bench.energy.microjoules(Use::send) == 0);
}

TEST_CASE("The same seed gives the same life, another seed another one", "[radio]") {
  const auto life = [](std::uint64_t seed) {
    BenchModem bench(*personality_of("ltem-nb-typical"), seed);
    bench.air.answer("99970", 17).answer("99971", 13);
    bench.air.here = {{.plmn = "99970", .rat = Rat::ltem}, {.plmn = "99971", .rat = Rat::nbiot}};
    bench.on().run(hours(5));
    return bench.text();
  };
  REQUIRE(life(1) == life(1));
  REQUIRE(life(1) != life(2));
}

TEST_CASE("Mistake 23: a device beside it changes nothing in the life of a modem", "[radio]") {
  const auto begin = [](BenchModem& bench) {
    bench.air.answer("99970", 17).answer("99971", 13);
    bench.air.here = {{.plmn = "99970", .rat = Rat::ltem}, {.plmn = "99971", .rat = Rat::nbiot}};
    bench.on();
  };
  BenchModem alone(*personality_of("ltem-nb-typical"));
  begin(alone);
  alone.run(hours(3));
  BenchModem one(*personality_of("ltem-nb-typical")), other(*personality_of("smartphone-like"), 7);
  begin(one);
  begin(other);
  for (int step = 0; step < 180; ++step) {
    other.run(minutes(1));
    one.run(minutes(1));
  }
  REQUIRE(one.text() == alone.text());
  REQUIRE(other.text() != alone.text());
}

TEST_CASE("Mistake 24: a refusal comes with its files, its events, its timers, and a subscription that does not heal by itself", "[radio]") {
  card::Applets applets;
  applets.add({.class_aid = {}, .name = "listener", .make = [](const card::CardServices&, const gp::Application*) { return std::make_unique<Listener>(); }});
  BenchModem bench({}, 1, &applets);
  bench.air.answer("99970", 11).answer("99971", 17).answer("99972", 8);
  bench.air.here = {{.plmn = "99970", .level = -120}, {.plmn = "99971", .level = -121}, {.plmn = "99972", .level = -122}};
  bench.on().run(minutes(4));
  // Cause 11: EF.FPLMN, the location file, then the event.
  REQUIRE(read_plmn_list(bench.file("7FFF6F7B")) == std::vector<std::string>{"99970"});
  REQUIRE(bench.envelopes().at(0).ends_with("F5010B"));
  // Cause 17: five attempts, T3411 apart; then T3402, and the next network.
  const auto attempts = bench.marks("attach_start");
  std::vector<std::int64_t> at;
  for (const auto& mark : attempts) {
    if (mark.at("plmn") == "99971") at.push_back(std::stoll(mark.at("at")));
  }
  REQUIRE(at.size() == 5);
  for (std::size_t i = 1; i < at.size(); ++i) REQUIRE(at[i] - at[i - 1] >= 10'000);
  REQUIRE(bench.modem.lists().waiting.contains("99971"));
  // Cause 8: nothing more, neither after T3402 nor when the network would take it.
  REQUIRE(bench.modem.subscription_invalid());
  bench.air.answer("99970").answer("99971").answer("99972");
  const auto before = bench.marks("attach_start").size();
  bench.run(hours(5));
  REQUIRE(bench.marks("attach_start").size() == before);
  REQUIRE(bench.terminal.device().service == terminal::ServiceStatus::limited);
}

TEST_CASE("A modem asleep sends nothing and wakes for its update", "[radio]") {
  Personality sleeper = *personality_of("ideal");
  sleeper.sleeps = true;
  BenchModem bench(sleeper);
  bench.air.answer("99970");
  bench.air.answers["99970"].t3324 = seconds(20);
  bench.air.answers["99970"].t3412 = hours(12);
  bench.on().run(minutes(10));
  REQUIRE(bench.modem.phase() == Phase::asleep);
  const auto before = bench.link.commands;
  bench.run(hours(11));
  REQUIRE(bench.link.commands == before);
  bench.run(hours(2));
  REQUIRE(bench.marks("wake").size() == 1);
  REQUIRE(bench.modem.phase() == Phase::asleep);
}

TEST_CASE("Every personality makes a terminal, with or without a toolkit", "[radio]") {
  for (const std::string& name : personality_names()) {
    INFO(name);
    BenchModem bench(*personality_of(name));
    bench.air.answer("99970");
    bench.air.here = {{.plmn = "99970", .rat = *personality_of(name)->rats.begin()}};
    bench.on().run(minutes(10));
    REQUIRE((bench.modem.registered() || bench.modem.phase() == Phase::asleep));
  }
  REQUIRE_FALSE(personality_of("perfect"));
}
