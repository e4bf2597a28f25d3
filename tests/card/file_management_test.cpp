// CREATE, DELETE, RESIZE and TERMINATE through whole cards (TS 102 222 6).
#include "tests/card/bench_card.h"
#include "tools/perso_upp/upp_builder.h"

using namespace simurgh;
using namespace simurgh::test;

namespace {

bench::Desk& desk() {
  static bench::Desk shared;
  return shared;
}

// A card in its USIM's directory, the administrator verified.
struct Admin : BenchCard {
  Admin() : BenchCard(desk()) {
    perso::ProfileRecipe recipe = perso::default_recipe(kIccid1, "001010000000011", Bytes(16, 1), Bytes(16, 2));
    REQUIRE(bench::installed(lpa.download(desk(), desk().order(kIccid1, {}, perso::build_profile(recipe)))));
    REQUIRE(es10(enable(kIccid1)) == "BF3103800100");
    enter();
  }
  void enter() {
    REQUIRE(apdu("00A4040C07A0000000871002") == "9000");
    REQUIRE(apdu("0020000A083838383838383838") == "9000");
  }
  // An APDU with its Lc.
  std::string command(const std::string& header, const std::string& data) {
    return apdu(header + to_hex(be_bytes(data.size() / 2, 1)) + data);
  }
  std::string create(const std::string& fcp) { return command("00E00000", "62" + to_hex(be_bytes(fcp.size() / 2, 1)) + fcp); }
};

// Everything for the administrator, RESIZE included; reading always.
const std::string kOpenRule = "AB1B8001019000" "80015AA40683010A950108" "8401D4A40683010A950108";
const std::string kTransparent = "82024121" "83026FA0" "8A0105" + kOpenRule + "80020004" "8801E0";

}  // namespace

TEST_CASE("CREATE FILE makes files of every kind that are current, filled, readable, and there after a reset", "[card][uicc]") {
  Admin card;
  SECTION("transparent, filled by a pattern whose last octet goes on") {
    REQUIRE(card.create(kTransparent + "A504C1020102") == "9000");
    REQUIRE(card.apdu("00B0000004") == "010202029000");
    REQUIRE(card.apdu("00D6000002AABB") == "9000");
    card.card.reset();
    card.enter();
    REQUIRE(card.apdu("00B09C0004") == "AABB02029000");
    REQUIRE(card.apdu("00A40804047FFF6FA0").starts_with("62"));
  }
  SECTION("linear fixed, filled by a pattern that repeats") {
    REQUIRE(card.create("82054221000302" "83026FA1" "8A0105" "8B036F0603" "80020006" "8800" "A504C2020102") == "9000");
    REQUIRE(card.apdu("00B2020403") == "0102019000");
    REQUIRE(card.apdu("00B2030403") == "6A83");
  }
  SECTION("cyclic") {
    REQUIRE(card.create("820446210003" "83026FA2" "8A0105" "8B036F0603" "80020009" "8800") == "9000");
    REQUIRE(card.apdu("00DC000303010203") == "9000");
    REQUIRE(card.apdu("00B2010403") == "0102039000");
  }
  SECTION("BER-TLV with a compact rule") {
    REQUIRE(card.create("82027921" "83026FA3" "8A0105" "8C0303" "0000" "A5088502004086020080" "8800") == "9000");
    REQUIRE(card.apdu("80DB00800480020102") == "9000");
    REQUIRE(card.apdu("80CB0080018000") == "800201029000");
  }
  SECTION("a directory, and a file in it") {
    REQUIRE(card.create("82027821" "83025FA0" "8A0105" "8B036F060E" "81020100" "C609900140830101830" "10A") == "9000");
    REQUIRE(card.create("82024121" "83024F01" "8A0105" "8B036F0603" "80020002") == "9000");
    REQUIRE(card.apdu("00A40804067FFF5FA04F01").starts_with("62"));
    REQUIRE(card.apdu("00B0810002") == "FFFF9000");  // the SFI is the low five bits of the identifier
  }
}

TEST_CASE("CREATE FILE refuses without right, with a taken identifier, and with what makes no file", "[card][uicc]") {
  Admin card;
  REQUIRE(card.create(kTransparent) == "9000");
  REQUIRE(card.create(kTransparent) == "6A89");
  REQUIRE(card.create("82024121" "83026FB0" "8A0105" "8B036F0603") == "6A80");                          // no size
  REQUIRE(card.create("82024121" "83023F00" "8A0105" "8B036F0603" "80020004") == "6A80");               // reserved
  REQUIRE(card.create("820442210003" "83026FB0" "8A0105" "8B036F0603" "80020004") == "6A80");           // no whole records
  REQUIRE(card.create("82024121" "83026FB0" "8A010C" "8B036F0603" "80020004") == "6A80");               // born terminated
  REQUIRE(card.create("82024121" "83026FB0" "8A0105" "8B036F0603" "8003010000") == "6A84");             // too large
  REQUIRE(card.create("82024121" "83026FB0" "8A0105" "80020004") == "6A80");                            // no rule
  REQUIRE(card.apdu("00E0010002" "6200") == "6A86");
  REQUIRE(card.apdu("00E00000026100") == "6A80");
  REQUIRE(card.apdu("00A4080C047FFF6FB0") == "6A82");
  card.card.reset();
  REQUIRE(card.apdu("00A4040C07A0000000871002") == "9000");
  REQUIRE(card.create("82024121" "83026FB0" "8A0105" "8B036F0603" "80020004") == "6982");
}

TEST_CASE("DELETE FILE takes a file away from every channel, a directory with what lies in it", "[card][uicc]") {
  Admin card;
  REQUIRE(card.create("82027821" "83025FA0" "8A0105" "8B036F060E" "C609900140830101830" "10A") == "9000");
  REQUIRE(card.create("82024121" "83024F01" "8A0105" "8B036F0603" "80020002") == "9000");
  REQUIRE(card.apdu("0070000100") == "9000");
  REQUIRE(card.apdu("01A4040C07A0000000871002") == "9000");
  REQUIRE(card.apdu("01A4080C067FFF5FA04F01") == "9000");
  REQUIRE(card.apdu("00A4000C027FFF") == "9000");
  REQUIRE(card.apdu("00E40000025FA0") == "9000");
  REQUIRE(card.apdu("00A4080C067FFF5FA04F01") == "6A82");
  REQUIRE(card.apdu("01B0000002") == "6986");
  REQUIRE(card.apdu("00E40000025FA0") == "6A82");
  REQUIRE(card.apdu("00A4000C023F00") == "9000");
  REQUIRE(card.apdu("00E4000000") == "6985");
  card.card.reset();
  REQUIRE(card.apdu("00A4040C07A0000000871002") == "9000");
  REQUIRE(card.apdu("00A4000C025FA0") == "6A82");
  REQUIRE(card.apdu("00E40000026F07") == "6982");
}

TEST_CASE("RESIZE FILE needs a rule that names it, keeps what fits and fills what is new", "[card][uicc]") {
  Admin card;
  REQUIRE(card.create(kTransparent + "A503C10177") == "9000");
  REQUIRE(card.apdu("00D6000004010203" "04") == "9000");
  REQUIRE(card.apdu("80D40000" "0A" "620883026FA080020006") == "9000");
  REQUIRE(card.apdu("00A4000C026FA0") == "9000");
  REQUIRE(card.apdu("00B0000006") == "0102030477779000");
  REQUIRE(card.apdu("80D400000A620883026FA080020002") == "9000");
  REQUIRE(card.apdu("00B0000002") == "01029000");
  REQUIRE(card.raw("00B0000003") == "6C02");
  REQUIRE(card.apdu("80D400000A620883026F0780020002") == "6982");
  REQUIRE(card.apdu("80D400000A620883026FFF80020002") == "6A82");
  REQUIRE(card.apdu("80D4000006620483026FA0") == "6A80");
  card.card.reset();
  card.enter();
  REQUIRE(card.apdu("00B09C0002") == "01029000");
}

TEST_CASE("A terminated file is selected with a warning and used by nobody, for ever", "[card][uicc]") {
  Admin card;
  REQUIRE(card.create("82024121" "83026FA0" "8A0105" "AB1280017FA40683010A950108" "8001019000" "80020004" "8800") == "6A80");  // AB of the wrong length
  REQUIRE(card.create("82024121" "83026FA0" "8A0105" "AB0B80017FA40683010A950108" "80020004" "8800") == "9000");
  REQUIRE(card.apdu("00B0000004") == "FFFFFFFF9000");
  REQUIRE(card.apdu("00E60000026FA0") == "6981");
  REQUIRE(card.apdu("00E80000026FA0") == "9000");
  REQUIRE(card.apdu("00A40004026FA0").ends_with("6285"));
  REQUIRE(card.apdu("00B0000004") == "6984");
  REQUIRE(card.apdu("00440000026FA0") == "6984");
  card.card.reset();
  card.enter();
  REQUIRE(card.apdu("00A40004026FA0").ends_with("6285"));
  REQUIRE(card.apdu("00FE0000") == "6982");  // the MF of this profile permits it to nobody
}

TEST_CASE("A store that fails while the structure changes keeps the old structure", "[card][uicc]") {
  Admin card;
  card.store.fail_after(0);
  REQUIRE(card.create(kTransparent) == "6581");
  card.store.heal();
  card.enter();
  REQUIRE(card.apdu("00A4000C026FA0") == "6A82");
  REQUIRE(card.create(kTransparent) == "9000");
}
