// What an emulated IoT eUICC does beyond packages: fallback, emergency, immediate enabling, certificates, and power cuts.
#include "ipae/agent/emulated_iot.h"

#include "tests/card/iot_agent_bench.h"

using namespace simurgh;
using namespace simurgh::test;

namespace {

// A consumer card with profiles, an eIM associated with what is emulated on top of it.
struct EmulatedBench {
  EmulatedBench()
      : card(iot_desk(), {}),
        port(card),
        iot(std::in_place, port, memory),
        signer("eim1.example.com", crypto::EcPrivateKey::generate(crypto::Curve::nist_p256, iot_desk().rng())),
        eid(es10c::get_eid(port).value()),
        server{signer, eid},
        home(card, forward, server) {
    signer.transaction_id = commands("0102030405060708");
    REQUIRE(to_hex(ask("BF5500")) == "BF5502A000");
    REQUIRE(to_hex(iot->request(signer.add_initial()).value()) == "BF5705A003840101");
    signer.token = 1;
  }

  Bytes ask(const std::string& hex) {
    const auto answer = iot->request(commands(hex));
    if (!answer) FAIL(answer.error().what);
    const char* message = message_of(asn1::TlvReader(*answer).peek().value_or(0));
    INFO(to_hex(*answer));
    if (message != nullptr) CHECK(asn1::codec::check(message, *answer));
    return *answer;
  }
  std::string es10(const std::string& hex) { return to_hex(ask(hex)); }
  PackageResult package(const std::string& psmos) {
    return signer.read(ask(to_hex(signer.psmos(eid, commands(psmos)))), signer.key.public_key());
  }
  std::string run(const std::string& psmos) { return package(psmos).elements; }
  // Downloads by way of the eIM.
  RunReport install(const std::string& iccid, const Bytes& metadata = {}) {
    server.orders = {trigger(iot_desk().order(iccid, metadata))};
    const RunReport report = home.poll();
    REQUIRE(report.visit.downloads == 1);
    REQUIRE(report.visit.failures == 0);
    return report;
  }
  std::string enabled() { return enabled_of(port); }
  // The process ends and another begins.
  void restart() { iot.emplace(port, memory); }

  // The agent's way to whatever is emulated now.
  struct Forward final : Es10Port {
    explicit Forward(std::optional<EmulatedIot>& to_in) : to(to_in) {}
    PortResult<Bytes> request(ByteView command) override { return to->request(command); }
    std::optional<EmulatedIot>& to;
  };

  BenchCard card;
  CardPort port;
  MemoryJournal memory;
  std::optional<EmulatedIot> iot;
  Forward forward{iot};
  TestEim signer;
  Bytes eid;
  TestServer server;
  Home home;
};

// Metadata of a profile that tells its server about everything.
Bytes notifying() {
  return asn1::tlv(0xB6, asn1::tlv(0x30, concat({commands("800204F0"), asn1::tlv(0x81, text_view("localhost"))})));
}
std::vector<std::uint64_t> numbers(Es10Port& card) {
  std::vector<std::uint64_t> out;
  const auto list = es10b::list_notification(card);
  REQUIRE(list);
  for (const NotificationMetadata& one : *list) out.push_back(one.sequence);
  return out;
}
std::string attribute(const std::string& iccid) { return psmo("A8", iccid); }
const std::string kFallback = "BF5D03800100", kReturn = "BF5E03800100", kOk = "03800100";

}  // namespace

TEST_CASE("An emulated IoT eUICC falls back and returns, and both outlive the process", "[emulated]") {
  EmulatedBench bench;
  CHECK(bench.es10(kFallback) == "BF5D03800107");  // no profile is enabled
  bench.install(kIccid1);
  bench.install(kIccid2, iot_metadata(false, true));
  CHECK(bench.run(psmo_enable(kIccid1)) == "830100");
  CHECK(bench.es10(kFallback) == "BF5D03800106");
  CHECK(bench.run("A900") == "8E0102");
  CHECK(bench.run(attribute(kIccid3)) == "8D0101");
  CHECK(bench.run(attribute(kIccid1)) == "8D0102");  // its owner does not permit it
  CHECK(bench.run("A8055A03112233") == "020102");
  CHECK(bench.run(attribute(kIccid2)) == "8D0100");
  CHECK(bench.run(attribute(kIccid2)) == "8D0100");
  CHECK(bench.es10("BF2D085C069F269F679F7B") == "BF2D0EA00CE300E3089F2601FF9F6701FF");
  CHECK(bench.run("BF2D075C055A9F709F26") ==
        "BF2D2AA028E310" + iccid_do(kIccid1) + "9F700101" + "E314" + iccid_do(kIccid2) + "9F7001009F2601FF");

  CHECK(bench.es10(kReturn) == "BF5E03800106");
  CHECK(bench.es10(kFallback) == "BF5D" + kOk);
  CHECK(bench.enabled() == kIccid2);
  CHECK(bench.es10(kFallback) == "BF5D03800102");
  CHECK(bench.run("A900") == "8E0103");
  CHECK(bench.run(attribute(kIccid2)) == "8D0103");
  CHECK(bench.run(psmo_delete(kIccid1)) == "850115");
  bench.restart();
  CHECK(bench.es10(kReturn) == "BF5E" + kOk);
  CHECK(bench.enabled() == kIccid1);
  CHECK(bench.es10(kReturn) == "BF5E03800106");

  // An enable by package ends the fallback.
  CHECK(bench.es10(kFallback) == "BF5D" + kOk);
  CHECK(bench.run(psmo_enable(kIccid1)) == "830100");
  CHECK(bench.es10(kReturn) == "BF5E03800106");
  CHECK(bench.run(psmo_enable(kIccid2)) == "830100");
  CHECK(bench.es10(kReturn) == "BF5E03800106");  // the fallback profile, but not by a fallback
  CHECK(bench.run(psmo_enable(kIccid1)) == "830100");
  CHECK(bench.run("A900") == "8E0100");
  CHECK(bench.es10(kFallback) == "BF5D03800106");
}

TEST_CASE("An emulated fallback profile that is deleted takes its attribute along", "[emulated]") {
  EmulatedBench bench;
  bench.install(kIccid1);
  bench.install(kIccid2, iot_metadata(false, true));
  CHECK(bench.run(psmo_enable(kIccid1) + attribute(kIccid2)) == "8301008D0100");
  CHECK(bench.run(psmo_delete(kIccid2)) == "850100");
  CHECK(bench.run("A900") == "8E0102");
  bench.install(kIccid2);  // without the permission this time
  CHECK(bench.run(attribute(kIccid2)) == "8D0102");
  // The device's maker may know better than the metadata.
  CHECK_FALSE(bench.iot->permit(commands(iccid_do(kIccid3)), true, false));
  CHECK(bench.iot->permit(asn1::read_only(commands(iccid_do(kIccid2)), 0x5A)->value, true, false));
  CHECK(bench.run(attribute(kIccid2)) == "8D0100");
  // Behind the emulation's back.
  CHECK(es10c::delete_profile(bench.port, es10c::Iccid{to_bytes(asn1::read_only(commands(iccid_do(kIccid2)), 0x5A)->value)}) ==
        es10c::DeleteResult::ok);
  CHECK(bench.es10(kFallback) == "BF5D03800106");
}

TEST_CASE("While an emulated emergency profile is enabled everything else is refused, and nobody is told", "[emulated]") {
  EmulatedBench bench;
  bench.install(kIccid1, notifying());
  CHECK(bench.es10("BF5B03800100") == "BF5B03800108");
  CHECK(bench.es10("BF5C03800100") == "BF5C03800102");
  bench.install(kIccid2, concat({notifying(), iot_metadata(true, true)}));
  CHECK(bench.run(attribute(kIccid2) + psmo_enable(kIccid1)) == "8D0100830100");
  bench.home.poll();
  REQUIRE(es10b::list_notification(bench.port)->empty());

  CHECK(bench.es10("BF5B03800100") == "BF5B" + kOk);
  CHECK(bench.enabled() == kIccid2);
  CHECK(es10b::list_notification(bench.port)->empty());
  bench.restart();
  CHECK(bench.es10("BF5B03800100") == "BF5B03800102");
  CHECK(bench.package("A600").error == 104);
  CHECK(bench.es10(kFallback) == "BF5D03800168");
  CHECK(bench.es10(kReturn) == "BF5E0380017F");
  CHECK(bench.es10("BF640482020186") == "BF640980016881017F82017F");
  CHECK(es10b::emergency_active(*bench.iot) == true);
  bench.server.orders = {commands("BF52035C01A8"), commands("BF540AA0028100820401020304")};
  bench.home.poll();
  CHECK(to_hex(bench.server.data.back()) == "BF5205A103020168");
  CHECK(to_hex(bench.server.triggers.back()).ends_with("3003800168"));

  CHECK(bench.es10("BF5C03800100") == "BF5C" + kOk);
  CHECK(bench.enabled() == kIccid1);
  CHECK_FALSE(numbers(bench.port).empty());  // leaving it is told
  CHECK(bench.es10("BF5C03800100") == "BF5C03800102");
  CHECK(bench.run("A600") == "A600");
}

TEST_CASE("An emulated emergency profile that is left by another way is none any more", "[emulated]") {
  EmulatedBench bench;
  bench.install(kIccid1);
  bench.install(kIccid2, iot_metadata(true, false));
  CHECK(bench.es10("BF5B03800100") == "BF5B" + kOk);
  CHECK(es10c::disable_profile(bench.port, es10c::Iccid{to_bytes(asn1::read_only(commands(iccid_do(kIccid2)), 0x5A)->value)}, false) ==
        es10c::DisableResult::ok);
  CHECK(bench.run("A600") == "A600");
  // None was enabled before: afterwards none is.
  CHECK(bench.es10("BF5B03800100") == "BF5B" + kOk);
  CHECK(bench.es10("BF5C03800100") == "BF5C" + kOk);
  CHECK(bench.enabled().empty());
}

TEST_CASE("An emulated card enables at once what it just downloaded, from the server it was told and only then", "[emulated]") {
  EmulatedBench bench;
  CHECK(bench.es10("BF59028000") == "BF5903800102");  // an eIM is associated
  CHECK(bench.es10("BF5A03800100") == "BF5A03800101");
  CHECK(bench.run("A701FF") == "870107");
  const std::string other = to_hex(text_view("other.example.com")), here = to_hex(text_view("localhost"));
  CHECK(bench.run("A71580008211" + other) == "870100");
  CHECK(bench.es10("BF5A03800100") == "BF5A03800104");
  CHECK_FALSE(bench.install(kIccid1).visit.switched);
  CHECK(bench.es10("BF5A03800100") == "BF5A03800101");
  CHECK(bench.run("A70D80008209" + here) == "870100");
  bench.iot->restarted();
  CHECK(bench.es10("BF5A03800100") == "BF5A03800104");
  const RunReport report = bench.install(kIccid2);
  CHECK(report.visit.switched);
  CHECK(report.proven);
  CHECK(bench.server.polls.back().find("8000810105") != std::string::npos);  // immediateEnableProfile
  CHECK(bench.enabled() == kIccid2);
  CHECK(bench.es10("BF5A03800100") == "BF5A03800104");
  bench.restart();
  CHECK(bench.run("A70180") == "870107");
  CHECK(bench.run("A700") == "870100");
  CHECK(bench.es10("BF5A03800100") == "BF5A03800101");
  // Before any eIM is there, the device may configure it.
  CHECK(bench.es10("BF640482020186") == "BF6409800100810100820100");
  CHECK(bench.es10("BF59028000") == "BF5903800100");
  CHECK(bench.es10("BF5A03800100") == "BF5A03800104");
}

TEST_CASE("A package that is cut between command and record ends as interrupted, and is not run again", "[emulated]") {
  EmulatedBench bench;
  bench.install(kIccid1);
  bench.memory.history.clear();
  const Bytes package = bench.signer.psmos(bench.eid, commands(psmo_enable(kIccid1) + psmo_disable(kIccid1)));
  CHECK(bench.signer.read(bench.iot->request(package).value(), bench.signer.key.public_key()).elements == "83010084017F");
  const auto history = bench.memory.history;
  REQUIRE(history.size() == 3);  // before the first command, after it, and the result
  const std::vector<std::string> left{"020103", "830100020103"};
  for (std::size_t i = 0; i < left.size(); ++i) {
    MemoryJournal cut;
    cut.records = history[i];
    EmulatedIot again(bench.port, cut);
    const auto results = es10b::retrieve_package_results(again);
    REQUIRE(results);
    REQUIRE(results->size() == 1);
    CHECK(bench.signer.read(results->front(), bench.signer.key.public_key()).elements == left[i]);
    CHECK(bench.signer.read(again.request(package).value(), bench.signer.key.public_key()).error == 4);
    // Told once.
    EmulatedIot third(bench.port, cut);
    CHECK(es10b::retrieve_package_results(third)->size() == 1);
  }
}

TEST_CASE("Commands of a package go on and stop on an emulated card as on a real one", "[emulated]") {
  EmulatedBench bench;
  bench.install(kIccid1);
  bench.install(kIccid2);
  CHECK(bench.run(psmo_enable(kIccid1, true)) == "830114");
  CHECK(bench.run(psmo_enable(kIccid3)) == "830101");
  CHECK(bench.run(psmo_enable(kIccid1)) == "830100");
  CHECK(bench.run(psmo_enable(kIccid1)) == "830102");
  CHECK(bench.run(psmo_enable(kIccid2) + psmo_enable(kIccid1)) == "83010083017F");
  CHECK(bench.run(psmo_disable(kIccid2) + psmo_delete(kIccid2)) == "840100850102");
  // Disable, then enable another with a way back to the first.
  CHECK(bench.run(psmo_enable(kIccid1)) == "830100");
  bench.home.poll();
  CHECK(bench.run(psmo_disable(kIccid1) + psmo_enable(kIccid2, true) + psmo_delete(kIccid1)) == "840100830100850114");
  CHECK(bench.es10("BF5803800100").starts_with("BF58"));
  CHECK(bench.enabled() == kIccid1);
  CHECK(bench.es10("BF5803800100") == "BF5803020101");
  // What a fallback does to a way back.
  CHECK(bench.run(psmo_enable(kIccid2, true)) == "830100");
  CHECK(bench.iot->permit(asn1::read_only(commands(iccid_do(kIccid1)), 0x5A)->value, true, false));
  CHECK(bench.run("A600") == "A600");
  CHECK(bench.es10("BF5803800100") == "BF5803020101");
  CHECK(bench.run("BF2D035C01FF").starts_with("BF2D"));
}

TEST_CASE("A member of an eIM that nobody knows stands in the place of none", "[emulated]") {
  EmulatedBench bench;
  const auto eco = [&](const std::string& list) {
    return bench.signer.read(bench.ask(to_hex(bench.signer.ecos(bench.eid, commands(list)))), bench.signer.key.public_key()).elements;
  };
  const std::string id = "8010" + to_hex(text_view("eim1.example.com"));
  const std::string before = bench.es10("BF5500");
  CHECK(eco("AA15" + id + "000109") == "8A0107");
  CHECK(bench.es10("BF5500") == before);
}

TEST_CASE("A rollback of an emulated card takes back what the switch would have told servers", "[emulated]") {
  EmulatedBench bench;
  bench.install(kIccid1, notifying());
  bench.install(kIccid2, notifying());
  CHECK(bench.run(psmo_enable(kIccid1)) == "830100");
  bench.home.poll();
  REQUIRE(numbers(bench.port).empty());
  CHECK(bench.run(psmo_enable(kIccid2, true)) == "830100");
  const auto told = numbers(bench.port);
  REQUIRE(told.size() == 2);
  bench.restart();
  bench.es10("BF5803800100");
  // Those of the way back stand in the place of those of the way there.
  const auto left = numbers(bench.port);
  CHECK(left.size() == 2);
  for (const std::uint64_t one : told) CHECK(std::find(left.begin(), left.end(), one) == left.end());
}

TEST_CASE("An emulated card shows the certificates that a session brought to light, and says what it is", "[emulated]") {
  EmulatedBench bench;
  CHECK(bench.es10("BF5600") == "BF560381017F");
  CHECK(bench.es10("BF560480020011") == "BF5603810101");
  bench.install(kIccid1);
  const Bytes answer = bench.ask("BF5600");
  const auto both = asn1::find_child(asn1::read_only(answer, 0xBF56)->value, 0xA0);
  REQUIRE(both);
  const auto euicc = crypto::parse_certificate(asn1::tlv(0x30, asn1::find_child(both->value, 0xA6)->value));
  const auto eum = crypto::parse_certificate(asn1::tlv(0x30, asn1::find_child(both->value, 0xA5)->value));
  REQUIRE(euicc);
  REQUIRE(eum);
  CHECK(euicc->issuer == eum->subject);
  bench.restart();
  CHECK(bench.ask("BF560A8008" + to_hex(ByteView(eum->aki).first(8))) == answer);
  bench.server.orders = {commands("BF520F5C0ABF20BF22A5A6A8A98383020102")};
  bench.ask("BF2200");
  bench.home.poll();

  CHECK(bench.es10("BF5F00") == "BF5F03810101");
  CHECK(bench.es10("BF420480020780") == "BF4203800101");
  CHECK(bench.es10("BF2200").ends_with("900101B40BA005040301020081008200") == false);
  CHECK(bench.es10("BF2200").ends_with("900100B40BA005040301020081008200"));
  for (const char* absent : {"BF3103800100", "BF3203800100", "BF3300", "BF290490024142", "BF3404820204E0", "BF3F028000"}) {
    const auto refused = bench.iot->request(commands(absent));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().sw == 0x6A88);
  }
}

TEST_CASE("A state of an emulated card that is nonsense is a fresh one", "[emulated]") {
  for (const char* nonsense : {"", "00", "3000", "30", "3003A70100", "3003A80100", "3005A203300180", "300284FF", "3004AA023000", "3006A30480FFFFFF"}) {
    const EmulatedState state = EmulatedState::decode(commands(nonsense));
    CHECK(state.eims.empty());
    CHECK(state.results.empty());
    CHECK_FALSE(state.certificates);
  }
  EmulatedBench bench;
  bench.install(kIccid1, iot_metadata(true, true));
  CHECK(bench.run(attribute(kIccid1) + "A70D80008209" + to_hex(text_view("localhost"))) == "8D0100870100");
  const Bytes stored = bench.memory.records[kEmulationRecord];
  CHECK(EmulatedState::decode(stored).encode() == stored);
  for (std::size_t length = 0; length < stored.size(); ++length) (void)EmulatedState::decode(ByteView(stored).first(length));
}
