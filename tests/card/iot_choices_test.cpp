// Each choice of the card maker where SGP.32 v1.2 leaves a point open, both ways; and codes that need a busy terminal.
#include "euicc/card/applets.h"
#include "euicc/toolkit/cat.h"
#include "tests/card/iot_bench.h"

using namespace simurgh;
using namespace simurgh::test;

namespace {

ecasd::Capabilities chosen(bool ecasd::IotChoices::* choice, bool value) {
  ecasd::IotCapabilities card;
  card.choices.*choice = value;
  return with_all_rules(iot_card(card));
}

// Has something to show from TERMINAL PROFILE on, so that a proactive command is outstanding.
class Shower final : public toolkit::Application {
 public:
  [[nodiscard]] const char* name() const noexcept override { return "shower"; }
  toolkit::Task<> run(toolkit::Session& cat) override { (void)co_await cat.command(toolkit::display_text("hello")); }
};

card::Applets shower() {
  card::Applets out;
  out.add({.class_aid = {}, .name = "shower", .make = [](const card::CardServices&, const gp::Application*) { return std::make_unique<Shower>(); }});
  return out;
}

}  // namespace

TEST_CASE("While the terminal has a proactive command, what needs a REFRESH answers catBusy and changes nothing", "[iot][busy]") {
  const card::Applets applets = shower();
  IotBench bench(iot_card(), true, false, &applets);
  bench.install(kIccid1, iot_metadata(false, true));
  bench.install(kIccid2);
  bench.install(kIccid3, iot_metadata(true, false));
  bench.run(psmo_enable(kIccid2));
  CHECK(bench.run("A80C" + iccid_do(kIccid1)) == "8D0100");
  const std::string fetch = bench.raw("8010000022" + std::string(68, 'F'));
  REQUIRE(fetch.starts_with("91"));
  REQUIRE(bench.raw("80120000" + fetch.substr(2)).ends_with("9000"));
  CHECK(bench.run(psmo_enable(kIccid1)) == "830105");
  CHECK(bench.run(psmo_disable(kIccid2)) == "840105");
  CHECK(bench.es10("BF5B038001FF") == "BF5B03800105");
  CHECK(bench.es10("BF5D038001FF") == "BF5D03800105");
  CHECK(bench.es10("BF640482020186") == "BF640980010581017F82017F");  // 5 for the profiles, 127 for eIMs and immediate enabling
  CHECK(bench.es10("BF5500") != "BF5502A000");
  CHECK(bench.enabled() == kIccid2);
  // Without a REFRESH nothing has to wait.
  CHECK(bench.es10("BF5D03800100") == "BF5D03800100");
  CHECK(bench.enabled() == kIccid1);
  CHECK(bench.es10("BF5E03800100") == "BF5E03800100");
}

TEST_CASE("While a switch waits for its REFRESH the next one answers catBusy", "[iot][busy]") {
  IotBench bench;
  bench.install(kIccid1);
  bench.install(kIccid2);
  CHECK(bench.run(psmo_enable(kIccid1)) == "830100");
  bench.toolkit();
  CHECK(bench.run("A7028000") == "870100");
  bench.install(kIccid3);
  CHECK(bench.run(psmo_enable(kIccid2)) == "830100");
  CHECK(bench.run(psmo_enable(kIccid3)) == "830105");
  CHECK(bench.run(psmo_disable(kIccid1)) == "840105");
  CHECK(bench.es10("BF5A03800100") == "BF5A03800105");
  CHECK(bench.es10("BF5A038001FF") == "BF5A03800105");
  bench.card.reset();
  CHECK(bench.enabled() == kIccid2);
}

TEST_CASE("ReturnFromFallback answers 127 while the Emergency Profile is enabled, and goes on afterwards", "[iot][fallback]") {
  IotBench bench;
  bench.install(kIccid1, iot_metadata(false, true));
  bench.install(kIccid2);
  bench.install(kIccid3, iot_metadata(true, false));
  bench.run(psmo_enable(kIccid2));
  bench.run("A80C" + iccid_do(kIccid1));
  CHECK(bench.es10("BF5D03800100") == "BF5D03800100");
  CHECK(bench.es10("BF5B03800100") == "BF5B03800100");
  CHECK(bench.es10("BF5E03800100") == "BF5E0380017F");
  CHECK(bench.enabled() == kIccid3);
  CHECK(bench.es10("BF5C03800100") == "BF5C03800100");
  CHECK(bench.es10("BF5E03800100") == "BF5E03800100");
  CHECK(bench.enabled() == kIccid2);
}

TEST_CASE("Where the former or the left profile goes, the way back goes with it and code 7 has nothing to tell", "[iot][rollback][fallback]") {
  IotBench bench;
  bench.install(kIccid1);
  bench.install(kIccid2);
  bench.run(psmo_enable(kIccid1));
  bench.run(psmo_enable(kIccid2, true));
  CHECK(bench.run(psmo_delete(kIccid1)) == "850100");  // the package before it has ended the authorisation
  CHECK(bench.es10("BF5803800100") == "BF5803020101");
  bench.install(kIccid1, iot_metadata(false, true));
  bench.run("A80C" + iccid_do(kIccid1));
  CHECK(bench.es10("BF5D03800100") == "BF5D03800100");
  CHECK(bench.es10("BF640482020780") == "BF6403800100");
  CHECK(bench.es10("BF5E03800100") == "BF5E03800106");
}

TEST_CASE("emergency_refused_before_eid_and_counter decides what a stale package hears", "[iot][choice]") {
  for (const bool first : {true, false}) {
    IotBench bench(chosen(&ecasd::IotChoices::emergency_refused_before_eid_and_counter, first));
    bench.install(kIccid1, iot_metadata(true, false));
    bench.run("A600");
    CHECK(bench.es10("BF5B03800100") == "BF5B03800100");
    bench.eim.counter -= 1;
    CHECK(bench.psmos("A600").error == (first ? 104 : 4));
    CHECK(bench.psmos("A600").error == 104);
  }
}

TEST_CASE("termination_after_failed_command ends a result that says no", "[iot][choice]") {
  for (const bool told : {false, true}) {
    IotBench bench(chosen(&ecasd::IotChoices::termination_after_failed_command, told));
    CHECK(bench.run(psmo_enable(kIccid1) + "A600") == (told ? "83010102017F" : "830101"));
    CHECK(bench.run("A600").starts_with("A616"));
  }
}

TEST_CASE("immediate_enable_keeps_absent decides whether a server that is left out stays", "[iot][choice]") {
  for (const bool keeps : {true, false}) {
    IotBench bench(chosen(&ecasd::IotChoices::immediate_enable_keeps_absent, keeps));
    CHECK(bench.run("A70A80008206" + to_hex(text_view("nobody"))) == "870100");
    CHECK(bench.run("A7028000") == "870100");
    bench.install(kIccid1);
    CHECK(bench.es10("BF5A03800100") == (keeps ? "BF5A03800101" : "BF5A03800100"));
  }
}

TEST_CASE("show_default_eim_members decides whether GetEimConfigurationData fills in what was left out", "[iot][choice]") {
  for (const bool shown : {true, false}) {
    IotBench bench(chosen(&ecasd::IotChoices::show_default_eim_members, shown));
    const Bytes answer = bench.ask(from_hex("BF5500").value());
    const auto list = asn1::find_child(asn1::read_only(answer, 0xBF55)->value, 0xA0);
    REQUIRE(list);
    const auto entry = asn1::find_child(list->value, 0x30);
    REQUIRE(entry);
    CHECK(asn1::find_child(entry->value, 0x82).has_value() == shown);
    CHECK(asn1::find_child(entry->value, 0x87).has_value() == shown);
  }
}

TEST_CASE("fallback_profile_deletable and emergency_profile_deletable decide what delete says of them", "[iot][choice]") {
  for (const bool deletable : {true, false}) {
    const char* answer = deletable ? "850100" : "85017F";
    IotBench fallback(chosen(&ecasd::IotChoices::fallback_profile_deletable, deletable));
    fallback.install(kIccid1, iot_metadata(false, true));
    fallback.install(kIccid2);
    fallback.run(psmo_enable(kIccid2));
    fallback.run("A80C" + iccid_do(kIccid1));
    CHECK(fallback.run(psmo_delete(kIccid1)) == answer);
    CHECK(fallback.es10("BF5D03800100") == (deletable ? "BF5D03800106" : "BF5D03800100"));
    IotBench emergency(chosen(&ecasd::IotChoices::emergency_profile_deletable, deletable));
    emergency.install(kIccid1, iot_metadata(true, false));
    CHECK(emergency.run(psmo_delete(kIccid1)) == answer);
    CHECK(emergency.es10("BF5B03800100") == (deletable ? "BF5B03800108" : "BF5B03800100"));
  }
}

TEST_CASE("one_emergency_profile decides whether a second one is installed", "[iot][choice]") {
  for (const bool one : {true, false}) {
    IotBench bench(chosen(&ecasd::IotChoices::one_emergency_profile, one));
    bench.install(kIccid1, iot_metadata(true, false));
    CHECK(bench::installed(bench.lpa.download(iot_desk(), iot_desk().order(kIccid2, iot_metadata(true, false)))) == !one);
  }
}

TEST_CASE("notify_after_emergency decides whether the way back is told to servers", "[iot][choice]") {
  for (const bool told : {true, false}) {
    IotBench bench(chosen(&ecasd::IotChoices::notify_after_emergency, told));
    bench.install(kIccid1, notify_all());
    bench.install(kIccid2, concat({iot_metadata(true, false), notify_all()}));
    bench.run(psmo_enable(kIccid1));
    const std::string before = notifications(bench);
    CHECK(bench.es10("BF5B03800100") == "BF5B03800100");
    CHECK(bench.es10("BF5C03800100") == "BF5C03800100");
    CHECK(bench.enabled() == kIccid1);
    CHECK((notifications(bench) != before) == told);
  }
}

TEST_CASE("ppr1_stops_immediate_enable, ppr1_stops_fallback and ppr1_stops_emergency hold or do not hold a profile with PPR1", "[iot][choice]") {
  for (const bool stops : {true, false}) {
    IotBench immediate(chosen(&ecasd::IotChoices::ppr1_stops_immediate_enable, stops));
    immediate.install(kIccid1, with_ppr(2));
    immediate.run(psmo_enable(kIccid1));
    immediate.run("A7028000");
    immediate.install(kIccid2);
    CHECK(immediate.es10("BF5A03800100") == (stops ? "BF5A0380017F" : "BF5A03800100"));
    CHECK(immediate.enabled() == (stops ? kIccid1 : kIccid2));

    IotBench fallback(chosen(&ecasd::IotChoices::ppr1_stops_fallback, stops));
    fallback.install(kIccid1, with_ppr(2));
    fallback.install(kIccid2, iot_metadata(false, true));
    fallback.run(psmo_enable(kIccid1));
    fallback.run("A80C" + iccid_do(kIccid2));
    CHECK(fallback.es10("BF5D03800100") == (stops ? "BF5D0380017F" : "BF5D03800100"));
    CHECK(fallback.enabled() == (stops ? kIccid1 : kIccid2));

    // The way back, from a fallback profile that has the rule itself.
    IotBench returning(chosen(&ecasd::IotChoices::ppr1_stops_fallback, stops));
    returning.install(kIccid1, concat({with_ppr(2), iot_metadata(false, true)}));
    returning.install(kIccid2);
    returning.run(psmo_enable(kIccid2));
    returning.run("A80C" + iccid_do(kIccid1));
    CHECK(returning.es10("BF5D03800100") == "BF5D03800100");
    CHECK(returning.es10("BF5E03800100") == (stops ? "BF5E0380017F" : "BF5E03800100"));
    CHECK(returning.enabled() == (stops ? kIccid1 : kIccid2));

    IotBench emergency(chosen(&ecasd::IotChoices::ppr1_stops_emergency, stops));
    emergency.install(kIccid1, with_ppr(2));
    emergency.install(kIccid2, iot_metadata(true, false));
    emergency.run(psmo_enable(kIccid1));
    CHECK(emergency.es10("BF5B03800100") == (stops ? "BF5B0380017F" : "BF5B03800100"));
    CHECK(emergency.enabled() == (stops ? kIccid1 : kIccid2));
  }
}
