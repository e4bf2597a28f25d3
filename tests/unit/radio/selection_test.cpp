// PLMN selection, TS 23.122 4.4.3.1.1.
#include <catch2/catch.hpp>

#include "tools/radio/selection.h"

using namespace simurgh::radio;

namespace {

Cell cell(const char* plmn, int level, Rat rat = Rat::lte, std::uint32_t area = 1) { return {.plmn = plmn, .rat = rat, .area = area, .level = level}; }

std::string order(const std::vector<Cell>& scan, const SelectionLists& lists, std::set<Rat> rats = {Rat::lte}, std::uint64_t seed = 1) {
  Draw shuffle(seed, "modem", "network");
  std::string out;
  for (const Candidate& one : candidates(scan, rats, lists, shuffle)) out += (out.empty() ? "" : " ") + one.cell.plmn + (rats.size() > 1 ? "/" + std::string(name_of(one.cell.rat)) : "");
  return out;
}

}  // namespace

TEST_CASE("The last network comes first, then home, the user's list, the operator's, and the rest by signal", "[radio]") {
  const std::vector<Cell> scan{cell("99971", -120), cell("99972", -118), cell("99973", -119), cell("99974", -125), cell("99970", -128), cell("99975", -115)};
  SelectionLists lists;
  lists.last = "99971";
  lists.home = {"99970"};
  lists.user = {{"99974", 0}};
  lists.network = {{"99973", 0}};
  REQUIRE(order(scan, lists) == "99971 99970 99974 99973 99975 99972");
}

TEST_CASE("Equivalent home networks have an order of their own", "[radio]") {
  SelectionLists lists;
  lists.home = {"99972", "99970"};
  REQUIRE(order({cell("99970", -80), cell("99972", -100), cell("99971", -70)}, lists) == "99972 99970 99971");
}

TEST_CASE("Good networks come in a drawn order, weak ones behind them by level", "[radio]") {
  const std::vector<Cell> scan{cell("99971", -90), cell("99972", -91), cell("99973", -92), cell("99974", -130), cell("99975", -120)};
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const std::string text = order(scan, {}, {Rat::lte}, seed);
    REQUIRE(text.substr(text.size() - 11) == "99975 99974");
    seen.insert(text);
  }
  REQUIRE(seen.size() == 6);
  REQUIRE(order(scan, {}, {Rat::lte}, 3) == order(scan, {}, {Rat::lte}, 3));
}

TEST_CASE("An entry of a list counts for the technologies it names", "[radio]") {
  SelectionLists lists;
  lists.home = {"99970"};
  lists.user = {{"99972", 0x0080}};  // GSM
  lists.home_access = {{"99970", 0x0080}, {"99970", 0x4000}};
  const std::vector<Cell> scan{cell("99970", -100, Rat::lte), cell("99970", -100, Rat::gsm), cell("99972", -120, Rat::lte), cell("99972", -120, Rat::gsm)};
  REQUIRE(order(scan, lists, {Rat::lte, Rat::gsm}) == "99970/gsm 99970/lte 99972/gsm 99972/lte");
}

TEST_CASE("What is forbidden, waiting or excluded is no candidate", "[radio]") {
  const std::vector<Cell> scan{cell("99971", -90), cell("99972", -90, Rat::lte, 7), cell("99973", -90), cell("99974", -90), cell("99975", -90), cell("99976", -90, Rat::nbiot)};
  SelectionLists lists;
  lists.forbidden = {"99971"};
  lists.forbidden_areas = {{"99972", 7}};
  lists.packet_forbidden = {"99973"};
  lists.waiting = {"99974"};
  lists.excluded = {{"99975", Rat::lte}};
  REQUIRE(order(scan, lists).empty());
  lists.forbidden_areas = {{"99972", 8}};
  REQUIRE(order(scan, lists) == "99972");
}

TEST_CASE("Of several cells of a network the strongest counts", "[radio]") {
  Draw shuffle(1, "modem", "network");
  const auto found = candidates({cell("99971", -100, Rat::lte, 1), cell("99971", -80, Rat::lte, 2), cell("99971", -90, Rat::lte, 3)}, {Rat::lte}, {}, shuffle);
  REQUIRE(found.size() == 1);
  REQUIRE(found[0].cell.area == 2);
}
