#include "asn1/codec/codec.h"
#include "tests/card/bench_card.h"

using namespace simurgh;
using namespace simurgh::test;

namespace {

bench::Desk& desk() {
  static bench::Desk shared;
  return shared;
}

}  // namespace

TEST_CASE("GetEUICCData gives the EID, and only for the tag it knows", "[es10c]") {
  BenchCard bench(desk());
  const std::string answer = bench.es10("BF3E035C015A");
  REQUIRE(answer.starts_with("BF3E125A10"));
  const auto eid = ecasd::parse_eid(answer.substr(10));
  REQUIRE(eid);
  bench.apdu("00A4040010A0000005591010FFFFFFFF8900000100");
  REQUIRE(bench.raw("80E2910006BF3E035C014F") == "6A80");
}

TEST_CASE("The default SM-DP+ address is set, kept over a reset, cleared and refused when too long", "[es10a]") {
  BenchCard bench(desk());
  const std::string root = "testrootsmds.example.com";
  const std::string root_do = "8118" + to_hex(text_view(root));
  REQUIRE(bench.es10("BF3C00") == "BF3C1A" + root_do);
  REQUIRE(bench.es10("BF3F0A8008646F2E746573742E") == "BF3F03800100");
  bench.card.reset();
  REQUIRE(bench.es10("BF3C00") == "BF3C248008646F2E746573742E" + root_do);
  REQUIRE(bench.es10("BF3F028000") == "BF3F03800100");
  REQUIRE(bench.es10("BF3C00") == "BF3C1A" + root_do);
  const Bytes too_long = asn1::tlv(0xBF3F, asn1::tlv(0x80, Bytes(256, 'a')));
  REQUIRE(to_hex(bench.lpa.es10(too_long)) == "BF3F0380017F");
  bench.apdu("00A4040010A0000005591010FFFFFFFF8900000100");
  REQUIRE(bench.raw("80E2910003BF3F00") == "6A80");
}

TEST_CASE("EUICCInfo2 has its fields in the order of the specification and live memory figures", "[es10b]") {
  BenchCard bench(desk());
  const Bytes info = bench.lpa.es10(from_hex("BF2200").value());
  REQUIRE(asn1::check_nesting(info, 8, asn1::Lengths::der));
  std::vector<std::uint32_t> tags;
  asn1::TlvReader in(asn1::read_only(info, 0xBF22)->value);
  while (!in.at_end()) tags.push_back(in.next()->tag);
  REQUIRE(tags == std::vector<std::uint32_t>{0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0xA9, 0xAA, 0x8B, 0x99, 0x04, 0x0C});
  // Applications, algorithms, GBA, several of each, BER-TLV, GET IDENTITY and S16 mode (SGP.22 v2.5 annex H).
  REQUIRE(to_hex(asn1::find_child(asn1::read_only(info, 0xBF22)->value, 0x85)->value) == "027BB0F384");
  const auto memory = [&] {
    const Bytes now = bench.lpa.es10(from_hex("BF2200").value());
    return be_value(asn1::find_child(asn1::find_child(asn1::read_only(now, 0xBF22)->value, 0x84)->value, 0x82)->value);
  };
  const auto before = memory();
  REQUIRE(bench::installed(bench.lpa.download(desk(), desk().order(kIccid1))));
  REQUIRE(memory() < before);
  bench.es10(delete_profile(kIccid1));
  REQUIRE(memory() == before);
}

TEST_CASE("EUICCInfo1 lists the CI keys in priority order", "[es10b]") {
  BenchCard nist(desk());
  BenchCard brainpool(desk(), {}, true);
  const auto first_key = [](BenchCard& bench) {
    const Bytes info = bench.lpa.es10(from_hex("BF2000").value());
    const auto signing = asn1::find_child(asn1::read_only(info, 0xBF20)->value, 0xAA);
    return to_bytes(asn1::find_child(signing->value, 0x04)->value);
  };
  REQUIRE(first_key(nist) == desk().pki().curves[0].ci->certificate.ski);
  REQUIRE(first_key(brainpool) == desk().pki().curves[1].ci->certificate.ski);
}

TEST_CASE("GetRAT gives the table of the recipe octet for octet, and an empty list without one", "[es10b]") {
  BenchCard bare(desk());
  REQUIRE(bare.es10("BF4300") == "BF4302A000");
  ecasd::Capabilities capabilities;
  capabilities.rat.push_back({.ppr_ids = 6, .allowed = {{.mcc_mnc = {0xEE, 0xEE, 0xEE}, .gid1 = Bytes{}, .gid2 = Bytes{}}}, .consent_required = true});
  BenchCard bench(desk(), capabilities);
  REQUIRE(bench.es10("BF4300") == "BF4319A017301580020560A10B30098003EEEEEE8100820082020780");
}

TEST_CASE("A card without an LPA of its own says so", "[es10b]") {
  BenchCard bench(desk());
  REQUIRE(bench.es10("BF420480020780") == "BF4203800101");
}

TEST_CASE("Challenges are new every time", "[es10b]") {
  BenchCard bench(desk());
  const std::string first = bench.es10("BF2E00");
  REQUIRE(first.starts_with("BF2E128010"));
  REQUIRE(bench.es10("BF2E00") != first);
}

TEST_CASE("A loaded CRL revokes what it names, and stale, foreign and forged ones are refused by code", "[es10b]") {
  BenchCard bench(desk());
  const auto& ci = *desk().pki().curves[0].ci;
  const auto load = [&](ByteView crl) {
    const auto list = asn1::read_only(crl, 0x30);
    return to_hex(bench.lpa.es10(asn1::tlv(0xBF35, asn1::tlv(0xA0, list->value))));
  };
  const Bytes revoking = crypto::mint_crl(ci.certificate, *ci.key, {desk().pki().curves[0].dp_auth->certificate.serial}, 2, 1750000000, 1760000000);
  Bytes forged = revoking;
  forged.back() ^= 1;
  REQUIRE(load(forged) == "BF3503810101");
  const auto other = crypto::EcPrivateKey::generate(crypto::Curve::nist_p256, desk().rng());
  crypto::CertificateSpec spec;
  spec.subject.common_name = "Another CI";
  spec.role = crypto::Role::ci;
  spec.ca = true;
  spec.not_after = 1900000000;
  const auto foreign = crypto::parse_certificate(crypto::mint_certificate(spec, other.public_key(), other, nullptr, desk().rng()));
  REQUIRE(load(crypto::mint_crl(*foreign, other, {}, 1, 1750000000, 1760000000)) == "BF3503810104");
  REQUIRE(bench.es10("BF3505A003020105") == "BF3503810102");
  const std::string id = desk().order(kIccid1);
  REQUIRE(bench::installed(bench.lpa.download(desk(), id)));
  REQUIRE(load(revoking) == "BF3502A000");
  REQUIRE(load(revoking) == "BF3503810105");
  REQUIRE(load(crypto::mint_crl(ci.certificate, *ci.key, {}, 1, 1740000000, 1760000000)) == "BF3503810105");
  bench.card.reset();
  REQUIRE_THROWS_AS(bench.lpa.bound_package(desk(), desk().order(kIccid2)), bench::DeskError);  // invalidCertificate
}

TEST_CASE("Every answer of the card decodes by the SGP.22 module and encodes again to the same octets", "[es10]") {
  BenchCard bench(desk());
  std::size_t checked = 0;
  const auto check = [&](const char* message, const Bytes& answer) {
    INFO(message << " " << to_hex(answer));
    const auto again = asn1::codec::reencode(message, answer);
    REQUIRE(again);
    REQUIRE(*again == answer);
    ++checked;
  };
  const auto ask = [&](const char* message, const std::string& request) { check(message, bench.lpa.es10(from_hex(request).value())); };
  ask("EUICCInfo1", "BF2000");
  ask("EUICCInfo2", "BF2200");
  ask("EuiccConfiguredAddressesResponse", "BF3C00");
  ask("SetDefaultDpAddressResponse", "BF3F0A8008646F2E746573742E");
  ask("GetRatResponse", "BF4300");
  ask("GetEuiccDataResponse", "BF3E035C015A");
  ask("GetEuiccChallengeResponse", "BF2E00");
  ask("ProfileInfoListResponse", "BF2D00");
  ask("ListNotificationResponse", "BF2800");
  ask("CancelSessionResponse", "BF4106800101810100");
  const Bytes package = bench.lpa.bound_package(desk(), desk().order(kIccid1, notify_all()));
  check("BoundProfilePackage", package);
  check("ProfileInstallationResult", bench.lpa.load(package));
  ask("SetNicknameResponse", "BF2913" + iccid_do(kIccid1) + "900542C3BC726F");
  ask("EnableProfileResponse", enable(kIccid1));
  ask("ProfileInfoListResponse", "BF2D00");
  ask("ProfileInfoListResponse", "BF2D055C03" "5AB6" "95");
  ask("DisableProfileResponse", disable(kIccid1));
  ask("ListNotificationResponse", "BF2800");
  ask("RetrieveNotificationsListResponse", "BF2B00");
  ask("NotificationSentResponse", "BF3003800101");
  ask("DeleteProfileResponse", delete_profile(kIccid1));
  ask("EuiccMemoryResetResponse", "BF3404820206C0");
  REQUIRE(checked == 22);
}
