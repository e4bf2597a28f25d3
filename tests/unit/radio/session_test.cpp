// Access points that are refused, and how long a modem leaves them alone (TS 24.301 6.5.1.4.3).
#include "tests/unit/radio/bench_modem.h"

using namespace simurgh;
using namespace simurgh::test;
using namespace simurgh::radio;
using std::chrono::minutes;
using std::chrono::seconds;
using Kind = radio::SessionOutcome::Kind;

namespace {

// Registered in 99970, with 99971 at hand.
struct Station : BenchModem {
  explicit Station(const radio::Personality& personality = {}) : BenchModem(personality) {
    air.answer("99970").answer("99971");
    on().run(minutes(3));
    REQUIRE(modem.registered());
  }
  Kind ask(const std::string& apn = "boot") { return modem.session(apn).kind; }
  void go_to(const std::string& plmn) {
    air.here = {{.plmn = plmn}};
    modem.look_around();
    run(minutes(3));
    REQUIRE(modem.registered());
    REQUIRE(modem.cell().plmn == plmn);
  }
};

}  // namespace

TEST_CASE("Congestion of an access point starts T3396 for it alone, wherever the modem goes", "[radio]") {
  Station s;
  s.air.sessions["boot"] = {.cause = 26, .t3396 = minutes(20)};
  CHECK(s.ask() == Kind::refused);
  CHECK(s.ask() == Kind::backing_off);
  CHECK(s.modem.session("boot").cause == 26);
  CHECK(s.air.asked_for.size() == 1);  // the network does not hear of it again
  CHECK(s.ask("other") == Kind::granted);
  s.go_to("99971");
  CHECK(s.ask() == Kind::backing_off);
  s.air.sessions.clear();
  s.run(minutes(20));
  CHECK(s.ask() == Kind::granted);
  CHECK(s.marks("t3396").size() == 1);
}

TEST_CASE("Congestion without a timer, or with one of zero, lets the modem ask again at once", "[radio]") {
  Station s;
  s.air.sessions["boot"] = {.cause = 26};
  CHECK(s.ask() == Kind::refused);
  CHECK(s.ask() == Kind::refused);
  s.air.sessions["boot"].t3396 = Time(0);
  CHECK(s.ask() == Kind::refused);
  CHECK(s.ask() == Kind::refused);
}

TEST_CASE("An unknown access point rests for twelve minutes in the network that does not know it", "[radio]") {
  for (const int cause : {8, 27, 32, 33}) {
    INFO(cause);
    Station s;
    s.air.sessions["boot"] = {.cause = static_cast<std::uint8_t>(cause)};
    CHECK(s.ask() == Kind::refused);
    s.run(minutes(11));
    CHECK(s.ask() == Kind::backing_off);
    s.run(minutes(1) + seconds(1));
    CHECK(s.ask() == Kind::refused);
    // Another network is asked.
    s.go_to("99971");
    CHECK(s.ask() == Kind::refused);
  }
  // A failure that is nobody's fault is none.
  Station s;
  s.air.sessions["boot"] = {.cause = 38};
  CHECK(s.ask() == Kind::refused);
  CHECK(s.ask() == Kind::refused);
}

TEST_CASE("T3396 runs on while the modem is off, and what was deactivated ends there", "[radio]") {
  Station s;
  s.air.sessions["boot"] = {.cause = 26, .t3396 = minutes(30)};
  s.air.sessions["never"] = {.cause = 26, .t3396 = Time::max()};
  CHECK(s.ask() == Kind::refused);
  CHECK(s.ask("never") == Kind::refused);
  s.run(std::chrono::hours(1));
  CHECK(s.ask("never") == Kind::backing_off);
  CHECK(s.ask() == Kind::refused);  // the half hour has passed; another begins
  s.modem.power_off(true);
  s.air.sessions.clear();
  s.on().run(minutes(3));
  CHECK(s.ask() == Kind::backing_off);
  CHECK(s.ask("never") == Kind::granted);
}

TEST_CASE("Another subscription is not bound by T3396, but in modems that bind it to the device", "[radio]") {
  for (const bool keeps : {false, true}) {
    INFO(keeps);
    radio::Personality personality;
    personality.keeps_t3396_over_usim = keeps;
    Station s(personality);
    s.air.sessions["boot"] = {.cause = 26, .t3396 = std::chrono::hours(1)};
    CHECK(s.ask() == Kind::refused);
    s.air.sessions.clear();
    s.change_imsi("999700000000002");
    s.run(minutes(3));
    CHECK(s.ask() == (keeps ? Kind::backing_off : Kind::granted));
  }
}
