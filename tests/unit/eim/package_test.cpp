#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "asn1/codec/codec.h"
#include "asn1/tlv.h"
#include "tests/support/paths.h"
#include "tools/eim/identifiers.h"
#include "tools/eim/order_coding.h"
#include "tools/eim/package.h"

using namespace simurgh;
using namespace simurgh::literals;
using eim::Json;

namespace {

const std::map<std::string, Bytes>& vectors() {
  static const auto kRead = [] {
    std::map<std::string, Bytes> out;
    std::ifstream in(test::source_dir() + "/vectors/eim/vectors.txt");
    std::string name, hex;
    while (in >> name >> hex) out[name] = from_hex(hex).value();
    return out;
  }();
  return kRead;
}
const Bytes& vector_of(const std::string& name) {
  INFO(name);
  REQUIRE(vectors().contains(name));
  return vectors().at(name);
}

const Bytes kTid = "0102030405060708"_hex;

std::string psmo(const char* json) {
  const auto out = eim::encode_psmo(Json::parse(json));
  REQUIRE(out);
  REQUIRE(asn1::codec::check("Psmo", *out));
  return to_hex(*out);
}
std::string eco(const char* json) {
  const auto out = eim::encode_eco(Json::parse(json));
  REQUIRE(out);
  REQUIRE(asn1::codec::check("Eco", *out));
  return to_hex(*out);
}

}  // namespace

TEST_CASE("The signed part of an enable package is that of the vector, and its signature verifies under token 1 only", "[eim]") {
  const auto key = crypto::EcPrivateKey::from_scalar(crypto::Curve::nist_p256, vector_of("key.eim")).value();
  const auto commands = eim::encode_psmo(Json::parse(R"({"enable":{"iccid":"89000123456789012345","rollback":true}})"));
  REQUIRE(commands);
  const Bytes part = eim::package_signed({.eim_id = "eim1.example.com", .eid = "89049032123451234512345678901235"_hex, .counter = 1, .transaction = kTid,
                                          .kind = eim::Commands::psmo, .commands = *commands});
  REQUIRE(part == vector_of("enable.signed"));
  REQUIRE(key.public_key().verify({part, eim::token_object(1)}, vector_of("enable.signature")));
  REQUIRE_FALSE(key.public_key().verify({part, eim::token_object(0)}, vector_of("enable.signature")));
  const Bytes whole = eim::sign_package(part, 1, key);
  REQUIRE(asn1::codec::check("EuiccPackageRequest", whole));
  REQUIRE(whole.size() == vector_of("enable.request").size());
  const auto signature = asn1::find_child(asn1::read_only(whole, 0xBF51)->value, 0x5F37);
  REQUIRE(key.public_key().verify({part, "840101"_hex}, signature->value));
}

TEST_CASE("An eCO package without a transaction id is that of the vector", "[eim]") {
  const auto key = crypto::EcPrivateKey::from_scalar(crypto::Curve::nist_p256, vector_of("key.eim")).value();
  eim::Configuration other{.eim_id = "eim2", .fqdn = {}, .public_key = vector_of("spki.euicc"), .tls_key = {}, .ci_key_id = {}};
  other.protocols = 0;
  // The vector leaves out what this program always writes: taken from its own octets.
  const auto signed_part = asn1::read_only(vector_of("add_eim.signed"), 0x30);
  const auto command = asn1::find_child(asn1::find_child(signed_part->value, 0xA1)->value, 0xA8);
  Json order{{"addEim", {{"eimConfigurationData", to_hex(asn1::tlv(0x30, command->value))}}}};
  const auto encoded = eim::encode_eco(order);
  REQUIRE(encoded);
  const Bytes part = eim::package_signed({.eim_id = "eim1.example.com", .eid = "89049032123451234512345678901235"_hex, .counter = 2, .transaction = {},
                                          .kind = eim::Commands::eco, .commands = *encoded});
  REQUIRE(part == vector_of("add_eim.signed"));
  REQUIRE(key.public_key().verify({part, eim::token_object(1)}, vector_of("add_eim.signature")));
}

TEST_CASE("The request that associates an eIM with a card is that of the vector", "[eim]") {
  const auto key = crypto::EcPrivateKey::from_scalar(crypto::Curve::nist_p256, vector_of("key.eim")).value();
  REQUIRE(eim::public_key_info(key.public_key()) == vector_of("spki.eim"));
  eim::Configuration c{.eim_id = "eim1.example.com", .fqdn = "eim1.example.com", .public_key = vector_of("spki.eim"), .tls_key = vector_of("spki.eim"), .ci_key_id = {}};
  REQUIRE(to_hex(eim::add_initial_eim(eim::configuration_data(c))) == to_hex(vector_of("add_initial_eim")));
  REQUIRE(asn1::codec::check("AddInitialEimRequest", eim::add_initial_eim(eim::configuration_data(c))));
}

TEST_CASE("Triggers and data requests are written as SGP.32 has them", "[eim]") {
  const auto trigger = [](eim::Trigger t) {
    const Bytes out = eim::download_trigger(t);
    REQUIRE(asn1::codec::check("ProfileDownloadTriggerRequest", out));
    return to_hex(out);
  };
  REQUIRE(trigger({.activation_code = "1$smdp.example.com$MATCH-1", .smds_address = {}, .transaction = kTid}) ==
          "BF5428A01C801A3124736D64702E6578616D706C652E636F6D244D415443482D3182080102030405060708");
  REQUIRE(trigger({.activation_code = {}, .default_smdp = true, .smds_address = {}, .transaction = kTid}) == "BF540EA002810082080102030405060708");
  REQUIRE(trigger({.activation_code = {}, .smds = true, .smds_address = "lpa.ds.gsma.com", .transaction = {}}) == "BF5415A013A211800F6C70612E64732E67736D612E636F6D");
  REQUIRE(trigger({.activation_code = {}, .smds_address = {}, .transaction = kTid}) == "BF540A82080102030405060708");
  const Bytes data = eim::data_request({.tag_list = "BF20BF22A5A6A8"_hex, .ci_key_id = {}, .notification_search = {}, .result_search = {}, .transaction = kTid});
  REQUIRE(to_hex(data) == "BF52135C07BF20BF22A5A6A883080102030405060708");
  REQUIRE(asn1::codec::check("IpaEuiccDataRequest", data));
}

TEST_CASE("Every command that scripts can give has its octets", "[eim]") {
  REQUIRE(psmo(R"({"enable":{"iccid":"98001032547698103254"}})") == "A30C5A0A98001032547698103254");
  REQUIRE(psmo(R"({"enable":{"iccid":"89000123456789012345","rollbackFlag":true}})") == "A30E5A0A980010325476981032540500");
  REQUIRE(psmo(R"({"disable":{"iccid":"98001032547698103254"}})") == "A40C5A0A98001032547698103254");
  REQUIRE(psmo(R"({"delete":{"iccid":"98001032547698103254"}})") == "A50C5A0A98001032547698103254");
  REQUIRE(psmo(R"({"listProfileInfo":{}})") == "BF2D00");
  REQUIRE(psmo(R"({"listProfileInfo":{"tagList":"5A9F70"}})") == "BF2D055C035A9F70");
  REQUIRE(psmo(R"({"listProfileInfo":{"searchCriteria":{"profileClass":2}}})") == "BF2D05A003950102");
  REQUIRE(psmo(R"({"getRAT":{}})") == "A600");
  REQUIRE(psmo(R"({"configureAutoEnable":{"autoEnableFlag":true,"smdpAddress":"smdp.example.com"}})") == "A71480008210736D64702E6578616D706C652E636F6D");
  REQUIRE(psmo(R"({"setFallbackAttribute":{"iccid":"98001032547698103254"}})") == "A80C5A0A98001032547698103254");
  REQUIRE(psmo(R"("unsetFallbackAttribute")") == "A900");
  REQUIRE(psmo(R"({"setDefaultDpAddress":{"defaultDpAddress":"smdp.example.com"}})") == "BF65128010736D64702E6578616D706C652E636F6D");
  REQUIRE(eco(R"({"deleteEim":{"eimId":"eim1"}})") == "A906800465696D31");
  REQUIRE(eco(R"({"listEim":{}})") == "AB00");
}

TEST_CASE("Orders that no card could carry out are refused in words", "[eim]") {
  using eim::Facility;
  for (const auto& [facility, text] : std::vector<std::pair<Facility, const char*>>{
           {Facility::psmo, "{}"},
           {Facility::psmo, R"({"psmo":[]})"},
           {Facility::psmo, R"({"psmo":[{"enable":{"iccid":"123"}}]})"},
           {Facility::psmo, R"({"psmo":[{"enable":{"iccid":"89x00123456789012345"}}]})"},
           {Facility::psmo, R"({"psmo":[{"enable":{}, "disable":{}}]})"},
           {Facility::psmo, R"({"psmo":[{"launch":{}}]})"},
           {Facility::psmo, R"({"psmo":[7]})"},
           {Facility::eco, R"({"eco":[{"addEim":{"eimConfigurationData":"30"}}]})"},
           {Facility::eco, R"({"eco":[{"addEim":{"eimConfigurationData":"3003810131"}}]})"},
           {Facility::eco, R"({"eco":[{"deleteEim":{}}]})"},
           {Facility::edr, R"({"edr":{"tagList":""}})"},
           {Facility::edr, R"({"edr":{"tagList":"XY"}})"},
           {Facility::download, R"({"download":{}})"},
           {Facility::download, R"({"download":{"activationCode":"2$x$y"}})"},
           {Facility::download, R"({"download":{"activationCode":"1$x$y","defaultSmdp":true}})"},
           {Facility::euicc, R"({"euicc":[{"counterValue":8388608}]})"},
           {Facility::euicc, R"({"euicc":[{"counterValue":-1}]})"},
           {Facility::euicc, R"({"euicc":[{"colour":"red"}]})"},
           {Facility::euicc, R"({"euicc":[{"signPubKey":"04"}]})"}}) {
    INFO(text);
    const auto checked = eim::check_order(facility, Json::parse(text));
    REQUIRE_FALSE(checked);
    REQUIRE_FALSE(checked.error().empty());
  }
}

TEST_CASE("PLMNs and ICCIDs are read as people write them", "[eim]") {
  REQUIRE(eim::plmn_text("62F210"_hex) == "26201");
  REQUIRE(eim::plmn_text("130014"_hex) == "310410");
  REQUIRE(eim::plmn_text("62F2"_hex).empty());
  REQUIRE(eim::plmn_text("6AF210"_hex).empty());
  REQUIRE(eim::iccid_octets("89000123456789012345") == "98001032547698103254"_hex);
  REQUIRE(eim::iccid_octets("8900012345678901234") == "980010325476981032F4"_hex);
  REQUIRE(eim::iccid_digits("980010325476981032F4"_hex) == "8900012345678901234");
  REQUIRE_FALSE(eim::iccid_octets("8900"));
}
