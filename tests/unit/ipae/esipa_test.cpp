// ESipa messages against vectors made outside this project, against what asn1c reads, and against an eIM that means no good.
#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "asn1/codec/codec.h"
#include "ipae/es10/es10b_iot.h"
#include "ipae/es9/base64.h"
#include "ipae/esipa/compact.h"
#include "ipae/esipa/http_exchange.h"
#include "ipae/esipa/json.h"
#include "ipae/esipa/messages.h"
#include "tests/support/paths.h"
#include "tests/unit/ipae/memory_net.h"
#include "tests/unit/ipae/scripted_card.h"

using namespace simurgh;
using namespace simurgh::ipae;
using namespace simurgh::literals;

namespace {

const Bytes kEid = "89049032123451234512345678901235"_hex;
const Bytes kTid = "0102030405060708"_hex;
const Bytes kResult7 =
    "BF516EA06C3027801065696D312E6578616D706C652E636F6D8101018208010203040506070883010730038301005F37406B726FAB2D00960E77E2821314C62DD8C9E2"
    "16"
    "419A0BC7A01B92D0D92585160354B212ABDA1506160238127E5B0A31D02FE8FA36DCE98A633437D5B90992D2D8"_hex;

// What we send must be what another decoder reads, and encodes again to the same octets.
void sound(const Bytes& message, std::string_view type = "EsipaMessageFromIpaToEim") {
  INFO(to_hex(message));
  const auto again = asn1::codec::reencode(type, message);
  REQUIRE(again);
  CHECK(to_hex(*again) == to_hex(message));
}

std::vector<Bytes> vectors(const std::string& type) {
  std::vector<Bytes> out;
  for (const char* file : {"sgp32.txt", "sgp32-forms.txt"}) {
    std::ifstream in(test::source_dir() + "/vectors/asn1/" + file);
    REQUIRE(in);
    for (std::string name, hex; in >> name;) {
      if (name[0] == '#') {
        std::getline(in, hex);
        continue;
      }
      in >> hex;
      if (name == type) out.push_back(from_hex(hex).value());
    }
  }
  REQUIRE_FALSE(out.empty());
  return out;
}

template <typename T>
T as(ByteView answer) {
  const auto package = esipa::parse_eim_package(answer);
  REQUIRE(package);
  REQUIRE(std::holds_alternative<T>(*package));
  return std::get<T>(*package);
}

}  // namespace

TEST_CASE("GetEimPackage as the vectors have it", "[esipa]") {
  CHECK(to_hex(esipa::encode(esipa::GetEimPackage{kEid})) == "BF4F125A1089049032123451234512345678901235");
  const Bytes changed = esipa::encode(esipa::GetEimPackage{kEid, esipa::StateChangeCause::immediate_enable_profile, "62F210"_hex});
  CHECK(to_hex(changed) == "BF4F1C5A10890490321234512345123456789012358000810105820362F210");
  sound(changed);
  const Bytes old = esipa::encode(esipa::GetEimPackage{kEid, esipa::StateChangeCause::fallback, "62F210"_hex}, esipa::Version::v1_0);
  sound(old, "V10GetEimPackageRequest");
  CHECK(to_hex(old) == "BF4F195A10890490321234512345123456789012358000810362F210");
}

TEST_CASE("Packages, data requests and triggers are told apart", "[esipa]") {
  CHECK(as<esipa::EimPackageError>("BF4F03020101"_hex) == esipa::EimPackageError::none_available);
  CHECK(as<esipa::EimPackageError>("BF4F03020163"_hex) == esipa::EimPackageError::undefined_error);
  const auto code =
      as<esipa::DownloadTrigger>("BF4F2BBF5428A01C801A3124736D64702E6578616D706C652E636F6D244D415443482D3182080102030405060708"_hex);
  CHECK(code.source == esipa::DownloadTrigger::Source::activation_code);
  CHECK(code.activation_code == "1$smdp.example.com$MATCH-1");
  CHECK(code.transaction_id == kTid);
  CHECK(as<esipa::DownloadTrigger>("BF4F11BF540EA002810082080102030405060708"_hex).source == esipa::DownloadTrigger::Source::default_dp);
  const auto ds = as<esipa::DownloadTrigger>("BF4F18BF5415A013A211800F6C70612E64732E67736D612E636F6D"_hex);
  CHECK(ds.ds_address == "lpa.ds.gsma.com");
  CHECK(ds.transaction_id.empty());
  CHECK(as<esipa::DownloadTrigger>("BF4F0DBF540A82080102030405060708"_hex).source == esipa::DownloadTrigger::Source::eim_keeps);
  const auto data = as<esipa::DataRequest>("BF4F16BF52135C07BF20BF22A5A6A883080102030405060708"_hex);
  CHECK(data.tags == std::vector<std::uint32_t>{0xBF20, 0xBF22, 0xA5, 0xA6, 0xA8});
  CHECK(data.transaction_id == kTid);
  CHECK_FALSE(as<esipa::DataRequest>("BF4F06BF52035C01BF"_hex).readable_tags);
  const auto package = as<esipa::PackageRequest>(asn1::tlv(
      0xBF4F,
      "BF51818830438010"
      "65696D312E6578616D706C652E636F6D5A1089049032123451234512345678901235810101"
      "82080102030405060708A010A30E5A0A980010325476981032540500"
      "5F3740414A3BE68BD3A90E56B3656499F250DF6D10ECE61F0FCD53F8475185821B8D4F13F26C3BEF8D7CA1D7692BDB8F91938F9138160FEC5D41B79DC2FF9355AFAE70"_hex));
  CHECK(package.eim_id == "eim1.example.com");
  CHECK(package.enables);
  CHECK(package.rollback);
  CHECK_FALSE(package.disables);
  CHECK(package.raw.size() == 140);
  // A tag given twice by a compiler that means well.
  CHECK(as<esipa::EimPackageError>("BF4F06BF4F03020101"_hex) == esipa::EimPackageError::none_available);
  CHECK(as<esipa::UnusablePackage>("BF4F03990101"_hex).known_tag == false);
  const auto broken = as<esipa::UnusablePackage>("BF4F12BF540FA00383010182080102030405060708"_hex);
  CHECK(broken.known_tag);
  CHECK(broken.transaction_id == kTid);
}

TEST_CASE("Results and their acknowledgements as the vectors have them", "[esipa]") {
  const auto result = esipa::parse_package_result(kResult7);
  REQUIRE(result);
  CHECK(result->sequence == 7);
  CHECK(result->eim_id == "eim1.example.com");
  CHECK(result->enabled);
  CHECK(esipa::result_words(*result) == "enable ok");
  const Bytes alone = esipa::encode_result(kEid, esipa::PackageReport{kResult7, {}});
  CHECK(to_hex(alone) == "BF5081835A1089049032123451234512345678901235" + to_hex(kResult7));
  sound(alone);
  const Bytes compact = asn1::tlv(
      0xA1,
      concat(
          {asn1::tlv(0x5A, kEid), "BF2F25800108810206400C10736D64702E6578616D706C652E636F6D5A0A98001032547698103254"_hex,
           "5F3740D5D90603B302654763FDF033474996F0B5264D0AAF6564AF2AC7D794E59D35474B3142DEC3871F98ABCCFB9C59159BDE66BB4D614B494F9D18F35C70B3541589"_hex}));
  const Bytes both = esipa::encode_result(kEid, esipa::PackageReport{kResult7, {compact}});
  CHECK(both.size() == 268);
  CHECK(to_hex(both).starts_with("BF508201075A10890490321234512345123456789012353081F2BF51"));
  sound(both);
  sound(esipa::handle_result(both));
  CHECK(to_hex(esipa::encode_result(kEid, esipa::TriggerReport{kTid, {}, esipa::trigger_error(127, {})})) ==
        "BF50245A1089049032123451234512345678901235BF540F82080102030405060708300380017F");
  CHECK(to_hex(esipa::encode_result(kEid, esipa::PackageErrorReport{kTid, esipa::PackageErrorReport::Code::invalid_format})) ==
        "BF50215A1089049032123451234512345678901235A00D80080102030405060708020101");
  // v1.0 puts the result directly below the tag.
  sound(esipa::encode_result(kEid, esipa::PackageReport{kResult7, {compact}}, esipa::Version::v1_0), "V10ProvideEimPackageResult");

  CHECK(esipa::parse_acknowledgement("BF5009BF5306800107800108"_hex)->sequences == std::vector<std::uint64_t>{7, 8});
  CHECK(esipa::parse_acknowledgement("BF50023000"_hex)->sequences.empty());
  CHECK(esipa::parse_acknowledgement("BF5000"_hex)->sequences.empty());
  CHECK_FALSE(esipa::parse_acknowledgement(std::nullopt)->error);
  CHECK(esipa::parse_acknowledgement("BF5003020102"_hex)->error == esipa::EimPackageError::eid_not_found);
  CHECK_FALSE(esipa::parse_acknowledgement("BF4F03020102"_hex));
  CHECK_FALSE(esipa::parse_acknowledgement("BF5003990102"_hex));
}

TEST_CASE("Errors of the card are results too, and an early eIM's bare form is read", "[esipa]") {
  const auto replay = esipa::parse_package_result(
      "BF5169A1673022801065696D312E6578616D706C652E636F6D810101820801020304050607080201045F3740442317382E24C00B2D29CB6F8B561D0E23CD97055DAC"
      "D2C3BF9087"
      "FB8EBE7B0ADD5C13C14D6E5263DD495CE538DDA78B5C252EA80438494A5AC62DB97283978A"_hex);
  REQUIRE(replay);
  CHECK(replay->error == 4);
  CHECK_FALSE(replay->sequence);
  CHECK(esipa::result_words(*replay) == "the card refuses the package: replayError");
  const auto unsigned_error = esipa::parse_package_result("BF5121A21F801065696D312E6578616D706C652E636F6D82080102030405060708840101"_hex);
  REQUIRE(unsigned_error);
  CHECK(unsigned_error->form == esipa::PackageResult::Form::unsigned_error);
  const ByteView inside = asn1::read_only(asn1::read_only(kResult7, 0xBF51)->value, 0xA0)->value;
  const auto bare = esipa::parse_package_result(asn1::tlv(0xBF51, inside));
  REQUIRE(bare);
  CHECK(bare->sequence == 7);
  const auto mixed = esipa::parse_package_result(
      asn1::tlv(0xBF51, asn1::tlv(0xA0, asn1::tlv(0x30, "80016581010183010230108503020115890102A803840102BF2D03810B0B"_hex))));
  CHECK_FALSE(mixed);  // the list is cut off
}

TEST_CASE("Every answer of the vectors is read, and none that is cut off", "[esipa]") {
  for (const Bytes& message : vectors("EsipaMessageFromEimToIpa")) {
    INFO(to_hex(message));
    const std::uint32_t tag = asn1::TlvReader(message).peek().value();
    const auto reads = [&](ByteView octets) {
      switch (tag) {
        case 0xBF39:
          return esipa::initiate_authentication_ok(octets).has_value() ||
                 esipa::initiate_authentication_ok(octets).error().kind == Es9Error::Kind::refused;
        case 0xBF3B:
          return esipa::authenticate_client_ok(octets).has_value() ||
                 esipa::authenticate_client_ok(octets).error().kind == Es9Error::Kind::refused;
        case 0xBF3A:
          return esipa::bound_profile_package(octets).has_value() ||
                 esipa::bound_profile_package(octets).error().kind == Es9Error::Kind::refused;
        case 0xBF41:
          return esipa::cancel_session_ok(octets).has_value() || esipa::cancel_session_ok(octets).error().kind == Es9Error::Kind::refused;
        case 0xBF4F:
          return esipa::parse_eim_package(octets).has_value();
        case 0xBF50:
          return esipa::parse_acknowledgement(to_bytes(octets)).has_value();
        default:
          return tag == 0xBF4E;  // injection is not ours
      }
    };
    CHECK(reads(message));
    if (tag == 0xBF4E) continue;
    for (std::size_t size = 1; size < message.size(); ++size) CHECK_FALSE(reads(ByteView(message).first(size)));
  }
}

TEST_CASE("IpaEuiccData in the order of its definition", "[esipa]") {
  esipa::DataResponse response;
  response.transaction_id = kTid;
  response.capabilities = esipa::feature::kDirect | esipa::feature::kIndirect;
  response.protocols = esipa::protocol::kRetrieveHttps;
  response.default_dp_address = "smdp.example.com";
  response.association_token = 1;
  response.package_results = kResult7;
  response.device_info = "800435290611A100"_hex;
  const Bytes encoded = esipa::encode(response);
  CHECK(to_hex(encoded).find("A808800206C081020780") != std::string::npos);
  sound(encoded, "IpaEuiccDataResponse");
  esipa::DataResponse wrong;
  wrong.transaction_id = kTid;
  wrong.error = esipa::DataResponse::Error::incorrect_tag_list;
  CHECK(to_hex(esipa::encode(wrong)) == "BF520FA10D80080102030405060708020101");
}

TEST_CASE("Downloads by way of the eIM as the vectors have them", "[esipa]") {
  const Bytes challenge = "000102030405060708090A0B0C0D0E0F"_hex;
  CHECK(to_hex(esipa::initiate_authentication(challenge, "smdp.example.com", {}, kTid)) ==
        "BF392E8110000102030405060708090A0B0C0D0E0F8310736D64702E6578616D706C652E636F6D82080102030405060708");
  CHECK(to_hex(esipa::cancel_session(kTid, "810105"_hex)) == "BF410F80080102030405060708A103810105");
  const auto refused = esipa::initiate_authentication_ok("BF3903810134"_hex);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "invalidEimTransactionId");
  CHECK(esipa::cancel_session_ok("BF4102A000"_hex));
  for (const Bytes& answer : vectors("EsipaMessageFromEimToIpa")) {
    if (!to_hex(answer).starts_with("BF39") || to_hex(answer).starts_with("BF3903")) continue;
    const auto ok = esipa::initiate_authentication_ok(answer);
    REQUIRE(ok);
    CHECK(ok->transaction_id == kTid);  // also where it is only in serverSigned1
  }
}

TEST_CASE("Signatures and key identifiers that an eIM wrapped twice are unwrapped", "[esipa]") {
  const auto answer = [](const Bytes& signature, const Bytes& key) {
    return asn1::tlv(0xBF39, asn1::tlv(0xA0, concat({"8001AA3000"_hex, signature, key, "3000"_hex})));
  };
  const Bytes signature = asn1::tlv(0x5F37, Bytes(64, 0x5F)), key = asn1::tlv(0x04, Bytes(20, 0x04));
  for (const bool twice : {false, true}) {
    const auto ok = esipa::initiate_authentication_ok(twice ? answer(asn1::tlv(0x5F37, signature), asn1::tlv(0x04, key)) : answer(signature, key));
    REQUIRE(ok);
    CHECK(ok->server_signature1 == signature);
    CHECK(ok->ci_key_id == key);
  }
}

TEST_CASE("Compact forms are those of the module, and only of what can be rebuilt", "[esipa][compact]") {
  unsigned shortened = 0;
  for (const Bytes& full : vectors("IotAuthenticateServerResponse")) {
    if (!asn1::find_child(asn1::read_only(full, 0xBF38)->value, 0xA0)) continue;
    const Bytes compact = esipa::compact_authenticate_response(full, false);
    sound(compact, "IotAuthenticateServerResponse");
    CHECK(compact.size() < full.size());
    CHECK(esipa::compact_authenticate_response(full, true).size() < compact.size());
    ++shortened;
  }
  for (const Bytes& full : vectors("IotPrepareDownloadResponse")) {
    if (!asn1::find_child(asn1::read_only(full, 0xBF21)->value, 0xA0)) continue;
    const Bytes compact = esipa::compact_download_response(full, {});
    sound(compact, "IotPrepareDownloadResponse");
    CHECK(compact.size() < full.size());
    ++shortened;
  }
  for (const Bytes& pending : vectors("IotPendingNotification")) {
    const Bytes compact = esipa::compact_notification(pending, kEid);
    sound(compact, "IotPendingNotification");
    if (compact != pending) ++shortened;
  }
  CHECK(shortened >= 3);
  const Bytes error = "BF380FA10D80080102030405060708020106"_hex;
  CHECK(esipa::compact_authenticate_response(error, false) == error);
  const Bytes strange = "BF3702BF27"_hex;
  CHECK(esipa::compact_notification(strange, kEid) == strange);
}

TEST_CASE("JSON carries the same messages", "[esipa][json]") {
  using esipa::Function;
  const auto poll = esipa::json_request(Function::get_eim_package,
                                        esipa::encode(esipa::GetEimPackage{kEid, esipa::StateChangeCause::fallback, "62F210"_hex}));
  REQUIRE(poll);
  CHECK(*poll == R"({"eidValue":"89049032123451234512345678901235","notifyStateChange":true,"stateChangeCause":1,"rPLMN":"62F210"})");
  const auto provided =
      esipa::json_request(Function::provide_eim_package_result, esipa::encode_result(kEid, esipa::PackageReport{kResult7, {}}));
  REQUIRE(provided);
  CHECK(nlohmann::json::parse(*provided).at("eimPackageResult") == base64_encode(kResult7));
  const auto cancelled = esipa::json_request(Function::cancel_session, esipa::cancel_session(kTid, "810105"_hex));
  REQUIRE(cancelled);
  CHECK(*cancelled == R"({"transactionId":"0102030405060708","cancelSessionResponse":")" + base64_encode("BF4103810105"_hex) + R"("})");

  const std::string header = R"({"header":{"functionExecutionStatus":{"status":"Executed-Success"}})";
  const auto answer = [&](Function function, const std::string& members) {
    return esipa::json_answer(function, text_view(header + members + "}"));
  };
  CHECK(to_hex(answer(Function::get_eim_package, R"(,"eimPackageError":1)").value()) == "BF4F03020101");
  CHECK(to_hex(answer(Function::get_eim_package, R"(,"profileDownloadTriggerRequest":")" + base64_encode("BF540482020102"_hex) + "\"")
                   .value()) == "BF4F07BF540482020102");
  CHECK(to_hex(answer(Function::provide_eim_package_result, R"(,"eimAcknowledgements":")" + base64_encode("BF5303800107"_hex) + "\"")
                   .value()) == "BF5006BF5303800107");
  CHECK(to_hex(answer(Function::provide_eim_package_result, "").value()) == "BF50023000");
  CHECK_FALSE(answer(Function::get_eim_package, ""));
  CHECK_FALSE(answer(Function::get_eim_package, R"(,"eimPackageError":"1")"));
  CHECK_FALSE(answer(Function::get_eim_package, R"(,"euiccPackageRequest":"####")"));
  CHECK_FALSE(answer(Function::get_eim_package, R"(,"euiccPackageRequest":")" + base64_encode("BF5200"_hex) + "\""));
  CHECK_FALSE(esipa::json_answer(Function::get_eim_package, text_view(std::string(100000, '['))));
  CHECK_FALSE(esipa::json_answer(Function::get_eim_package, {}));
  const auto failed = esipa::json_answer(
      Function::authenticate_client,
      text_view(
          R"({"header":{"functionExecutionStatus":{"status":"Failed","statusCodeData":{"subjectCode":"8.2.6","reasonCode":"3.8"}}}})"));
  REQUIRE_FALSE(failed);
  CHECK(failed.error().kind == Es9Error::Kind::refused);
}

TEST_CASE("HTTP carries them with the headers that eIMs look at", "[esipa][http]") {
  std::string target, fields;
  Bytes body, reply;
  test::MemoryNet net{[&](const std::string&, std::uint16_t) -> PortResult<std::unique_ptr<StreamPort>> {
    auto stream = std::make_unique<test::MemoryStream>(
        [&](Bytes& received) { return test::take_request(received, target, fields, body) ? reply : Bytes{}; });
    stream->piece = 5;
    return stream;
  }};
  const auto answering = [&](const std::string& status, const Bytes& content) {
    reply = concat({text_view("HTTP/1.1 " + status + "\r\nContent-Type: application/x-gsma-rsp-asn1\r\nContent-Length: " +
                              std::to_string(content.size()) + "\r\n\r\n"),
                    content});
  };
  const auto address = *ServerAddress::parse("eim1.example.com");
  esipa::HttpExchange eim(net, address);
  answering("200 OK", "BF4F03020101"_hex);
  auto answer = run_now(eim.exchange(esipa::Function::get_eim_package, esipa::encode(esipa::GetEimPackage{kEid})));
  REQUIRE(answer);
  CHECK(to_hex(answer->value()) == "BF4F03020101");
  CHECK(target == "/gsma/rsp2/asn1");
  CHECK(fields.find("User-Agent: gsma-rsp-ipad\r\n") != std::string::npos);
  CHECK(fields.find("X-Admin-Protocol: gsma/rsp/v2.1.0\r\n") != std::string::npos);
  CHECK(fields.find("Content-Type: application/x-gsma-rsp-asn1\r\n") != std::string::npos);
  CHECK(fields.find("Transfer-Encoding") == std::string::npos);
  CHECK(body == esipa::encode(esipa::GetEimPackage{kEid}));
  reply = to_bytes(text_view("HTTP/1.1 204 No Content\r\n\r\n"));
  answer = run_now(eim.exchange(esipa::Function::handle_notification, esipa::handle_notification("3000"_hex)));
  REQUIRE(answer);
  CHECK_FALSE(*answer);
  CHECK(net.connections == 1);
  answering("415 Unsupported Media Type", {});
  CHECK_FALSE(run_now(eim.exchange(esipa::Function::get_eim_package, esipa::encode(esipa::GetEimPackage{kEid}))));

  esipa::HttpExchange json(net, address, {.json = true, .user_agent = "gsma-rsp-ipae", .admin_protocol = "gsma/rsp/v2.1.0", .limits = {}});
  reply = test::http_answer("200 OK", R"({"eimPackageError":1})");
  answer = run_now(json.exchange(esipa::Function::get_eim_package, esipa::encode(esipa::GetEimPackage{kEid})));
  REQUIRE(answer);
  CHECK(to_hex(answer->value()) == "BF4F03020101");
  CHECK(target == "/gsma/rsp2/esipa/getEimPackage");
}

TEST_CASE("What the same messages cost in three bindings", "[esipa][http]") {
  struct Row {
    const char* what;
    esipa::Function function;
    Bytes message;
  };
  esipa::DataResponse data;
  data.capabilities = esipa::feature::kDirect | esipa::feature::kIndirect;
  data.euicc_info2 = vectors("IotEUICCInfo2").front();
  const Row rows[] = {
      {"poll", esipa::Function::get_eim_package, esipa::encode(esipa::GetEimPackage{kEid})},
      {"package result", esipa::Function::provide_eim_package_result, esipa::encode_result(kEid, esipa::PackageReport{kResult7, {}})},
      {"card data", esipa::Function::provide_eim_package_result, esipa::encode_result(kEid, esipa::DataReport{esipa::encode(data)})},
  };
  for (const Row& row : rows) {
    std::uint64_t octets[2] = {0, 0};
    for (const bool json : {false, true}) {
      test::MemoryNet net{[&](const std::string&, std::uint16_t) -> PortResult<std::unique_ptr<StreamPort>> {
        return std::make_unique<test::MemoryStream>([](Bytes& received) {
          received.clear();
          return to_bytes(text_view("HTTP/1.1 204 No Content\r\n\r\n"));
        });
      }};
      esipa::HttpExchange eim(net, *ServerAddress::parse("eim1.example.com"), {json, "gsma-rsp-ipad", "gsma/rsp/v2.1.0", {}});
      REQUIRE(run_now(eim.exchange(row.function, row.message)));
      octets[json ? 1 : 0] = eim.octets_sent();
    }
    // CoAP: header, token, Uri-Path gsma/rsp2/asn1, payload marker; no fields.
    const std::size_t coap = 4 + 2 + 15 + 1 + row.message.size();
    WARN(row.what << ": " << row.message.size() << " octets of DER; request " << octets[0] << " by HTTP and ASN.1, " << octets[1]
                  << " by HTTP and JSON, " << coap << " by CoAP (below TLS and DTLS, without blocks)");
    CHECK(octets[0] < octets[1]);
    CHECK(coap < octets[0]);
  }
}

TEST_CASE("eIM configuration data are read as a card and as a file have them", "[esipa][iot]") {
  for (const Bytes& request : vectors("AddInitialEimRequest")) {
    const auto entries = es10b::parse_eim_entries(request);
    REQUIRE(entries);
    for (const auto& entry : *entries) {
      CHECK_FALSE(entry.id.empty());
      if (!entry.public_key.empty()) CHECK(asn1::read_only(entry.public_key, 0x30));
    }
  }
  for (const Bytes& response : vectors("GetEimConfigurationDataResponse")) CHECK(es10b::parse_eim_entries(response));
  const auto one = es10b::parse_eim_entries("300D8001318301008401FF87020780"_hex);
  REQUIRE(one);
  CHECK(one->front().token == -1);
  CHECK(one->front().protocols == esipa::protocol::kRetrieveHttps);
  CHECK_FALSE(es10b::parse_eim_entries("3003830100"_hex));  // no id
  CHECK_FALSE(es10b::parse_eim_entries("300880013183050000000000"_hex));
  CHECK(es10b::parse_eim_entries("BF5502A000"_hex)->empty());
}

TEST_CASE("The IoT functions of ES10b and what they answer", "[es10][iot]") {
  const auto ask = [](const std::string& answer) { return test::answering(answer); };
  auto added = ask("BF5705A003840101");
  CHECK(es10b::add_initial_eim(added, "BF5700"_hex)->tokens == std::vector<std::optional<std::uint64_t>>{1});
  auto exists = ask("BF5703810102");
  CHECK(es10b::add_initial_eim(exists, "BF5700"_hex)->error == es10b::AddInitialEimError::associated_eim_already_exists);
  auto rolled =
      ask("BF5874020100BF516EA06C3027801065696D312E6578616D706C652E636F6D8101018208010203040506070883010A30038C01005F3740EE70C84F855D816DA6"
          "9372225DB226"
          "A284BA15CA7FA388EC02ABC8121D364C5EEB78057CCE6A4CA6F0BDBBB7AAB800617035CD8FC29ED7D7140FCE83B207E830");
  const auto rollback = es10b::profile_rollback(rolled, true);
  REQUIRE(rollback);
  CHECK(rollback->result == es10b::SwitchResult::ok);
  CHECK(esipa::result_words(*esipa::parse_package_result(rollback->package_result)) == "rollback ok");
  CHECK(to_hex(rolled.requests.front()) == "BF58038001FF");
  auto none = ask("BF5803020101");
  CHECK(es10b::profile_rollback(none, false)->result == es10b::SwitchResult::not_allowed);
  auto immediate = ask("BF5A03800100");
  CHECK(es10b::immediate_enable(immediate, true) == es10b::SwitchResult::ok);
  CHECK(to_hex(immediate.requests.front()) == "BF5A038001FF");
  auto reset = ask("BF6409800100810100820100");
  const auto all = es10b::memory_reset(reset, {.operational = true, .eim = true, .immediate_enable = true});
  CHECK(to_hex(reset.requests.front()) == "BF640482020186");
  CHECK(all->eim == 0U);
  auto parameters = ask("BF5F12A010810E350103470908696E7465726E6574");
  CHECK(to_hex(**es10b::get_connectivity_parameters(parameters)) == "350103470908696E7465726E6574");
  auto nothing = ask("BF5F03810101");
  CHECK_FALSE(*es10b::get_connectivity_parameters(nothing));
  auto ipae = ask("BF4203800100");
  CHECK(*es10b::activate_ipae(ipae));
  CHECK(to_hex(ipae.requests.front()) == "BF420480020780");
  auto results = ask("BF2B02A200");
  CHECK(es10b::retrieve_package_results(results)->empty());
  CHECK(to_hex(results.requests.front()) == "BF2B04A0028200");
  auto certificates = ask("BF5603810101");
  CHECK_FALSE(*es10b::get_certs(certificates));
  for (const Bytes& info : vectors("IotEUICCInfo2")) CHECK(es10b::parse_iot_info(info));
  const auto iot = es10b::parse_iot_info("BF2210900101B40BA005040301020081008200"_hex);
  REQUIRE(iot);
  CHECK(iot->ipa_mode == 1U);
  CHECK(iot->ecall);
  CHECK_FALSE(iot->before_v1_1());
  CHECK(es10b::parse_iot_info("BF2200"_hex)->before_v1_1());
  for (const char* wrong : {"BF5700", "BF570281", "BF58020300", "BF5604A0028000", "BF5FA0", "BF2B03990101"}) {
    INFO(wrong);
    auto card = ask(wrong);
    CHECK_FALSE(es10b::add_initial_eim(card, "BF5700"_hex));
    CHECK_FALSE(es10b::profile_rollback(card, true));
    CHECK_FALSE(es10b::get_certs(card));
    CHECK_FALSE(es10b::retrieve_package_results(card));
    CHECK_FALSE(es10b::get_connectivity_parameters(card));
  }
}
