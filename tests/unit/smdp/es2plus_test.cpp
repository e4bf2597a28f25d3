#include "tools/smdp/es2plus.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace simurgh;
using Json = nlohmann::json;

namespace {

struct Operator {
  smdp::OrderStore store{":memory:"};
  std::unique_ptr<crypto::Rng> rng = crypto::seeded_rng(5);
  smdp::Es2Plus es2{store, *rng};

  Operator() {
    smdp::Order stock;
    stock.iccid = "8988211000000000011";
    stock.profile_type = "basic";
    stock.state = "available";
    store.add(stock);
  }
  Json call(const std::string& function, const Json& body) { return Json::parse(es2.handle(function, body.dump())); }
  static bool good(const Json& answer) { return answer["header"]["functionExecutionStatus"]["status"] == "Executed-Success"; }
  static std::string code(const Json& answer) {
    const auto& data = answer["header"]["functionExecutionStatus"]["statusCodeData"];
    return data["subjectCode"].get<std::string>() + "/" + data["reasonCode"].get<std::string>();
  }
};

}  // namespace

TEST_CASE("An operator orders, confirms and releases a profile of a type, and gets a matching id", "[smdp]") {
  Operator o;
  const Json ordered = o.call("downloadOrder", {{"profileType", "basic"}});
  REQUIRE(Operator::good(ordered));
  REQUIRE(ordered["iccid"] == "8988211000000000011");
  REQUIRE(Operator::code(o.call("downloadOrder", {{"profileType", "basic"}})) == "8.2.5/3.9");
  REQUIRE(Operator::code(o.call("downloadOrder", {{"iccid", "8988211000000000011"}})) == "8.2.1/3.3");
  const Json confirmed = o.call("confirmOrder", {{"iccid", "8988211000000000011"}, {"releaseFlag", false}, {"confirmationCode", "77"}});
  REQUIRE(Operator::good(confirmed));
  const std::string id = confirmed["matchingId"];
  REQUIRE(o.store.by_matching_id(id)->state == "confirmed");
  REQUIRE(o.store.by_matching_id(id)->confirmation_hash.size() == 32);
  REQUIRE(Operator::good(o.call("releaseProfile", {{"iccid", "8988211000000000011"}})));
  REQUIRE(o.store.by_matching_id(id)->state == "released");
  REQUIRE(Operator::code(o.call("releaseProfile", {{"iccid", "8988211000000000011"}})) == "8.2.1/3.3");
}

TEST_CASE("A cancelled order goes back to stock or away", "[smdp]") {
  Operator o;
  o.call("downloadOrder", {{"iccid", "8988211000000000011F"}});
  REQUIRE(Operator::good(o.call("cancelOrder", {{"iccid", "8988211000000000011"}, {"finalProfileStatusIndicator", "Available"}})));
  REQUIRE(o.store.by_iccid("8988211000000000011")->state == "available");
  REQUIRE(Operator::good(o.call("cancelOrder", {{"iccid", "8988211000000000011"}, {"finalProfileStatusIndicator", "Unavailable"}})));
  REQUIRE_FALSE(o.store.by_iccid("8988211000000000011"));
}

TEST_CASE("Requests that cannot be meant are refused and change nothing", "[smdp]") {
  Operator o;
  REQUIRE(Operator::code(Json::parse(o.es2.handle("downloadOrder", "[1"))) == "8.1/2.1");
  REQUIRE(Operator::code(o.call("confirmOrder", {{"iccid", "123"}})) == "8.2.1/3.9");
  REQUIRE(Operator::code(o.call("confirmOrder", {{"iccid", "8988211000000000011"}, {"releaseFlag", true}})) == "8.2.1/3.3");
  REQUIRE(Operator::code(o.call("nonsense", {{"iccid", "8988211000000000011"}})) == "8.1/2.1");
  REQUIRE(o.store.by_iccid("8988211000000000011")->state == "available");
}
