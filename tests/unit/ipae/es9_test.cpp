#include <catch2/catch.hpp>
#include <set>

#include "asn1/tlv.h"
#include "ipae/es9/base64.h"
#include "ipae/es9/binding.h"
#include "ipae/es9/client.h"
#include "ipae/es9/status_codes.h"
#include "tests/unit/ipae/memory_net.h"

using namespace simurgh;
using namespace simurgh::ipae;
using simurgh::test::MemoryNet;
using simurgh::test::MemoryStream;

namespace {

const std::string kSuccess = R"("header":{"functionExecutionStatus":{"status":"Executed-Success"}})";

std::string failed(const std::string& subject, const std::string& reason, const std::string& message = {}) {
  return R"({"header":{"functionExecutionStatus":{"status":"Failed","statusCodeData":{"subjectCode":")" + subject + R"(","reasonCode":")" +
         reason + (message.empty() ? "" : R"(","message":")" + message) + R"("}}}})";
}

std::string b64(const std::string& hex) { return base64_encode(*from_hex(hex)); }

// A server that gives this answer to every request and remembers the last one.
struct Server {
  explicit Server(Bytes octets) : answer(std::move(octets)) {}
  MemoryNet net{[this](const std::string&, std::uint16_t) -> std::expected<std::unique_ptr<StreamPort>, PortError> {
    auto stream = std::make_unique<MemoryStream>(
        [this](Bytes& received) { return test::take_request(received, target, fields, body) ? answer : Bytes{}; });
    stream->piece = piece;
    return stream;
  }};
  Bytes answer;
  std::size_t piece = 7;
  std::string target, fields;
  Bytes body;
};

}  // namespace

TEST_CASE("Base64 is decoded strictly", "[es9]") {
  CHECK(base64_encode({}) == "");
  CHECK(base64_encode(text_view("foobar")) == "Zm9vYmFy");
  CHECK(base64_encode(text_view("foob")) == "Zm9vYg==");
  CHECK(base64_encode(text_view("fooba")) == "Zm9vYmE=");
  for (std::size_t size = 0; size < 70; ++size) CHECK(base64_decode(base64_encode(Bytes(size, 0xA5))) == Bytes(size, 0xA5));
  CHECK(to_text(*base64_decode("Zm9v\r\nYmFy")) == "foobar");
  for (const char* wrong : {"Z", "Zm", "Zm9", "Zm9=v", "Zg=", "Zg===", "=", "====", "Zm9v!", "Zh==", "Zm9vYmF=", "Zg==Zg=="}) {
    INFO(wrong);
    CHECK_FALSE(base64_decode(wrong));
  }
}

TEST_CASE("Status codes are told in words", "[es9]") {
  CHECK(status_code_text("8.2.6", "3.8") == "the matching ID is refused");
  CHECK(status_code_text("8.8.1", "5.1") == "SM-DP+ address: inaccessible");
  CHECK(status_code_text("9.9", "9.9") == "code 9.9: code 9.9");
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const StatusCode& code : status_codes()) {
    CHECK(seen.emplace(code.subject, code.reason).second);
    CHECK_FALSE(code.words.empty());
  }
}

TEST_CASE("Server addresses cannot reach into a header", "[es9]") {
  const auto address = ServerAddress::parse("SMDP.example.com:8443");
  REQUIRE(address);
  CHECK(address->names("smdp.EXAMPLE.com"));
  CHECK(address->names("smdp.example.com:8443"));
  CHECK_FALSE(address->names("smdp.example.com:8444"));
  CHECK_FALSE(address->names("smdp.example.co"));
  for (const char* wrong : {"", "a b", "a/b", "a\r\nb", "a@b", "[::1", "a:b", "a:", ":1", "a:65536", "a:-1"})
    CHECK_FALSE(ServerAddress::parse(wrong));
}

TEST_CASE("InitiateAuthentication in JSON, whole and with a bare signature", "[es9]") {
  for (const bool bare : {false, true}) {
    const std::string signature(128, 'A');
    Server server(test::http_answer("200 OK", "{" + kSuccess + R"(,"transactionId":"0102","serverSigned1":")" + b64("30028000") +
                                                  R"(","serverSignature1":")" + b64((bare ? "" : "5F3740") + signature) +
                                                  R"(","euiccCiPKIdToBeUsed":")" + b64((bare ? "" : "0414") + std::string(40, 'B')) +
                                                  R"(","serverCertificate":")" + b64("3000") + R"("})"));
    Es9Client client(server.net, *ServerAddress::parse("smdp.example.com"));
    const auto ok = run_now(client.initiate_authentication(Bytes(16, 1), *from_hex("BF2000")));
    REQUIRE(ok);
    CHECK(to_hex(ok->transaction_id) == "0102");
    CHECK(to_hex(ok->server_signed1) == "30028000");
    CHECK(to_hex(ok->server_signature1) == "5F3740" + signature);
    CHECK(to_hex(ok->ci_key_id) == "0414" + std::string(40, 'B'));
    CHECK(server.target == "/gsma/rsp2/es9plus/initiateAuthentication");
    CHECK(server.fields.find("\r\nHost: smdp.example.com\r\n") != std::string::npos);
    CHECK(server.fields.find("\r\nUser-Agent: gsma-rsp-lpad\r\n") != std::string::npos);
    CHECK(server.fields.find("\r\nX-Admin-Protocol: gsma/rsp/v2.5.0\r\n") != std::string::npos);
    CHECK(to_text(server.body) == R"({"euiccChallenge":"AQEBAQEBAQEBAQEBAQEBAQ==","euiccInfo1":"vyAA","smdpAddress":"smdp.example.com"})");
  }
}

TEST_CASE("A refusal carries its codes, the words and what to try", "[es9]") {
  Server server(test::http_answer("200 OK", failed("8.2.6", "3.8", "Refused\\u001b[31m")));
  Es9Client client(server.net, *ServerAddress::parse("smdp.example.com"));
  const auto refused = run_now(client.authenticate_client(Bytes{1}, *from_hex("BF3800")));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == Es9Error::Kind::refused);
  CHECK(refused.error().what == "the matching ID is refused");
  CHECK_FALSE(refused.error().advice.empty());
  CHECK(refused.error().detail().starts_with("subject 8.2.6, reason 3.8"));
  CHECK(refused.error().message.find('\x1b') == std::string::npos);

  server.answer = test::http_answer("500 Internal Server Error", failed("8.10.1", "3.9"));
  const auto unknown = run_now(client.cancel_session(Bytes{1}, *from_hex("BF4103810105")));
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().kind == Es9Error::Kind::refused);
  CHECK(unknown.error().http_status == 500);
}

TEST_CASE("HandleNotification succeeds with 204", "[es9]") {
  Server server(to_bytes(text_view("HTTP/1.1 204 No Content\r\n\r\n")));
  Es9Client client(server.net, *ServerAddress::parse("smdp.example.com"));
  CHECK(run_now(client.handle_notification(*from_hex("3000"))));
  CHECK(to_text(server.body) == R"({"pendingNotification":"MAA="})");
  CHECK(run_now(client.handle_notification(*from_hex("3000"))));
  CHECK(server.net.connections == 1);  // kept alive
  server.answer = test::http_answer("200 OK", "", "Connection: close\r\n");
  CHECK(run_now(client.handle_notification(*from_hex("3000"))));
  CHECK(run_now(client.handle_notification(*from_hex("3000"))));
  CHECK(server.net.connections == 2);
  server.answer = test::http_answer("200 OK", failed("8.1", "6.1"));
  CHECK_FALSE(run_now(client.handle_notification(*from_hex("3000"))));
  server.answer = test::http_answer("302 Found", "", "Location: https://elsewhere.example\r\n");
  CHECK_FALSE(run_now(client.handle_notification(*from_hex("3000"))));
}

TEST_CASE("Hostile JSON is refused without harm", "[es9]") {
  const std::string deep(200000, '[');
  const std::string objects = [] {
    std::string text;
    for (int i = 0; i < 50000; ++i) text += R"({"a":)";
    return text;
  }();
  const std::string bodies[] = {
      "",
      "null",
      "[]",
      "42",
      "{",
      "{}",
      "\xFF\xFE",
      deep,
      objects,
      R"({"header":null})",
      R"({"header":{"functionExecutionStatus":"Executed-Success"}})",
      R"({"header":{"functionExecutionStatus":{"status":7}}})",
      R"({"header":{"functionExecutionStatus":{"status":"Failed"}}})",
      R"({"header":{"functionExecutionStatus":{"status":"Failed","statusCodeData":[]}}})",
      R"({"header":{"functionExecutionStatus":{"status":"Failed","statusCodeData":{"subjectCode":1,"reasonCode":null}}}})",
      "{" + kSuccess + "}",
      "{" + kSuccess + R"(,"transactionId":"01","boundProfilePackage":7})",
      "{" + kSuccess + R"(,"boundProfilePackage":"!!!!"})",
      "{" + kSuccess + R"(,"boundProfilePackage":")" + b64("BF3605") + R"("})",
      "{" + kSuccess + R"(,"boundProfilePackage":")" + b64("BF360000") + R"("})",
      "{" + kSuccess + R"(,"boundProfilePackage":"vzYA")"};
  for (const std::string& body : bodies) {
    INFO(body.substr(0, 120));
    CHECK_FALSE(json_binding().bound_profile_package(text_view(body)));
    CHECK_FALSE(json_binding().initiate_authentication_ok(text_view(body)));
    CHECK_FALSE(json_binding().authenticate_client_ok(text_view(body)));
  }
  CHECK(json_binding().bound_profile_package(text_view("{" + kSuccess + R"(,"boundProfilePackage":"vzYA"})")));
  const std::string tid = "{" + kSuccess + R"(,"serverSigned1":"MAA=","serverSignature1":")" + b64("5F3740" + std::string(128, '0')) +
                          R"(","euiccCiPKIdToBeUsed":"BAA=","serverCertificate":"MAA=","transactionId":")";
  CHECK(json_binding().initiate_authentication_ok(text_view(tid + R"(0A"})")));
  for (const char* id : {"", "0", "XY", "000102030405060708090A0B0C0D0E0F10"}) {
    CHECK_FALSE(json_binding().initiate_authentication_ok(text_view(tid + id + R"("})")));
  }
}

TEST_CASE("An answer for another transaction is refused", "[es9]") {
  Server server(test::http_answer(
      "200 OK", "{" + kSuccess + R"(,"transactionId":"02","profileMetadata":"vyUA","smdpSigned2":"MAA=","smdpSignature2":")" +
                    b64("5F3740" + std::string(128, '0')) + R"(","smdpCertificate":"MAA="})"));
  Es9Client client(server.net, *ServerAddress::parse("smdp.example.com"));
  CHECK(run_now(client.authenticate_client(Bytes{2}, *from_hex("BF3800"))));
  CHECK_FALSE(run_now(client.authenticate_client(Bytes{1}, *from_hex("BF3800"))));
}

TEST_CASE("HTTP answers that are cut off, too large or no HTTP are errors", "[es9]") {
  const std::string whole = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
  const auto ask = [](const std::string& answer, HttpLimits limits = {}) {
    MemoryStream stream([&](Bytes& received) {
      received.clear();
      return to_bytes(text_view(answer));
    });
    stream.piece = 3;
    return run_now(http_post(stream, {"h", "/", {}, {}}, limits));
  };
  REQUIRE(ask(whole));
  CHECK(to_text(ask(whole)->body) == "hello");
  for (std::size_t size = 0; size < whole.size(); ++size) CHECK_FALSE(ask(whole.substr(0, size)));
  CHECK(to_text(ask("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")->body) == "abcde");
  CHECK_FALSE(ask("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"));
  const auto interim = ask("HTTP/1.1 100 Continue\r\n\r\n" + whole);
  REQUIRE(interim);
  CHECK(interim->status == 200);
  CHECK(to_text(interim->body) == "hello");
  const auto until_end = ask("HTTP/1.1 200 OK\r\n\r\nuntil the end");
  REQUIRE(until_end);
  CHECK(to_text(until_end->body) == "until the end");
  CHECK_FALSE(until_end->keep_alive);
  CHECK_FALSE(ask(whole + "HTTP/1.1 200 OK\r\n")->keep_alive);
  CHECK_FALSE(ask("SSH-2.0-OpenSSH\r\n\r\n"));
  CHECK_FALSE(ask("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n"));
  CHECK_FALSE(ask("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world", {1024, 10}));
  CHECK_FALSE(ask("HTTP/1.1 200 OK\r\nX: " + std::string(5000, 'x') + "\r\n\r\n", {1024, 10}));
  CHECK_FALSE(ask("HTTP/1.1 200 OK\r\n\r\n" + std::string(100, 'x'), {1024, 10}));
}

TEST_CASE("The body of a success goes to a sink as it arrives, and has a limit of its own", "[es9]") {
  struct Sink final : OctetSink {
    bool take(ByteView octets) override {
      append(body, octets);
      ++pieces;
      return body.size() < enough;
    }
    Bytes body;
    std::size_t pieces = 0, enough = SIZE_MAX;
  };
  const auto ask = [](const std::string& answer, Sink& sink, HttpLimits limits = {1024, 10, 1000}) {
    MemoryStream stream([&](Bytes& received) {
      received.clear();
      return to_bytes(text_view(answer));
    });
    stream.piece = 3;
    return run_now(http_post(stream, {"h", "/", {}, {}}, limits, &sink));
  };
  const std::string text(100, 'x');
  Sink sink;
  const auto taken = ask("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + text, sink);
  REQUIRE(taken);
  CHECK(taken->body.empty());
  CHECK(taken->octets == 100);
  CHECK(taken->keep_alive);
  CHECK(to_text(sink.body) == text);
  CHECK(sink.pieces > 30);
  Sink chunked;
  REQUIRE(ask("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", chunked));
  CHECK(to_text(chunked.body) == "abcde");
  Sink after_interim;
  REQUIRE(ask("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", after_interim));
  CHECK(to_text(after_interim.body) == "ok");
  // A refusal is kept, within the limit of what is kept.
  Sink none;
  const auto refused = ask("HTTP/1.1 500 No\r\nContent-Length: 4\r\n\r\nwhat", none);
  REQUIRE(refused);
  CHECK(to_text(refused->body) == "what");
  CHECK_FALSE(ask("HTTP/1.1 500 No\r\nContent-Length: 100\r\n\r\n" + text, none));
  CHECK(none.pieces == 0);
  Sink limited, full;
  CHECK_FALSE(ask("HTTP/1.1 200 OK\r\n\r\n" + std::string(1001, 'x'), limited));
  full.enough = 20;
  const auto enough = ask("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + text, full);
  REQUIRE_FALSE(enough);
  CHECK(enough.error().what == "the rest of the server's answer is not wanted");
  CHECK(full.body.size() < 30);
}

TEST_CASE("The ASN.1 binding wraps, unwraps and names errors like JSON", "[es9]") {
  const Es9Binding& binding = asn1_binding();
  CHECK(to_hex(binding.initiate_authentication(*from_hex("0102"), "a.b", *from_hex("BF2000"))) ==
        "A20FBF390C8102010283"
        "03612E62BF2000");
  CHECK(to_hex(binding.cancel_session(*from_hex("01"), *from_hex("BF4103810105"))) == "A20BBF4108800101A103810105");
  CHECK(to_hex(binding.handle_notification(*from_hex("BF3700"))) == "A208BF3D05A003BF3700");
  const std::string signature = "5F3740" + std::string(128, '0');
  const auto wrap = [](const std::string& function, const std::string& content) {
    return asn1::tlv(0xA2, asn1::tlv(static_cast<std::uint32_t>(std::stoul(function, nullptr, 16)), *from_hex(content)));
  };
  const auto initiated =
      binding.initiate_authentication_ok(wrap("BF39", to_hex(asn1::tlv(0xA0, *from_hex("8001AA3000" + signature + "0401BB3000")))));
  REQUIRE(initiated);
  CHECK(to_hex(initiated->ci_key_id) == "0401BB");
  const auto flat =
      binding.authenticate_client_ok(wrap("BF3B", to_hex(asn1::tlv(0xA0, *from_hex("8001AABF25003000" + signature + "3000")))));
  REQUIRE(flat);
  const auto nested = binding.authenticate_client_ok(wrap(
      "BF3B", to_hex(asn1::tlv(0xA0, concat({*from_hex("8001AABF2500"), asn1::tlv(0xBF21, *from_hex("3000" + signature + "3000"))})))));
  REQUIRE(nested);
  CHECK(nested->smdp_signature2 == flat->smdp_signature2);
  const auto refused = binding.authenticate_client_ok(wrap("BF3B", "820106"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().subject_code == "8.2.6");
  CHECK(refused.error().reason_code == "3.8");
  CHECK(binding.bound_profile_package(wrap("BF3A", "81017F")).error().kind == Es9Error::Kind::refused);
  CHECK_FALSE(binding.bound_profile_package(*from_hex("A200")));
  CHECK_FALSE(binding.bound_profile_package({}));
}
