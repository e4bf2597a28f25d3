#include "tools/script/apdu_script.h"

#include <catch2/catch.hpp>

using namespace simurgh;

TEST_CASE("A script is read with comments, blanks, resets and wildcards", "[script]") {
  const auto script = script::parse("# session\nreset\n< 3B..\n\n> 00 a4 04 00  # select\n< 61 xx\n> 00B0000001\n");
  REQUIRE_FALSE(script.error);
  REQUIRE(script.steps.size() == 3);
  REQUIRE(script.steps[0].reset);
  REQUIRE(script.steps[1].line == 5);
  REQUIRE(script.steps[1].expected == "61XX");
  REQUIRE_FALSE(script.steps[2].expected);
}

TEST_CASE("Lines that cannot be read are named by number", "[script]") {
  REQUIRE(script::parse("> 0\n").error->line == 1);
  REQUIRE(script::parse("# a\n< 9000\n").error->line == 2);
  REQUIRE(script::parse("> 00\n< 9000\n< 9000\n").error->line == 3);
  REQUIRE(script::parse("select the file\n").error->line == 1);
  REQUIRE(script::parse("> 00\n< 9x\n").error->line == 2);
}

TEST_CASE("Wildcards match one octet each and two dots match any rest", "[script]") {
  const Bytes response{0x61, 0x20};
  REQUIRE(script::matches("6120", response));
  REQUIRE(script::matches("61XX", response));
  REQUIRE(script::matches("61..", response));
  REQUIRE_FALSE(script::matches("61", response));
  REQUIRE_FALSE(script::matches("6121", response));
  REQUIRE_FALSE(script::matches("612000..", response));
}

TEST_CASE("A replay stops at the first answer that does not fit", "[script]") {
  const auto script = script::parse("> 01\n< 9000\n> 02\n< 9000\n> 03\n< 9000\n");
  int sent = 0;
  const script::Link link{.reset = [] { return Bytes{}; },
                          .transmit = [&](ByteView command) {
                            ++sent;
                            return command[0] == 2 ? Bytes{0x6A, 0x82} : Bytes{0x90, 0x00};
                          }};
  const auto mismatch = script::replay(script, link);
  REQUIRE(mismatch);
  REQUIRE(mismatch->line == 3);
  REQUIRE(mismatch->got == "6A82");
  REQUIRE(sent == 2);
}
