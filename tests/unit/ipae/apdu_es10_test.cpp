#include "ipae/es10/apdu_es10.h"

#include "asn1/tlv.h"
#include "ipae/es10/es10a.h"
#include "ipae/es10/es10b.h"
#include "ipae/es10/es10c.h"
#include "tests/unit/ipae/scripted_card.h"

using namespace simurgh;
using namespace simurgh::ipae;
using simurgh::test::ScriptedCard;

namespace {

constexpr auto kFci = "6F1F8410A0000005591010FFFFFFFF8900000100A5049F6501FFE0058203020500";

ScriptedCard card_with_isdr() {
  ScriptedCard card;
  card.on("80AA00000AA9088100820101830107", "9000")
      .on("0070000001", "019000")
      .on("01A4040010A0000005591010FFFFFFFF8900000100", "6121")
      .on("01C0000021", std::string(kFci) + "9000");
  return card;
}

}  // namespace

TEST_CASE("The ISD-R is opened on its own channel and GetEID is read through 61xx", "[es10]") {
  auto card = card_with_isdr();
  card.on("81E2910006BF3E035C015A", "6115")
      .on("81C0000015", "BF3E125A10890490323000000000000000000001899000")
      .on("81E2910003BF2E00", "6115")
      .on("81C0000015", "BF2E128010A1A2A3A4A5A6A7A8A9AAABACADAEAFB09000")
      .on("81E2910003BF5600", "6A88")
      .on("0070800100", "9000");
  {
    auto port = ApduEs10Port::open(card);
    REQUIRE(port);
    CHECK((*port)->channel() == 1);
    CHECK(to_hex((*port)->svn()) == "020500");
    CHECK(to_hex(*es10c::get_eid(**port)) == "89049032300000000000000000000189");
    CHECK(to_hex(*es10b::get_euicc_challenge(**port)) == "A1A2A3A4A5A6A7A8A9AAABACADAEAFB0");
    const auto refused = (*port)->request(*from_hex("BF5600"));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().sw == 0x6A88);
    CHECK(refused.error().what.find("6A88") != std::string::npos);
  }
  CHECK(card.finished());
}

TEST_CASE("A long command goes out in numbered blocks of 120 octets", "[es10]") {
  const std::string address = "smdp-plus." + std::string(64, 'a') + "." + std::string(41, 'b') + ".example.com";
  REQUIRE(address.size() == 128);
  const std::string object = "BF3F8183808180" + to_hex(text_view(address));
  auto card = card_with_isdr();
  card.on("81E2110078" + object.substr(0, 240), "9000")
      .on("81E291010F" + object.substr(240), "6106")
      .on("81C0000006", "BF3F038001009000")
      .on("0070800100", "9000");
  {
    auto port = ApduEs10Port::open(card);
    REQUIRE(port);
    CHECK(es10a::set_default_dp_address(**port, address) == es10a::SetDefaultDpAddressResult::ok);
  }
  CHECK(card.finished());
}

TEST_CASE("An answer of 560 octets is collected in three pieces", "[es10]") {
  Bytes answer = asn1::tlv(0xBF2D, asn1::tlv(0xA0, asn1::tlv(0xE3, asn1::tlv(0x94, Bytes(537, 0x5A)))));
  answer.resize(560, 0);
  const std::string hex = to_hex(answer);
  auto card = card_with_isdr();
  card.on("81E2910003BF2D00", "6100")
      .on("81C0000000", hex.substr(0, 512) + "6100")
      .on("81C0000000", hex.substr(512, 512) + "6130")
      .on("81C0000030", hex.substr(1024) + "9000")
      .on("0070800100", "9000");
  {
    auto port = ApduEs10Port::open(card);
    REQUIRE(port);
    const auto got = (*port)->request(*from_hex("BF2D00"));
    REQUIRE(got);
    CHECK(*got == answer);
  }
  CHECK(card.finished());
}

TEST_CASE("A wrong Le is corrected once", "[es10]") {
  auto card = card_with_isdr();
  card.on("81E2910003BF2E00", "61FF")
      .on("81C00000FF", "6C15")
      .on("81C0000015", "BF2E128010A1A2A3A4A5A6A7A8A9AAABACADAEAFB09000")
      .on("81E2910003BF2E00", "6C15")
      .on("81E2910003BF2E0015", "6C15")
      .on("0070800100", "9000");
  {
    auto port = ApduEs10Port::open(card);
    REQUIRE(port);
    CHECK(es10b::get_euicc_challenge(**port));
    const auto refused = es10b::get_euicc_challenge(**port);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().sw == 0x6C15);
  }
  CHECK(card.finished());
}

TEST_CASE("Every block size from 6 to 255 carries the same octets", "[es10]") {
  // A card that puts the blocks together again and answers with nothing.
  class Collector final : public ApduPort {
   public:
    std::expected<Bytes, PortError> transmit(ByteView apdu) override {
      if (apdu[1] == 0x70 && apdu[2] == 0x00) return Bytes{0x02, 0x90, 0x00};
      if (apdu[1] != 0xE2) return Bytes{0x90, 0x00};
      CHECK(apdu[0] == 0x82);
      CHECK(apdu[3] == blocks);
      CHECK(apdu.size() == 5U + apdu[4]);
      CHECK(apdu[4] <= limit);
      append(collected, apdu.subspan(5));
      ++blocks;
      complete = apdu[2] == 0x91;
      return Bytes{0x90, 0x00};
    }
    Bytes collected;
    std::size_t limit = 0, blocks = 0;
    bool complete = false;
  };
  Bytes command(300);
  for (std::size_t i = 0; i < command.size(); ++i) command[i] = static_cast<std::uint8_t>(i);
  for (std::size_t size = 6; size <= 255; ++size) {
    Collector card;
    card.limit = size;
    auto port = ApduEs10Port::open(card, {.block_size = size});
    REQUIRE(port);
    CHECK((*port)->request(command)->empty());
    CHECK(card.collected == command);
    CHECK(card.complete);
    CHECK(card.blocks == (300 + size - 1) / size);
  }
  Collector card;
  card.limit = 6;
  auto port = ApduEs10Port::open(card, {.block_size = 6});
  REQUIRE(port);
  CHECK((*port)->request(Bytes(256 * 6)));
  card.blocks = 0;
  CHECK_FALSE((*port)->request(Bytes(256 * 6 + 1)));
  CHECK_FALSE((*port)->request({}));
}

TEST_CASE("A card without channels is used on the basic one", "[es10]") {
  ScriptedCard card;
  card.on("80AA00000AA9088100820101830107", "6E00")
      .on("0070000001", "6881")
      .on("00A4040010A0000005591010FFFFFFFF8900000100", std::string(kFci) + "9000")
      .on("80E2910003BF2000", "6985");
  {
    auto port = ApduEs10Port::open(card);
    REQUIRE(port);
    CHECK((*port)->channel() == 0);
    CHECK((*port)->request(*from_hex("BF2000")).error().sw == 0x6985);
  }
  CHECK(card.finished());
}

TEST_CASE("A channel above 3 takes the further interindustry class", "[es10]") {
  ScriptedCard card;
  card.on("80AA000005A903830107", "9000")
      .on("0070000001", "049000")
      .on("40A4040010A0000005591010FFFFFFFF8900000100", "9000")
      .on("C0E2910003BF2000", "9000")
      .on("0070800400", "9000");
  {
    auto port = ApduEs10Port::open(card, {.terminal_capability = *from_hex("A903830107")});
    REQUIRE(port);
    CHECK((*port)->request(*from_hex("BF2000"))->empty());
  }
  CHECK(card.finished());
}

TEST_CASE("Vendors' AIDs are tried in turn, and a plain SIM is told so", "[es10]") {
  ScriptedCard card;
  card.on("80AA00000AA9088100820101830107", "9000").on("0070000001", "019000");
  for (const Bytes& aid : known_isd_r_aids()) card.on("01A4040010" + to_hex(aid), "6A82");
  card.on("0070800100", "9000");
  const auto port = ApduEs10Port::open(card);
  REQUIRE_FALSE(port);
  CHECK(port.error().sw == 0x6A82);
  CHECK(card.finished());
}

TEST_CASE("91xx after an enable is fetched and the REFRESH acknowledged", "[es10]") {
  // The response carries the command details as they came, the devices swapped, and "performed".
  ScriptedCard exact = card_with_isdr();
  exact.on("81E2910014BF3111A00C5A0A988812010000000010F18101FF", "6106")
      .on("81C0000006", "BF3103800100910B")
      .on("801200000B", "D0098103010109820281829000")
      .on("801400000C810301010982028281830100", "9000")
      .on("0070800100", "9000");
  {
    auto port = ApduEs10Port::open(exact);
    REQUIRE(port);
    CHECK(es10c::enable_profile(**port, es10c::Iccid{*from_hex("988812010000000010F1")}, true) == es10c::EnableResult::ok);
    CHECK((*port)->take_refreshed());
    CHECK_FALSE((*port)->take_refreshed());
  }
  CHECK(exact.finished());
}

TEST_CASE("A card that never ends its answer is left", "[es10]") {
  class Babbler final : public ApduPort {
   public:
    std::expected<Bytes, PortError> transmit(ByteView apdu) override {
      if (apdu[1] == 0xE2) return Bytes{0x61, 0x00};
      if (apdu[1] != 0xC0) return Bytes{0x90, 0x00};
      Bytes out(mute ? 0 : 256, 0x30);
      append(out, Bytes{0x61, 0x00});
      return out;
    }
    bool mute = false;
  };
  Babbler card;
  auto port = ApduEs10Port::open(card);
  REQUIRE(port);
  CHECK_FALSE((*port)->request(*from_hex("BF2000")));
  card.mute = true;
  CHECK_FALSE((*port)->request(*from_hex("BF2000")));
}
