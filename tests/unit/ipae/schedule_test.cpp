#include "ipae/agent/schedule.h"

#include <catch2/catch.hpp>

using namespace simurgh;
using namespace simurgh::ipae;
using namespace simurgh::literals;

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
