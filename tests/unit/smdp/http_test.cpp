#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "asn1/tlv.h"

#include "tools/bench/desk.h"
#include "tools/smdp/activation_code.h"
#include "tools/smdp/http_service.h"

using namespace simurgh;

TEST_CASE("Paths, types and bodies that are not the server's get an answer that HTTP knows", "[smdp]") {
  bench::Desk desk;
  smdp::Es2Plus es2(desk.orders(), desk.rng());
  smdp::HttpService service(desk.server(), es2);
  const auto status = [&](const char* target, const char* type, const char* body) {
    return service.handle(smdp::Interface::es9plus, target, type, body).status;
  };
  REQUIRE(status("/", "application/json", "{}") == 404);
  REQUIRE(status("/gsma/rsp2/es9plus/unknown", "application/json", "{}") == 404);
  REQUIRE(status("/gsma/rsp2/es9plus/initiateAuthentication", "text/plain", "{}") == 415);
  REQUIRE(status("/gsma/rsp2/asn1", "application/json", "{}") == 415);
  REQUIRE(status("/gsma/rsp2/asn1", "application/x-gsma-rsp-asn1", "abc") == 400);
  REQUIRE(status("/gsma/rsp2/es2plus/downloadOrder", "application/json", "{}") == 404);  // not on this side
  for (const char* body : {"", "{", "[]", "{\"transactionId\":7}", "{\"euiccChallenge\":\"?\",\"euiccInfo1\":\"\",\"smdpAddress\":\"x\"}"}) {
    for (const char* function : {"initiateAuthentication", "authenticateClient", "getBoundProfilePackage", "cancelSession", "handleNotification"}) {
      const auto reply = service.handle(smdp::Interface::es9plus, std::string("/gsma/rsp2/es9plus/") + function, "application/json", body);
      REQUIRE(reply.status == 200);
      REQUIRE(nlohmann::json::parse(reply.body)["header"]["functionExecutionStatus"]["status"] == "Failed");
    }
  }
}

TEST_CASE("The ASN.1 binding answers InitiateAuthentication in its envelope", "[smdp]") {
  bench::Desk desk;
  smdp::Es2Plus es2(desk.orders(), desk.rng());
  smdp::HttpService service(desk.server(), es2);
  state::MemoryStore store(desk.new_card());
  card::Card card(store, desk.rng());
  card.power_on();
  bench::Lpa lpa(card);
  asn1::TlvWriter request;
  request.put(0x81, Bytes(16, 3)).put_text(0x83, "localhost").raw(lpa.es10(from_hex("BF2000").value()));
  const Bytes envelope = asn1::tlv(0xA2, asn1::tlv(0xBF39, request.view()));
  const auto reply = service.handle(smdp::Interface::es9plus, "/gsma/rsp2/asn1", "application/x-gsma-rsp-asn1", to_text(envelope));
  REQUIRE(reply.status == 200);
  REQUIRE(reply.content_type == "application/x-gsma-rsp-asn1");
  const auto outer = asn1::read_only(text_view(reply.body), 0xA2);
  REQUIRE(outer);
  REQUIRE(asn1::find_child(asn1::read_only(outer->value, 0xBF39)->value, 0xA0));
}

TEST_CASE("Base64 reads what it writes and refuses the rest", "[smdp]") {
  for (const char* hex : {"", "00", "0001", "000102", "FFFEFDFC"}) {
    const Bytes octets = from_hex(hex).value();
    REQUIRE(smdp::base64_decode(smdp::base64_encode(octets)) == octets);
  }
  REQUIRE_FALSE(smdp::base64_decode("abc"));
  REQUIRE_FALSE(smdp::base64_decode("ab?="));
}

TEST_CASE("Activation codes name the server, the matching id and whether a code is needed", "[smdp]") {
  REQUIRE(smdp::activation_code("dp.example.com", "ID", false) == "LPA:1$dp.example.com$ID");
  REQUIRE(smdp::activation_code("dp.example.com", "ID", true) == "LPA:1$dp.example.com$ID$$1");
  REQUIRE(smdp::qr_code("LPA:1$dp.example.com$ID").size() > 500);
  REQUIRE(smdp::qr_code(std::string(5000, 'x')).empty());
}
