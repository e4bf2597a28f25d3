#include "tests/unit/terminal/fake_world.h"

using namespace simurgh;
using namespace simurgh::test;

namespace {

const std::string kOpenTcp = "D0278103014001 82028182 350103 39020578 470908696E7465726E6574 3C03021F90 3E0521C0000201";
const std::string kOpenUdp = "D01C8103014001 82028182 350103 39020578 3C03011633 3E0521C0000201";
const std::string kSend = "D010 8103024301 82028121 B60548454C4C4F";
const std::string kReceive = "D00C 8103034200 82028121 B70105";
const std::string kListen = "D00D 8103060500 82028182 9902090A";

}  // namespace

TEST_CASE("A TCP channel carries data both ways and drains before the next event", "[terminal][bip]") {
  World world;
  (void)world.answer_to(kListen);
  REQUIRE(world.answer_to(kOpenTcp) == "81030140018202828183010038028100" "350103" "39020578");
  REQUIRE(world.network.opened == std::vector<std::string>{"tcp 192.0.2.1:8080 internet"});
  REQUIRE(world.answer_to(kSend) == "810302430182028281830100B701FF");
  REQUIRE(world.network.sent == std::vector<std::string>{"48454C4C4F"});
  world.network.arriving = {*from_hex("574F524C44")};
  world.terminal->settle();
  REQUIRE(world.card.envelopes == std::vector<std::string>{"D60E99010982028281B8028100B70105"});
  // More of the stream joins what waits, without another event.
  world.network.arriving = {*from_hex("2121")};
  world.terminal->settle();
  REQUIRE(world.card.envelopes.size() == 1);
  REQUIRE(world.answer_to(kReceive) == "810303420082028281830100B605574F524C44B70102");
  REQUIRE(world.answer_to(kReceive) == "810303420082028281830102B6022121B70100");
  world.network.arriving = {*from_hex("21")};
  world.terminal->settle();
  REQUIRE(world.card.envelopes.size() == 2);
  REQUIRE(world.answer_to("D009 8103054400 82028182") == "810305440082028281830100B8028100");
  REQUIRE(world.answer_to("D009 8103044100 82028121") == "810304410082028281830100");
  REQUIRE(world.network.open_count == 0);
  REQUIRE(world.answer_to("D009 8103054400 82028182") == "810305440082028281830100B8020000");
}

TEST_CASE("A datagram is everything stored so far, and datagrams arrive one by one", "[terminal][bip]") {
  World world;
  (void)world.answer_to(kListen);
  (void)world.answer_to(kOpenUdp);
  REQUIRE(world.answer_to("D010 8103024300 82028121 B60548454C4C4F") == "810302430082028281830100B701FF");
  REQUIRE(world.network.sent.empty());
  (void)world.answer_to("D00C 8103024301 82028121 B60121");
  REQUIRE(world.network.sent == std::vector<std::string>{"48454C4C4F21"});
  world.network.arriving = {Bytes(300, 0x11), Bytes(2, 0x22)};
  world.terminal->settle();
  REQUIRE(world.card.envelopes.back() == "D60E99010982028281B8028100B701FF");
  const std::string first = world.answer_to("D00C 8103034200 82028121 B701FF");
  REQUIRE(first.starts_with("810303420082028281830102B681ED11"));  // 237 octets: the response is full
  REQUIRE(first.ends_with("B7013F"));
  REQUIRE(first.size() / 2 <= 255);
  REQUIRE(world.answer_to("D00C 8103034200 82028121 B7013F").ends_with("B70100"));
  REQUIRE(world.card.envelopes.back() == "D60E99010982028281B8028100B70102");
}

TEST_CASE("Links on demand and in the background come when they should", "[terminal][bip]") {
  World world;
  (void)world.answer_to(kListen);
  REQUIRE(world.answer_to("D0278103014000 82028182 350103 39020578 470908696E7465726E6574 3C03021F90 3E0521C0000201") ==
          "81030140008202828183010038020100" "350103" "39020578");
  REQUIRE(world.network.opened.empty());
  (void)world.answer_to(kSend);
  REQUIRE(world.network.opened.size() == 1);
  REQUIRE(world.answer_to("D0278103014005 82028182 350103 39020578 470908696E7465726E6574 3C03021F90 3E0521C0000201") ==
          "81030140058202828183010038020200" "350103" "39020578");
  REQUIRE(world.card.envelopes == std::vector<std::string>{"D60B99010A82028281B8028200"});
}

TEST_CASE("Errors of BIP carry their cause", "[terminal][bip]") {
  terminal::TerminalOptions options;
  options.channels = {.channels = 1, .buffer_size = 16};
  World world(std::move(options));
  (void)world.answer_to(kListen);
  REQUIRE(world.answer_to(kSend) == "81030243018202828183023A03");
  world.network.unreachable = true;
  REQUIRE(world.answer_to(kOpenTcp) == "81030140018202828183023A07");
  world.network.unreachable = false;
  REQUIRE(world.answer_to("D01C8103014001 82028182 350103 39020578 3C03031633 3E0521C0000201") == "81030140018202828183023A06");
  REQUIRE(world.answer_to("D0128103014001 82028182 350103 39020578 3E00") == "81030140018202828183023A06");
  REQUIRE(world.answer_to("D01C8103014001 82028182 350104 39020578 3C03011633 3E0521C0000201") == "810301400182028281830130");
  REQUIRE(world.answer_to("D0188103014001 82028182 350103 3C03011633 3E0521C0000201") == "810301400182028281830136");
  REQUIRE(world.answer_to(kOpenTcp) == "81030140018202828183010738028100" "350103" "39020010");  // a smaller buffer
  REQUIRE(world.answer_to(kOpenTcp) == "81030140018202828183023A01");
  REQUIRE(world.answer_to("D01C 8103024300 82028121 B611" + std::string(34, '0')) == "81030243008202828183023A04");
  REQUIRE(world.answer_to(kSend).ends_with("B70110"));
  world.network.hung_up = true;
  world.terminal->settle();
  REQUIRE(world.card.envelopes == std::vector<std::string>{"D60B99010A82028281B8020105"});
  REQUIRE(world.answer_to(kSend) == "81030243018202828183023A02");
  REQUIRE(world.answer_to(kReceive) == "81030342008202828183023A02");
}

TEST_CASE("The local address and the name servers are told when the card asks", "[terminal][bip]") {
  World world;
  world.network.servers = {*from_hex("08080808")};
  REQUIRE(world.answer_to("D03B 8103014009 82028182 350702000003000002 39020400 470908696E7465726E6574 3E00 3C03011633 3E115720010DB8000000000000000000000001") ==
          "81030140098202828183010038028100" "350702000003000002" "39020400" "3E05210A000007" "400521" "08080808");
  REQUIRE(world.network.opened == std::vector<std::string>{"udp [2001:db8::1]:5683 internet"});
}

TEST_CASE("Channels close when the card is reset", "[terminal][bip]") {
  World world;
  (void)world.answer_to(kOpenTcp);
  REQUIRE(world.network.open_count == 1);
  REQUIRE(world.terminal->power_up());
  REQUIRE(world.network.open_count == 0);
}
