// Packages that are not accepted change nothing (SGP.32 v1.2 5.9.1).
#include "tests/card/iot_bench.h"

using namespace simurgh;
using namespace simurgh::test;

namespace {

// The answer of a package that must leave every cell as it was.
PackageResult refused(IotBench& bench, const TestEim& from, const Bytes& request) {
  const auto before = bench.store.cells();
  const PackageResult result = bench.package(from, request);
  CHECK(same_cells(before, bench.store.cells()));
  return result;
}

}  // namespace

TEST_CASE("A package of an eIM that is not associated gets an unsigned error without a token", "[iot]") {
  IotBench bench;
  TestEim stranger("stranger", bench.eim.key);
  stranger.transaction_id = {0xAA};
  const PackageResult result = refused(bench, stranger, stranger.psmos(bench.identity.eid, from_hex("A600").value()));
  CHECK(result.kind == 'U');
  CHECK(result.eim_id == "stranger");
  CHECK(result.transaction_id == "AA");
  CHECK_FALSE(result.token);
}

TEST_CASE("A package changed in any octet of what is signed is refused and changes nothing", "[iot]") {
  IotBench bench;
  bench.install(kIccid1);
  const Bytes good = bench.eim.psmos(bench.identity.eid, from_hex(psmo_enable(kIccid1)).value());
  for (std::size_t at = 0; at < good.size(); ++at) {
    INFO("octet " << at);
    Bytes bad = good;
    bad[at] ^= 0x01;
    const auto before = bench.store.cells();
    try {
      const PackageResult result = bench.package(bench.eim, bad);
      CHECK(result.kind == 'U');
    } catch (const bench::DeskError&) {
      CHECK((bench.lpa.last_status() == 0x6A80 || bench.lpa.last_status() == 0x6A88));
    }
    REQUIRE(same_cells(before, bench.store.cells()));
  }
  CHECK(IotBench::elements(bench.package(bench.eim, good)) == "830100");
}

TEST_CASE("A package cut at any octet is refused and changes nothing", "[iot]") {
  IotBench bench;
  bench.install(kIccid1);
  const Bytes good = bench.eim.psmos(bench.identity.eid, from_hex(psmo_enable(kIccid1)).value());
  const auto whole = asn1::read_only(good, 0xBF51)->value;
  const auto before = bench.store.cells();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    INFO("size " << size);
    const std::string answer = bench.refusal(to_hex(asn1::tlv(0xBF51, whole.first(size))));
    CHECK((answer == "6A80" || answer.starts_with("BF51")));
    if (answer.starts_with("BF51")) CHECK(bench.eim.read(from_hex(answer).value(), bench.euicc_key()).kind == 'U');
    CHECK(bench.refusal(to_hex(ByteView(good).first(size + 1))).size() == 4);  // shorter than its own length says
    REQUIRE(same_cells(before, bench.store.cells()));
  }
}

TEST_CASE("A wrong signature tells the token of the association, so that the eIM can compare", "[iot]") {
  IotBench bench;
  bench.eim.token = 7;
  PackageResult result = refused(bench, bench.eim, bench.eim.psmos(bench.identity.eid, from_hex("A600").value()));
  CHECK(result.kind == 'U');
  CHECK(result.token == 1U);
  bench.eim.token = *result.token;
  CHECK(bench.run("A600") == "A600");
}

TEST_CASE("Members of a signed package in another order, missing or of a wrong size make it damaged, whatever its signature", "[iot]") {
  IotBench bench;
  const std::string id = "8010" + to_hex(text_view("eim1.example.com"));
  const std::string eid = "5A10" + to_hex(bench.identity.eid);
  const auto send = [&](const std::string& members) {
    const Bytes data = asn1::tlv(0x30, from_hex(members).value());
    const auto before = bench.store.cells();
    const std::string answer = bench.refusal(to_hex(bench.eim.sign(data)));
    CHECK(same_cells(before, bench.store.cells()));
    return answer;
  };
  const std::string unsigned_error = "BF5114A212" + id;
  CHECK(send(eid + id + "810101" + "A002A600") == "6A80");
  CHECK(send("8000" + eid + "810101" + "A002A600") == "6A80");
  CHECK(send("808181" + std::string(258, '4') + eid + "810101" + "A002A600") == "6A80");
  CHECK(send(id + "810101" + eid + "A002A600") == unsigned_error);
  CHECK(send(id + "5A0F" + std::string(30, '8') + "810101" + "A002A600") == unsigned_error);
  CHECK(send(id + eid + "A002A600") == unsigned_error);
  CHECK(send(id + eid + "8100" + "A002A600") == unsigned_error);
  CHECK(send(id + eid + "810101" + "8200" + "A002A600") == unsigned_error);
  CHECK(send(id + eid + "810101" + "8211" + std::string(34, '1') + "A002A600") == unsigned_error);
  CHECK(send(id + eid + "810101" + "8201AA") == "BF5117A215" + id + "8201AA");
  CHECK(send(id + eid + "810101" + "A202A600") == unsigned_error);
  CHECK(send(id + eid + "810101" + "A003A60000") == unsigned_error);
  ecasd::IotCapabilities strict;
  strict.choices.unsigned_error_for_damaged_packages = false;
  IotBench other(iot_card(strict));
  CHECK(other.refusal(to_hex(other.eim.sign(asn1::tlv(0x30, from_hex(id + "A002A600").value())))) == "6A80");
}

TEST_CASE("EID, counter range, replay and size are refused by signed errors in this order, and the counter stays", "[iot]") {
  ecasd::IotCapabilities card;
  card.package_memory = 200;
  IotBench bench(iot_card(card));
  const auto commands = from_hex("A600").value();
  const auto error = [&](ByteView eid, ByteView counter, ByteView list) {
    const PackageResult result = refused(bench, bench.eim, bench.eim.sign(bench.eim.data(eid, 0xA0, list, counter)));
    CHECK(result.kind == 'S');
    CHECK(result.verified);
    CHECK(result.transaction_id == "0102030405060708");
    return result.error;
  };
  ecasd::Eid other = bench.identity.eid;
  other[15] ^= 1;
  CHECK(error(other, from_hex("00").value(), commands) == 3);
  const ByteView eid = bench.identity.eid;
  CHECK(error(eid, from_hex("00800000").value(), commands) == 6);
  CHECK(error(eid, from_hex("80").value(), commands) == 6);  // -128, not 128
  CHECK(error(eid, Bytes(8, 0x7F), commands) == 6);
  CHECK(error(eid, from_hex("00").value(), commands) == 4);
  Bytes many;
  for (int i = 0; i < 80; ++i) append(many, commands);
  CHECK(error(eid, from_hex("05").value(), many) == 15);
  CHECK(bench.run("A600") == "A600");
  CHECK(bench.eim.counter == 1);
  CHECK(error(eid, from_hex("01").value(), commands) == 4);
}

TEST_CASE("Counters up to 8388607 are accepted, with gaps, and nothing behind the last one", "[iot]") {
  IotBench bench;
  for (const std::uint64_t counter : {127U, 128U, 255U, 256U, 40000U, 8388607U}) {
    bench.eim.counter = counter - 1;
    CHECK(bench.run("A600") == "A600");
  }
  const PackageResult full = refused(bench, bench.eim, bench.eim.psmos(bench.identity.eid, from_hex("A600").value()));
  CHECK(full.error == 6);
  bench.eim.counter = 8388606;
  CHECK(refused(bench, bench.eim, bench.eim.psmos(bench.identity.eid, from_hex("A600").value())).error == 4);
}

TEST_CASE("Packages are verified on both curves, with a key or a certificate of the eIM", "[iot]") {
  IotBench brainpool(iot_card(), true, true);
  CHECK(brainpool.run("A600") == "A600");
  IotBench bench(iot_card(), false);
  crypto::CertificateSpec spec;
  spec.subject.common_name = "eim1.example.com";
  spec.with_policy = false;
  spec.not_before = 1;
  spec.not_after = 2;  // long gone: a card has no clock
  const Bytes certificate = crypto::mint_certificate(spec, bench.eim.key.public_key(), bench.eim.key, nullptr, iot_desk().rng());
  asn1::TlvWriter members;
  members.put_text(0x80, bench.eim.id).put_integer(0x83, 0);
  const auto with = [&](const Bytes& alternative) {
    return to_hex(asn1::tlv(0xBF57, asn1::tlv(0xA0, asn1::tlv(0x30, concat({members.view(), asn1::tlv(0xA5, alternative)})))));
  };
  CHECK(bench.es10(with(asn1::tlv(0xA1, certificate))) == "BF5703810107");  // its own 30 again
  CHECK(bench.es10(with(asn1::tlv(0xA1, asn1::read_only(certificate, 0x30)->value))) == "BF5704A0020500");
  CHECK(bench.run("A600") == "A600");
}
