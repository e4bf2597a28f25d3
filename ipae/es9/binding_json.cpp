#include <nlohmann/json.hpp>

#include "ipae/es10/identifiers.h"
#include "ipae/es9/base64.h"
#include "ipae/es9/binding.h"
#include "ipae/es9/json_depth.h"

namespace simurgh::ipae {
namespace {

using Json = nlohmann::json;

const Json* member(const Json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

std::string text_member(const Json& object, const char* name) {
  const Json* value = member(object, name);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

Es9Result<Json> parse(ByteView body) {
  const std::string_view text(reinterpret_cast<const char*>(body.data()), body.size());
  if (!shallow_json(text)) return std::unexpected(not_understood("JSON nested too deep"));
  Json document = Json::parse(text, nullptr, false);
  if (!document.is_object()) return std::unexpected(not_understood("no JSON object"));
  return document;
}

// header.functionExecutionStatus (SGP.22 v2.5 6.5.1.4)
Es9Result<void> check_status(const Json& document) {
  const Json* header = member(document, "header");
  const Json* execution = header == nullptr ? nullptr : member(*header, "functionExecutionStatus");
  if (execution == nullptr) return std::unexpected(not_understood("no functionExecutionStatus"));
  const std::string status = text_member(*execution, "status");
  if (status == "Executed-Success" || status == "Executed-WithWarning") return {};
  const Json* data = member(*execution, "statusCodeData");
  if (data == nullptr) return std::unexpected(not_understood("status '" + printable(status) + "' without a status code"));
  return std::unexpected(refused(text_member(*data, "subjectCode"), text_member(*data, "reasonCode"), text_member(*data, "message")));
}

Es9Result<Json> successful(ByteView body) {
  auto document = parse(body);
  if (!document) return document;
  if (auto fine = check_status(*document); !fine) return std::unexpected(fine.error());
  return document;
}

Es9Result<Bytes> octets(const Json& document, const char* name) {
  const Json* value = member(document, name);
  if (value == nullptr || !value->is_string()) return std::unexpected(not_understood(std::string(name) + " is missing"));
  auto decoded = base64_decode(value->get_ref<const std::string&>());
  if (!decoded) return std::unexpected(not_understood(std::string(name) + " is no base64"));
  return *std::move(decoded);
}

// One whole DO with this tag. `bare`: a value of that size without tag and length is accepted and completed, since implementations differ.
Es9Result<Bytes> element(const Json& document, const char* name, std::uint32_t tag, std::size_t bare = 0) {
  auto decoded = octets(document, name);
  if (!decoded) return decoded;
  if (asn1::read_only(*decoded, tag)) return decoded;
  if (bare != 0 && decoded->size() == bare) return asn1::tlv(tag, *decoded);
  return std::unexpected(not_understood(std::string(name) + " is not the expected object"));
}

Es9Result<Bytes> transaction_id(const Json& document) {
  const auto id = from_hex(text_member(document, "transactionId"));
  if (!id || !valid_transaction_id(*id)) return std::unexpected(not_understood("transactionId is missing or malformed"));
  return *id;
}

Bytes encode(const Json& document) { return to_bytes(text_view(document.dump(-1, ' ', false, Json::error_handler_t::replace))); }

class JsonBinding final : public Es9Binding {
 public:
  std::string target(const std::string& function) const override { return "/gsma/rsp2/es9plus/" + function; }
  std::string content_type() const override { return "application/json;charset=UTF-8"; }

  Bytes initiate_authentication(ByteView challenge, const std::string& smdp_address, ByteView euicc_info1) const override {
    return encode(
        {{"euiccChallenge", base64_encode(challenge)}, {"euiccInfo1", base64_encode(euicc_info1)}, {"smdpAddress", smdp_address}});
  }

  Es9Result<InitiateAuthenticationOk> initiate_authentication_ok(ByteView body) const override {
    const auto document = successful(body);
    if (!document) return std::unexpected(document.error());
    auto id = transaction_id(*document);
    if (!id) return std::unexpected(id.error());
    auto signed1 = element(*document, "serverSigned1", 0x30);
    if (!signed1) return std::unexpected(signed1.error());
    auto signature = element(*document, "serverSignature1", 0x5F37, 64);
    if (!signature) return std::unexpected(signature.error());
    auto key = element(*document, "euiccCiPKIdToBeUsed", 0x04, 20);
    if (!key) return std::unexpected(key.error());
    auto certificate = element(*document, "serverCertificate", 0x30);
    if (!certificate) return std::unexpected(certificate.error());
    return InitiateAuthenticationOk{*std::move(id), *std::move(signed1), *std::move(signature), *std::move(key), *std::move(certificate)};
  }

  Bytes authenticate_client(ByteView id, ByteView authenticate_server_response) const override {
    return encode({{"transactionId", to_hex(id)}, {"authenticateServerResponse", base64_encode(authenticate_server_response)}});
  }

  Es9Result<AuthenticateClientOk> authenticate_client_ok(ByteView body) const override {
    const auto document = successful(body);
    if (!document) return std::unexpected(document.error());
    auto id = transaction_id(*document);
    if (!id) return std::unexpected(id.error());
    auto metadata = element(*document, "profileMetadata", 0xBF25);
    if (!metadata) return std::unexpected(metadata.error());
    auto signed2 = element(*document, "smdpSigned2", 0x30);
    if (!signed2) return std::unexpected(signed2.error());
    auto signature = element(*document, "smdpSignature2", 0x5F37, 64);
    if (!signature) return std::unexpected(signature.error());
    auto certificate = element(*document, "smdpCertificate", 0x30);
    if (!certificate) return std::unexpected(certificate.error());
    return AuthenticateClientOk{*std::move(id), *std::move(metadata), *std::move(signed2), *std::move(signature), *std::move(certificate)};
  }

  Bytes get_bound_profile_package(ByteView id, ByteView prepare_download_response) const override {
    return encode({{"transactionId", to_hex(id)}, {"prepareDownloadResponse", base64_encode(prepare_download_response)}});
  }

  Es9Result<Bytes> bound_profile_package(ByteView body) const override {
    const auto document = successful(body);
    if (!document) return std::unexpected(document.error());
    return element(*document, "boundProfilePackage", 0xBF36);
  }

  Bytes cancel_session(ByteView id, ByteView cancel_session_response) const override {
    return encode({{"transactionId", to_hex(id)}, {"cancelSessionResponse", base64_encode(cancel_session_response)}});
  }

  Es9Result<void> cancel_session_ok(ByteView body) const override { return no_refusal(body); }

  Bytes handle_notification(ByteView pending_notification) const override {
    return encode({{"pendingNotification", base64_encode(pending_notification)}});
  }

  Es9Result<void> no_refusal(ByteView body) const override {
    if (body.empty()) return {};
    const auto document = parse(body);
    if (!document) return std::unexpected(document.error());
    return check_status(*document);
  }
};

}  // namespace

const Es9Binding& json_binding() {
  static const JsonBinding kBinding;
  return kBinding;
}

}  // namespace simurgh::ipae
