// What cards get wrong about SGP.32, one by one. Tests of other files that show the same are not repeated here.
#include "tests/card/iot_bench.h"

using namespace simurgh;
using namespace simurgh::test;

namespace {

std::uint64_t sequence_of(const PackageResult& result) { return result.sequence; }

}  // namespace

TEST_CASE("Signatures cover the octets that arrived, lengths of two octets included", "[iot][mistakes]") {
  IotBench bench;
  const Bytes members = to_bytes(asn1::read_only(bench.eim.data(bench.identity.eid, 0xA0, from_hex("A600").value()), 0x30)->value);
  Bytes data = {0x30, 0x82, 0x00, static_cast<std::uint8_t>(members.size())};
  append(data, members);
  CHECK(IotBench::elements(bench.package(bench.eim, bench.eim.sign(data))) == "A600");
}

TEST_CASE("A signature over the content without its tag, without the token, or with the token inside is wrong", "[iot][mistakes]") {
  IotBench bench;
  const Bytes data = bench.eim.data(bench.identity.eid, 0xA0, from_hex("A600").value());
  const auto with = [&](std::initializer_list<ByteView> parts) {
    return bench.package(bench.eim, asn1::tlv(0xBF51, concat({data, asn1::tlv(0x5F37, bench.eim.key.sign(parts))}))).kind;
  };
  const Bytes token = bench.eim.token_object();
  CHECK(with({asn1::read_only(data, 0x30)->value, token}) == 'U');
  CHECK(with({data}) == 'U');
  CHECK(with({data, from_hex("840100").value()}) == 'U');
  CHECK(with({token, data}) == 'U');
  CHECK(with({data, token}) == 'R');
}

TEST_CASE("The card's signature covers its data and the token, not the signature of the request", "[iot][mistakes]") {
  IotBench bench;
  const Bytes request = bench.eim.psmos(bench.identity.eid, from_hex("A600").value());
  const Bytes answer = bench.ask(request);
  CHECK(bench.eim.read(answer, bench.euicc_key()).verified);
  CHECK_FALSE(bench.eim.read(answer, bench.euicc_key(), to_bytes(asn1::find_child(asn1::read_only(request, 0xBF51)->value, 0x5F37)->raw)).verified);
}

TEST_CASE("An association token of -1 asks for the next of the card, a package signed for an earlier association stays worthless", "[iot][mistakes]") {
  IotBench bench;
  const Bytes old = bench.eim.psmos(bench.identity.eid, from_hex("A600").value());
  CHECK(bench.es10("BF640482020204") == "BF6406800100810100");
  bench.eim.counter = 0;
  CHECK(bench.es10(to_hex(bench.eim.add_initial())) == "BF5705A003840102");
  const PackageResult refused = bench.package(bench.eim, old);
  CHECK(refused.kind == 'U');
  CHECK(refused.token == 2U);
}

TEST_CASE("Every eIM has its own counter", "[iot][mistakes]") {
  IotBench bench;
  TestEim second("eim2", crypto::EcPrivateKey::generate(crypto::Curve::nist_p256, iot_desk().rng()));
  bench.eim.counter = 500;
  CHECK(bench.run_ecos(to_hex(asn1::tlv(0xA8, second.members()))) == "A803840102");
  second.token = 2;
  CHECK(bench.package(second, second.psmos(bench.identity.eid, from_hex("A600").value())).elements == "A600");
  CHECK(second.counter == 1);
}

TEST_CASE("GetEimConfigurationData never tells a counter", "[iot][mistakes]") {
  IotBench bench;
  bench.eim.counter = 0x1234;
  bench.run("A600");
  const Bytes shown = bench.ask(from_hex("BF5500").value());
  CHECK_FALSE(asn1::find_child(asn1::read_only(asn1::read_only(shown, 0xBF55)->value, 0xA0)->value, 0x83));
  CHECK(asn1::find_child(asn1::read_only(asn1::read_only(asn1::read_only(shown, 0xBF55)->value, 0xA0)->value, 0x30)->value, 0x84));
  CHECK_FALSE(asn1::find_child(asn1::read_only(asn1::read_only(asn1::read_only(shown, 0xBF55)->value, 0xA0)->value, 0x30)->value, 0x83));
}

TEST_CASE("rollbackFlag is a NULL with its universal tag", "[iot][mistakes]") {
  IotBench bench;
  bench.install(kIccid1);
  bench.install(kIccid2);
  bench.run(psmo_enable(kIccid1));
  CHECK(bench.run(to_hex(asn1::tlv(0xA3, from_hex(iccid_do(kIccid2) + "050100").value()))) == "020102");
  // An automatic tag is an unknown member: no way back is granted.
  CHECK(bench.run(to_hex(asn1::tlv(0xA3, from_hex(iccid_do(kIccid2) + "8100").value()))) == "830100");
  CHECK(bench.es10("BF5803800100") == "BF5803020101");
}

TEST_CASE("REFRESH follows the answer of the package, and the switch follows REFRESH", "[iot][mistakes]") {
  IotBench bench;
  bench.install(kIccid1, notify_all());
  bench.toolkit();
  const std::string before = notifications(bench);
  const PackageResult result = bench.psmos(psmo_enable(kIccid1));
  CHECK(bench.lpa.last_status() >> 8 == 0x91);
  CHECK(result.elements == "830100");
  CHECK(bench.enabled().empty());
  CHECK(notifications(bench) == before);
  const std::string fetched = bench.apdu("8012000000");
  CHECK(bench.raw("801400000C8103" + fetched.substr(8, 2) + fetched.substr(10, 4) + "82028281830100") == "9000");
  CHECK(bench.enabled() == kIccid1);
  // The switch notified itself behind the result.
  CHECK(notifications(bench) == before + " " + std::to_string(sequence_of(result) + 1) + ":40");
}

TEST_CASE("A transaction id is echoed octet for octet, and none is invented", "[iot][mistakes]") {
  IotBench bench;
  bench.eim.transaction_id = {0x00, 0x00, 0x80};
  CHECK(bench.psmos("A600").transaction_id == "000080");
  bench.eim.transaction_id.clear();
  const Bytes answer = bench.ask(bench.eim.psmos(bench.identity.eid, from_hex("A600").value()));
  auto at = asn1::find_child(answer, 0xBF51);
  for (const std::uint32_t tag : {0xA0U, 0x30U}) at = at ? asn1::find_child(at->value, tag) : std::nullopt;
  REQUIRE(at);
  CHECK_FALSE(asn1::find_child(at->value, 0x82));
}

TEST_CASE("A rollback is there once, until the next package, and its target cannot be deleted before", "[iot][mistakes]") {
  IotBench bench;
  bench.install(kIccid1);
  bench.install(kIccid2);
  bench.run(psmo_enable(kIccid1));
  CHECK(bench.run(psmo_enable(kIccid2, true) + psmo_delete(kIccid1)) == "830100850114");
  CHECK(bench.es10("BF5803800100").substr(6, 6) == "020100");
  CHECK(bench.es10("BF5803800100") == "BF5803020101");
  CHECK(bench.enabled() == kIccid1);
}

TEST_CASE("Results of an eIM that was deleted can still be delivered", "[iot][mistakes]") {
  IotBench bench;
  TestEim second("eim2", crypto::EcPrivateKey::generate(crypto::Curve::nist_p256, iot_desk().rng()));
  CHECK(bench.run_ecos(to_hex(asn1::tlv(0xA8, second.members()))) == "A803840102");
  second.token = 2;
  CHECK(bench.package(second, second.psmos(bench.identity.eid, from_hex("A600").value())).kind == 'R');
  CHECK(bench.run_ecos(to_hex(asn1::tlv(0xA9, asn1::tlv(0x80, text_view("eim2"))))) == "890100");
  const Bytes list = bench.ask(from_hex("BF2B04A0028200").value());
  asn1::TlvReader in(asn1::read_only(asn1::read_only(list, 0xBF2B)->value, 0xA2)->value);
  std::vector<std::string> ids;
  while (!in.at_end()) ids.push_back(bench.eim.read(in.next()->raw, bench.euicc_key()).eim_id);
  CHECK(ids == std::vector<std::string>{"eim1.example.com", "eim2", "eim1.example.com"});
}
