// Every eCO and AddInitialEim with every code (SGP.32 v1.2 5.12, 5.9).
#include "tests/card/iot_bench.h"

using namespace simurgh;
using namespace simurgh::test;

namespace {

TestEim other_eim(const std::string& id) { return TestEim(id, crypto::EcPrivateKey::generate(crypto::Curve::nist_p256, iot_desk().rng())); }
std::string add(const Bytes& members) { return to_hex(asn1::tlv(0xA8, members)); }
std::string update(const std::string& members) { return to_hex(asn1::tlv(0xAA, from_hex(members).value())); }
std::string id_do(const std::string& id) { return to_hex(asn1::tlv(0x80, text_view(id))); }
std::string delete_eim(const std::string& id) { return to_hex(asn1::tlv(0xA9, from_hex(id_do(id)).value())); }

}  // namespace

TEST_CASE("addEim: token, 0, 1, 2, 3, 5, 6 and 7", "[iot][eco]") {
  ecasd::IotCapabilities card;
  card.eim_capacity = 3;
  IotBench bench(iot_card(card));
  const TestEim second = other_eim("eim2");
  const std::string key = to_hex(asn1::tlv(0xA5, second.key_data()));
  const std::string id = id_do("eim2");
  const auto code = [&](const std::string& members) { return bench.run_ecos(add(from_hex(members).value())); };
  CHECK(code(id_do("eim1.example.com") + "830100" + key) == "A803020102");
  CHECK(code(id + "830100" + "840105" + key) == "A803020105");
  CHECK(code("830100" + key) == "A803020107");
  CHECK(code(id + key) == "A803020107");
  CHECK(code(id + "830100") == "A803020107");
  CHECK(code(id + "830100" + "A500") == "A803020107");
  CHECK(code("8000" "830100" + key) == "A803020107");
  CHECK(code(id + "830100" + key + "8814" + std::string(40, 'A')) == "A803020103");
  CHECK(code(id + "8301FF" + key) == "A803020106");
  CHECK(code(id + "830400800000" + key) == "A803020106");
  CHECK(code(id + "830100" + "8401FF" + key) == "A803840102");
  CHECK(code(id_do("eim3") + "83037FFFFF" + key + "AA0380010A") == "A803020100");  // a member of v1.3 is skipped
  CHECK(code(id_do("eim4") + "830100" + key) == "A803020101");
  CHECK(bench.run_ecos(delete_eim("eim3")) == "890100");
  CHECK(code(id_do("eim4") + "830100" + "8401FF" + key) == "A803840103");
}

TEST_CASE("deleteEim: 0, 1, 2 and 7, the card without an eIM is open for AddInitialEim again", "[iot][eco]") {
  IotBench bench;
  CHECK(bench.run_ecos(add(other_eim("eim2").members())) == "A803840102");
  CHECK(bench.run_ecos(delete_eim("eim3")) == "890101");
  CHECK(bench.run_ecos("A900") == "890107");
  CHECK(bench.run_ecos("A9028000") == "890107");
  CHECK(bench.run_ecos(delete_eim("eim2")) == "890100");
  CHECK(bench.es10(to_hex(bench.eim.add_initial())) == "BF5703810102");
  const PackageResult last = bench.ecos(delete_eim("eim1.example.com") + "AB00");
  CHECK(last.verified);  // by its token although the association is gone
  CHECK(last.elements == "890102AB02A000");
  CHECK(bench.es10("BF2B04A0028200").find(to_hex(text_view("eim1.example.com"))) != std::string::npos);
  bench.eim.counter = 0;
  CHECK(bench.es10(to_hex(bench.eim.add_initial())) == "BF5705A003840103");
}

TEST_CASE("updateEim: 0, 1, 3, 6 and 7, a counter goes back only with another key", "[iot][eco]") {
  IotBench bench;
  TestEim second = other_eim("eim2");
  second.counter = 10;
  CHECK(bench.run_ecos(add(second.members())) == "A803840102");
  second.token = 2;
  const std::string id = id_do("eim2");
  const auto code = [&](const std::string& members) { return bench.run_ecos(update(members)); };
  CHECK(code(id_do("eim3") + "8101" "61") == "8A0101");
  CHECK(code(id) == "8A0107");
  CHECK(code("810161") == "8A0107");
  CHECK(code(id + "8401FF" "810161") == "8A0107");
  CHECK(code(id + "8814" + std::string(40, 'A')) == "8A0103");
  CHECK(code(id + "8301FF") == "8A0106");
  CHECK(code(id + "830400800000") == "8A0106");
  CHECK(code(id + "830109") == "8A0107");
  CHECK(code(id + "83010A") == "8A0100");
  CHECK(code(id + "830114") == "8A0100");
  CHECK(bench.package(second, second.psmos(bench.identity.eid, from_hex("A600").value())).error == 4);  // 11 is not above 20
  second.key = crypto::EcPrivateKey::generate(crypto::Curve::nist_p256, iot_desk().rng());
  CHECK(code(id + "830105" + to_hex(asn1::tlv(0xA5, second.key_data()))) == "8A0100");
  second.counter = 5;
  CHECK(bench.package(second, second.psmos(bench.identity.eid, from_hex("A600").value())).elements == "A600");
  CHECK(code(id + "81046E6F7765" "820102" "87020780" "8900") == "8A0100");
  CHECK(bench.es10("BF5508A006800465696D32").find("81046E6F7765820102840102") != std::string::npos);
  CHECK(bench.es10("BF5508A006800465696D32").ends_with("870207808900"));
}

TEST_CASE("An eIM that updates itself: the new key counts from the next package, its counter replaces the automatic one", "[iot][eco]") {
  IotBench bench;
  const crypto::EcPrivateKey old = bench.eim.key;
  const std::string id = id_do("eim1.example.com");
  CHECK(bench.run_ecos(update(id + "830164")) == "8A0100");
  CHECK(bench.package(bench.eim, bench.eim.psmos(bench.identity.eid, from_hex("A600").value())).error == 4);
  bench.eim.counter = 100;
  const auto fresh = crypto::EcPrivateKey::generate(crypto::Curve::nist_p256, iot_desk().rng());
  const Bytes key_data = asn1::tlv(0xA5, asn1::tlv(0xA0, crypto::public_key_info(fresh.public_key())));
  CHECK(bench.run_ecos(update(id + "830101" + to_hex(key_data)) + "AB00").starts_with("8A0100AB"));
  CHECK(bench.package(bench.eim, bench.eim.psmos(bench.identity.eid, from_hex("A600").value())).kind == 'U');
  bench.eim.key = fresh;
  bench.eim.counter = 1;
  CHECK(bench.run("A600") == "A600");
}

TEST_CASE("listEim names ids, and their kind when it is an OID or a name", "[iot][eco]") {
  IotBench bench(iot_card(), false);
  const std::string key = to_hex(asn1::tlv(0xA5, bench.eim.key_data()));
  std::string entries;
  for (const std::string& members : {id_do("eim1.example.com") + "820102" "830100" + key, id_do("b") + "820101" "830100" + key, id_do("c") + "820103" "830100" + key,
                                    id_do("d") + "830100" + key}) {
    entries += to_hex(asn1::tlv(0x30, from_hex(members).value()));
  }
  CHECK(bench.es10(to_hex(asn1::tlv(0xBF57, asn1::tlv(0xA0, from_hex(entries).value())))) == "BF570AA0080500050005000500");
  const std::string first = to_hex(asn1::tlv(0x30, from_hex(id_do("eim1.example.com") + "820102").value()));
  CHECK(bench.run_ecos("AB00") == to_hex(asn1::tlv(0xAB, asn1::tlv(0xA0, from_hex(first + "3006" "800162" "820101" "3003" "800163" "3003" "800164").value()))));
}

TEST_CASE("eCOs that are unknown or stand in a list of PSMOs end the list", "[iot][eco]") {
  IotBench bench;
  CHECK(bench.run_ecos("AC00") == "020102");
  CHECK(bench.run_ecos("A600") == "020102");
  CHECK(bench.run("AB00") == "020102");
}

TEST_CASE("AddInitialEim: 1, 2, 3, 5, 6 and 7, all entries or none", "[iot][eco]") {
  ecasd::IotCapabilities card;
  card.eim_capacity = 2;
  IotBench bench(iot_card(card), false);
  const std::string key = to_hex(asn1::tlv(0xA5, bench.eim.key_data()));
  const std::string good = to_hex(asn1::tlv(0x30, from_hex(id_do("a") + "830100" "8401FF" + key).value()));
  const auto send = [&](const std::string& members) {
    const std::string list = good + to_hex(asn1::tlv(0x30, from_hex(members).value()));
    const auto before = bench.store.cells();
    const std::string answer = bench.es10(to_hex(asn1::tlv(0xBF57, asn1::tlv(0xA0, from_hex(list).value()))));
    CHECK(same_cells(before, bench.store.cells()));
    return answer;
  };
  CHECK(send(id_do("a") + "830100" + key) == "BF5703810102");
  CHECK(send(id_do("b") + "830100" + key + "880400000000") == "BF5703810103");
  CHECK(send(id_do("b") + "830100" "840100" + key) == "BF5703810105");
  CHECK(send(id_do("b") + "8301FF" + key) == "BF5703810106");
  CHECK(send(id_do("b") + key) == "BF5703810107");
  CHECK(bench.es10("BF5702A000") == "BF5703810107");
  const std::string three = good + to_hex(asn1::tlv(0x30, from_hex(id_do("b") + "830100" + key).value())) +
                            to_hex(asn1::tlv(0x30, from_hex(id_do("c") + "830100" + key).value()));
  CHECK(bench.es10(to_hex(asn1::tlv(0xBF57, asn1::tlv(0xA0, from_hex(three).value())))) == "BF5703810101");
  CHECK(bench.refusal("BF5700") == "6A80");
  CHECK(bench.es10("BF5500") == "BF5502A000");
  // The counter of tokens has not moved either.
  CHECK(bench.es10(to_hex(asn1::tlv(0xBF57, asn1::tlv(0xA0, from_hex(good).value())))) == "BF5705A003840101");
}
