// eDRX: a modem that listens once in a cycle (TS 24.301 5.3.12).
#include "tests/unit/radio/bench_modem.h"

using namespace simurgh;
using namespace simurgh::test;
using namespace simurgh::radio;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr Time kCycle(81'920);

// Wants to be told when ten minutes are over, once.
class Alarm final : public toolkit::Application {
 public:
  explicit Alarm(std::vector<std::string>& said) : said_(said) {}
  const char* name() const noexcept override { return "alarm"; }
  toolkit::Task<> run(toolkit::Session& cat) override {
    const auto envelope = co_await cat.next(seconds(600));
    said_.push_back(envelope ? "envelope" : "alarm");
    for (;;) (void)co_await cat.next();
  }

 private:
  std::vector<std::string>& said_;
};

struct Sleeper {
  explicit Sleeper(std::optional<Time> asked = kCycle, std::optional<Time> granted = kCycle) {
    applets.add({.class_aid = {}, .name = "alarm", .make = [this](const card::CardServices&, const gp::Application*) { return std::make_unique<Alarm>(said); }});
    radio::Personality personality = *personality_of("ideal");
    personality.edrx = asked;
    bench = std::make_unique<BenchModem>(personality, 1, &applets);
    bench->air.answer("99970");
    bench->air.answers["99970"].edrx = granted;
    bench->on().run(minutes(2));
    REQUIRE(bench->modem.registered());
  }
  std::vector<std::string> said;
  card::Applets applets;
  std::unique_ptr<BenchModem> bench;
};

}  // namespace

TEST_CASE("A network has the longest eDRX cycle of the table that is not longer than what is asked for", "[radio]") {
  CHECK(edrx_cycle(Rat::ltem, seconds(81)) == Time(61'440));
  CHECK(edrx_cycle(Rat::ltem, seconds(82)) == Time(81'920));
  CHECK(edrx_cycle(Rat::nbiot, seconds(100)) == Time(81'920));
  CHECK(edrx_cycle(Rat::nbiot, seconds(70)) == Time(40'960));   // 61.44 s is none of NB-IoT
  CHECK(edrx_cycle(Rat::nbiot, seconds(10)) == std::nullopt);
  CHECK(edrx_cycle(Rat::lte, hours(24)) == Time(10'485'760));
  CHECK(edrx_cycle(Rat::lte, seconds(5)) == std::nullopt);
  CHECK(edrx_cycle(Rat::gsm, hours(1)) == std::nullopt);
}

TEST_CASE("Between its windows a modem with eDRX sends nothing to the card and uses next to nothing", "[radio]") {
  Sleeper with, without(std::nullopt);
  const auto energy = [](BenchModem& bench) {
    bench.modem.account();
    return bench.energy.total_microjoules();
  };
  const auto before = std::pair(energy(*with.bench), energy(*without.bench));
  bool dozed = false;
  for (int step = 0; step < 600; ++step) {
    with.bench->run(seconds(1));
    dozed = dozed || with.bench->modem.phase() == Phase::dozing;
    CHECK(with.bench->modem.registered());
  }
  without.bench->run(seconds(600));
  CHECK(dozed);
  CHECK(without.bench->modem.phase() == Phase::registered);
  CHECK((energy(*with.bench) - before.first) * 5 < energy(*without.bench) - before.second);
}

TEST_CASE("A network that does not grant eDRX, and a modem that does not ask, listen all the time", "[radio]") {
  for (Sleeper* one : {std::make_unique<Sleeper>(kCycle, std::nullopt).release(), std::make_unique<Sleeper>(std::nullopt, kCycle).release()}) {
    const std::unique_ptr<Sleeper> owner(one);
    for (int step = 0; step < 100; ++step) {
      owner->bench->run(seconds(1));
      REQUIRE(owner->bench->modem.phase() == Phase::registered);
    }
  }
}

TEST_CASE("The card's timer ends with the next window, up to a cycle late", "[radio]") {
  Sleeper with(Time(655'360), Time(655'360)), without(std::nullopt);
  without.bench->run(seconds(600));
  CHECK(without.said == std::vector<std::string>{"alarm"});
  const auto started = with.bench->clock.now();
  while (with.said.empty() && with.bench->clock.now() < started + minutes(30)) with.bench->run(seconds(1));
  CHECK(with.said == std::vector<std::string>{"alarm"});
  const auto late = with.bench->clock.now() - minutes(10);
  CHECK(late > seconds(10));
  CHECK(late < Time(655'360) + seconds(10));
}

TEST_CASE("What happens outside is seen in the next window: another area, no network any more", "[radio]") {
  Sleeper s;
  while (s.bench->modem.phase() != Phase::dozing) s.bench->run(seconds(1));
  const unsigned updates = s.bench->air.updates;
  s.bench->air.here = {{.plmn = "99970", .area = 7}};
  s.bench->modem.look_around();
  CHECK(s.bench->air.updates == updates);
  s.bench->run(kCycle + seconds(1));
  CHECK(s.bench->air.updates == updates + 1);
  while (s.bench->modem.phase() != Phase::dozing) s.bench->run(seconds(1));
  s.bench->air.here.clear();
  CHECK(s.bench->modem.registered());
  s.bench->run(kCycle + seconds(1));
  CHECK_FALSE(s.bench->modem.registered());
}

TEST_CASE("An application wakes the modem at once, and what it keeps connected keeps it awake", "[radio]") {
  Sleeper s;
  while (s.bench->modem.phase() != Phase::dozing) s.bench->run(seconds(1));
  s.bench->modem.wake();
  CHECK(s.bench->modem.phase() == Phase::registered);
  s.bench->modem.transferred(100, 100, s.bench->clock.now() + seconds(30));
  s.bench->run(seconds(29));
  CHECK(s.bench->modem.phase() == Phase::registered);
}

TEST_CASE("Within power saving eDRX counts until T3324 ends, and the periodic update is made in time", "[radio]") {
  radio::Personality personality = *personality_of("ideal");
  personality.edrx = kCycle;
  personality.sleeps = true;
  BenchModem bench(personality);
  bench.air.answer("99970");
  bench.air.answers["99970"].edrx = kCycle;
  bench.air.answers["99970"].t3324 = minutes(10);
  bench.air.answers["99970"].t3412 = hours(12);
  bench.on();
  bool dozed = false;
  for (int step = 0; step < 500; ++step) {
    bench.run(seconds(1));
    dozed = dozed || bench.modem.phase() == Phase::dozing;
  }
  CHECK(dozed);
  bench.run(minutes(5));
  CHECK(bench.modem.phase() == Phase::asleep);
  Sleeper awake;
  const unsigned updates = awake.bench->air.updates;
  awake.bench->run(hours(2));
  CHECK(awake.bench->air.updates == updates + 2);  // T3412 of 54 minutes
}
