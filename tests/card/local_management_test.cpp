#include <filesystem>

#include "euicc/state/sqlite_store.h"
#include "tests/card/bench_card.h"
#include "tests/support/temp_dir.h"
#include "tools/perso_upp/upp_builder.h"
#include "tests/support/paths.h"

using namespace simurgh;
using namespace simurgh::test;

namespace {

bench::Desk& desk() {
  static bench::Desk shared;
  return shared;
}

void install(BenchCard& bench, const std::string& iccid, const Bytes& tail = {}) {
  REQUIRE(bench::installed(bench.lpa.download(desk(), desk().order(iccid, tail))));
}

const std::string kTerminalProfile = "8010000022" + std::string(66, '0') + "20";  // 34 octets, byte 34 bit 6

}  // namespace

TEST_CASE("Enable, disable and delete answer with the codes of the specification and change only what they should", "[es10c]") {
  BenchCard bench(desk());
  REQUIRE(bench.es10("BF2D00") == "BF2D02A000");
  REQUIRE(bench.es10(enable(kIccid1)) == "BF3103800101");
  REQUIRE(bench.es10(disable(kIccid1)) == "BF3203800101");
  REQUIRE(bench.es10(delete_profile(kIccid1)) == "BF3303800101");
  install(bench, kIccid1);
  REQUIRE(bench.es10(disable(kIccid1)) == "BF3203800102");
  REQUIRE(bench.es10(enable(kIccid1)) == "BF3103800100");
  REQUIRE(bench.es10(enable(kIccid1)) == "BF3103800102");
  REQUIRE(bench.es10(delete_profile(kIccid1)) == "BF3303800102");
  // By ISD-P AID, and with the identifier wrapped or bare whatever the function.
  const std::string aid = "4F10A0000005591010FFFFFFFF8900001000";
  REQUIRE(bench.es10("BF3215" + aid + "810100") == "BF3203800100");
  REQUIRE(bench.es10("BF3117A012" + aid + "810100") == "BF3103800100");
  REQUIRE(bench.es10(disable(kIccid1)) == "BF3203800100");
  REQUIRE(bench.es10("BF330EA00C" + iccid_do(kIccid1)) == "BF3303800100");
  REQUIRE(bench.es10("BF2D00") == "BF2D02A000");
}

TEST_CASE("A switch makes the disable notification first, and numbers never repeat", "[es10c]") {
  BenchCard bench(desk());
  install(bench, kIccid1, notify_all());
  install(bench, kIccid2, notify_all());
  REQUIRE(notifications(bench) == "1:80 2:80 3:80 4:80");
  REQUIRE(bench.es10(enable(kIccid1)) == "BF3103800100");
  REQUIRE(bench.es10(enable(kIccid2)) == "BF3103800100");
  REQUIRE(notifications(bench) == "1:80 2:80 3:80 4:80 5:40 6:20 7:40");
  REQUIRE(bench.es10("BF280481020520") == "BF282AA028BF2F25800106810205200C10" + to_hex(text_view("smdp.example.com")) + iccid_do(kIccid1));
  REQUIRE(bench.es10(delete_profile(kIccid1)) == "BF3303800100");
  REQUIRE(notifications(bench) == "1:80 2:80 3:80 4:80 5:40 6:20 7:40 8:10");
  for (const char* number : {"01", "02", "03", "04", "05", "06", "07", "08"}) {
    REQUIRE(bench.es10(std::string("BF30038001") + number) == "BF3003800100");
  }
  REQUIRE(bench.es10("BF3003800108") == "BF3003800101");
  REQUIRE(notifications(bench).empty());
  bench.card.reset();
  REQUIRE(bench.es10(disable(kIccid2)) == "BF3203800100");
  REQUIRE(notifications(bench) == "9:20");
}

TEST_CASE("Retrieved notifications are the stored octets, and their signatures verify under the card's chain", "[es10b]") {
  BenchCard bench(desk());
  install(bench, kIccid1, notify_all());
  bench.es10(enable(kIccid1));
  const std::string once = bench.es10("BF2B05A003800103");
  bench.card.reset();
  REQUIRE(bench.es10("BF2B05A003800103") == once);
  const Bytes list = from_hex(once).value();
  const Bytes notification = to_bytes(asn1::read_only(asn1::read_only(list, 0xBF2B)->value, 0xA0)->value);
  desk().server().handle_notification(notification);
  const auto received = desk().orders().notifications().back();
  REQUIRE(received.verified);
  REQUIRE(received.event == "enable");
  REQUIRE(received.iccid == kIccid1);
  REQUIRE(bench.es10("BF2B05A003800109") == "BF2B02A000");
  REQUIRE(bench.es10("BF2B0480020780") == "BF2B0381017F");
}

TEST_CASE("The oldest notifications go when the list is full", "[es10b]") {
  ecasd::Capabilities capabilities;
  capabilities.notification_capacity = 3;
  BenchCard bench(desk(), capabilities);
  install(bench, kIccid1, notify_all());
  bench.es10(enable(kIccid1));
  bench.es10(disable(kIccid1));
  REQUIRE(notifications(bench) == "2:80 3:40 4:20");
}

TEST_CASE("With a TERMINAL PROFILE and refreshFlag the switch waits for the REFRESH", "[es10c]") {
  BenchCard bench(desk());
  install(bench, kIccid1, notify_all());
  REQUIRE(bench.raw(kTerminalProfile) == "9000");
  SECTION("and happens when the terminal has performed it") {
    REQUIRE(bench.es10(enable(kIccid1, true)) == "BF3103800100");
    REQUIRE(bench.lpa.last_status() == 0x910B);
    REQUIRE(bench.raw("00A4040407A0000000871002") == "6A82");
    REQUIRE(bench.es10(enable(kIccid1)) == "BF3103800105");
    REQUIRE(bench.es10(delete_profile(kIccid1)) == "BF330380017F");
    REQUIRE(bench.raw("801200000B") == "D0098103010109820281829000");
    REQUIRE(bench.raw("801400000C810301010982028281830100") == "9000");
    REQUIRE(bench.apdu("00A4040407A0000000871002").ends_with("9000"));
    REQUIRE(notifications(bench) == "1:80 2:80 3:40");
  }
  SECTION("and happens at a reset") {
    bench.es10(enable(kIccid1, true));
    REQUIRE(notifications(bench) == "1:80 2:80");
    bench.card.reset();
    REQUIRE(bench.apdu("00A4040407A0000000871002").ends_with("9000"));
    REQUIRE(notifications(bench) == "1:80 2:80 3:40");
  }
  SECTION("and is asked for again by a busy terminal's next STATUS, three times in all") {
    bench.es10(enable(kIccid1, true));
    for (int attempt = 1; attempt <= 3; ++attempt) {
      INFO(attempt);
      const std::string fetched = bench.raw("801200000B");
      REQUIRE(fetched.starts_with("D0098103"));
      REQUIRE(bench.raw("801400000D8103" + fetched.substr(8, 2) + "01098202828183022002") == "9000");
      REQUIRE(bench.raw("80F2000C00").ends_with(attempt < 3 ? "910B" : "9000"));
    }
    bench.card.reset();
    REQUIRE(bench.raw("00A4040407A0000000871002") == "6A82");
  }
  SECTION("and does not happen when the terminal refuses") {
    bench.es10(enable(kIccid1, true));
    bench.raw("801200000B");
    REQUIRE(bench.raw("801400000C810301010982028281830130") == "9000");
    bench.card.reset();
    REQUIRE(bench.raw("00A4040407A0000000871002") == "6A82");
  }
  SECTION("but without the flag it is at once and nothing is fetched") {
    REQUIRE(bench.es10(enable(kIccid1, false)) == "BF3103800100");
    REQUIRE(bench.lpa.last_status() == 0x9000);
    REQUIRE(bench.apdu("00A4040407A0000000871002").ends_with("9000"));
  }
}

TEST_CASE("A terminal that does not know the profile state change is asked for a UICC reset", "[es10c]") {
  BenchCard bench(desk());
  install(bench, kIccid1);
  REQUIRE(bench.raw("8010000001FF") == "9000");
  bench.es10(enable(kIccid1, true));
  REQUIRE(bench.raw("801200000B") == "D0098103010104820281829000");
  bench.card.reset();
  REQUIRE(bench.apdu("00A4040407A0000000871002").ends_with("9000"));
}

TEST_CASE("A switch ends the old profile's sessions and PIN verifications on every channel", "[es10c]") {
  BenchCard bench(desk());
  install(bench, kIccid1);
  install(bench, kIccid2);
  bench.es10(enable(kIccid1));
  bench.raw("0070000001");
  REQUIRE(bench.apdu("01A4040407A0000000871002").ends_with("9000"));
  REQUIRE(bench.raw("0020000A083838383838383838") == "9000");
  bench.es10(enable(kIccid2));
  REQUIRE(bench.raw("01A40004027FFF") == "6A82");
  REQUIRE(bench.apdu("01A40004022FE2").ends_with("9000"));
  REQUIRE(bench.raw("01B000000A") == to_hex(smdp::iccid_octets(kIccid2)) + "9000");
  REQUIRE(bench.raw("0020000A00") == "63CA");  // ADM1 of the other profile, not verified
}

TEST_CASE("Policy rules hold back disabling and deleting, and a memory reset overrules them", "[es10c]") {
  ecasd::Capabilities capabilities;
  capabilities.rat.push_back({.ppr_ids = 6, .allowed = {{.mcc_mnc = {0xEE, 0xEE, 0xEE}, .gid1 = Bytes{}, .gid2 = Bytes{}}}, .consent_required = true});
  BenchCard bench(desk(), capabilities);
  const Bytes rules = from_hex("B705800300F110" "99020560").value();  // PPR1 and PPR2, owner 00101
  install(bench, kIccid1, rules);
  install(bench, kIccid2);
  REQUIRE(bench.es10(delete_profile(kIccid1)) == "BF3303800103");
  bench.es10(enable(kIccid1));
  REQUIRE(bench.es10(disable(kIccid1)) == "BF3203800103");
  REQUIRE(bench.es10(enable(kIccid2)) == "BF3103800103");
  REQUIRE(bench.es10("BF3404820205E0") == "BF3403800100");
  REQUIRE(bench.es10("BF2D00") == "BF2D02A000");
  REQUIRE(bench.raw("00A4040407A0000000871002") == "6A82");
}

TEST_CASE("eUICCMemoryReset deletes what its options name and says when there is nothing", "[es10c]") {
  BenchCard bench(desk());
  REQUIRE(bench.es10("BF3404820206C0") == "BF3403800101");
  install(bench, kIccid1, notify_all());
  install(bench, kIccid2, from_hex("950101").value());  // provisioning: stays
  REQUIRE(bench.es10("BF3F0A8008646F2E746573742E") == "BF3F03800100");
  REQUIRE(bench.es10("BF3404820206C0") == "BF3403800100");
  REQUIRE(bench.es10("BF2D075C055A4F9F7095").find(to_hex(smdp::iccid_octets(kIccid2))) != std::string::npos);
  REQUIRE(bench.es10("BF2D075C055A4F9F7095").find(to_hex(smdp::iccid_octets(kIccid1))) == std::string::npos);
  REQUIRE(notifications(bench) == "1:80 2:80 3:80 4:10");
  REQUIRE(bench.es10("BF3C00").find("646F2E746573742E") != std::string::npos);
  REQUIRE(bench.es10("BF3404820205" "20") == "BF3403800100");
  REQUIRE(bench.es10("BF3C00").find("646F2E746573742E") == std::string::npos);
}

TEST_CASE("Nicknames are set, listed, cleared and refused with the right codes", "[es10c]") {
  BenchCard bench(desk());
  install(bench, kIccid1);
  REQUIRE(bench.es10("BF2913" + iccid_do(kIccid1) + "900542C3BC726F") == "BF2903800100");
  REQUIRE(bench.es10("BF2D00").find("900542C3BC726F") != std::string::npos);
  REQUIRE(bench.es10("BF2910" + iccid_do(kIccid2) + "90024142") == "BF2903800101");
  const Bytes too_long = asn1::tlv(0xBF29, concat({from_hex(iccid_do(kIccid1)).value(), asn1::tlv(0x90, Bytes(65, 'x'))}));
  REQUIRE(to_hex(bench.lpa.es10(too_long)) == "BF290380017F");
  REQUIRE(bench.es10("BF290E" + iccid_do(kIccid1) + "9000") == "BF2903800100");
  REQUIRE(bench.es10("BF2D00").find("900542C3BC726F") == std::string::npos);
}

TEST_CASE("GetProfilesInfo filters by AID, ICCID and class and gives the listed fields only", "[es10c]") {
  BenchCard bench(desk());
  install(bench, kIccid1);
  install(bench, kIccid2, from_hex("950101").value());
  const std::string first = to_hex(smdp::iccid_octets(kIccid1));
  const std::string second = to_hex(smdp::iccid_octets(kIccid2));
  REQUIRE(bench.es10("BF2D05A003950102").find(first) != std::string::npos);
  REQUIRE(bench.es10("BF2D05A003950102").find(second) == std::string::npos);
  REQUIRE(bench.es10("BF2D05A003950100") == "BF2D02A000");
  REQUIRE(bench.es10("BF2D0EA00C" + iccid_do(kIccid2)).find(second) != std::string::npos);
  REQUIRE(bench.es10("BF2D05A0035C015A") == "BF2D03810101");
  REQUIRE(bench.es10("BF2D055C035A9F70") == "BF2D26A024E3105A0A" + first + "9F700100E3105A0A" + second + "9F700100");
  REQUIRE(bench.es10("BF2D045C02" "BF70") == "BF2D06A004E300E300");
}

TEST_CASE("Test profiles remember the operational one and let go to it only", "[es10c]") {
  BenchCard bench(desk());
  perso::ProfileRecipe test_recipe = perso::default_recipe("8988211000000000037", "001010000000003", Bytes(16, 0), Bytes(16, 0));
  const Bytes test_upp = perso::build_profile(test_recipe);
  const std::string test_iccid = "8988211000000000037";
  install(bench, kIccid1);
  install(bench, kIccid2);
  REQUIRE(bench::installed(bench.lpa.download(desk(), desk().order(test_iccid, from_hex("950100").value(), test_upp))));
  bench.es10(enable(kIccid1));
  REQUIRE(bench.es10(enable(test_iccid)) == "BF3103800100");
  REQUIRE(bench.es10(enable(kIccid2)) == "BF3103800104");
  REQUIRE(bench.es10(disable(test_iccid)) == "BF3203800100");
  bench.card.reset();
  REQUIRE(bench.apdu("00A40004022FE2").ends_with("9000"));
  REQUIRE(bench.raw("00B000000A") == to_hex(smdp::iccid_octets(kIccid1)) + "9000");
}

TEST_CASE("A card file of every format ever written opens and keeps EID and profile", "[card][state]") {
  const TempDir folder;
  const std::string path = folder.file("my.card");
  std::filesystem::copy_file(simurgh::test::source_dir() + "/vectors/state/card-v1.db", path);
  std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  const auto store = state::SqliteStore::open(path);
  card::Card card(*store, desk().rng());
  card.power_on();
  bench::Lpa lpa(card);
  REQUIRE(to_hex(lpa.es10(from_hex("BF3E035C015A").value())) == "BF3E125A1089049032575922977258970720716321");
  REQUIRE(to_hex(lpa.es10(from_hex("BF2D055C035A9F70").value())) == "BF2D14A012E3105A0A988812010000000010F19F700100");
}
