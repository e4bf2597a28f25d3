#include "ipae/esipa/json.h"

#include <array>
#include <nlohmann/json.hpp>

#include "ipae/es10/identifiers.h"
#include "ipae/es9/base64.h"
#include "ipae/es9/json_depth.h"

namespace simurgh::ipae::esipa {
namespace {

using Json = nlohmann::ordered_json;
using asn1::Parsed;
using asn1::ParseError;
using asn1::Tlv;
using asn1::TlvReader;
using asn1::TlvWriter;

// How the value of a member stands in JSON.
enum class As : std::uint8_t {
  hex,     // upper-case hexadecimal of the value
  value,   // base64 of the value
  object,  // base64 of the whole DO
  text,    // the value as it is
  number,
  flag,     // true; the value is empty
  content,  // base64 of the DO that is the value of this one
};
struct Member {
  std::uint32_t tag;
  const char* name;
  As as;
};

constexpr auto kInitiateRequest = std::to_array<Member>({
    {0x81, "euiccChallenge", As::value},
    {0x83, "smdpAddress", As::text},
    {0xBF20, "euiccInfo1", As::object},
    {0x82, "eimTransactionId", As::hex},
});
constexpr auto kAuthenticateRequest =
    std::to_array<Member>({{0x80, "transactionId", As::hex}, {0xBF38, "authenticateServerResponse", As::object}});
constexpr auto kPackageRequest = std::to_array<Member>({{0x80, "transactionId", As::hex}, {0xBF21, "prepareDownloadResponse", As::object}});
constexpr auto kPollRequest = std::to_array<Member>({
    {0x5A, "eidValue", As::hex},
    {0x80, "notifyStateChange", As::flag},
    {0x81, "stateChangeCause", As::number},
    {0x82, "rPLMN", As::hex},
});
constexpr auto kInitiateAnswer = std::to_array<Member>({
    {0x80, "transactionId", As::hex},
    {0x30, "serverSigned1", As::object},
    {0x5F37, "serverSignature1", As::object},
    {0x04, "euiccCiPKIdentifierToBeUsed", As::value},
    {0x30, "serverCertificate", As::object},
    {0x0C, "matchingId", As::text},
    {0xA2, "ctxParams1", As::content},
});
constexpr auto kAuthenticateAnswer = std::to_array<Member>({
    {0x80, "transactionId", As::hex},
    {0xBF25, "profileMetadata", As::object},
    {0x30, "smdpSigned2", As::object},
    {0x5F37, "smdpSignature2", As::object},
    {0x30, "smdpCertificate", As::object},
    {0x04, "hashCc", As::value},
});
constexpr auto kPackageAnswer = std::to_array<Member>({{0x80, "transactionId", As::hex}, {0xBF36, "boundProfilePackage", As::object}});
constexpr auto kPollAnswer = std::to_array<Member>({
    {0xBF51, "euiccPackageRequest", As::object},
    {0xBF52, "ipaEuiccDataRequest", As::object},
    {0xBF54, "profileDownloadTriggerRequest", As::object},
    {0x02, "eimPackageError", As::number},
});

Parsed<Json> to_members(ByteView content, std::span<const Member> members) {
  Json out = Json::object();
  TlvReader in(content);
  while (!in.at_end()) {
    const auto element = in.next();
    if (!element) return std::unexpected(element.error());
    for (const Member& member : members) {
      if (member.tag != element->tag || out.contains(member.name)) continue;
      switch (member.as) {
        case As::hex:
          out[member.name] = to_hex(element->value);
          break;
        case As::value:
        case As::content:
          out[member.name] = base64_encode(element->value);
          break;
        case As::object:
          out[member.name] = base64_encode(element->raw);
          break;
        case As::text:
          out[member.name] = printable(to_text(element->value));
          break;
        case As::flag:
          out[member.name] = true;
          break;
        case As::number: {
          const auto number = asn1::unsigned_value(*element);
          if (!number) return std::unexpected(number.error());
          out[member.name] = *number;
          break;
        }
      }
      break;
    }
  }
  return out;
}

// ---- answers

Es9Error strange(const std::string& why) {
  Es9Error error;
  error.what = "the eIM's answer is not understood: " + why;
  error.advice = "check that the address is that of an eIM";
  return error;
}

const Json* member_of(const Json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

std::string text_of(const Json& object, const char* name) {
  const Json* value = member_of(object, name);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

// header.functionExecutionStatus as on ES9+; an answer without a header is taken for a success, since what it must hold is looked at
// anyway.
EsipaResult<void> check_status(const Json& document) {
  const Json* header = member_of(document, "header");
  if (header == nullptr) return {};
  const Json* execution = member_of(*header, "functionExecutionStatus");
  if (execution == nullptr) return std::unexpected(strange("no functionExecutionStatus"));
  const std::string status = text_of(*execution, "status");
  if (status == "Executed-Success" || status == "Executed-WithWarning") return {};
  const Json* data = member_of(*execution, "statusCodeData");
  if (data == nullptr) return std::unexpected(strange("status '" + printable(status) + "' without a status code"));
  return std::unexpected(refused(text_of(*data, "subjectCode"), text_of(*data, "reasonCode"), text_of(*data, "message")));
}

EsipaResult<void> put_member(TlvWriter& out, const Json& value, const Member& member) {
  const auto wrong = [&](const char* what) { return std::unexpected(strange(std::string(member.name) + what)); };
  if (member.as == As::number) {
    if (!value.is_number_unsigned()) return wrong(" is no number");
    out.put_integer(member.tag, value.get<std::uint64_t>() & 0xFFFFFFFF);
    return {};
  }
  if (member.as == As::flag) {
    if (value.is_boolean() && value.get<bool>()) out.put(member.tag, {});
    return {};
  }
  if (!value.is_string()) return wrong(" is no text");
  const std::string& text = value.get_ref<const std::string&>();
  if (member.as == As::text) {
    out.put_text(member.tag, text);
    return {};
  }
  const auto octets = member.as == As::hex ? from_hex(text) : base64_decode(text);
  if (!octets) return wrong(member.as == As::hex ? " is not hexadecimal" : " is no base64");
  if (member.as != As::object) {
    out.put(member.tag, *octets);
    return {};
  }
  if (asn1::read_only(*octets, member.tag)) {
    out.raw(*octets);
  } else if (member.tag == 0x5F37 && octets->size() == 64) {
    out.put(member.tag, *octets);  // signatures are seen without their tag
  } else {
    return wrong(" is not the expected object");
  }
  return {};
}

EsipaResult<Bytes> members_to_der(const Json& document, std::span<const Member> members, std::size_t least) {
  TlvWriter out;
  std::size_t found = 0;
  for (const Member& member : members) {
    const Json* value = member_of(document, member.name);
    if (value == nullptr) continue;
    if (auto put = put_member(out, *value, member); !put) return std::unexpected(put.error());
    ++found;
  }
  if (found < least) return std::unexpected(strange("members are missing"));
  return out.take();
}

}  // namespace

Parsed<std::string> json_request(Function function, ByteView message) {
  const auto outer = asn1::read_only(message, static_cast<std::uint32_t>(function));
  if (!outer) return std::unexpected(outer.error());
  Parsed<Json> out = Json::object();
  switch (function) {
    case Function::initiate_authentication:
      out = to_members(outer->value, kInitiateRequest);
      break;
    case Function::authenticate_client:
      out = to_members(outer->value, kAuthenticateRequest);
      break;
    case Function::get_bound_profile_package:
      out = to_members(outer->value, kPackageRequest);
      break;
    case Function::get_eim_package:
      out = to_members(outer->value, kPollRequest);
      break;
    case Function::cancel_session: {
      TlvReader in(outer->value);
      const auto id = in.required(0x80);
      if (!id) return std::unexpected(id.error());
      const auto response = in.required(0xA1);
      if (!response) return std::unexpected(response.error());
      // As an object by itself it has its own tag again.
      out = Json{{"transactionId", to_hex(id->value)}, {"cancelSessionResponse", base64_encode(asn1::tlv(0xBF41, response->value))}};
      break;
    }
    case Function::handle_notification: {
      TlvReader in(outer->value);
      const auto chosen = in.next();
      if (!chosen) return std::unexpected(chosen.error());
      if (chosen->tag == 0xA0) {
        out = Json{{"pendingNotification", base64_encode(chosen->value)}};
      } else {
        out = Json{{"provideEimPackageResult", base64_encode(chosen->raw)}};
      }
      break;
    }
    case Function::provide_eim_package_result: {
      TlvReader in(outer->value);
      const auto eid = in.optional(0x5A);
      if (!eid) return std::unexpected(eid.error());
      Json body = Json::object();
      if (*eid) body["eidValue"] = to_hex((*eid)->value);
      const auto result = in.next();
      if (!result) return std::unexpected(result.error());
      body["eimPackageResult"] = base64_encode(result->raw);
      out = std::move(body);
      break;
    }
  }
  if (!out) return std::unexpected(out.error());
  return out->dump(-1, ' ', false, Json::error_handler_t::replace);
}

EsipaResult<Bytes> json_answer(Function function, ByteView body) {
  const std::string_view text(reinterpret_cast<const char*>(body.data()), body.size());
  if (!shallow_json(text)) return std::unexpected(strange("JSON nested too deep"));
  const Json document = Json::parse(text, nullptr, false);
  if (!document.is_object()) return std::unexpected(strange("no JSON object"));
  if (auto fine = check_status(document); !fine) return std::unexpected(fine.error());
  const auto tag = static_cast<std::uint32_t>(function);
  const auto below_a0 = [&](std::span<const Member> members, std::size_t least) -> EsipaResult<Bytes> {
    auto content = members_to_der(document, members, least);
    if (!content) return content;
    return asn1::tlv(tag, asn1::tlv(0xA0, *content));
  };
  switch (function) {
    case Function::initiate_authentication:
      return below_a0(kInitiateAnswer, 4);
    case Function::authenticate_client: {
      if (const Json* trigger = member_of(document, "profileDownloadTriggerRequest")) {
        TlvWriter out;
        const auto id = from_hex(text_of(document, "transactionId"));
        if (id && !id->empty()) out.put(0x80, *id);
        if (auto put = put_member(out, *trigger, {0xBF54, "profileDownloadTriggerRequest", As::object}); !put) {
          return std::unexpected(put.error());
        }
        return asn1::tlv(tag, asn1::tlv(0xA1, out.view()));
      }
      return below_a0(kAuthenticateAnswer, 3);
    }
    case Function::get_bound_profile_package:
      return below_a0(kPackageAnswer, 1);
    case Function::cancel_session:
      return asn1::tlv(tag, asn1::tlv(0xA0, {}));
    case Function::handle_notification:
      return Bytes{};
    case Function::get_eim_package: {
      auto content = members_to_der(document, kPollAnswer, 1);
      if (!content) return content;
      return asn1::tlv(tag, *content);
    }
    case Function::provide_eim_package_result: {
      TlvWriter out;
      if (const Json* error = member_of(document, "provideEimPackageResultError")) {
        if (auto put = put_member(out, *error, {0x02, "provideEimPackageResultError", As::number}); !put)
          return std::unexpected(put.error());
      } else if (const Json* numbers = member_of(document, "eimAcknowledgements")) {
        if (auto put = put_member(out, *numbers, {0xBF53, "eimAcknowledgements", As::object}); !put) return std::unexpected(put.error());
      } else {
        out.put(0x30, {});
      }
      return asn1::tlv(tag, out.view());
    }
  }
  return std::unexpected(strange("an unknown function"));
}

}  // namespace simurgh::ipae::esipa
