// What an IPA may do by itself, with every code (SGP.32 v1.2 5.9).
#include "tests/card/iot_bench.h"
#include "tools/perso_upp/upp_builder.h"

using namespace simurgh;
using namespace simurgh::test;

TEST_CASE("ProfileRollback: back to the former profile with a result of its own, what the package left behind is dropped", "[iot][rollback]") {
  IotBench bench;
  bench.install(kIccid1, notify_all());
  bench.install(kIccid2, notify_all());
  CHECK(bench.es10("BF58038001FF") == "BF5803020101");
  CHECK(bench.run(psmo_enable(kIccid1)) == "830100");
  CHECK(bench.es10("BF58038001FF") == "BF5803020101");
  for (int number = 1; number <= 6; ++number) (void)bench.es10("BF30038001" + to_hex(be_bytes(static_cast<unsigned>(number), 1)));
  const PackageResult granted = bench.psmos(psmo_enable(kIccid2, true));
  CHECK(granted.elements == "830100");
  CHECK(granted.sequence == 7);
  CHECK(notifications(bench) == "8:20 9:40");
  bench.card.reset();
  const Bytes answer = bench.ask(from_hex("BF5803800100").value());
  const auto content = asn1::read_only(answer, 0xBF58)->value;
  CHECK(to_hex(content.first(3)) == "020100");
  const PackageResult rolled = bench.eim.read(content.subspan(3), bench.euicc_key());
  CHECK(rolled.verified);
  CHECK(rolled.elements == "8C0100");
  CHECK(rolled.counter == granted.counter);
  CHECK(rolled.transaction_id == granted.transaction_id);
  CHECK(rolled.sequence == 10);
  CHECK(bench.enabled() == kIccid1);
  CHECK(notifications(bench) == "11:20 12:40");
  CHECK(bench.es10("BF2B05A003800107") == "BF2B02A000");
  CHECK(bench.es10("BF2B05A00380010A") == "BF2B" + to_hex(asn1::encode_length(content.size() - 3 + 2)) + "A2" + to_hex(asn1::encode_length(content.size() - 3)) + to_hex(content.subspan(3)));
  CHECK(bench.es10("BF5803800100") == "BF5803020101");  // once
  CHECK(bench.refusal("BF5800") == "6A80");
}

TEST_CASE("ProfileRollback before the terminal refreshed forgets the switch, busy is 5", "[iot][rollback]") {
  IotBench bench;
  bench.install(kIccid1, notify_all());
  bench.install(kIccid2, notify_all());
  CHECK(bench.run(psmo_enable(kIccid1)) == "830100");
  bench.toolkit();
  CHECK(bench.run(psmo_enable(kIccid2, true)) == "830100");
  CHECK(bench.es10("BF58038001FF") == "BF5803020105");
  const std::string before = notifications(bench);
  CHECK(bench.es10("BF5803800100").substr(6, 6) == "020100");
  bench.card.reset();
  CHECK(bench.enabled() == kIccid1);
  CHECK(notifications(bench) == before);
}

TEST_CASE("A rollback authorisation ends with the next accepted package, a fallback, an emergency and an immediate enable", "[iot][rollback]") {
  ecasd::IotCapabilities card;
  SECTION("the next package") {
    IotBench bench;
    bench.install(kIccid1);
    bench.install(kIccid2);
    bench.run(psmo_enable(kIccid1));
    bench.run(psmo_enable(kIccid2, true));
    bench.eim.counter -= 1;
    CHECK(bench.psmos("A600").error == 4);  // a replay is not accepted and ends nothing
    bench.run("A600");
    CHECK(bench.es10("BF5803800100") == "BF5803020101");
    CHECK(bench.enabled() == kIccid2);
  }
  SECTION("a fallback") {
    IotBench bench;
    bench.install(kIccid1, iot_metadata(false, true));
    bench.install(kIccid2);
    bench.run("A80C" + iccid_do(kIccid1));
    bench.run(psmo_enable(kIccid1));
    bench.run(psmo_enable(kIccid2, true));
    CHECK(bench.es10("BF5D03800100") == "BF5D03800100");
    CHECK(bench.es10("BF5803800100") == "BF5803020101");
  }
  SECTION("an emergency, even one that waits for a REFRESH since v1.2") {
    for (const auto version : {ecasd::IotVersion::v1_1, ecasd::IotVersion::v1_2}) {
      card.version = version;
      IotBench bench(iot_card(card));
      bench.install(kIccid1);
      bench.install(kIccid2);
      bench.install(kIccid3, iot_metadata(true, false));
      bench.run(psmo_enable(kIccid1));
      bench.run(psmo_enable(kIccid2, true));
      CHECK(bench.es10("BF5B038001FF") == "BF5B03800100");
      CHECK(bench.es10("BF5C038001FF") == "BF5C03800100");
      CHECK((bench.es10("BF5803800100") == "BF5803020101") == (version == ecasd::IotVersion::v1_2));
    }
  }
  SECTION("an acknowledgement or a reset, where the card is made so") {
    card.choices.acknowledgement_ends_rollback = true;
    card.choices.reset_ends_rollback = true;
    for (const bool acknowledge : {false, true}) {
      for (const bool strict : {false, true}) {
        IotBench bench(strict ? iot_card(card) : iot_card());
        bench.install(kIccid1);
        bench.install(kIccid2);
        bench.run(psmo_enable(kIccid1));
        const PackageResult granted = bench.psmos(psmo_enable(kIccid2, true));
        if (acknowledge) {
          CHECK(bench.es10("BF30038001" + to_hex(be_bytes(granted.sequence, 1))) == "BF3003800100");
        } else {
          bench.card.reset();
        }
        CHECK((bench.es10("BF5803800100") == "BF5803020101") == strict);
      }
    }
  }
}

TEST_CASE("ExecuteFallbackMechanism and ReturnFromFallback: 0, 2, 5, 6, 7 and 104, the way back survives a reset", "[iot][fallback]") {
  IotBench bench;
  CHECK(bench.es10("BF5D03800100") == "BF5D03800107");
  CHECK(bench.es10("BF5E03800100") == "BF5E03800106");
  bench.install(kIccid1, iot_metadata(false, true));
  bench.install(kIccid2, notify_all());
  bench.install(kIccid3, iot_metadata(true, false));
  bench.run(psmo_enable(kIccid2));
  CHECK(bench.es10("BF5D03800100") == "BF5D03800106");
  bench.run("A80C" + iccid_do(kIccid1));
  CHECK(bench.es10("BF5B03800100") == "BF5B03800100");
  CHECK(bench.es10("BF5D03800100") == "BF5D03800168");
  CHECK(bench.es10("BF5C03800100") == "BF5C03800100");
  CHECK(bench.es10("BF5D03800100") == "BF5D03800100");
  CHECK(bench.enabled() == kIccid1);
  CHECK(bench.es10("BF5D03800100") == "BF5D03800102");
  bench.card.reset();
  bench.toolkit();
  CHECK(bench.es10("BF5E038001FF") == "BF5E03800100");
  CHECK(bench.es10("BF5D038001FF") == "BF5D03800102");
  bench.card.reset();
  CHECK(bench.enabled() == kIccid2);
  bench.toolkit();
  CHECK(bench.es10("BF5D038001FF") == "BF5D03800100");
  CHECK(bench.es10("BF5E038001FF") == "BF5E03800105");
  bench.card.reset();
  CHECK(bench.enabled() == kIccid1);
  // An enable ends the fallback: there is no way back any more.
  CHECK(bench.run(psmo_enable(kIccid2)) == "830100");
  bench.card.reset();
  CHECK(bench.es10("BF5E03800100") == "BF5E03800106");
  CHECK(bench.refusal("BF5D00") == "6A80");
}

TEST_CASE("The Emergency Profile: silent on entry, persistent, in charge, 0, 2, 5 and 8", "[iot][emergency]") {
  IotBench bench(with_all_rules(iot_card()));
  bench.install(kIccid1, concat({with_ppr(2), notify_all()}));
  CHECK(bench.es10("BF5B03800100") == "BF5B03800108");
  CHECK(bench.es10("BF5C03800100") == "BF5C03800102");
  bench.install(kIccid2, concat({iot_metadata(true, false), notify_all()}));
  // A second one is not installed.
  CHECK_FALSE(bench::installed(bench.lpa.download(iot_desk(), iot_desk().order(kIccid3, iot_metadata(true, false)))));
  bench.run(psmo_enable(kIccid1));
  const std::string before = notifications(bench);
  bench.toolkit();
  CHECK(bench.es10("BF5B038001FF") == "BF5B03800100");
  CHECK(bench.es10("BF5C038001FF") == "BF5C03800105");
  bench.card.reset();
  CHECK(bench.enabled() == kIccid2);
  CHECK(notifications(bench) == before);
  CHECK(bench.es10("BF5B03800100") == "BF5B03800102");
  const PackageResult refused = bench.psmos("A600");
  CHECK(refused.kind == 'S');
  CHECK(refused.verified);
  CHECK(refused.error == 104);
  CHECK(bench.es10("BF640482020186") == "BF640980016881017F82017F");
  CHECK(bench.es10("BF5E03800100") == "BF5E03800106");
  CHECK(bench.es10("BF5C03800100") == "BF5C03800100");
  CHECK(bench.enabled() == kIccid1);
  CHECK(notifications(bench) != before);
  bench.eim.counter -= 1;
  CHECK(bench.run("A600").starts_with("A616"));  // the refused package did not move the counter
}

TEST_CASE("ImmediateEnable: 0, 1, 4 and 127, only what was just installed, only from the server of the configuration", "[iot][immediate]") {
  IotBench bench(with_all_rules(iot_card()));
  bench.install(kIccid1, with_ppr(2));
  CHECK(bench.es10("BF5A03800100") == "BF5A03800101");
  CHECK(bench.run("A7028000") == "870100");
  bench.card.reset();
  CHECK(bench.es10("BF5A03800100") == "BF5A03800104");  // another power cycle
  bench.install(kIccid2);
  CHECK(bench.run("A70A80008206" + to_hex(text_view("nobody"))) == "870100");
  CHECK(bench.es10("BF5A03800100") == "BF5A03800101");
  CHECK(bench.run("A70D80008209" + to_hex(text_view("localhost"))) == "870100");
  CHECK(bench.es10("BF5A03800100") == "BF5A03800100");
  CHECK(bench.enabled() == kIccid2);
  CHECK(bench.es10("BF5A03800100") == "BF5A03800104");  // once
  CHECK(bench.run(psmo_enable(kIccid1)) == "830100");
  bench.install(kIccid3);
  CHECK(bench.es10("BF5A03800100") == "BF5A0380017F");  // PPR1 on the enabled profile
  CHECK(bench.run("A700") == "870100");
  CHECK(bench.es10("BF5A03800100") == "BF5A03800101");
  // What was left out kept its value.
  CHECK(bench.run("A7028000") == "870100");
  CHECK(bench.es10("BF5A03800100") == "BF5A0380017F");
  CHECK(bench.refusal("BF5A00") == "6A80");
}

TEST_CASE("ConfigureImmediateProfileEnabling is the device's as long as no eIM is there: 0, 1 and 2", "[iot][immediate]") {
  IotBench bench(iot_card(), false);
  CHECK(bench.es10(to_hex(asn1::tlv(0xBF59, asn1::tlv(0x82, Bytes(256, 'a'))))) == "BF5903800101");
  CHECK(bench.es10("BF59028000") == "BF5903800100");
  CHECK(bench.refusal("BF59028100") == "6A80");
  bench.install(kIccid1);
  CHECK(bench.es10("BF5A038001FF") == "BF5A03800100");
  CHECK(bench.enabled() == kIccid1);
  CHECK(bench.es10(to_hex(bench.eim.add_initial(false))) == "BF5704A0020500");
  CHECK(bench.es10("BF59028000") == "BF5903800102");
}

TEST_CASE("GetCerts: the chain asked for, also by the beginning of its name, 1 for another", "[iot]") {
  IotBench bench;
  const auto members = [](const Bytes& certificate) { return asn1::read_only(certificate, 0x30)->value; };
  for (const ecasd::SigningChain& chain : bench.identity.chains) {
    const Bytes answer = asn1::tlv(0xBF56, asn1::tlv(0xA0, concat({asn1::tlv(0xA5, members(chain.eum_certificate)), asn1::tlv(0xA6, members(chain.euicc_certificate))})));
    CHECK(bench.ask(asn1::tlv(0xBF56, asn1::tlv(0x80, chain.ci_key_id))) == answer);
    CHECK(bench.ask(asn1::tlv(0xBF56, asn1::tlv(0x80, ByteView(chain.ci_key_id).first(4)))) == answer);
    if (&chain == &bench.identity.chains.front()) CHECK(bench.ask(from_hex("BF5600").value()) == answer);
  }
  CHECK(bench.es10("BF5606800400000000") == "BF5603810101");
  CHECK(bench.es10("BF56028000") == "BF5603810101");
}

TEST_CASE("The results of an eIM are signed under the CI it named", "[iot]") {
  IotBench bench(iot_card(), false);
  const ecasd::SigningChain& second = bench.identity.chains.at(1);
  CHECK(bench.ask(bench.eim.add_initial(true, asn1::tlv(0x88, second.ci_key_id))) == from_hex("BF5705A003840101"));
  bench.eim.token = 1;
  const Bytes answer = bench.ask(bench.eim.psmos(bench.identity.eid, from_hex("A600").value()));
  CHECK(bench.eim.read(answer, second.key.public_key()).verified);
  CHECK_FALSE(bench.eim.read(answer, bench.euicc_key()).verified);
}

TEST_CASE("GetConnectivityParameters gives what the enabled profile carries, 1 without", "[iot]") {
  IotBench bench;
  CHECK(bench.es10("BF5F00") == "BF5F03810101");
  perso::ProfileRecipe recipe = perso::default_recipe(kIccid1, "001010000000001", Bytes(16, 1), Bytes(16, 2));
  recipe.connectivity = from_hex("350103470908696E7465726E6574").value();
  REQUIRE(bench::installed(bench.lpa.download(iot_desk(), iot_desk().order(kIccid1, {}, perso::build_profile(recipe)))));
  bench.install(kIccid2);
  CHECK(bench.es10("BF5F00") == "BF5F03810101");
  bench.run(psmo_enable(kIccid1));
  CHECK(bench.es10("BF5F00") == "BF5F12A010810E350103470908696E7465726E6574");
  bench.run(psmo_enable(kIccid2));
  CHECK(bench.es10("BF5F00") == "BF5F03810101");
}

TEST_CASE("eUICCMemoryReset takes what its bits name, tokens never come again", "[iot][reset]") {
  IotBench bench;
  bench.install(kIccid1, notify_all());
  bench.install(kIccid2);
  CHECK(bench.es10("BF640482020780") == "BF6403800100");
  CHECK(bench.es10("BF640482020780") == "BF6403800101");
  bench.install(kIccid1);
  bench.run(psmo_enable(kIccid1));
  CHECK(bench.es10("BF640482020186") == "BF6409800100810100820100");
  CHECK(bench.enabled().empty());
  CHECK(bench.es10("BF5500") == "BF5502A000");
  CHECK(bench.es10("BF2B04A0028200") == "BF2B02A200");
  CHECK(bench.es10("BF640482020204") == "BF6406800101810101");
  bench.eim.counter = 0;
  CHECK(bench.es10(to_hex(bench.eim.add_initial())) == "BF5705A003840102");
  bench.eim.token = 2;
  CHECK(bench.run("A600") == "A600");
  CHECK(bench.es10("BF640482020204") == "BF6406800100810100");
  CHECK(bench.es10("BF65038001" "61") == "BF6503800100");
  CHECK(bench.es10("BF640482020520") == "BF6403800100");
  CHECK(bench.es10("BF3C00").find("800161") == std::string::npos);
  CHECK(bench.refusal("BF6400") == "6A80");
  ecasd::IotCapabilities fixed;
  fixed.eim_reset = fixed.immediate_enable_reset = false;
  IotBench other(iot_card(fixed));
  CHECK(other.es10("BF640482020106") == "BF6409800101810102820101");
  CHECK(other.run("A600") == "A600");
  other.toolkit();
  other.install(kIccid1);
  other.run(psmo_enable(kIccid1));
  CHECK(other.es10("BF640482020780") == "BF6403800105");
}

TEST_CASE("SetDefaultDpAddress of the IPA: 0 and 127", "[iot]") {
  IotBench bench;
  CHECK(bench.es10("BF65038001" "61") == "BF6503800100");
  CHECK(to_hex(bench.ask(asn1::tlv(0xBF65, asn1::tlv(0x80, Bytes(256, 'a'))))) == "BF650380017F");
  CHECK(bench.refusal("BF6500") == "6A80");
  ecasd::IotCapabilities strict;
  strict.choices.default_dp_address_with_eim = false;
  IotBench other(iot_card(strict));
  CHECK(other.es10("BF65038001" "61") == "BF650380017F");
}

TEST_CASE("Package results are kept in order, and the oldest goes when the list is full", "[iot]") {
  ecasd::IotCapabilities card;
  card.result_capacity = 2;
  IotBench bench(iot_card(card));
  std::vector<std::uint64_t> numbers;
  for (int i = 0; i < 3; ++i) numbers.push_back(bench.psmos("A600").sequence);
  CHECK(bench.es10("BF2B05A0038001" + to_hex(be_bytes(numbers[0], 1))) == "BF2B02A000");
  const Bytes list = bench.ask(from_hex("BF2B04A0028200").value());
  asn1::TlvReader in(asn1::read_only(asn1::read_only(list, 0xBF2B)->value, 0xA2)->value);
  for (const std::uint64_t number : {numbers[1], numbers[2]}) CHECK(bench.eim.read(in.next()->raw, bench.euicc_key()).sequence == number);
  CHECK(in.at_end());
  CHECK(bench.es10("BF2B00") == "BF2B02A000");
  CHECK(bench.es10("BF2800") == "BF2802A000");
  CHECK(bench.es10("BF2B05A003820100") == "BF2B0381017F");
}
