// Downloads by way of the eIM: SGP.32 v1.2 6.3.
#include <algorithm>
#include <array>

#include "ipae/esipa/messages.h"

namespace simurgh::ipae::esipa {
namespace {

using asn1::Tlv;
using asn1::TlvReader;
using asn1::TlvWriter;

constexpr std::uint32_t kInitiate = 0xBF39, kPackage = 0xBF3A, kAuthenticate = 0xBF3B, kCancel = 0xBF41;

struct Code {
  std::uint32_t function;
  unsigned number;
  std::string_view name;
  std::string_view words;
};
constexpr auto kCodes = std::to_array<Code>({
    {kInitiate, 1, "invalidDpAddress", "the SM-DP+ address is none"},
    {kInitiate, 2, "euiccVersionNotSupportedByDp", "the SM-DP+ does not support the card's version"},
    {kInitiate, 3, "ciPKIdNotSupported", "the SM-DP+ and the card have no certificate issuer (CI) in common"},
    {kInitiate, 50, "smdpAddressMismatch", "another SM-DP+ answered"},
    {kInitiate, 51, "smdpOidMismatch", "an SM-DP+ with another OID answered"},
    {kInitiate, 52, "invalidEimTransactionId", "the eIM does not know this trigger any more"},
    {kAuthenticate, 1, "eumCertificateInvalid", "the manufacturer's certificate is invalid"},
    {kAuthenticate, 2, "eumCertificateExpired", "the manufacturer's certificate has expired"},
    {kAuthenticate, 3, "euiccCertificateInvalid", "the card's certificate is invalid"},
    {kAuthenticate, 4, "euiccCertificateExpired", "the card's certificate has expired"},
    {kAuthenticate, 5, "euiccSignatureInvalid", "the card's signature is wrong"},
    {kAuthenticate, 6, "matchingIdRefused", "the matching ID is refused"},
    {kAuthenticate, 7, "eidMismatch", "the order is for another card"},
    {kAuthenticate, 8, "noEligibleProfile", "no profile fits this card"},
    {kAuthenticate, 9, "ciPKUnknown", "the certificate issuer (CI) is unknown"},
    {kAuthenticate, 10, "invalidTransactionId", "the session is unknown"},
    {kAuthenticate, 11, "insufficientMemory", "the card has too little memory for the profile"},
    {kAuthenticate, 50, "pprNotAllowed", "the profile's policy rules are not allowed"},
    {kAuthenticate, 56, "eventIdUnknown", "the event is unknown"},
    {kPackage, 1, "euiccSignatureInvalid", "the card's signature is wrong"},
    {kPackage, 2, "confirmationCodeMissing", "a confirmation code is missing"},
    {kPackage, 3, "confirmationCodeRefused", "the confirmation code is wrong"},
    {kPackage, 4, "confirmationCodeRetriesExceeded", "the confirmation code was wrong too often"},
    {kPackage, 5, "bppRebindingRefused", "the profile is bound already"},
    {kPackage, 6, "downloadOrderExpired", "the order has expired"},
    {kPackage, 50, "metadataMismatch", "the profile's metadata do not fit"},
    {kPackage, 95, "invalidTransactionId", "the session is unknown"},
    {kCancel, 1, "invalidTransactionId", "the session is unknown"},
    {kCancel, 2, "euiccSignatureInvalid", "the card's signature is wrong"},
});

Es9Error malformed(const asn1::ParseError& error) {
  Es9Error out;
  out.what = std::string("the eIM's answer is not understood: ") + error.what + " at octet " + std::to_string(error.offset);
  out.advice = "check that the address is that of an eIM";
  return out;
}
Es9Error strange(const std::string& why) { return malformed({why.c_str(), 0}); }

Es9Error refusal(std::uint32_t function, std::uint64_t number) {
  Es9Error error;
  error.kind = Es9Error::Kind::refused;
  const auto* row = std::find_if(kCodes.begin(), kCodes.end(), [&](const Code& c) { return c.function == function && c.number == number; });
  error.what = row == kCodes.end() ? "the eIM refuses without a reason" : std::string(row->words);
  error.message = row == kCodes.end() ? "code " + std::to_string(number) : std::string(row->name);
  return error;
}

struct Chosen {
  std::uint32_t tag = 0;
  Bytes content;
};
// The alternative of an answer that is no error.
Es9Result<Chosen> ok_of(ByteView answer, std::uint32_t function) {
  const auto outer = asn1::read_only(answer, function);
  if (!outer) return std::unexpected(malformed(outer.error()));
  TlvReader in(outer->value);
  const auto chosen = in.next();
  if (!chosen) return std::unexpected(malformed(chosen.error()));
  if (chosen->tag == 0xA0 || chosen->tag == 0xA1) return Chosen{chosen->tag, to_bytes(chosen->value)};
  if (chosen->tag != 0x81 && chosen->tag != 0x82) return std::unexpected(strange("neither ok nor error"));
  const auto code = asn1::unsigned_value(*chosen);
  if (!code) return std::unexpected(malformed(code.error()));
  return std::unexpected(refusal(function, *code));
}

// Takes an optional transactionId from the front.
Es9Result<Bytes> transaction_id(TlvReader& in) {
  const auto found = in.optional(0x80);
  if (!found) return std::unexpected(malformed(found.error()));
  if (!*found) return Bytes{};
  if (!valid_transaction_id((*found)->value)) return std::unexpected(strange("transactionId has 1 to 16 octets"));
  return to_bytes((*found)->value);
}

// An object that its sender wrapped once more: some eIMs put what a server gave with its tag into that tag again.
Bytes once(const asn1::Tlv& element) {
  const auto inner = asn1::read_only(element.value, element.tag);
  return to_bytes(inner ? inner->raw : element.raw);
}

}  // namespace

Bytes initiate_authentication(ByteView challenge, const std::optional<std::string>& smdp_address, ByteView euicc_info1,
                              ByteView eim_transaction_id, Version version) {
  TlvWriter out;
  {
    const auto scope = out.open(kInitiate);
    out.put(0x81, challenge);
    if (smdp_address) out.put_text(0x83, *smdp_address);
    out.raw(euicc_info1);
    if (!eim_transaction_id.empty() && version != Version::v1_0) out.put(0x82, eim_transaction_id);
  }
  return out.take();
}

Bytes authenticate_client(ByteView transaction_id, ByteView authenticate_server_response) {
  TlvWriter out;
  {
    const auto scope = out.open(kAuthenticate);
    out.put(0x80, transaction_id).raw(authenticate_server_response);
  }
  return out.take();
}

Bytes get_bound_profile_package(ByteView transaction_id, ByteView prepare_download_response) {
  TlvWriter out;
  {
    const auto scope = out.open(kPackage);
    out.put(0x80, transaction_id).raw(prepare_download_response);
  }
  return out.take();
}

Bytes cancel_session(ByteView transaction_id, ByteView outcome) {
  TlvWriter out;
  {
    const auto scope = out.open(kCancel);
    out.put(0x80, transaction_id).put(0xA1, outcome);
  }
  return out.take();
}

Bytes handle_notification(ByteView pending_notification) { return asn1::tlv(0xBF3D, asn1::tlv(0xA0, pending_notification)); }

Bytes handle_result(ByteView provide, Version version) {
  if (version != Version::v1_0) return asn1::tlv(0xBF3D, provide);
  const auto outer = asn1::read_only(provide, 0xBF50);
  return asn1::tlv(0xBF3D, asn1::tlv(0xA1, outer ? outer->value : ByteView()));
}

Es9Result<InitiateAuthenticationOk> initiate_authentication_ok(ByteView answer) {
  const auto ok = ok_of(answer, kInitiate);
  if (!ok) return std::unexpected(ok.error());
  if (ok->tag != 0xA0) return std::unexpected(strange("neither ok nor error"));
  TlvReader in(ok->content);
  InitiateAuthenticationOk out;
  auto id = transaction_id(in);
  if (!id) return std::unexpected(id.error());
  const auto signed1 = in.required(0x30);
  if (!signed1) return std::unexpected(malformed(signed1.error()));
  const auto signature = in.required(0x5F37);
  if (!signature) return std::unexpected(malformed(signature.error()));
  const auto key = in.required(0x04);
  if (!key) return std::unexpected(malformed(key.error()));
  const auto certificate = in.required(0x30);
  if (!certificate) return std::unexpected(malformed(certificate.error()));
  const auto matching = in.optional(0x0C);
  if (!matching) return std::unexpected(malformed(matching.error()));
  const auto context = in.optional(0xA2);
  if (!context) return std::unexpected(malformed(context.error()));
  out.server_signed1 = to_bytes(signed1->raw);
  out.server_signature1 = once(*signature);
  out.ci_key_id = once(*key);
  out.server_certificate = to_bytes(certificate->raw);
  if (*matching) out.matching_id = to_text((*matching)->value);
  if (*context) out.ctx_params1 = to_bytes((*context)->value);
  out.transaction_id = *std::move(id);
  if (out.transaction_id.empty()) {
    // Left out to save octets: it stands in what was signed.
    const auto inner = parse_server_signed1(out.server_signed1);
    if (!inner) return std::unexpected(malformed(inner.error()));
    out.transaction_id = inner->transaction_id;
  }
  return out;
}

Es9Result<std::variant<AuthenticateClientOk, NextTrigger>> authenticate_client_ok(ByteView answer) {
  const auto ok = ok_of(answer, kAuthenticate);
  if (!ok) return std::unexpected(ok.error());
  TlvReader in(ok->content);
  auto id = transaction_id(in);
  if (!id) return std::unexpected(id.error());
  if (ok->tag == 0xA1) {
    NextTrigger next;
    next.transaction_id = *std::move(id);
    const auto trigger = in.optional(0xBF54);
    if (!trigger) return std::unexpected(malformed(trigger.error()));
    if (*trigger) {
      auto parsed = parse_download_trigger((*trigger)->raw);
      if (!parsed) return std::unexpected(malformed(parsed.error()));
      next.trigger = *std::move(parsed);
    }
    return next;
  }
  const auto metadata = in.optional(0xBF25);
  if (!metadata) return std::unexpected(malformed(metadata.error()));
  const auto signed2 = in.required(0x30);
  if (!signed2) return std::unexpected(malformed(signed2.error()));
  const auto signature = in.required(0x5F37);
  if (!signature) return std::unexpected(malformed(signature.error()));
  const auto certificate = in.required(0x30);
  if (!certificate) return std::unexpected(malformed(certificate.error()));
  const auto hash = in.optional(0x04);
  if (!hash) return std::unexpected(malformed(hash.error()));
  AuthenticateClientOk out;
  out.transaction_id = *std::move(id);
  if (*metadata) out.metadata = to_bytes((*metadata)->raw);
  out.smdp_signed2 = to_bytes(signed2->raw);
  out.smdp_signature2 = once(*signature);
  out.smdp_certificate = to_bytes(certificate->raw);
  if (*hash) out.hash_cc = to_bytes((*hash)->value);
  if (out.transaction_id.empty()) {
    const auto inner = parse_smdp_signed2(out.smdp_signed2);
    if (!inner) return std::unexpected(malformed(inner.error()));
    out.transaction_id = inner->transaction_id;
  }
  return out;
}

Es9Result<Bytes> bound_profile_package(ByteView answer) {
  const auto ok = ok_of(answer, kPackage);
  if (!ok) return std::unexpected(ok.error());
  TlvReader in(ok->content);
  if (auto id = transaction_id(in); !id) return std::unexpected(id.error());
  const auto package = in.required(0xBF36);
  if (!package) return std::unexpected(malformed(package.error()));
  return to_bytes(package->raw);
}

Es9Result<void> cancel_session_ok(ByteView answer) {
  const auto ok = ok_of(answer, kCancel);
  if (!ok) return std::unexpected(ok.error());
  return {};
}

}  // namespace simurgh::ipae::esipa
