#include <catch2/catch.hpp>
#include <set>

#include "tools/terminal/capabilities.h"

using namespace simurgh;
using namespace simurgh::terminal;

TEST_CASE("Every bit of TERMINAL PROFILE has one name", "[terminal]") {
  std::set<std::string_view> names;
  std::set<std::pair<int, int>> places;
  for (const ProfileBit& bit : profile_bits()) {
    INFO(bit.name);
    REQUIRE(names.insert(bit.name).second);
    REQUIRE(places.insert({bit.byte, bit.bit}).second);
  }
}

TEST_CASE("A description sets and clears bits by name and by place over a base", "[terminal]") {
  const Capabilities base = *built_in_capabilities("minimal");
  const auto read = read_capabilities("terminalProfile: {base: nbiot, set: [play-tone, 36.2], clear: [refresh, '12.1']}", base);
  REQUIRE(read);
  const TerminalProfile nbiot = *TerminalProfile::built_in("nbiot");
  REQUIRE(nbiot.has(3, 8));
  REQUIRE_FALSE(read->profile.has(3, 8));
  REQUIRE_FALSE(read->profile.has(12, 1));
  REQUIRE(read->profile.has(12, 2));
  REQUIRE(read->profile.has(3, 5));
  REQUIRE(read->profile.has(36, 2));
  REQUIRE(read->profile.channels() == 4);
  REQUIRE(to_hex(read->terminal_capability) == "A9088100820101830107");
  const auto other = read_capabilities("{terminalProfile: {hex: FF01}, terminalCapability: {extendedChannels: true, rsp: [lpdd, luie]}}", base);
  REQUIRE(other);
  REQUIRE(to_hex(other->profile.octets()) == "FF01");
  REQUIRE(to_hex(other->terminal_capability) == "A905810083010A");
}

TEST_CASE("A description with a word that does not exist is refused by name", "[terminal]") {
  const Capabilities base = *built_in_capabilities("phone");
  for (const char* yaml : {"terminalProfile: {set: [nonsense]}", "terminalProfile: {set: ['0.1']}", "terminalProfile: {base: tv}", "terminalProfile: {hex: X}",
                           "terminalCapability: {rsp: [tv]}", "other: {}", "terminalProfile: [1", "7", "terminalProfile: 7"}) {
    INFO(yaml);
    const auto read = read_capabilities(yaml, base);
    REQUIRE_FALSE(read);
    REQUIRE_FALSE(read.error().empty());
  }
}
