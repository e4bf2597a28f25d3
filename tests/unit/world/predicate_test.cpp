// Conditions over a thing's state.
#include <catch2/catch.hpp>

#include "tools/world/duration.h"
#include "tools/world/predicate.h"

using namespace simurgh::world;

namespace {

bool holds(const std::string& text) {
  const auto predicate = Predicate::read(text);
  INFO(text << ": " << (predicate ? "" : predicate.error()));
  REQUIRE(predicate);
  return predicate->holds([](const std::string& name, const std::string& argument) -> Value {
    if (name == "service") return {.is_text = true, .text = "normal"};
    if (name == "plmn") return {.is_text = true, .text = "br1"};
    if (name == "swaps") return {.number = 3};
    if (name == "rule.used") return {.number = argument == "ninety" ? 72.0 : 0.0};
    if (name == "count") return {.number = argument == "boot" ? 2.0 : 0.0};
    return {};
  });
}

}  // namespace

TEST_CASE("Comparisons, and, or, not and parentheses mean what they say", "[world]") {
  REQUIRE(holds("service == normal"));
  REQUIRE(holds("service == 'normal' and plmn == 'br1'"));
  REQUIRE_FALSE(holds("service != normal"));
  REQUIRE(holds("swaps >= 3 and swaps < 4"));
  REQUIRE(holds("swaps == 1 or plmn == 'br1'"));
  REQUIRE(holds("not (swaps == 1 and service == normal)"));
  REQUIRE(holds("not swaps == 1"));
  REQUIRE(holds("rule('ninety').used > 71.5"));
  REQUIRE(holds("count('boot') == 2"));
  REQUIRE(holds("swaps"));
  REQUIRE_FALSE(holds("refreshes"));
}

TEST_CASE("And binds more than or", "[world]") {
  REQUIRE(holds("swaps == 3 or swaps == 1 and swaps == 2"));
  REQUIRE_FALSE(holds("(swaps == 3 or swaps == 1) and swaps == 2"));
}

TEST_CASE("What is no predicate is refused with its place", "[world]") {
  for (const char* text : {"", "service ==", "== 3", "service == normal normal", "(swaps > 1", "swaps > 'x", "rule(3).used > 1", "unknown('x') > 1", "swaps >> 1", "a.b.c",
                           "rule('a'.used"}) {
    INFO(text);
    const auto predicate = Predicate::read(text);
    REQUIRE_FALSE(predicate);
    REQUIRE(predicate.error().find("at character") != std::string::npos);
  }
  REQUIRE_FALSE(Predicate::read(std::string(2000, '1')));
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "not ";
  REQUIRE_FALSE(Predicate::read(deep + "swaps"));
}

TEST_CASE("Durations are ISO 8601 or a number with its unit", "[world]") {
  using std::chrono::hours;
  REQUIRE(read_duration("PT4M") == std::chrono::minutes(4));
  REQUIRE(read_duration("P40DT2M") == hours(960) + std::chrono::minutes(2));
  REQUIRE(read_duration("P1W") == hours(168));
  REQUIRE(read_duration("90s") == std::chrono::seconds(90));
  REQUIRE(read_duration("20ms") == Time(20));
  for (const char* text : {"", "P", "PT", "4M", "PT4", "P4H", "PT4D", "5", "h", "-1s", "1.5h", "99999999999s"}) {
    INFO(text);
    REQUIRE_FALSE(read_duration(text));
  }
  REQUIRE(write_duration(std::chrono::hours(962) + std::chrono::seconds(10)) == "40d 02:00:10");
  REQUIRE(write_duration(std::chrono::seconds(130)) == "2:10");
  REQUIRE(read_instant("2026-03-01T08:00:00Z") == 1772352000);
  REQUIRE_FALSE(read_instant("2026-13-01T08:00:00Z"));
  REQUIRE_FALSE(read_instant("yesterday"));
}
