// LoadEuiccPackage: who signs, what is refused how, what stays (SGP.32 v1.2 2.11, 5.9.1).
#include "asn1/codec/codec.h"
#include "tests/card/iot_bench.h"

using namespace simurgh;
using namespace simurgh::test;

TEST_CASE("A signed package enables, lists, disables and deletes profiles, and its result is kept until it is acknowledged", "[iot]") {
  IotBench bench;
  bench.install(kIccid1);
  bench.install(kIccid2);
  const PackageResult enabled = bench.psmos(psmo_enable(kIccid1));
  CHECK(enabled.kind == 'R');
  CHECK(enabled.verified);
  CHECK(enabled.eim_id == "eim1.example.com");
  CHECK(enabled.counter == 1);
  CHECK(enabled.transaction_id == "0102030405060708");
  CHECK(enabled.elements == "830100");
  CHECK(bench.enabled() == kIccid1);
  const std::string stored = bench.es10("BF2B05A0038001" + to_hex(be_bytes(enabled.sequence, 1)));
  CHECK(stored.starts_with("BF2B"));
  CHECK(stored.find("BF51") != std::string::npos);
  CHECK(bench.es10("BF2B04A0028200") == stored);
  bench.card.reset();
  CHECK(bench.es10("BF2B04A0028200") == stored);
  CHECK(bench.es10("BF30038001" + to_hex(be_bytes(enabled.sequence, 1))) == "BF3003800100");
  CHECK(bench.es10("BF30038001" + to_hex(be_bytes(enabled.sequence, 1))) == "BF3003800101");
  CHECK(bench.es10("BF2B04A0028200") == "BF2B02A200");

  const std::string listed = bench.run("BF2D055C035A9F70");
  CHECK(listed == "BF2D26A024E310" + iccid_do(kIccid1) + "9F700101E310" + iccid_do(kIccid2) + "9F700100");
  CHECK(bench.run(psmo_disable(kIccid1)) == "840100");
  CHECK(bench.enabled().empty());
  CHECK(bench.run(psmo_delete(kIccid2)) == "850100");
  CHECK(bench.run("BF2D055C035A9F70") == "BF2D14A012E310" + iccid_do(kIccid1) + "9F700100");
}

TEST_CASE("Commands run in order and stop behind the first that fails, what was done stays", "[iot]") {
  IotBench bench;
  bench.install(kIccid1);
  bench.install(kIccid2);
  CHECK(bench.run(psmo_delete(kIccid3) + psmo_enable(kIccid1)) == "850101");
  CHECK(bench.enabled().empty());
  CHECK(bench.run(psmo_delete(kIccid2) + psmo_enable(kIccid2) + psmo_enable(kIccid1)) == "850100830101");
  CHECK(bench.run("BF2D035C015A") == "BF2D10A00EE30C" + iccid_do(kIccid1));
}

TEST_CASE("An eIM adds and deletes eIMs, the new one signs with its own key, counter and token", "[iot]") {
  IotBench bench;
  TestEim second("eim2", crypto::EcPrivateKey::generate(crypto::Curve::nist_p256, iot_desk().rng()));
  CHECK(bench.run_ecos(to_hex(asn1::tlv(0xA8, second.members()))) == "A803840102");
  second.token = 2;
  const PackageResult listed = bench.package(second, second.ecos(bench.identity.eid, from_hex("AB00").value()));
  CHECK(listed.verified);
  CHECK(listed.elements == "AB1EA01C30128010" + to_hex(text_view("eim1.example.com")) + "3006800465696D32");
  CHECK(bench.package(second, second.ecos(bench.identity.eid, asn1::tlv(0xA9, asn1::tlv(0x80, text_view("eim1.example.com"))))).elements == "890100");
  const PackageResult orphan = bench.psmos("A600");
  CHECK(orphan.kind == 'U');
  CHECK_FALSE(orphan.token);
}

TEST_CASE("AddInitialEim works once, and GetEimConfigurationData shows what it stored", "[iot]") {
  IotBench bench(iot_card(), false);
  REQUIRE(bench.es10("BF5500") == "BF5502A000");
  REQUIRE(bench.es10(to_hex(bench.eim.add_initial(false))) == "BF5704A0020500");
  REQUIRE(bench.es10(to_hex(bench.eim.add_initial(true))) == "BF5703810102");
  const std::string key = to_hex(asn1::tlv(0xA5, bench.eim.key_data()));
  const std::string shown = "8010" + to_hex(text_view("eim1.example.com")) + "820103" + key + "87020308";
  REQUIRE(bench.es10("BF5500").ends_with(shown));
  REQUIRE(bench.es10("BF5508A006800465696D31") == "BF5502A000");
  // Without a token the signatures end with 840100.
  CHECK(bench.run("A600") == "A600");
}
