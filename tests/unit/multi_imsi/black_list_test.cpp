// What is held against an identity in a network, and for how long.
#include "euicc/applets/multi_imsi/store.h"
#include "tests/unit/multi_imsi/machine_bench.h"

using namespace simurgh;
using namespace simurgh::test;

namespace {

constexpr std::uint64_t kWeek = 7 * kDay;

std::uint8_t excluded_now(const MachineBench& b, std::uint8_t id, const Plmn& plmn) {
  for (const Candidate& candidate : candidates(b.config, b.state, {b.now, plmn, {}, b.eid})) {
    if (candidate.id == id) return candidate.excluded;
  }
  return 0xFF;
}

}  // namespace

TEST_CASE("A network that refuses an identity for good is not tried with it for a week, without packets for a day, and then once", "[multi_imsi]") {
  for (const auto& [cause, length] : {std::pair{std::uint8_t{11}, kWeek}, std::pair{std::uint8_t{35}, kWeek}, std::pair{std::uint8_t{14}, std::uint64_t{kDay}}}) {
    INFO(static_cast<int>(cause));
    MachineBench b;
    b.boot();
    b.limited();
    b.rejected(cause, kHome);
    const std::uint64_t since = b.now;
    CHECK(excluded_now(b, 1, kHome) == excluded::pair);
    CHECK(excluded_now(b, 1, kOther) == 0);  // another network
    CHECK(excluded_now(b, 2, kHome) == 0);   // another identity
    b.now = since + length - 1;
    CHECK(excluded_now(b, 1, kHome) == excluded::pair);
    b.now = since + length;
    CHECK(excluded_now(b, 1, kHome) == 0);
    b.rejected(cause, kHome);
    CHECK((excluded_now(b, 1, kHome) & excluded::pair) != 0);
  }
}

TEST_CASE("What passes counts for half an hour, and for half of the rest after a success elsewhere", "[multi_imsi]") {
  MachineBench b;
  b.boot();
  b.limited();
  b.feed(Event::authenticated);
  b.rejected(17, kHome);
  const auto score = [&] {
    for (const Candidate& candidate : candidates(b.config, b.state, {b.now, kHome, {}, b.eid})) {
      if (candidate.id == 1) return static_cast<int>(candidate.score);
    }
    return -1;
  };
  CHECK(score() == -20);
  CHECK(excluded_now(b, 1, kHome) == 0);
  b.now += 600;
  b.registered(kOther);
  CHECK(b.state.pair(1, kHome)->expires == b.now + 600);
  CHECK(score() == -10);  // and it was in service in this country
  b.now += 600;
  CHECK(score() == 10);
}

TEST_CASE("Three areas that refuse are the whole network for a day, and so is one area at three boots", "[multi_imsi]") {
  MachineBench moving;
  moving.boot();
  moving.limited();
  moving.feed(Event::authenticated);
  for (const std::uint32_t area : {1U, 2U}) moving.rejected(13, kHome, area);
  CHECK(excluded_now(moving, 1, kHome) == 0);
  moving.rejected(13, kHome, 3);
  CHECK(excluded_now(moving, 1, kHome) == excluded::pair);
  moving.now += kDay;
  CHECK(excluded_now(moving, 1, kHome) == 0);
  MachineBench meter;
  meter.config.policy = 0;
  for (int boot = 0; boot < 3; ++boot) {
    CHECK(excluded_now(meter, 1, kHome) == 0);
    meter.boot();
    meter.rejected(13, kHome, 1);
  }
  CHECK(excluded_now(meter, 1, kHome) == excluded::pair);
}

TEST_CASE("The list has thirty-two places: the one not heard of for longest goes", "[multi_imsi]") {
  MachineBench b;
  b.boot();
  b.limited();
  const auto network = [](unsigned n) { return Plmn({0x99, 0xF9, static_cast<std::uint8_t>((n % 10) << 4 | n / 10)}); };
  for (unsigned n = 0; n <= kMostPairs; ++n) {
    b.now += 1;
    b.rejected(11, network(n));
  }
  CHECK(b.state.pairs.size() == kMostPairs);
  CHECK_FALSE(b.state.hard(1, network(0), b.now));
  CHECK(b.state.hard(1, network(1), b.now));
}

TEST_CASE("A table whose new rule names an identity and a network clears what was held against them", "[multi_imsi]") {
  MachineBench b;
  b.boot();
  b.limited();
  b.rejected(11, kHome);
  b.rejected(11, kAbroad);
  Config same = b.config.clone();
  migrate(b.config, same, b.state, false);
  CHECK(b.state.hard(1, kHome, b.now));
  Config after = b.config.clone();
  after.rules.push_back({.pattern = {"99E9EE"_hex}, .ids = {1}, .flags = 0, .max_days = 0, .timers = {}});
  migrate(b.config, after, b.state, false);
  CHECK_FALSE(b.state.hard(1, kHome, b.now));
  CHECK(b.state.hard(1, kAbroad, b.now));
}
