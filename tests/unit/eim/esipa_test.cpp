// The two bindings as HTTP sees them; the assistant's own encoder and decoder on the other side.
#include <catch2/catch.hpp>

#include "ipae/esipa/json.h"
#include "tests/unit/eim/eim_world.h"
#include "tools/eim/esipa_json.h"

using namespace simurgh;
using namespace simurgh::literals;
using eim::Facility;
using ipae::esipa::Function;
using test::EimWorld;
using test::kEid;
using test::PaperCard;

namespace {

constexpr const char* kAsn1 = "application/x-gsma-rsp-asn1";
constexpr const char* kJsonType = "application/json;charset=UTF-8";

https::Reply post(EimWorld& world, const std::string& target, const std::string& type, const std::string& body) {
  https::Request request;
  request.target = target;
  request.content_type = type;
  request.body = body;
  return world.service->handle(request);
}

// As an IPA with the JSON binding: DER in, DER out.
Bytes ask_json(EimWorld& world, Function function, ByteView message) {
  const auto request = ipae::esipa::json_request(function, message);
  REQUIRE(request);
  const auto reply = post(world, "/gsma/rsp2/esipa/" + std::string(ipae::esipa::function_name(function)), kJsonType, *request);
  REQUIRE(reply.status == 200);
  const auto answer = ipae::esipa::json_answer(function, text_view(reply.body));
  REQUIRE(answer);
  return *answer;
}

}  // namespace

TEST_CASE("Paths, methods, types and bodies that are not ESipa's get an answer that HTTP knows", "[eim]") {
  EimWorld world;
  REQUIRE(post(world, "/", kAsn1, "").status == 404);
  REQUIRE(post(world, "/gsma/rsp2/asn1", "application/json", "").status == 415);
  REQUIRE(post(world, "/gsma/rsp2/asn1", kAsn1, "abc").status == 400);
  REQUIRE(post(world, "/gsma/rsp2/asn1", kAsn1, to_text("BF5100"_hex)).status == 400);
  REQUIRE(post(world, "/gsma/rsp2/esipa/launch", kJsonType, "{}").status == 404);
  REQUIRE(post(world, "/gsma/rsp2/esipa/getEimPackage", "text/plain", "{}").status == 415);
  https::Request get;
  get.method = "GET";
  get.target = "/gsma/rsp2/asn1";
  REQUIRE(world.service->handle(get).status == 405);
}

TEST_CASE("ASN.1 over HTTP: a poll is answered with a body, a notification with none, and the protocol version comes back", "[eim]") {
  EimWorld world;
  PaperCard card(world.pki, kEid, *world.rng);
  https::Request request;
  request.target = "/gsma/rsp2/asn1";
  request.content_type = kAsn1;
  request.admin_protocol = "gsma/rsp/v1.3.0";
  request.body = to_text(card.poll());
  auto reply = world.service->handle(request);
  REQUIRE(reply.status == 200);
  REQUIRE(reply.content_type == kAsn1);
  REQUIRE(reply.fields == std::vector{std::pair(std::string("X-Admin-Protocol"), std::string("gsma/rsp/v1.3.0"))});
  REQUIRE(to_hex(text_view(reply.body)) == "BF4F03020101");
  request.body = to_text(asn1::tlv(0xBF3D, asn1::tlv(0xA0, card.notification(1, "98001032547698103254"_hex))));
  reply = world.service->handle(request);
  REQUIRE(reply.status == 204);
  REQUIRE(reply.content_type.empty());
  REQUIRE(reply.body.empty());
}

TEST_CASE("JSON carries the same packages, results and acknowledgements", "[eim]") {
  EimWorld world;
  PaperCard card(world.pki, kEid, *world.rng);
  world.know(card);
  REQUIRE(to_hex(ask_json(world, Function::get_eim_package, card.poll())) == "BF4F03020101");
  const std::string order = world.psmo(kEid, R"({"psmo":[{"listProfileInfo":{}}]})");
  const Bytes package = ask_json(world, Function::get_eim_package, card.poll());
  const Bytes result = card.load(asn1::read_only(package, 0xBF4F)->value);
  REQUIRE(to_hex(ask_json(world, Function::provide_eim_package_result, card.provide(result))) == "BF5006BF5303800101");
  REQUIRE(world.request(order).verified == "yes");
  const auto notification = asn1::tlv(0xBF3D, asn1::tlv(0xA0, card.notification(1, "98001032547698103254"_hex)));
  REQUIRE(post(world, "/gsma/rsp2/esipa/handleNotification", kJsonType, *ipae::esipa::json_request(Function::handle_notification, notification)).status == 204);
}

TEST_CASE("JSON that cannot be read fails with a status code, whatever is wrong with it", "[eim]") {
  EimWorld world;
  const std::string deep(10000, '[');
  for (const char* function : {"initiateAuthentication", "authenticateClient", "getBoundProfilePackage", "cancelSession", "handleNotification", "provideEimPackageResult"}) {
    for (const std::string& body : {std::string(), std::string("["), std::string("[]"), deep, std::string(R"({"transactionId":7})"), std::string(R"({"eimPackageResult":"?"})")}) {
      const auto reply = post(world, std::string("/gsma/rsp2/esipa/") + function, kJsonType, body);
      REQUIRE(reply.status == 200);
      REQUIRE(eim::Json::parse(reply.body)["header"]["functionExecutionStatus"]["status"] == "Failed");
    }
  }
  const auto reply = post(world, "/gsma/rsp2/esipa/getEimPackage", kJsonType, "{}");
  REQUIRE(eim::Json::parse(reply.body)["eimPackageError"] == 4);
}

TEST_CASE("Functions of indirect download answer with the codes of their own choice", "[eim]") {
  EimWorld world;
  PaperCard card(world.pki, kEid, *world.rng);
  world.know(card);
  const std::string challenge = "8110000102030405060708090A0B0C0D0E0F";
  const auto initiate = [&](const std::string& more) { return to_hex(world.ask(asn1::tlv(0xBF39, from_hex(challenge + more).value()))); };
  const std::string address = "8310736D64702E6578616D706C652E636F6D";  // smdp.example.com
  const std::string info = to_hex(card.info1);
  REQUIRE(initiate(address + info + "820142") == "BF3903810134");         // no such transaction
  REQUIRE(initiate(address + info) == "BF3903810101");                    // no order names this server
  REQUIRE(to_hex(world.ask("BF3900"_hex)) == "BF390381017F");
  (void)world.order(Facility::download, kEid, R"({"download":{"activationCode":"1$smdp.example.com$ID"}})");
  const Bytes trigger = world.poll(card);
  const std::string tid = to_hex(asn1::find_child(asn1::read_only(trigger, 0xBF54)->value, 0x82)->raw);
  REQUIRE(initiate(to_hex(asn1::tlv(0x83, text_view("other.example.com"))) + info + tid) == "BF3903810132");
  REQUIRE(initiate(address + info + tid) == "BF390381017F");  // the SM-DP+ does not answer
  REQUIRE(world.request(world.store.requests(Facility::download).front().resource).outcome.find("initiateAuthenticationError") != std::string::npos);
  REQUIRE(to_hex(world.ask("BF3B088001 42BF38020500"_hex)) == "BF3B0382010A");
  REQUIRE(to_hex(world.ask("BF3B00"_hex)) == "BF3B0382017F");
  REQUIRE(to_hex(world.ask("BF3A08800142BF21020500"_hex)) == "BF3A0381015F");
  REQUIRE(to_hex(world.ask("BF410880 0142A103810105"_hex)) == "BF4103810101");
  REQUIRE(to_hex(world.ask("BF4100"_hex)) == "BF410381017F");
}

TEST_CASE("Version 1.0 answers without results in its own shape", "[eim]") {
  EimWorld world;
  PaperCard card(world.pki, kEid, *world.rng);
  world.know(card);
  eim::EsipaService old(*world.manager, *world.indirect, eim::Version::v1_0);
  REQUIRE(to_hex(*old.handle_asn1(card.provide("BF5108A206800131820142"_hex))) == "BF5000");
  REQUIRE(to_hex(*old.handle_asn1("BF5000"_hex)) == "BF5000");
  REQUIRE(to_hex(*old.handle_asn1(card.provide("BF51026000"_hex, false))) == "BF5000");
  REQUIRE(to_hex(*old.handle_asn1("BF4F00"_hex)) == "BF4F0302017F");
}

TEST_CASE("A result that names no device is of the one that polled over the same connection", "[eim]") {
  EimWorld world(":memory:", true);
  eim::EsipaService old(*world.manager, *world.indirect, eim::Version::v1_0);
  PaperCard card(world.pki, kEid, *world.rng), other(world.pki, test::kOtherEid, *world.rng);
  std::string polled, elsewhere;
  const auto package = [&](const PaperCard& who, std::string& connection) {
    const Bytes answer = *old.handle_asn1(who.poll(), &connection);
    return to_bytes(asn1::read_only(answer, 0xBF4F)->value);
  };
  // v1.0 has no transaction id in questions
  const auto without_id = [](Bytes data) {
    const auto choice = asn1::find_child(asn1::read_only(data, 0xBF52)->value, 0xA0).value();
    asn1::TlvReader in(choice.value);
    Bytes members;
    while (!in.at_end()) {
      const auto member = in.next().value();
      if (member.tag != 0x87) append(members, member.raw);
    }
    return asn1::tlv(0xBF52, asn1::tlv(0xA0, members));
  };
  const Bytes question = package(card, polled);
  REQUIRE(polled == kEid);
  (void)package(other, elsewhere);
  const Bytes data = without_id(card.data(question));

  SECTION("the data of a card") {
    REQUIRE(to_hex(*old.handle_asn1(card.provide(data, false))) == "BF5000");  // from nowhere
    REQUIRE(world.store.device(kEid)->euicc_certificate.empty());
    REQUIRE(to_hex(*old.handle_asn1(card.provide(data, false), &polled)) == "BF5000");
    REQUIRE_FALSE(world.store.device(kEid)->euicc_certificate.empty());
    REQUIRE(world.store.device(test::kOtherEid)->euicc_certificate.empty());
    REQUIRE_FALSE(world.store.in_work(kEid));
  }
  SECTION("over another's connection it teaches nothing of that one's card") {
    (void)old.handle_asn1(card.provide(data, false), &elsewhere);
    REQUIRE(world.store.device(test::kOtherEid)->euicc_certificate.empty());
    REQUIRE(world.store.device(kEid)->euicc_certificate.empty());
  }
  SECTION("a transaction id weighs more than the connection") {
    const Bytes with_id = card.data(question);
    (void)old.handle_asn1(card.provide(with_id, false), &elsewhere);
    REQUIRE_FALSE(world.store.device(kEid)->euicc_certificate.empty());
  }
  SECTION("an error of a package without id") {
    (void)old.handle_asn1("BF5003020101"_hex, &polled);
    REQUIRE_FALSE(world.store.in_work(kEid));
    REQUIRE(world.store.in_work(test::kOtherEid));
  }
  SECTION("the same over HTTP, with the note of its connection") {
    https::Request request{.target = "/gsma/rsp2/asn1", .content_type = "application/x-gsma-rsp-asn1", .accept = {}, .admin_protocol = {}, .host = {}, .origin = {}, .body = to_text(card.provide(data, false)), .note = &polled};
    REQUIRE(old.handle(request).status == 200);
    REQUIRE_FALSE(world.store.device(kEid)->euicc_certificate.empty());
  }
}
