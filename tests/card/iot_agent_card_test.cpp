// The IoT agent between a whole card and an eIM without sockets: an IoT eUICC, and a consumer eUICC whose IoT functions are emulated.
#include "ipae/agent/emulated_iot.h"
#include "tests/card/iot_agent_bench.h"

using namespace simurgh;
using namespace simurgh::test;

namespace {

// Download, enable with a way back, lost connection, rollback, enable for good, delete, list.
void story(Home& home, bool signed_results) {
  TestServer& eim = home.server;
  const std::string first = iot_desk().order(kIccid1), second = iot_desk().order(kIccid2);
  eim.orders = {trigger(first)};
  RunReport report = home.poll();
  CHECK(report.visit.downloads == 1);
  REQUIRE(!home.steps.empty());
  CHECK(home.steps.front().step == Step::read_card);
  const auto loaded = std::find_if(home.steps.rbegin(), home.steps.rend(), [](const Progress& p) { return p.step == Step::load_profile; });
  REQUIRE(loaded != home.steps.rend());
  CHECK(loaded->total != 0);
  CHECK(loaded->done == loaded->total);
  REQUIRE(eim.triggers.size() == 1);
  CHECK(asn1::find_child(asn1::read_only(eim.triggers[0], 0xBF54)->value, 0xBF37));
  CHECK(es10c::get_profiles_info(home.es10)->size() == 1);

  eim.order(commands(psmo_enable(kIccid1)));
  report = home.poll();
  CHECK(report.proven);
  CHECK(enabled_of(home.es10) == kIccid1);
  CHECK(eim.results.back().elements == "830100");

  // The new profile leads nowhere.
  eim.orders = {trigger(second)};
  home.poll();
  eim.order(commands(psmo_enable(kIccid2, true)));
  home.reachable_after_restart = false;
  const std::size_t before = eim.results.size();
  report = home.poll();
  CHECK(report.rolled_back);
  CHECK_FALSE(report.proven);
  CHECK(enabled_of(home.es10) == kIccid1);
  REQUIRE(eim.results.size() == before + 1);  // the result of the enable itself is gone
  CHECK(eim.results.back().elements == "8C0100");
  CHECK(eim.results.back().counter == eim.signer.counter);

  // It works after all.
  eim.order(commands(psmo_enable(kIccid2, true)));
  report = home.poll();
  CHECK(report.proven);
  CHECK(enabled_of(home.es10) == kIccid2);
  eim.order(commands(psmo_delete(kIccid1)));
  eim.order(commands("BF2D055C035A9F70"));
  report = home.poll();
  CHECK(report.visit.packages == 2);
  CHECK(eim.results.back().elements == "BF2D14A012E310" + iccid_do(kIccid2) + "9F700101");
  CHECK(report.visit.problems.empty());
  // Everything that was acknowledged has left the card.
  CHECK(es10b::retrieve_package_results(home.es10)->empty());
  CHECK(home.poll().visit.idle);
  CHECK(es10b::list_notification(home.es10)->empty());
  for (const PackageResult& result : eim.results) CHECK(result.verified == signed_results);
}

}  // namespace

TEST_CASE("An IoT eUICC is managed from download to deletion, and comes back from a profile that leads nowhere", "[iot][agent]") {
  IotBench bench;
  CardPort es10(bench);
  TestServer server{bench.eim, to_bytes(bench.identity.eid), &bench.euicc_key()};
  Home home(bench, es10, server);
  story(home, true);
}

TEST_CASE("A consumer eUICC is managed alike when its IoT functions are emulated", "[iot][agent]") {
  BenchCard bench(iot_desk(), {});
  CardPort card(bench);
  TestEim signer("eim1.example.com", crypto::EcPrivateKey::generate(crypto::Curve::nist_p256, iot_desk().rng()));
  signer.transaction_id = commands("0102030405060708");
  TestServer server{signer, es10c::get_eid(card).value()};
  MemoryJournal memory;
  EmulatedIot es10(card, memory);
  CHECK_FALSE(es10b::get_eim_configuration_data(card));
  CHECK(es10b::get_eim_configuration_data(es10)->empty());
  const auto added = es10b::add_initial_eim(es10, signer.add_initial());
  REQUIRE(added);
  REQUIRE(added->tokens == std::vector<std::optional<std::uint64_t>>{1});
  signer.token = 1;
  CHECK(es10b::add_initial_eim(es10, signer.add_initial())->error == es10b::AddInitialEimError::associated_eim_already_exists);
  Home home(bench, es10, server);
  story(home, false);

  // What it keeps outlives it.
  EmulatedIot again(card, memory);
  CHECK(es10b::get_eim_configuration_data(again)->front().token == 1);
  // Replays, foreign signatures and foreign cards.
  const Bytes package = signer.psmos(server.eid, commands("A600"));
  CHECK(signer.read(es10b::load_euicc_package(again, package).value(), signer.key.public_key()).elements == "A600");
  CHECK(signer.read(es10b::load_euicc_package(again, package).value(), signer.key.public_key()).error == 4);
  CHECK(signer.read(es10b::load_euicc_package(again, signer.psmos(Bytes(16, 0x11), commands("A600"))).value(), signer.key.public_key())
            .error == 3);
  TestEim stranger("eim1.example.com", crypto::EcPrivateKey::generate(crypto::Curve::nist_p256, iot_desk().rng()));
  stranger.counter = 1000;
  const PackageResult unsigned_error =
      signer.read(es10b::load_euicc_package(again, stranger.psmos(server.eid, commands("A600"))).value(), signer.key.public_key());
  CHECK(unsigned_error.kind == 'U');
  CHECK(unsigned_error.token == 1);
  stranger.id = "eim9";
  CHECK_FALSE(
      signer.read(es10b::load_euicc_package(again, stranger.psmos(server.eid, commands("A600"))).value(), signer.key.public_key()).token);
  // A second eIM, and the first one leaves.
  TestEim second("eim2", crypto::EcPrivateKey::generate(crypto::Curve::nist_p256, iot_desk().rng()));
  const auto eco = [&](TestEim& by, const Bytes& list) {
    return signer.read(es10b::load_euicc_package(again, by.ecos(server.eid, list)).value(), signer.key.public_key()).elements;
  };
  CHECK(eco(signer, asn1::tlv(0xA8, second.members())) == "A803840102");
  CHECK(eco(signer, asn1::tlv(0xA8, second.members())) == "A803020102");
  second.token = 2;
  CHECK(eco(second, asn1::tlv(0xA9, asn1::tlv(0x80, text_view("eim1.example.com")))) == "890100");
  CHECK(eco(second, commands("AB00")) ==
        "AB0AA00830068004"
        "65696D32");
  CHECK(eco(second, asn1::tlv(0xA9, asn1::tlv(0x80, text_view("eim2")))) == "890102");
  CHECK(es10b::get_eim_configuration_data(again)->empty());
}

TEST_CASE("An agent answers what an eIM asks about card and assistant", "[iot][agent]") {
  IotBench bench;
  CardPort es10(bench);
  TestServer server{bench.eim, to_bytes(bench.identity.eid), &bench.euicc_key()};
  Home home(bench, es10, server);
  server.orders = {commands("BF52155C0DA081A2BF20BF228384A5A6A8A98304AABBCCDD"), commands("BF52035C015A"),
                   commands("BF520F5C01A5040A00112233445566778899")};
  home.poll();
  REQUIRE(server.data.size() == 3);
  CHECK(asn1::codec::check("IpaEuiccDataResponse", server.data[0]));
  const ByteView all = asn1::find_child(asn1::read_only(server.data[0], 0xBF52)->value, 0xA0)->value;
  std::string tags;
  asn1::TlvReader in(all);
  while (!in.at_end()) tags += to_hex(asn1::encode_tag(in.next()->tag)) + " ";
  CHECK(tags == "A0 81 A2 BF20 BF22 83 84 A5 A6 87 A8 A9 ");
  CHECK(to_hex(server.data[1]) == "BF5205A103020101");
  CHECK(to_hex(server.data[2]) == "BF5205A103020105");
}
