// Every PSMO with every code (SGP.32 v1.2 5.13).
#include "tests/card/iot_bench.h"
#include "tools/perso_upp/upp_builder.h"

using namespace simurgh;
using namespace simurgh::test;

TEST_CASE("enable: 0, 1, 2, 3, 20 and 127", "[iot][psmo]") {
  IotBench bench(with_all_rules(iot_card()));
  bench.install(kIccid1, with_ppr(2));
  bench.install(kIccid2);
  CHECK(bench.run(psmo_enable(kIccid3)) == "830101");
  CHECK(bench.run(psmo_enable(kIccid1, true)) == "830114");  // nothing to go back to
  CHECK(bench.run(psmo_enable(kIccid1) + psmo_enable(kIccid2)) == "83010083017F");
  CHECK(bench.enabled() == kIccid1);
  CHECK(bench.run(psmo_enable(kIccid1)) == "830102");
  CHECK(bench.run(psmo_enable(kIccid2)) == "830103");  // PPR1 on what would be disabled
  CHECK(bench.enabled() == kIccid1);
}

TEST_CASE("disable: 0, 1, 2, 3 and 127", "[iot][psmo]") {
  IotBench bench(with_all_rules(iot_card()));
  bench.install(kIccid1, with_ppr(2));
  bench.install(kIccid2);
  CHECK(bench.run(psmo_disable(kIccid3)) == "840101");
  CHECK(bench.run(psmo_disable(kIccid2)) == "840102");
  CHECK(bench.run(psmo_enable(kIccid2)) == "830100");
  CHECK(bench.run(psmo_disable(kIccid2) + psmo_disable(kIccid2)) == "84010084017F");
  CHECK(bench.enabled().empty());
  CHECK(bench.run(psmo_enable(kIccid1) + psmo_disable(kIccid1)) == "83010084017F");
  CHECK(bench.run(psmo_disable(kIccid1)) == "840103");
}

TEST_CASE("disable and then enable another is one switch", "[iot][psmo]") {
  IotBench bench;
  bench.install(kIccid1, notify_all());
  bench.install(kIccid2, notify_all());
  CHECK(bench.run(psmo_enable(kIccid1)) == "830100");
  for (int number = 1; number <= 6; ++number) (void)bench.es10("BF30038001" + to_hex(be_bytes(static_cast<unsigned>(number), 1)));
  CHECK(bench.run(psmo_disable(kIccid1) + psmo_enable(kIccid2)) == "840100830100");
  CHECK(bench.enabled() == kIccid2);
  CHECK(notifications(bench) == "8:20 9:40");
}

TEST_CASE("delete: 0, 1, 2, 3, 20 and 21", "[iot][psmo]") {
  IotBench bench(with_all_rules(iot_card()));
  bench.install(kIccid1, iot_metadata(false, true));
  bench.install(kIccid2, with_ppr(4));
  bench.install(kIccid3);
  CHECK(bench.run(psmo_delete("8988211000000000045")) == "850101");
  CHECK(bench.run(psmo_delete(kIccid2)) == "850103");
  CHECK(bench.run(psmo_enable(kIccid3) + psmo_delete(kIccid3)) == "830100850102");
  CHECK(bench.run(psmo_delete(kIccid3)) == "850102");
  CHECK(bench.run(psmo_enable(kIccid1, true) + psmo_delete(kIccid3)) == "830100850114");
  // Without the flag the one that is left is marked all the same.
  CHECK(bench.run(psmo_enable(kIccid3) + psmo_delete(kIccid1)) == "830100850102");
  CHECK(bench.run("A80C" + iccid_do(kIccid1)) == "8D0100");
  CHECK(bench.es10("BF5D03800100") == "BF5D03800100");
  CHECK(bench.run(psmo_delete(kIccid3)) == "850115");
  CHECK(bench.es10("BF5E03800100") == "BF5E03800100");
  CHECK(bench.run(psmo_delete(kIccid1)) == "850100");
  CHECK(bench.es10("BF5D03800100") == "BF5D03800106");  // the attribute went with it
}

TEST_CASE("A switch that waits for its REFRESH makes the next package busy, and happens with the terminal's answer or at a reset", "[iot][psmo]") {
  IotBench bench;
  bench.install(kIccid1, notify_all());
  bench.install(kIccid2, notify_all());
  bench.toolkit();
  CHECK(bench.run(psmo_enable(kIccid1)) == "830100");
  CHECK(bench.enabled().empty());
  CHECK(bench.lpa.last_status() >> 8 == 0x91);  // REFRESH waits behind the answer
  CHECK(bench.run(psmo_enable(kIccid2)) == "830105");
  CHECK(bench.run(psmo_disable(kIccid1)) == "840102");
  bench.card.reset();
  CHECK(bench.enabled() == kIccid1);
  bench.toolkit();
  CHECK(bench.run(psmo_disable(kIccid1) + psmo_enable(kIccid2)) == "840100830100");
  const std::string refresh = bench.apdu("8012000000");
  REQUIRE(refresh.starts_with("D0"));
  // The terminal cannot refresh (30): the promise stays.
  CHECK(bench.raw("801400000C8103" + refresh.substr(8, 2) + refresh.substr(10, 4) + "82028281830130") == "9000");
  CHECK(bench.enabled() == kIccid1);
  bench.card.reset();
  CHECK(bench.enabled() == kIccid2);
}

TEST_CASE("listProfileInfo: list, criteria, 1 and 11", "[iot][psmo]") {
  IotBench bench;
  CHECK(bench.run("BF2D00") == "BF2D02A000");  // empty is no failure
  CHECK(bench.run("BF2D00A600") == "BF2D02A000A600");
  bench.install(kIccid1, iot_metadata(true, true));
  bench.install(kIccid2);
  CHECK(bench.run("BF2D13A00C" + iccid_do(kIccid2) + "5C035A9F70") == "BF2D14A012E310" + iccid_do(kIccid2) + "9F700100");
  CHECK(bench.run("BF2D08A0039501025C0195") == "BF2D0CA00AE303950102E303950102");
  CHECK(bench.run("BF2D04A0028000") == "BF2D03810101");
  CHECK(bench.run("BF2D095C075A9F7B9F269F67") == "BF2D26A024E3145" + iccid_do(kIccid1).substr(1) + "9F7B01FF9F6701FFE30C" + iccid_do(kIccid2));
  CHECK(bench.run(psmo_delete(kIccid2) + "BF2D00A600") == "850100BF2D0381010B");
  CHECK(bench.run(psmo_enable(kIccid1) + "BF2D00") == "830100BF2D0381010B");
  CHECK(bench.run(psmo_disable(kIccid1) + "BF2D00") == "840100BF2D0381010B");
}

TEST_CASE("getRAT gives the rows of the table", "[iot][psmo]") {
  IotBench bench(with_all_rules(iot_card()));
  CHECK(bench.run("A600") == "A616" "3014" "800205E0" "A10B" "3009" "8003EEEEEE" "8100" "8200" "820100");
}

TEST_CASE("configureImmediateEnable: 0, 1 and 7", "[iot][psmo]") {
  IotBench bench;
  CHECK(bench.run("A7028000") == "870100");
  CHECK(bench.run("A700") == "870100");
  CHECK(bench.run(to_hex(asn1::tlv(0xA7, asn1::tlv(0x82, Bytes(256, 'a'))))) == "870101");
  CHECK(bench.run("A7028100") == "870107");
  CHECK(bench.run("A703800101") == "870107");
}

TEST_CASE("setFallbackAttribute and unsetFallbackAttribute: 0, 1, 2, 3 and 7", "[iot][psmo]") {
  IotBench bench;
  bench.install(kIccid1, iot_metadata(false, true));
  bench.install(kIccid2, iot_metadata(false, true));
  bench.install(kIccid3);
  const auto set = [&](const char* iccid) { return bench.run("A80C" + iccid_do(iccid)); };
  const auto holders = [&] { return bench.run("BF2D055C035A9F26"); };
  CHECK(bench.run("A900") == "8E0102");
  CHECK(set("8988211000000000045") == "8D0101");
  CHECK(set(kIccid3) == "8D0102");
  CHECK(set(kIccid1) == "8D0100");
  CHECK(set(kIccid1) == "8D0100");
  CHECK(holders() == "BF2D30A02EE310" + iccid_do(kIccid1) + "9F2601FFE30C" + iccid_do(kIccid2) + "E30C" + iccid_do(kIccid3));
  CHECK(set(kIccid2) == "8D0100");  // it moves: there is one at most
  CHECK(holders() == "BF2D30A02EE30C" + iccid_do(kIccid1) + "E310" + iccid_do(kIccid2) + "9F2601FFE30C" + iccid_do(kIccid3));
  CHECK(bench.run(psmo_enable(kIccid2)) == "830100");
  CHECK(set(kIccid1) == "8D0103");
  CHECK(bench.run("A900") == "8E0103");
  CHECK(bench.run("A9028000") == "8E0107");
  CHECK(bench.run(psmo_disable(kIccid2)) == "840100");
  CHECK(bench.run("A900") == "8E0100");
}

TEST_CASE("setDefaultDpAddress: 0 and 127", "[iot][psmo]") {
  IotBench bench;
  CHECK(bench.run("BF65128010736D64702E6578616D706C652E636F6D") == "BF6503800100");
  CHECK(bench.es10("BF3C00").starts_with("BF3C2C8010736D64702E6578616D706C652E636F6D81"));
  CHECK(bench.run(to_hex(asn1::tlv(0xBF65, asn1::tlv(0x80, Bytes(256, 'a')))) + "A600") == "BF650380017F");
  CHECK(bench.run("BF65028000") == "BF6503800100");
  CHECK(bench.es10("BF3C00").starts_with("BF3C1A81"));
}

TEST_CASE("An unknown or damaged command ends the list with unknownOrDamagedCommand, what ran before stays", "[iot][psmo]") {
  IotBench bench;
  bench.install(kIccid1);
  CHECK(bench.run("AA00") == "020102");
  CHECK(bench.run("BF65028000AF00A600") == "BF6503800100020102");
  CHECK(bench.run("A30D5A09" + std::string(18, '0') + "0000") == "020102");
  CHECK(bench.run("A3105" + iccid_do(kIccid1).substr(1) + "05010000") == "020102");
  CHECK(bench.run("A40E5" + iccid_do(kIccid1).substr(1) + "0500") == "840102");  // a member more is skipped
  CHECK(bench.run("A500") == "020102");
  CHECK(bench.run("BF6500") == "020102");
  CHECK(bench.enabled().empty());
}

TEST_CASE("A result that does not fit ends the list with resultSizeOverflow and its command has no effect", "[iot][psmo]") {
  ecasd::IotCapabilities card;
  card.package_memory = 160;
  IotBench bench(iot_card(card));
  bench.install(kIccid1);
  bench.install(kIccid2);
  bench.install(kIccid3);
  CHECK(bench.run("BF2D00A600") == "020101");
  CHECK(bench.run("BF65028000" "BF2D035C015A" "BF2D035C015A" "BF2D035C015A") ==
        "BF6503800100BF2D2CA02AE30C" + iccid_do(kIccid1) + "E30C" + iccid_do(kIccid2) + "E30C" + iccid_do(kIccid3) + "BF2D2CA02AE30C" + iccid_do(kIccid1) +
            "E30C" + iccid_do(kIccid2) + "E30C" + iccid_do(kIccid3) + "020101");
}

TEST_CASE("At least 32 commands fit into a package", "[iot][psmo]") {
  IotBench bench;
  std::string commands, results;
  for (int i = 0; i < 100; ++i) {
    commands += "A600";
    results += "A600";
  }
  CHECK(bench.run(commands) == results);
}
