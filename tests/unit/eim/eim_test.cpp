// The eIM and cards, in ESipa's ASN.1: what is told, remembered, recovered and refused.
#include <catch2/catch.hpp>

#include "tests/unit/eim/eim_world.h"

using namespace simurgh;
using namespace simurgh::literals;
using eim::Facility;
using test::EimWorld;
using test::kEid;
using test::kOtherEid;
using test::PaperCard;

namespace {

constexpr const char* kEnable = R"({"psmo":[{"enable":{"iccid":"98001032547698103254","rollback":true}}]})";
constexpr const char* kList = R"({"psmo":[{"listProfileInfo":{}}]})";

}  // namespace

TEST_CASE("A package goes to the card, its result comes back verified and is acknowledged by number", "[eim]") {
  EimWorld world;
  PaperCard card(world.pki, kEid, *world.rng);
  world.know(card);
  const std::string order = world.psmo(kEid, kEnable);
  REQUIRE(world.request(order).status == "new");
  const Bytes package = world.poll(card);
  REQUIRE(asn1::codec::check("EuiccPackageRequest", package));
  REQUIRE(world.request(order).status == "work");
  REQUIRE(world.store.device(kEid)->counter == 1);
  const Bytes result = card.load(package);
  REQUIRE(to_hex(world.ask(card.provide(result))) == "BF5006BF5303800101");
  REQUIRE(world.request(order).status == "done");
  REQUIRE(world.request(order).outcome == R"([{"enableResult":"ok"}])");
  REQUIRE(world.request(order).verified == "yes");
  REQUIRE(world.finished == std::vector{order});
  REQUIRE(world.store.profiles(kEid).front().state == "enabled");
  REQUIRE(to_hex(world.ask(card.poll())) == "BF4F03020101");
}

TEST_CASE("A result of v1.0, signed over the signature of its package, is verified", "[eim]") {
  EimWorld world;
  PaperCard card(world.pki, kEid, *world.rng);
  card.first_version = true;
  world.know(card);
  const std::string order = world.psmo(kEid, kEnable);
  REQUIRE(to_hex(world.ask(card.provide(card.load(world.poll(card))))) == "BF5006BF5303800101");
  REQUIRE(world.request(order).verified == "yes");
}

TEST_CASE("Results of every command are told by name", "[eim]") {
  EimWorld world;
  PaperCard card(world.pki, kEid, *world.rng);
  world.know(card);
  const std::string psmo = world.psmo(
      kEid, R"({"psmo":[{"disable":{"iccid":"98001032547698103254"}},{"delete":{"iccid":"98001032547698103254"}},{"listProfileInfo":{}},{"getRAT":{}},
{"configureImmediateEnable":{"immediateEnableFlag":true}},{"setFallbackAttribute":{"iccid":"98001032547698103254"}},{"unsetFallbackAttribute":{}},
{"setDefaultDpAddress":{"defaultDpAddress":"dp"}}]})");
  card.answers[0xA9] = "8E0103"_hex;
  (void)world.ask(card.provide(card.load(world.poll(card))));
  REQUIRE(world.request(psmo).outcome ==
          R"([{"disableResult":"ok"},{"deleteResult":"ok"},{"listProfileInfoResult":{"finalResult":"successResult","profileInfoList":[{"iccid":"98001032547698103254","profileState":"enabled","fallbackAttribute":true}]}},{"getRATResult":[]},{"configureImmediateEnableResult":"ok"},{"setFallbackAttributeResult":"ok"},{"unsetFallbackAttributeResult":"fallbackProfileEnabled"},{"setDefaultDpAddressResult":"ok"}])");
  // As v1.0 called it, and the class of a profile in a word.
  const std::string old = world.psmo(kEid, R"({"psmo":[{"configureAutoEnable":{"autoEnableFlag":true}},{"listProfileInfo":{}}]})");
  card.answers[0xBF2D] = "BF2D17A015E3135A0A980010325476981032549F700100950102"_hex;
  (void)world.ask(card.provide(card.load(world.poll(card))));
  REQUIRE(
      world.request(old).outcome ==
      R"([{"configureAutoEnableResult":"ok"},{"listProfileInfoResult":{"finalResult":"successResult","profileInfoList":[{"iccid":"98001032547698103254","profileState":"disabled","profileClass":"operational"}]}}])");
  const std::string eco = world.order(Facility::eco, kEid, R"({"eco":[{"listEim":{}},{"deleteEim":{"eimId":"old"}}]})");
  card.answers[0xA9] = "890102"_hex;
  (void)world.ask(card.provide(card.load(world.poll(card))));
  REQUIRE(world.request(eco).outcome ==
          R"([{"listEimResult":{"finalResult":"successResult","eimIdList":[{"eimId":"eim1","eimIdType":"eimIdTypeFqdn"}]}},{"deleteEimResult":"lastEimDeleted"}])");
}

TEST_CASE("An answer that got lost is given again in the same octets, and what was executed is not executed twice", "[eim]") {
  EimWorld world;
  PaperCard card(world.pki, kEid, *world.rng);
  world.know(card);
  const std::string order = world.psmo(kEid, kList);
  const Bytes first = world.poll(card);
  world.start();  // killed in between
  REQUIRE(world.poll(card) == first);
  const Bytes result = card.load(first);
  // The result is lost on its way; the IPA polls before it delivers.
  const Bytes refused = card.load(world.poll(card));
  REQUIRE(to_hex(world.ask(card.provide(refused))) == "BF50023000");
  // The eIM asks for stored results first and finds its own.
  const Bytes data_request = world.poll(card);
  REQUIRE(to_hex(data_request).starts_with("BF52"));
  REQUIRE(to_hex(world.ask(card.provide(card.data(data_request)))) == "BF5006BF5303800101");
  REQUIRE(world.request(order).status == "done");
  REQUIRE(world.request(order).verified == "yes");
  REQUIRE(card.executed == 1);
  // The same result once more is acknowledged and changes nothing.
  REQUIRE(to_hex(world.ask(card.provide(result))) == "BF5006BF5303800101");
  REQUIRE(world.store.results(kEid).size() == 2);  // the error and the result
}

TEST_CASE("A counter the eIM does not know is found by raising", "[eim]") {
  EimWorld world;
  PaperCard card(world.pki, kEid, *world.rng);
  world.know(card);
  card.counter = 3000;
  const std::string order = world.psmo(kEid, kEnable);
  int tries = 0;
  while (world.request(order).status != "done" && tries < 10) {
    (void)world.ask(card.provide(card.load(world.poll(card))));
    ++tries;
  }
  REQUIRE(tries == 4);  // 1, then above 16, 256 and 4096
  REQUIRE(world.request(order).outcome == R"([{"enableResult":"ok"}])");
  REQUIRE(card.executed == 1);
}

TEST_CASE("A token the eIM does not know is taken from the card's unsigned error, once", "[eim]") {
  EimWorld world;
  PaperCard card(world.pki, kEid, *world.rng);
  world.know(card);
  SECTION("another token") { card.token = 9; }
  SECTION("none at all") { card.token = 0; }
  const std::string order = world.psmo(kEid, kEnable);
  REQUIRE(to_hex(world.ask(card.provide(card.load(world.poll(card))))) == "BF50023000");
  REQUIRE(world.store.device(kEid)->token == card.token);
  (void)world.ask(card.provide(card.load(world.poll(card))));
  REQUIRE(world.request(order).outcome == R"([{"enableResult":"ok"}])");
  REQUIRE(world.request(order).verified == "yes");
}

TEST_CASE("A card that refuses the signature under its own token is no card of this eIM's key", "[eim]") {
  EimWorld world;
  const auto other = perso::make_pki({.not_before = 1700000000}, *world.rng);
  PaperCard card(other, kEid, *world.rng);
  world.know(card);
  const std::string order = world.psmo(kEid, kEnable);
  (void)world.ask(card.provide(card.load(world.poll(card))));
  REQUIRE(world.request(order).outcome == R"([{"euiccPackageErrorUnsigned":"signatureRejected"}])");
}

TEST_CASE("Signed errors end an order with their name", "[eim]") {
  EimWorld world;
  PaperCard card(world.pki, kOtherEid, *world.rng);
  PaperCard named(world.pki, kEid, *world.rng);
  // A package for one card reaches another that believes the EID it says in the answer is its own.
  world.know(named);
  const std::string order = world.psmo(kEid, kEnable);
  const Bytes package = world.poll(named);
  const Bytes refused = card.load(package);
  (void)world.ask(asn1::tlv(0xBF50, refused));
  REQUIRE(world.request(order).outcome == R"([{"procedureError":"euiccSignatureInvalid"}])");
  REQUIRE(world.request(order).verified == "no");
  // The right card's own result still counts afterwards.
  (void)world.ask(named.provide(named.load(package)));
  REQUIRE(world.request(order).outcome == R"([{"enableResult":"ok"}])");
  REQUIRE(world.request(order).verified == "yes");
}

TEST_CASE("A result with an old sequence number is discarded but acknowledged", "[eim]") {
  EimWorld world;
  PaperCard card(world.pki, kEid, *world.rng);
  world.know(card);
  card.sequence = 41;
  (void)world.psmo(kEid, kList);
  (void)world.ask(card.provide(card.load(world.poll(card))));
  REQUIRE(world.store.device(kEid)->last_sequence == 42);
  card.sequence = 10;
  const std::string second = world.psmo(kEid, kEnable);
  REQUIRE(to_hex(world.ask(card.provide(card.load(world.poll(card))))) == "BF5006BF530380010B");
  REQUIRE(world.request(second).status == "work");
}

TEST_CASE("Results are matched by transaction id when the IPA leaves the EID out", "[eim]") {
  EimWorld world;
  PaperCard card(world.pki, kEid, *world.rng);
  world.know(card);
  const std::string order = world.psmo(kEid, kEnable);
  REQUIRE(to_hex(world.ask(card.provide(card.load(world.poll(card)), false))) == "BF5006BF5303800101");
  REQUIRE(world.request(order).status == "done");
  // A known id with another device's EID is refused.
  PaperCard other(world.pki, kOtherEid, *world.rng);
  world.know(other);
  REQUIRE(to_hex(world.ask(other.provide(card.last_result))) == "BF5003020103");
}

TEST_CASE("A result with its notifications is acknowledged number by number, and notifications go on to their SM-DP+ once", "[eim]") {
  EimWorld world;
  PaperCard card(world.pki, kEid, *world.rng);
  world.know(card);
  (void)world.psmo(kEid, kEnable);
  const Bytes result = card.load(world.poll(card));
  const Bytes first = card.notification(1, "98001032547698103254"_hex);
  Bytes forged = card.notification(2, "98001032547698103254"_hex);
  forged[20] ^= 1;
  const Bytes message = card.provide(asn1::tlv(0x30, concat({result, asn1::tlv(0xA0, concat({first, forged}))})));
  REQUIRE(to_hex(world.ask(message)) == "BF500CBF5309800101800102800103");
  REQUIRE(to_hex(world.ask(message)) == "BF500CBF5309800101800102800103");
  world.dp.reachable = false;
  REQUIRE(world.indirect->forward_due() == 0);
  world.dp.reachable = true;
  REQUIRE(world.indirect->forward_due() == 0);  // not yet time to try again
  world.now += 60;
  REQUIRE(world.indirect->forward_due() == 1);
  REQUIRE(world.dp.heard.front() == std::pair(std::string("smdp.example.com"), first));
  REQUIRE(world.indirect->forward_due() == 0);
}

TEST_CASE("The report of a direct download is stored and acknowledged, and what should follow is ordered", "[eim]") {
  EimWorld world;
  PaperCard card(world.pki, kEid, *world.rng);
  world.know(card);
  const std::string order = world.order(Facility::download, kEid, R"({"download":{"activationCode":"1$smdp.example.com$ID","enable":true,"rollback":true}})");
  const Bytes trigger = world.poll(card);
  REQUIRE(asn1::codec::check("ProfileDownloadTriggerRequest", trigger));
  const auto tid = asn1::find_child(asn1::read_only(trigger, 0xBF54)->value, 0x82);
  const Bytes pir = card.installation("AABB"_hex, "98001032547698103254"_hex);
  const Bytes report = asn1::tlv(0xBF54, concat({tid->raw, pir}));
  REQUIRE(to_hex(world.ask(card.provide(report))) == "BF5006BF5303800101");
  REQUIRE(world.request(order).outcome == R"([{"profileInstallationResult":{"finalResult":"successResult","iccid":"98001032547698103254"}}])");
  REQUIRE(world.request(order).verified == "yes");
  REQUIRE(world.dp.heard.empty());
  REQUIRE(world.indirect->forward_due() == 0);  // the IPA tells the SM-DP+ itself
  const Bytes enable = world.poll(card);
  REQUIRE(to_hex(enable).find("A30E5A0A980010325476981032540500") != std::string::npos);
  REQUIRE(to_hex(world.ask(card.provide(report))) == "BF5006BF5303800101");
  REQUIRE(world.store.requests(Facility::psmo).size() == 1);
}

TEST_CASE("A failed download tells why", "[eim]") {
  EimWorld world;
  PaperCard card(world.pki, kEid, *world.rng);
  world.know(card);
  const std::string order = world.order(Facility::download, kEid, R"({"download":{"activationCode":"1$smdp.example.com$ID"}})");
  const Bytes asked = world.poll(card);
  const auto tid = asn1::find_child(asn1::read_only(asked, 0xBF54)->value, 0x82);
  SECTION("before a package came") {
    REQUIRE(to_hex(world.ask(card.provide(asn1::tlv(0xBF54, concat({tid->raw, "300680017F040105"_hex}))))) == "BF50023000");
    REQUIRE(world.request(order).outcome == R"([{"profileDownloadError":{"profileDownloadErrorReason":"undefinedError","errorResponse":"05"}}])");
  }
  SECTION("by the card") {
    (void)world.ask(card.provide(asn1::tlv(0xBF54, concat({tid->raw, card.installation("AABB"_hex, "98001032547698103254"_hex, false)}))));
    REQUIRE(world.request(order).outcome ==
            R"([{"profileInstallationResult":{"finalResult":"errorResult","iccid":"98001032547698103254","bppCommandId":2,"errorReason":9}}])");
  }
  SECTION("by an IPA that cannot read the trigger") {
    (void)world.ask(card.provide(asn1::tlv(0xA0, concat({asn1::tlv(0x80, tid->value), "020101"_hex}))));
    REQUIRE(world.request(order).outcome == R"([{"eimPackageResultError":"invalidPackageFormat"}])");
  }
}

TEST_CASE("A new device is asked for its data once, and its certificates count when they lead to the CI and name its EID", "[eim]") {
  EimWorld world(":memory:", true);
  PaperCard card(world.pki, kEid, *world.rng);
  const Bytes asked = world.poll(card);
  REQUIRE(asn1::codec::check("IpaEuiccDataRequest", asked));
  bool believed = true;
  SECTION("the card's own") {}
  SECTION("another card's") {
    PaperCard other(world.pki, kOtherEid, *world.rng);
    card.euicc_certificate = other.euicc_certificate;
    believed = false;
  }
  SECTION("another CI's") {
    const auto pki = perso::make_pki({.not_before = 1700000000}, *world.rng);
    PaperCard other(pki, kEid, *world.rng);
    card.euicc_certificate = other.euicc_certificate;
    card.eum_certificate = other.eum_certificate;
    believed = false;
  }
  REQUIRE(to_hex(world.ask(card.provide(card.data(asked)))) == "BF50023000");
  REQUIRE(world.store.device(kEid)->euicc_certificate.empty() != believed);
  REQUIRE(world.poll(card).empty());
  const std::string order = world.psmo(kEid, kList);
  (void)world.ask(card.provide(card.load(world.poll(card))));
  REQUIRE(world.request(order).verified == (believed ? "yes" : "unknown"));
}

TEST_CASE("Polls that no answer fits get their error code", "[eim]") {
  EimWorld world;
  REQUIRE(to_hex(world.ask("BF4F00"_hex)) == "BF4F03020104");
  REQUIRE(to_hex(world.ask("BF4F045A020102"_hex)) == "BF4F03020103");
  world.options.open = false;
  world.start();
  PaperCard card(world.pki, kEid, *world.rng);
  REQUIRE(to_hex(world.ask(card.poll())) == "BF4F03020102");
  REQUIRE_FALSE(world.store.device(kEid));
  (void)world.psmo(kEid, kList);  // an order announces the device
  REQUIRE_FALSE(world.poll(card).empty());
}

TEST_CASE("Results that belong to nothing are refused by code", "[eim]") {
  EimWorld world;
  PaperCard card(world.pki, kEid, *world.rng);
  REQUIRE(to_hex(world.ask("BF5000"_hex)) == "BF500302017F");
  REQUIRE(to_hex(world.ask("BF50055A03010203"_hex)) == "BF5003020103");
  REQUIRE(to_hex(world.ask("BF500BBF5108A206800131820142"_hex)) == "BF5003020104");
  REQUIRE(to_hex(world.ask(card.provide("BF5108A206800131820142"_hex))) == "BF5003020102");
  REQUIRE(to_hex(world.ask(card.provide("BF5103020101"_hex))) == "BF500302017F");
  world.know(card);
  REQUIRE(to_hex(world.ask(card.provide("BF5108A206800131820142"_hex))) == "BF50023000");
}

TEST_CASE("The doubled tag that some compilers write is taken off", "[eim]") {
  EimWorld world;
  PaperCard card(world.pki, kEid, *world.rng);
  world.know(card);
  REQUIRE(to_hex(world.ask(asn1::tlv(0xBF4F, card.poll()))) == "BF4F03020101");
}

TEST_CASE("Results without an answer: HandleNotification and the answer to a transfer", "[eim]") {
  EimWorld world;
  PaperCard card(world.pki, kEid, *world.rng);
  world.know(card);
  const std::string order = world.psmo(kEid, kEnable);
  const Bytes result = card.load(world.poll(card));
  SECTION("inside BF3D") { REQUIRE_FALSE(world.service->handle_asn1(asn1::tlv(0xBF3D, card.provide(result)))); }
  SECTION("inside BF4E") { REQUIRE_FALSE(world.service->handle_asn1(asn1::tlv(0xBF4E, result))); }
  REQUIRE(world.request(order).status == "done");
  REQUIRE_FALSE(world.service->handle_asn1(asn1::tlv(0xBF3D, asn1::tlv(0xA0, card.notification(1, "98001032547698103254"_hex)))));
  REQUIRE(world.store.notifications(kEid).front().verified);
}

TEST_CASE("A rollback told after the result is added to the outcome", "[eim]") {
  EimWorld world;
  PaperCard card(world.pki, kEid, *world.rng);
  world.know(card);
  const std::string order = world.psmo(kEid, kEnable);
  const Bytes package = world.poll(card);
  const Bytes tid = asn1::tlv(0x82, world.request(order).transaction);
  (void)world.ask(card.provide(card.load(package)));
  (void)world.ask(card.provide(card.signed_result(asn1::tlv(0x80, text_view("eim1.example.com")), "810101"_hex, tid, "8C0100"_hex)));
  REQUIRE(world.request(order).outcome == R"([{"enableResult":"ok"},{"rollbackResult":"ok"}])");
}

TEST_CASE("Whoever takes a package again and again without a word gets no further ones of it", "[eim]") {
  EimWorld world;
  PaperCard card(world.pki, kEid, *world.rng);
  world.know(card);
  const std::string order = world.psmo(kEid, kEnable);
  for (int i = 0; i < world.options.most_sends; ++i) REQUIRE_FALSE(world.poll(card).empty());
  REQUIRE(world.poll(card).empty());
  REQUIRE(world.request(order).outcome == R"([{"procedureError":"stuckOrder"}])");
}

TEST_CASE("A rule gives the profile once for each country", "[eim]") {
  EimWorld world;
  world.options.rules = eim::read_rules("rules:\n  - name: germany\n    group: trackers\n    country: 262\n    activation-code: 1$smdp.example.com$DE\n"
                                        "  - name: us\n    country: [310, 311]\n    iccid: 98001032547698103254\n");
  world.start();
  PaperCard card(world.pki, kEid, *world.rng);
  world.know(card);
  const auto poll_from = [&](ByteView plmn) { return world.ask(asn1::tlv(0xBF4F, concat({asn1::tlv(0x5A, card.eid_octets()), asn1::tlv(0x82, plmn)}))); };
  REQUIRE(to_hex(poll_from("62F210"_hex)) == "BF4F03020101");  // not in the group
  (void)world.order(Facility::euicc, kEid, R"({"euicc":[{"group":"trackers"}]})");
  world.now += 1000;
  REQUIRE(to_hex(poll_from("62F220"_hex)).starts_with("BF4F2"));
  REQUIRE(world.store.requests(Facility::download).size() == 1);
  (void)poll_from("62F210"_hex);
  REQUIRE(world.store.requests(Facility::download).size() == 1);
  (void)poll_from("130014"_hex);
  REQUIRE(world.store.requests(Facility::psmo).size() == 1);
  REQUIRE_THROWS_AS(eim::read_rules("rules: [{name: x, iccid: 1}]"), eim::PolicyError);
  REQUIRE_THROWS_AS(eim::read_rules("rules: [{name: x}]"), eim::PolicyError);
  REQUIRE_THROWS_AS(eim::read_rules("rules: [{name: x, iccid: 98001032547698103254, colour: red}]"), eim::PolicyError);
  REQUIRE_THROWS_AS(eim::read_rules("["), eim::PolicyError);
}
