#include "tools/smdp/http_service.h"

#include <openssl/evp.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "asn1/tlv.h"

namespace simurgh::smdp {
namespace {

using Json = nlohmann::ordered_json;
using asn1::TlvReader;
using asn1::TlvWriter;

constexpr const char* kEs9Path = "/gsma/rsp2/es9plus/";
constexpr const char* kEs2Path = "/gsma/rsp2/es2plus/";
constexpr const char* kAsn1Path = "/gsma/rsp2/asn1";
constexpr const char* kJsonType = "application/json;charset=UTF-8";
constexpr const char* kAsn1Type = "application/x-gsma-rsp-asn1";
constexpr Refusal kMalformed{"8.1", "2.1", "the request cannot be read"};

HttpReply json_reply(Json body) { return {200, kJsonType, body.dump(-1, ' ', false, Json::error_handler_t::replace)}; }

HttpReply success(Json fields) {
  Json out{{"header", {{"functionExecutionStatus", {{"status", "Executed-Success"}}}}}};
  out.update(fields);
  return json_reply(std::move(out));
}

HttpReply refusal(const Refusal& r) {
  return json_reply({{"header",
                      {{"functionExecutionStatus",
                        {{"status", "Failed"}, {"statusCodeData", {{"subjectCode", r.subject}, {"reasonCode", r.reason}, {"message", r.words}}}}}}}});
}

// A base64 or hexadecimal text member of a JSON object; nothing when absent or malformed.
std::optional<Bytes> octets(const Json& body, const char* name) {
  const auto at = body.find(name);
  return at == body.end() || !at->is_string() ? std::nullopt : base64_decode(at->get_ref<const std::string&>());
}
std::optional<Bytes> transaction(const Json& body) {
  const auto at = body.find("transactionId");
  if (at == body.end() || !at->is_string()) return std::nullopt;
  auto id = from_hex(at->get_ref<const std::string&>());
  return id && !id->empty() && id->size() <= 16 ? id : std::nullopt;
}

}  // namespace

std::string base64_encode(ByteView in) {
  std::string out(4 * ((in.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), in.data(), static_cast<int>(in.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

std::optional<Bytes> base64_decode(std::string_view text) {
  std::string squeezed;
  for (const char c : text) {
    if (c != '\n' && c != '\r' && c != ' ') squeezed.push_back(c);
  }
  if (squeezed.size() % 4 != 0) return std::nullopt;
  Bytes out(squeezed.size() / 4 * 3 + 1);
  const int size = EVP_DecodeBlock(out.data(), reinterpret_cast<const unsigned char*>(squeezed.data()), static_cast<int>(squeezed.size()));
  if (size < 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && padding < squeezed.size() && squeezed[squeezed.size() - 1 - padding] == '=') ++padding;
  out.resize(static_cast<std::size_t>(size) - padding);
  return out;
}

HttpReply HttpService::json(const std::string& function, const std::string& text) {
  const Json body = Json::parse(text, nullptr, false);
  if (!body.is_object()) return refusal(kMalformed);
  if (function == "initiateAuthentication") {
    const auto challenge = octets(body, "euiccChallenge");
    const auto info = octets(body, "euiccInfo1");
    const auto address = body.find("smdpAddress");
    if (!challenge || !info || address == body.end() || !address->is_string()) return refusal(kMalformed);
    const auto ok = es9_.initiate_authentication(*challenge, *info, address->get<std::string>());
    if (!ok) return refusal(ok.error());
    return success({{"transactionId", to_hex(ok->transaction_id)},
                    {"serverSigned1", base64_encode(ok->server_signed1)},
                    {"serverSignature1", base64_encode(ok->server_signature1)},
                    {"euiccCiPKIdToBeUsed", base64_encode(ok->ci_key_id)},
                    {"serverCertificate", base64_encode(ok->certificate)}});
  }
  const auto id = transaction(body);
  if (function == "authenticateClient") {
    const auto response = octets(body, "authenticateServerResponse");
    if (!id || !response) return refusal(kMalformed);
    const auto ok = es9_.authenticate_client(*id, *response);
    if (!ok) return refusal(ok.error());
    return success({{"transactionId", to_hex(ok->transaction_id)},
                    {"profileMetadata", base64_encode(ok->metadata)},
                    {"smdpSigned2", base64_encode(ok->smdp_signed2)},
                    {"smdpSignature2", base64_encode(ok->smdp_signature2)},
                    {"smdpCertificate", base64_encode(ok->certificate)}});
  }
  if (function == "getBoundProfilePackage") {
    const auto response = octets(body, "prepareDownloadResponse");
    if (!id || !response) return refusal(kMalformed);
    const auto ok = es9_.get_bound_profile_package(*id, *response);
    if (!ok) return refusal(ok.error());
    return success({{"transactionId", to_hex(*id)}, {"boundProfilePackage", base64_encode(*ok)}});
  }
  if (function == "cancelSession") {
    const auto response = octets(body, "cancelSessionResponse");
    if (!id || !response) return refusal(kMalformed);
    if (const auto refused = es9_.cancel_session(*id, *response)) return refusal(*refused);
    return success(Json::object());
  }
  if (function == "handleNotification") {
    const auto pending = octets(body, "pendingNotification");
    if (!pending) return refusal(kMalformed);
    es9_.handle_notification(*pending);
    return {204, "", ""};
  }
  return {404, "text/plain", "no such function\n"};
}

namespace {

// Numeric errors of the ASN.1 binding for the pairs of the JSON one (SGP.22 v2.5 annex H); 127 undefinedError otherwise.
struct NumericError {
  std::uint32_t function;
  const char *subject, *reason;
  std::uint8_t code;
};
constexpr std::uint32_t kInitiate = 0xBF39, kAuthenticate = 0xBF3B, kPackage = 0xBF3A, kCancel = 0xBF41, kNotification = 0xBF3D, kEnvelope = 0xA2;
constexpr NumericError kNumeric[] = {
    {kInitiate, "8.8.1", "3.8", 1},     {kInitiate, "8.8.3", "3.1", 2},     {kInitiate, "8.8.2", "3.1", 3},     {kAuthenticate, "8.1.2", "6.1", 1},
    {kAuthenticate, "8.1.2", "6.3", 2}, {kAuthenticate, "8.1.3", "6.1", 3}, {kAuthenticate, "8.1.3", "6.3", 4}, {kAuthenticate, "8.1", "6.1", 5},
    {kAuthenticate, "8.2.6", "3.8", 6}, {kAuthenticate, "8.1.1", "3.8", 7}, {kAuthenticate, "8.2.5", "4.3", 8}, {kAuthenticate, "8.10.1", "3.9", 10},
    {kPackage, "8.1", "6.1", 1},        {kPackage, "8.2.7", "2.2", 2},      {kPackage, "8.2.7", "3.8", 3},      {kPackage, "8.2.7", "6.4", 4},
    {kPackage, "8.10.1", "3.9", 95},    {kCancel, "8.10.1", "3.9", 1},      {kCancel, "8.1", "6.1", 2},
};

HttpReply asn1_reply(std::uint32_t function, ByteView choice) {
  const Bytes whole = asn1::tlv(kEnvelope, asn1::tlv(function, choice));
  return {200, kAsn1Type, to_text(whole)};
}

HttpReply asn1_refusal(std::uint32_t function, const Refusal& r) {
  std::uint8_t code = 127;
  for (const NumericError& row : kNumeric) {
    if (row.function == function && std::string_view(row.subject) == r.subject && std::string_view(row.reason) == r.reason) code = row.code;
  }
  return asn1_reply(function, asn1::tlv(0x81, ByteView(&code, 1)));
}

}  // namespace

HttpReply HttpService::asn1(const std::string& body) {
  const auto envelope = asn1::read_only(text_view(body), kEnvelope);
  TlvReader outer(envelope ? envelope->value : ByteView{});
  const auto message = outer.next();
  if (!envelope || !message) return {400, "text/plain", "not an RSP message\n"};
  TlvReader in(message->value);
  TlvWriter ok;
  if (message->tag == kInitiate) {
    const auto challenge = in.required(0x81);
    const auto address = in.required(0x83);
    const auto info = in.required(0xBF20);
    if (!challenge || !address || !info) return asn1_refusal(kInitiate, kMalformed);
    const auto answer = es9_.initiate_authentication(challenge->value, info->raw, to_text(address->value));
    if (!answer) return asn1_refusal(kInitiate, answer.error());
    ok.put(0x80, answer->transaction_id).raw(answer->server_signed1).raw(answer->server_signature1).raw(answer->ci_key_id).raw(answer->certificate);
    return asn1_reply(kInitiate, asn1::tlv(0xA0, ok.view()));
  }
  if (message->tag == kNotification) {
    // PendingNotification: a result, or an OtherSignedNotification.
    es9_.handle_notification(message->value);
    return {204, "", ""};
  }
  const auto id = in.required(0x80);
  const auto response = in.next();
  if (!id || !response) return asn1_refusal(message->tag, kMalformed);
  if (message->tag == kAuthenticate) {
    const auto answer = es9_.authenticate_client(id->value, response->raw);
    if (!answer) return asn1_refusal(kAuthenticate, answer.error());
    ok.put(0x80, answer->transaction_id).raw(answer->metadata).raw(answer->smdp_signed2).raw(answer->smdp_signature2).raw(answer->certificate);
    return asn1_reply(kAuthenticate, asn1::tlv(0xA0, ok.view()));
  }
  if (message->tag == kPackage) {
    const auto answer = es9_.get_bound_profile_package(id->value, response->raw);
    if (!answer) return asn1_refusal(kPackage, answer.error());
    ok.put(0x80, id->value).raw(*answer);
    return asn1_reply(kPackage, asn1::tlv(0xA0, ok.view()));
  }
  if (message->tag == kCancel) {
    if (const auto refused = es9_.cancel_session(id->value, response->raw)) return asn1_refusal(kCancel, *refused);
    return asn1_reply(kCancel, asn1::tlv(0xA0, {}));
  }
  return {404, "text/plain", "no such function\n"};
}

HttpReply HttpService::handle(Interface interface, const std::string& target, const std::string& content_type, const std::string& body) {
  try {
    if (interface == Interface::es2plus) {
      if (!target.starts_with(kEs2Path)) return {404, "text/plain", "ES2+ lives under /gsma/rsp2/es2plus/\n"};
      return {200, kJsonType, es2_.handle(target.substr(std::string_view(kEs2Path).size()), body)};
    }
    if (target == kAsn1Path) return content_type.starts_with(kAsn1Type) ? asn1(body) : HttpReply{415, "text/plain", "application/x-gsma-rsp-asn1 is needed\n"};
    if (!target.starts_with(kEs9Path)) return {404, "text/plain", "ES9+ lives under /gsma/rsp2/es9plus/\n"};
    if (!content_type.starts_with("application/json")) return {415, "text/plain", "application/json is needed\n"};
    return json(target.substr(std::string_view(kEs9Path).size()), body);
  } catch (const StoreFailure&) {
    return {503, "text/plain", "the order store is not available\n"};
  }
}

}  // namespace simurgh::smdp
