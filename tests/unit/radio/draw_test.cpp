// Random numbers of a world.
#include <catch2/catch.hpp>

#include "tools/radio/draw.h"

using namespace simurgh::radio;
using std::chrono::seconds;

TEST_CASE("A stream is the same for the same seed, entity and name, and another for any other", "[radio]") {
  Draw one(42, "meter-1", "scan"), same(42, "meter-1", "scan"), seed(43, "meter-1", "scan"), entity(42, "meter-2", "scan"), stream(42, "meter-1", "loss");
  for (int i = 0; i < 100; ++i) {
    const auto number = one.next();
    REQUIRE(number == same.next());
    REQUIRE(number != seed.next());
    REQUIRE(number != entity.next());
    REQUIRE(number != stream.next());
  }
}

TEST_CASE("Names of entity and stream do not run together", "[radio]") {
  REQUIRE(Draw(1, "ab", "c").next() != Draw(1, "a", "bc").next());
}

TEST_CASE("Bounds are kept, and both ends are reached", "[radio]") {
  Draw draw(7, "x", "y");
  bool low = false, high = false;
  for (int i = 0; i < 1000; ++i) {
    const auto number = draw.below(10);
    REQUIRE(number < 10);
    low = low || number == 0;
    high = high || number == 9;
    const auto time = draw.between(seconds(2), seconds(3));
    REQUIRE(time >= seconds(2));
    REQUIRE(time <= seconds(3));
  }
  REQUIRE(low);
  REQUIRE(high);
  REQUIRE(draw.below(0) == 0);
  REQUIRE(draw.between(seconds(5), seconds(1)) == seconds(5));
}

TEST_CASE("Chances come out as they were asked for", "[radio]") {
  Draw draw(9, "x", "loss");
  int hits = 0;
  for (int i = 0; i < 20000; ++i) hits += draw.happens(50'000) ? 1 : 0;
  REQUIRE(hits > 850);
  REQUIRE(hits < 1150);
  REQUIRE_FALSE(draw.happens(0));
}
