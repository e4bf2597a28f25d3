#include "ipae/card/policy.h"

#include <catch2/catch.hpp>
#include <set>

using namespace simurgh::ipae;

TEST_CASE("Polls come hourly with a jitter that belongs to the device", "[policy]") {
  const PollPolicy policy;
  std::set<std::int64_t> seen;
  for (std::uint64_t imei = 490154203237518; imei < 490154203237518 + 200; ++imei) {
    const seconds delay = next_poll(policy, {.device = device_number(imei)});
    CHECK(delay >= seconds(3600));
    CHECK(delay <= seconds(3960));
    CHECK(delay == next_poll(policy, {.device = device_number(imei)}));
    seen.insert(delay.count());
  }
  CHECK(seen.size() > 100);  // a series of devices does not call together
}

TEST_CASE("Failures back off to a day, and a restart does not shorten them", "[policy]") {
  PollPolicy policy;
  policy.jitter_percent = 0;
  CHECK(next_poll(policy, {.failures = 1}) == seconds(600));
  CHECK(next_poll(policy, {.failures = 2}) == seconds(1200));
  CHECK(next_poll(policy, {.failures = 9}) == seconds(86400));
  CHECK(next_poll(policy, {.failures = 4'000'000'000U}) == seconds(86400));
  CHECK(first_poll(policy, {.failures = 0}, 0) == seconds(60));
  CHECK(first_poll(policy, {.failures = 2}, 0) == seconds(240));
  CHECK(first_poll(policy, {.failures = 0}, 301 + 300) == seconds(360));
}

TEST_CASE("A fresh bootstrap profile hurries for an hour, then slows down to the common interval", "[policy]") {
  PollPolicy policy;
  policy.jitter_percent = 0;
  const auto at = [&](int minutes) { return next_poll(policy, {.bootstrap = true, .idle = std::chrono::minutes(minutes)}); };
  CHECK(first_poll(policy, {.bootstrap = true}, 3) == seconds(8));
  CHECK(at(0) == seconds(90));
  CHECK(at(60) == seconds(90));
  CHECK(at(61) == seconds(180));
  CHECK(at(121) == seconds(360));
  CHECK(at(10000) == seconds(3600));
}

TEST_CASE("A data budget slows polls down, and keeps a reserve for what must be delivered", "[policy]") {
  PollPolicy polls;
  polls.jitter_percent = 0;
  const BudgetPolicy policy{.life = 10'000'000, .day = 200'000};
  Budget budget;
  CHECK(budget.allows(policy, false));
  budget.add(100'000);
  CHECK(budget.percent(policy) == 50);
  CHECK(next_poll(polls, {.budget_used = 49}) == seconds(3600));
  CHECK(next_poll(polls, {.budget_used = 50}) == seconds(7200));
  CHECK(next_poll(polls, {.budget_used = 75}) == seconds(14400));
  CHECK(next_poll(polls, {.budget_used = 90}) == seconds(28800));
  budget.add(85'000);
  CHECK_FALSE(budget.allows(policy, false));
  CHECK(budget.allows(policy, true));
  budget.add(20'000);
  CHECK_FALSE(budget.allows(policy, true));
  budget.day = 0;
  CHECK(budget.allows(policy, false));
  CHECK(Budget{.life = 1'000'000'000, .day = 1'000'000'000}.allows({.life = 0, .day = 0}, false));
}

TEST_CASE("A profile is lost by time and attempts together, never by an eIM that is silent", "[policy]") {
  const FallbackPolicy policy;
  Loss loss;
  for (int i = 0; i < 1000; ++i) report(loss, Health::no_eim, seconds(3600));
  CHECK_FALSE(lost(policy, loss));
  // A storm of attempts in a minute, and a few attempts over a day.
  for (int i = 0; i < 1000; ++i) report(loss, Health::no_data, seconds(0));
  CHECK_FALSE(lost(policy, loss));
  loss = {};
  for (int i = 0; i < 9; ++i) report(loss, Health::no_data, seconds(86400));
  CHECK_FALSE(lost(policy, loss));
  report(loss, Health::no_data, seconds(600));
  CHECK(lost(policy, loss));
  loss = {};
  report(loss, Health::unregistered, seconds(6 * 3600 - 1));
  CHECK_FALSE(lost(policy, loss));
  report(loss, Health::no_data, seconds(60));  // registered in between
  report(loss, Health::unregistered, seconds(3600));
  CHECK_FALSE(lost(policy, loss));
  report(loss, Health::unregistered, seconds(5 * 3600));
  CHECK(lost(policy, loss));
  report(loss, Health::healthy, seconds(1));
  CHECK(loss == Loss{});
}

TEST_CASE("A loss of data is found out in the time the policy gives it, and not asked for ever after", "[policy]") {
  const FallbackPolicy policy;
  Loss loss;
  CHECK(look_again(policy, loss, 5) == seconds::max());
  report(loss, Health::no_data, seconds(0));
  seconds total{0};
  for (unsigned failures = 1; !lost(policy, loss); ++failures) {
    const seconds pause = look_again(policy, loss, failures);
    REQUIRE(pause < policy.data_loss);
    report(loss, Health::no_data, pause);
    total += pause;
  }
  CHECK(total >= policy.data_loss);
  CHECK(total <= policy.data_loss * 3 / 2);
  CHECK(look_again(policy, loss, 2 * policy.data_attempts + 1) == seconds::max());
}

TEST_CASE("Returns from fallback come later each time, and not for every device at once", "[policy]") {
  const FallbackPolicy policy;
  std::set<std::int64_t> seen;
  for (std::uint32_t i = 0; i < 100; ++i) {
    const seconds first = return_after(policy, 0, device_number(i));
    CHECK(first >= seconds(86400 * 4 / 5));
    CHECK(first <= seconds(86400 * 6 / 5));
    seen.insert(first.count());
    CHECK(return_after(policy, 20, device_number(i)) <= seconds(14 * 86400 * 6 / 5));
  }
  CHECK(seen.size() > 90);
  CHECK(return_after(policy, 1, 0) == seconds(2 * 86400 * 4 / 5));
}
