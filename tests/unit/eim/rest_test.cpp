// Orders by REST in the shapes that client scripts know.
#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>

#include "tests/support/paths.h"
#include "tests/unit/eim/eim_world.h"

using namespace simurgh;
using eim::Json;
using test::EimWorld;
using test::kEid;
using test::kOtherEid;
using test::PaperCard;

namespace {

struct Client {
  explicit Client(EimWorld& world) : rest(*world.manager, {.version = "test", .esipa_host = "127.0.0.1", .esipa_port = 1, .configuration = {0x30, 0x00}}, world.service.get()) {}
  https::Reply send(const std::string& method, const std::string& target, const std::string& body = {}, const std::string& origin = {}) {
    https::Request request;
    request.method = method;
    request.target = target;
    request.body = body;
    request.host = host;
    request.origin = origin;
    request.accept = accept;
    return rest.handle(request);
  }
  Json get(const std::string& target) {
    const auto reply = send("GET", target);
    REQUIRE(reply.status == 200);
    return Json::parse(reply.body);
  }
  eim::Rest rest;
  std::string host = "127.0.0.1:9080", accept;
};

std::string resource(const char* order) { return std::string(R"({"eidValue":")") + kEid + R"(","order":)" + order + "}"; }

}  // namespace

TEST_CASE("An order is made, looked up, listed, carried out and deleted", "[eim]") {
  EimWorld world;
  Client client(world);
  PaperCard card(world.pki, kEid, *world.rng);
  world.know(card);
  const auto created = client.send("POST", "/psmo/create", resource(R"({"psmo":[{"enable":{"iccid":"98001032547698103254","rollback":false}}]})"));
  REQUIRE(created.status == 303);
  const std::string location = created.fields.front().second;
  REQUIRE(location.starts_with("/psmo/lookup/"));
  Json seen = client.get(location);
  REQUIRE(seen["status"] == "new");
  REQUIRE(seen["resource"]["eidValue"] == kEid);
  REQUIRE(seen["resource"]["order"]["psmo"][0]["enable"]["iccid"] == "98001032547698103254");
  REQUIRE(seen["outcome"] == Json::array());
  const std::string id = location.substr(std::string("/psmo/lookup/").size());
  REQUIRE(client.get("/psmo/list")["resourceIdList"] == Json::array({id}));
  REQUIRE(client.get("/psmo/list/")["resourceIdList"] == Json::array({id}));
  REQUIRE(client.get("/eco/list")["resourceIdList"] == Json::array());
  const Bytes package = world.poll(card);
  REQUIRE(client.get(location)["status"] == "work");
  REQUIRE(client.send("POST", "/psmo/cancel/" + id).status == 409);
  (void)world.ask(card.provide(card.load(package)));
  seen = client.get(location);
  REQUIRE(seen["status"] == "done");
  REQUIRE(seen["outcome"] == Json::parse(R"([{"enableResult":"ok"}])"));
  REQUIRE(client.get("/eco/lookup/" + id)["status"] == "absent");
  REQUIRE(client.get("/psmo/delete/" + id)["status"] == "deleted");
  REQUIRE(client.get("/psmo/delete/" + id)["status"] == "absent");
  REQUIRE(client.get(location)["status"] == "absent");
}

TEST_CASE("An order no device has is called back and never sent", "[eim]") {
  EimWorld world;
  Client client(world);
  PaperCard card(world.pki, kEid, *world.rng);
  world.know(card);
  const auto created = client.send("POST", "/download/create", resource(R"({"download":{"activationCode":"1$dp$ID"}})"));
  const std::string id = Json::parse(created.body)["resourceId"];
  REQUIRE(Json::parse(client.send("POST", "/download/cancel/" + id).body)["status"] == "cancelled");
  REQUIRE(world.poll(card).empty());
}

TEST_CASE("What the eIM knows of a device is set at once", "[eim]") {
  EimWorld world;
  Client client(world);
  const auto created = client.send(
      "POST", "/euicc/create",
      resource(R"({"euicc":[{"counterValue":1000},{"consumerEuicc":false},{"associationToken":3},{"group":"g"},{"signAlgo":"prime256v1"}]})"));
  const Json seen = client.get(created.fields.front().second);
  REQUIRE(seen["status"] == "done");
  REQUIRE(seen["outcome"] == Json::parse(R"([{"euiccUpdateResult":"ok"}])"));  // one for all, as the open eIM has it
  REQUIRE(world.store.device(kEid)->counter == 1000);
  REQUIRE(world.store.device(kEid)->token == 3);
  REQUIRE(client.get(std::string("/devices/") + kEid)["group"] == "g");
}

TEST_CASE("Many devices get an order at once, or none of them", "[eim]") {
  EimWorld world;
  Client client(world);
  for (const char* eid : {kEid, kOtherEid}) (void)world.order(eim::Facility::euicc, eid, R"({"euicc":[{"group":"fleet"}]})");
  const char* order = R"("order":{"psmo":[{"listProfileInfo":{}}]}})";
  REQUIRE(Json::parse(client.send("POST", "/psmo/create", std::string(R"({"group":"fleet",)") + order).body)["resourceIdList"].size() == 2);
  REQUIRE(client.send("POST", "/psmo/create", std::string(R"({"group":"none",)") + order).status == 404);
  REQUIRE(client.send("POST", "/psmo/create", std::string(R"({"eidValue":[")") + kEid + R"(","12"],)" + order).status == 400);
  REQUIRE(world.store.requests(eim::Facility::psmo).size() == 2);
}

TEST_CASE("Bad requests are told what is wrong and change nothing", "[eim]") {
  EimWorld world;
  Client client(world);
  for (const std::string& body : {std::string(), std::string("{"), std::string("[]"), std::string("{}"), std::string(100000, '['), resource("{}"), resource("[]"), resource("7"),
                                  resource(R"({"psmo":[{"enable":{"iccid":"1"}}]})"), std::string(R"({"eidValue":"1","order":{"psmo":[{"getRAT":{}}]}})"),
                                  std::string(R"({"eidValue":7,"order":{"psmo":[{"getRAT":{}}]}})")}) {
    const auto reply = client.send("POST", "/psmo/create", body);
    REQUIRE(reply.status == 400);
    REQUIRE_FALSE(Json::parse(reply.body)["error"].get<std::string>().empty());
  }
  REQUIRE(client.send("GET", "/psmo/create").status == 405);
  REQUIRE(client.send("GET", "/psmo").status == 404);
  REQUIRE(client.send("GET", "/psmo/launch/1").status == 404);
  REQUIRE(client.send("GET", "/colour/list").status == 404);
  REQUIRE(client.send("GET", "/devices/1").status == 404);
  REQUIRE(client.send("PUT", "/psmo/list").status == 405);
  REQUIRE(world.store.requests(std::nullopt).empty());
  REQUIRE(world.store.devices().empty());
}

TEST_CASE("Pages of other sites give no orders", "[eim]") {
  EimWorld world;
  Client client(world);
  const std::string body = resource(R"({"psmo":[{"getRAT":{}}]})");
  REQUIRE(client.send("POST", "/psmo/create", body, "http://evil.example.com").status == 403);
  REQUIRE(client.send("POST", "/psmo/create", body, "http://127.0.0.1:9080").status == 303);
  client.host = "rebound.example.com:9080";
  REQUIRE(client.send("POST", "/psmo/create", body).status == 403);
}

TEST_CASE("The page is for browsers, the facts are for scripts, and both descriptions can be read", "[eim]") {
  EimWorld world;
  Client client(world);
  (void)world.psmo(kEid, R"({"psmo":[{"getRAT":{}}]})");
  const Json info = client.get("/");
  REQUIRE(info["eimId"] == "eim1.example.com");
  REQUIRE(info["addInitialEimRequest"] == "BF5704A0023000");
  client.accept = "text/html,*/*";
  const auto page = client.send("GET", "/");
  REQUIRE(page.content_type.starts_with("text/html"));
  REQUIRE(page.body.find("https://") == std::string::npos);  // nothing from anywhere else
  const Json state = client.get("/state");
  REQUIRE(state["tally"]["new"] == 1);
  REQUIRE(state["deviceCount"] == 1);
  REQUIRE(state["devices"][0]["eidValue"] == kEid);
  REQUIRE(state["pending"].size() == 1);
  REQUIRE(state["pending"][0]["status"] == "new");
  REQUIRE(client.get("/openapi.json")["paths"].contains("/{facility}/create"));
}

TEST_CASE("Messages for a device that does not poll go out and come back by whoever carries them", "[eim]") {
  EimWorld world;
  Client client(world);
  PaperCard card(world.pki, kEid, *world.rng);
  world.know(card);
  const std::string path = std::string("/transfer/") + kEid;
  REQUIRE(client.send("POST", path).status == 204);
  const std::string order = world.psmo(kEid, R"({"psmo":[{"delete":{"iccid":"98001032547698103254"}}]})");
  const auto sent = client.send("POST", path);
  REQUIRE(sent.status == 200);
  REQUIRE(sent.content_type == "application/x-gsma-rsp-asn1");
  const Bytes message = to_bytes(text_view(sent.body));
  REQUIRE(asn1::codec::check("EsipaMessageFromEimToIpa", message));
  REQUIRE(world.request(order).status == "work");
  const Bytes package = to_bytes(asn1::read_only(message, 0xBF4E)->value);
  const Bytes result = asn1::tlv(0xBF4E, card.load(package));
  REQUIRE(client.send("POST", std::string("/transfer/") + kOtherEid, to_text(result)).status == 400);
  REQUIRE(world.request(order).status == "work");
  const auto acknowledged = client.send("POST", path, to_text(result));
  REQUIRE(acknowledged.status == 200);
  REQUIRE(to_hex(text_view(acknowledged.body)) == "BF4E06BF5303800101");
  REQUIRE(world.request(order).status == "done");
  REQUIRE(world.request(order).verified == "yes");
  // The same answer again is acknowledged again; "received", and errors without a number, are not.
  REQUIRE(client.send("POST", path, to_text(result)).body == acknowledged.body);
  REQUIRE(client.send("POST", path, std::string("\xBF\x4E\x02\x05\x00", 5)).status == 204);
  const std::string second = world.psmo(kEid, R"({"psmo":[{"getRAT":{}}]})");
  REQUIRE(client.send("POST", path).status == 200);
  REQUIRE(client.send("POST", path, std::string("\xBF\x4E\x03\x02\x01\x01", 6)).status == 204);
  REQUIRE(world.request(second).outcome.find("invalidPackageFormat") != std::string::npos);
  for (const std::string& nonsense : {std::string("x"), std::string("\xBF\x4E\x00", 3), std::string("\xBF\x50\x02\x30\x00", 5)}) {
    REQUIRE(client.send("POST", path, nonsense).status == 400);
  }
  REQUIRE(client.send("POST", "/transfer/12").status == 400);
  REQUIRE(client.send("GET", path).status == 405);
  REQUIRE(client.send("POST", path, {}, "http://evil.example.com").status == 403);
}

TEST_CASE("The description of the interface is in the documentation as it is served", "[eim]") {
  std::ifstream file(test::source_dir() + "/docs/eim-openapi.json");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const Json kept = Json::parse(text, nullptr, false);
  INFO("docs/eim-openapi.json is what GET /openapi.json gives, indented by two; write it anew");
  REQUIRE(kept == Json::parse(eim::openapi_json()));
  REQUIRE(text == kept.dump(2) + "\n");
  // Every path answers.
  EimWorld world;
  Client client(world);
  for (const auto& [path, methods] : kept["paths"].items()) {
    const bool get = methods.contains("get");
    std::string target = path;
    const auto put = [&](const std::string& name, const std::string& value) {
      if (const auto at = target.find(name); at != std::string::npos) target.replace(at, name.size(), value);
    };
    put("{facility}", "psmo");
    put("{resourceId}", "none");
    put("{eid}", kEid);
    const auto answer = client.send(get ? "GET" : "POST", target);
    INFO(target);
    if (path == "/devices/{eid}") {
      REQUIRE(answer.status == 404);
      REQUIRE(answer.body.find("no such device") != std::string::npos);
    } else if (path == "/{facility}/create") {
      REQUIRE(answer.status == 400);
    } else {
      REQUIRE(answer.status < 300);
    }
  }
}
