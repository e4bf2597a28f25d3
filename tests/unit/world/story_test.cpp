// A timeline in sentences.
#include "tools/world/story.h"

#include <catch2/catch.hpp>

using namespace simurgh::world;
using namespace std::chrono_literals;

namespace {

Mark mark(std::chrono::milliseconds at, std::string thing, std::string name, std::vector<std::pair<std::string, std::string>> fields = {}) {
  Mark out;
  out.at = at;
  out.thing = std::move(thing);
  out.name = std::move(name);
  out.fields = std::move(fields);
  return out;
}

}  // namespace

TEST_CASE("A story has a sentence for each turn, and tells once what repeats itself", "[world]") {
  Timeline timeline;
  timeline.marks = {
      mark(0s, "meter", "boot"),
      mark(1s, "meter", "scan_start"),
      mark(40s, "meter", "attach_rej", {{"plmn", "alpha"}, {"cause", "11"}, {"identity", "A"}, {"why", "no roaming agreement"}}),
      mark(43s, "meter", "swap_done", {{"from", "A"}, {"to", "B"}}),
      mark(90s, "meter", "channel_open", {{"server", "eim"}}),
      mark(95s, "meter", "command", {{"text", "RECEIVE DATA"}}),
      mark(1h, "meter", "channel_open", {{"server", "eim"}}),
      mark(2h, "meter", "channel_open", {{"server", "eim"}}),
      mark(72h, "", "world", {{"what", "plmn"}, {"id", "beta"}, {"down", "true"}}),
      mark(73h, "meter", "channel_open", {{"server", "eim"}}),
  };
  CHECK(story(timeline) ==
        "0:00           meter is switched on\n"
        "0:40           meter is refused by alpha as A: cause 11, no roaming agreement\n"
        "0:43           meter changes its identity from A to B\n"
        "1:30           meter talks to eim (and 2 times more until 2:00:00)\n"
        "3d 00:00:00    the world: plmn beta, down true\n"
        "3d 01:00:00    meter talks to eim\n");
}

TEST_CASE("A mark without its fields still has a sentence, and an empty timeline has no story", "[world]") {
  Timeline timeline;
  CHECK(story(timeline).empty());
  timeline.marks = {mark(0s, "meter", "move"), mark(1s, "meter", "scan_end")};
  CHECK(story(timeline) == "0:00           meter comes to ?\n");
}

TEST_CASE("The turns of a thing's life are its own and the world's, and what it goes through again and again is none", "[world]") {
  Timeline timeline;
  timeline.marks = {
      mark(0s, "meter", "boot"),
      mark(1s, "other", "boot"),
      mark(40s, "meter", "attach_rej", {{"plmn", "alpha"}, {"cause", "11"}, {"identity", "A"}, {"why", "no roaming agreement"}}),
      mark(50s, "meter", "attach_rej", {{"plmn", "alpha"}, {"cause", "11"}, {"identity", "A"}, {"why", "no roaming agreement"}}),
      mark(60s, "meter", "attach_ok", {{"plmn", "beta"}, {"rat", "ltem"}, {"identity", "A"}}),
      mark(61s, "meter", "channel_open", {{"server", "eim"}}),
      mark(1h, "meter", "attach_ok", {{"plmn", "beta"}, {"rat", "ltem"}, {"identity", "A"}}),
      mark(2h, "", "world", {{"what", "plmn"}, {"id", "beta"}, {"down", "true"}}),
      mark(3h, "meter", "fallback"),
  };
  const auto told = turns(timeline, "meter", 10);
  REQUIRE(told.size() == 5);
  CHECK(told[1].sentence == "is refused by alpha as A: cause 11, no roaming agreement");
  CHECK(told[2].at == 60s);
  CHECK(told[3].sentence == "the world: plmn beta, down true");
  CHECK(told[4].sentence == "falls back");
  CHECK(turns(timeline, "meter", 2).size() == 2);
  CHECK(turns(timeline, "nobody", 10).size() == 1);
}
