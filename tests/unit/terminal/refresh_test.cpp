#include "tests/unit/terminal/fake_world.h"

using namespace simurgh;
using namespace simurgh::test;

TEST_CASE("REFRESH with reset is answered by a reset and nothing else, and the terminal starts over", "[terminal]") {
  World world;
  world.card.asks("D009 8103010104 82028182").asks("D009 8103020200 82028182");
  world.on();
  REQUIRE(world.card.log == std::vector<std::string>{"reset", "profile", "reset", "profile", "response"});
  REQUIRE(world.card.responses == std::vector<std::string>{"810302020082028281830100"});
  REQUIRE(world.terminal->resets() == 1);
}

TEST_CASE("REFRESH profile state change is answered first, then everything is read again without a reset", "[terminal]") {
  World world;
  world.card.asks("D009 8103010109 82028182");
  world.on();
  REQUIRE(world.card.log == std::vector<std::string>{"reset", "profile", "response", "profile"});
  REQUIRE(world.card.responses == std::vector<std::string>{"810301010982028281830100"});
}

TEST_CASE("REFRESH file change reads exactly the files of its list again", "[terminal]") {
  World world;
  world.on();
  world.card.files["2FE2"] = {"62078202412180010A", "98887766554433221100"};
  world.card.selections.clear();
  REQUIRE(world.answer_to("D0168103010101 82028182 920B02 3F002FE2 3F007FFF6F07") == "810301010182028281830100");
  REQUIRE(world.card.selections == std::vector<std::string>{"2FE2", "7FFF6F07"});
  REQUIRE(world.terminal->facts().iccid() == "89887766554433221100");
}

TEST_CASE("REFRESH waits for the end of a call, but not for a file change", "[terminal]") {
  terminal::TerminalOptions options;
  options.device.in_call = true;
  World world(std::move(options));
  REQUIRE(world.answer_to("D009 8103010104 82028182") == "81030101048202828183022002");
  REQUIRE(world.answer_to("D009 8103010103 82028182") == "81030101038202828183022002");
  REQUIRE(world.answer_to("D0128103010101 82028182 9207013F007FFF6F07") == "810301010182028281830100");
  REQUIRE(world.card.resets == 1);
}

TEST_CASE("Every other mode of REFRESH is performed, and one that does not exist is beyond the terminal", "[terminal]") {
  for (const char* mode : {"00", "02", "03", "05", "06", "07", "08", "0A"}) {
    World world;
    INFO(mode);
    const std::string details = std::string("81030101") + mode;
    REQUIRE(world.answer_to("D009" + details + "82028182") == details + "82028281830100");
    REQUIRE(world.card.resets == 1);
  }
  World world;
  REQUIRE(world.answer_to("D009 810301010B 82028182") == "810301010B82028281830130");
}

TEST_CASE("A terminal that does not promise profile state change refuses it", "[terminal]") {
  terminal::TerminalOptions options;
  options.capabilities = *terminal::built_in_capabilities("phone");
  options.capabilities.profile.set(34, 6, false);
  World world(std::move(options));
  REQUIRE(world.answer_to("D009 8103010109 82028182") == "810301010982028281830130");
}

TEST_CASE("A card that resets for ever is stopped", "[terminal]") {
  World world;
  for (int i = 0; i < 20; ++i) world.card.asks("D009 8103010104 82028182");
  world.on();
  REQUIRE(world.terminal->resets() == 16);
  REQUIRE(world.card.responses == std::vector<std::string>(4, "81030101048202828183022000"));
}

TEST_CASE("What the card set up is gone after a reset", "[terminal]") {
  World world;
  world.card.asks("D00C8103060500 82028182 990103").asks("D011 8103082700 82028182 A40101 A503000003").asks("D009 8103010104 82028182");
  world.on();
  REQUIRE_FALSE(world.terminal->toolkit().listens(0x03));
  world.terminal->run_for(std::chrono::minutes(1));
  REQUIRE(world.card.envelopes.empty());
}
