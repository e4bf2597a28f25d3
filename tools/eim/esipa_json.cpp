#include "tools/eim/esipa_json.h"

#include <array>
#include <nlohmann/json.hpp>
#include <span>

#include "asn1/tlv.h"
#include "ipae/es9/base64.h"
#include "ipae/es9/json_depth.h"

namespace simurgh::eim {
namespace {

constexpr int kJsonDepth = 32;

using Json = nlohmann::ordered_json;
using asn1::TlvReader;
using asn1::TlvWriter;
using ipae::base64_decode;
using ipae::base64_encode;

constexpr std::uint32_t kInitiate = 0xBF39, kPackage = 0xBF3A, kAuthenticate = 0xBF3B, kNotification = 0xBF3D, kCancel = 0xBF41, kTransfer = 0xBF4E,
                        kGet = 0xBF4F, kProvide = 0xBF50;

enum class As : std::uint8_t { hex, value, object, text, number, flag };
struct Member {
  std::uint32_t tag;
  const char* name;
  As as;
  bool needed = false;
};

constexpr auto kInitiateIn = std::to_array<Member>({{0x81, "euiccChallenge", As::value, true},
                                                    {0x83, "smdpAddress", As::text},
                                                    {0xBF20, "euiccInfo1", As::object},
                                                    {0x82, "eimTransactionId", As::hex}});
constexpr auto kAuthenticateIn = std::to_array<Member>({{0x80, "transactionId", As::hex, true}, {0xBF38, "authenticateServerResponse", As::object, true}});
constexpr auto kPackageIn = std::to_array<Member>({{0x80, "transactionId", As::hex, true}, {0xBF21, "prepareDownloadResponse", As::object, true}});
constexpr auto kGetIn = std::to_array<Member>(
    {{0x5A, "eidValue", As::hex}, {0x80, "notifyStateChange", As::flag}, {0x81, "stateChangeCause", As::number}, {0x82, "rPLMN", As::hex}});
constexpr auto kInitiateOut = std::to_array<Member>({{0x80, "transactionId", As::hex},
                                                     {0x30, "serverSigned1", As::object},
                                                     {0x5F37, "serverSignature1", As::object},
                                                     {0x04, "euiccCiPKIdentifierToBeUsed", As::value},
                                                     {0x30, "serverCertificate", As::object},
                                                     {0x0C, "matchingId", As::text},
                                                     {0xA2, "ctxParams1", As::value}});
constexpr auto kAuthenticateOut = std::to_array<Member>({{0x80, "transactionId", As::hex},
                                                         {0xBF25, "profileMetadata", As::object},
                                                         {0x30, "smdpSigned2", As::object},
                                                         {0x5F37, "smdpSignature2", As::object},
                                                         {0x30, "smdpCertificate", As::object},
                                                         {0x04, "hashCc", As::value}});
constexpr auto kPackageOut = std::to_array<Member>({{0x80, "transactionId", As::hex}, {0xBF36, "boundProfilePackage", As::object}});
constexpr auto kGetOut = std::to_array<Member>({{0xBF51, "euiccPackageRequest", As::object},
                                                {0xBF52, "ipaEuiccDataRequest", As::object},
                                                {0xBF54, "profileDownloadTriggerRequest", As::object},
                                                {0x02, "eimPackageError", As::number}});
constexpr auto kProvideOut = std::to_array<Member>({{0xBF53, "eimAcknowledgements", As::object}, {0x02, "provideEimPackageResultError", As::number}});

using Content = std::expected<Bytes, std::string>;

Content read_members(const Json& body, std::span<const Member> members) {
  TlvWriter out;
  for (const Member& member : members) {
    const auto at = body.find(member.name);
    if (at == body.end()) {
      if (member.needed) return std::unexpected(std::string(member.name) + " is missing");
      continue;
    }
    const auto wrong = std::unexpected(std::string(member.name) + " cannot be read");
    if (member.as == As::flag) {
      if (!at->is_boolean()) return wrong;
      if (at->get<bool>()) out.put(member.tag, {});
      continue;
    }
    if (member.as == As::number) {
      if (!at->is_number_unsigned()) return wrong;
      out.put_integer(member.tag, at->get<std::uint64_t>() & 0x7FFFFFFF);
      continue;
    }
    if (!at->is_string()) return wrong;
    const auto& text = at->get_ref<const std::string&>();
    if (member.as == As::text) {
      out.put_text(member.tag, text);
      continue;
    }
    const auto octets = member.as == As::hex ? from_hex(text) : base64_decode(text);
    if (!octets) return wrong;
    if (member.as == As::object) {
      if (!asn1::read_only(*octets, member.tag)) return wrong;
      out.raw(*octets);
    } else {
      out.put(member.tag, *octets);
    }
  }
  return out.take();
}

// A base64 member that is a whole DO, whatever its tag.
std::optional<Bytes> object_in(const Json& body, const char* name) {
  const auto at = body.find(name);
  if (at == body.end() || !at->is_string()) return std::nullopt;
  auto octets = base64_decode(at->get_ref<const std::string&>());
  if (!octets) return std::nullopt;
  TlvReader in(*octets);
  if (!in.next() || !in.at_end()) return std::nullopt;
  return octets;
}

Json status(bool good) { return {{"functionExecutionStatus", {{"status", good ? "Executed-Success" : "Failed"}}}}; }

std::string printed(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string failed(const char* subject, const char* reason, const std::string& message) {
  Json header = status(false);
  header["functionExecutionStatus"]["statusCodeData"] = {{"subjectCode", subject}, {"reasonCode", reason}, {"message", message}};
  return printed({{"header", std::move(header)}});
}

std::string success(ByteView content, std::span<const Member> members) {
  Json out{{"header", status(true)}};
  TlvReader in(content);
  while (!in.at_end()) {
    const auto element = in.next();
    if (!element) break;
    for (const Member& member : members) {
      if (member.tag != element->tag || out.contains(member.name)) continue;
      if (member.as == As::hex) out[member.name] = to_hex(element->value);
      if (member.as == As::value) out[member.name] = base64_encode(element->value);
      if (member.as == As::object) out[member.name] = base64_encode(element->raw);
      if (member.as == As::text) out[member.name] = to_text(element->value);
      if (member.as == As::number) out[member.name] = asn1::unsigned_value(*element).value_or(127);
      break;
    }
  }
  return printed(out);
}

// Codes of the functions' own choices as the pair that ES9+ has for the same thing.
struct Code {
  std::uint32_t function;
  std::uint64_t code;
  const char *subject, *reason, *words;
};
constexpr Code kCodes[] = {
    {kInitiate, 1, "8.8.1", "3.8", "invalidDpAddress"},
    {kInitiate, 2, "8.8.3", "3.1", "euiccVersionNotSupportedByDp"},
    {kInitiate, 3, "8.8.2", "3.1", "ciPKIdNotSupported"},
    {kInitiate, 50, "8.8.1", "3.10", "smdpAddressMismatch"},
    {kInitiate, 51, "8.8", "3.10", "smdpOidMismatch"},
    {kInitiate, 52, "8.10.1", "3.9", "invalidEimTransactionId"},
    {kAuthenticate, 1, "8.1.2", "6.1", "eumCertificateInvalid"},
    {kAuthenticate, 2, "8.1.2", "6.3", "eumCertificateExpired"},
    {kAuthenticate, 3, "8.1.3", "6.1", "euiccCertificateInvalid"},
    {kAuthenticate, 4, "8.1.3", "6.3", "euiccCertificateExpired"},
    {kAuthenticate, 5, "8.1", "6.1", "euiccSignatureInvalid"},
    {kAuthenticate, 6, "8.2.6", "3.8", "matchingIdRefused"},
    {kAuthenticate, 7, "8.1.1", "3.8", "eidMismatch"},
    {kAuthenticate, 8, "8.2.5", "4.3", "noEligibleProfile"},
    {kAuthenticate, 9, "8.11.1", "3.9", "ciPKUnknown"},
    {kAuthenticate, 10, "8.10.1", "3.9", "invalidTransactionId"},
    {kAuthenticate, 11, "8.1", "4.8", "insufficientMemory"},
    {kPackage, 1, "8.1", "6.1", "euiccSignatureInvalid"},
    {kPackage, 2, "8.2.7", "2.2", "confirmationCodeMissing"},
    {kPackage, 3, "8.2.7", "3.8", "confirmationCodeRefused"},
    {kPackage, 4, "8.2.7", "6.4", "confirmationCodeRetriesExceeded"},
    {kPackage, 5, "8.2", "3.7", "bppRebindingRefused"},
    {kPackage, 6, "8.8.5", "4.10", "downloadOrderExpired"},
    {kPackage, 95, "8.10.1", "3.9", "invalidTransactionId"},
    {kCancel, 1, "8.10.1", "3.9", "invalidTransactionId"},
    {kCancel, 2, "8.1", "6.1", "euiccSignatureInvalid"},
};

}  // namespace

std::optional<std::uint32_t> json_function(std::string_view name) {
  if (name == "initiateAuthentication") return kInitiate;
  if (name == "authenticateClient") return kAuthenticate;
  if (name == "getBoundProfilePackage") return kPackage;
  if (name == "cancelSession") return kCancel;
  if (name == "handleNotification") return kNotification;
  if (name == "getEimPackage") return kGet;
  if (name == "provideEimPackageResult") return kProvide;
  if (name == "transferEimPackage") return kTransfer;
  return std::nullopt;
}

std::expected<Bytes, std::string> json_to_message(std::uint32_t function, const std::string& text) {
  const Json body = ipae::shallow_json(text, kJsonDepth) ? Json::parse(text, nullptr, false) : Json();
  if (!body.is_object()) return std::unexpected("the body is no JSON object");
  Content content;
  const auto whole = [&](const char* name, std::uint32_t around) {
    const auto octets = object_in(body, name);
    if (!octets) {
      content = std::unexpected(std::string(name) + " is missing or cannot be read");
    } else {
      content = around == 0 ? *octets : asn1::tlv(around, *octets);
    }
  };
  switch (function) {
    case kInitiate: content = read_members(body, kInitiateIn); break;
    case kAuthenticate: content = read_members(body, kAuthenticateIn); break;
    case kPackage: content = read_members(body, kPackageIn); break;
    case kGet: content = read_members(body, kGetIn); break;
    case kTransfer: whole("eimPackageResult", 0); break;
    case kNotification:
      if (body.contains("provideEimPackageResult")) {
        whole("provideEimPackageResult", 0);
      } else {
        whole("pendingNotification", 0xA0);
      }
      break;
    case kCancel: {
      const auto response = object_in(body, "cancelSessionResponse");
      const auto outcome = response ? asn1::read_only(*response, 0xBF41) : std::unexpected(asn1::ParseError{"", 0});
      content = read_members(body, std::array{Member{0x80, "transactionId", As::hex, true}});
      if (!outcome) {
        content = std::unexpected("cancelSessionResponse is missing or cannot be read");
      } else if (content) {
        append(*content, asn1::tlv(0xA1, outcome->value));
      }
      break;
    }
    default: {
      whole("eimPackageResult", 0);
      if (!content) break;
      auto eid = read_members(body, std::array{Member{0x5A, "eidValue", As::hex}});
      if (!eid) return eid;
      content = concat({*eid, *content});
      break;
    }
  }
  if (!content) return std::unexpected(content.error());
  return asn1::tlv(function, *content);
}

std::string json_malformed(const std::string& why) { return failed("8.1", "2.1", why); }

std::string message_to_json(std::uint32_t function, ByteView answer) {
  const auto message = asn1::read_only(answer, function);
  if (!message) return failed("8.1", "2.1", "no answer");
  if (function == kGet) return success(message->value, kGetOut);
  if (function == kProvide) return success(message->value, kProvideOut);
  TlvReader in(message->value);
  const auto choice = in.next();
  if (!choice) return failed("8.1", "2.1", "no answer");
  if (choice->tag != 0xA0) {
    const std::uint64_t code = asn1::unsigned_value(*choice).value_or(127);
    for (const Code& row : kCodes) {
      if (row.function == function && row.code == code) return failed(row.subject, row.reason, row.words);
    }
    return failed("8.8", "4.2", "undefinedError");
  }
  if (function == kInitiate) return success(choice->value, kInitiateOut);
  if (function == kAuthenticate) return success(choice->value, kAuthenticateOut);
  if (function == kPackage) return success(choice->value, kPackageOut);
  return success({}, {});
}

}  // namespace simurgh::eim
