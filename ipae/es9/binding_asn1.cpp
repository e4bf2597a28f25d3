#include <array>

#include "ipae/es9/binding.h"

namespace simurgh::ipae {
namespace {

using asn1::Tlv;
using asn1::TlvReader;
using asn1::TlvWriter;

// RemoteProfileProvisioningRequest and -Response are [2] CHOICE, tagged explicitly (SGP.22 v2.5 Annex H)
constexpr std::uint32_t kEnvelope = 0xA2;
constexpr std::uint32_t kInitiate = 0xBF39, kAuthenticate = 0xBF3B, kPackage = 0xBF3A, kCancel = 0xBF41, kNotification = 0xBF3D;

Es9Error malformed(const asn1::ParseError& error) { return not_understood(error.what); }

// Numeric errors of this binding, as the pair that the JSON binding uses for the same thing.
struct Code {
  std::uint32_t function;
  unsigned number;
  const char* subject;
  const char* reason;
};

constexpr auto kCodes = std::to_array<Code>({
    {kInitiate, 1, "8.8.1", "3.8"},        // invalidDpAddress
    {kInitiate, 2, "8.8.3", "3.1"},        // euiccVersionNotSupportedByDp
    {kInitiate, 3, "8.8.2", "3.1"},        // ciPKNotSupported
    {kAuthenticate, 1, "8.1.2", "6.1"},    // eumCertificateInvalid
    {kAuthenticate, 2, "8.1.2", "6.3"},    // eumCertificateExpired
    {kAuthenticate, 3, "8.1.3", "6.1"},    // euiccCertificateInvalid
    {kAuthenticate, 4, "8.1.3", "6.3"},    // euiccCertificateExpired
    {kAuthenticate, 5, "8.1", "6.1"},      // euiccSignatureInvalid
    {kAuthenticate, 6, "8.2.6", "3.8"},    // matchingIdRefused
    {kAuthenticate, 7, "8.1.1", "3.8"},    // eidMismatch
    {kAuthenticate, 8, "8.2.5", "4.3"},    // noEligibleProfile
    {kAuthenticate, 9, "8.11.1", "3.9"},   // ciPKUnknown
    {kAuthenticate, 10, "8.10.1", "3.9"},  // invalidTransactionId
    {kAuthenticate, 11, "8.1", "4.8"},     // insufficientMemory
    {kPackage, 1, "8.1", "6.1"},           // euiccSignatureInvalid
    {kPackage, 2, "8.2.7", "2.2"},         // confirmationCodeMissing
    {kPackage, 3, "8.2.7", "3.8"},         // confirmationCodeRefused
    {kPackage, 4, "8.2.7", "6.4"},         // confirmationCodeRetriesExceeded
    {kPackage, 5, "8.2", "3.7"},           // bppRebindingRefused
    {kPackage, 6, "8.8.5", "4.1"},         // downloadOrderExpired
    {kPackage, 95, "8.10.1", "3.9"},       // invalidTransactionId
    {kCancel, 1, "8.10.1", "3.9"},         // invalidTransactionId
    {kCancel, 2, "8.1", "6.1"},            // euiccSignatureInvalid
});

Bytes envelope(std::uint32_t function, ByteView content) { return asn1::tlv(kEnvelope, asn1::tlv(function, content)); }

// The content of the ok alternative (A0), or the error.
Es9Result<Bytes> ok_of(ByteView body, std::uint32_t function) {
  const auto outer = asn1::read_only(body, kEnvelope);
  if (!outer) return std::unexpected(malformed(outer.error()));
  const auto message = asn1::read_only(outer->value, function);
  if (!message) return std::unexpected(malformed(message.error()));
  TlvReader in(message->value);
  const auto chosen = in.next();
  if (!chosen) return std::unexpected(malformed(chosen.error()));
  if (chosen->tag == 0xA0) return to_bytes(chosen->value);
  // authenticateClientOk of an SM-DS takes [1], so its error is [2]
  if (chosen->tag != 0x81 && chosen->tag != 0x82) return std::unexpected(not_understood("neither ok nor error"));
  const auto number = asn1::unsigned_value(*chosen);
  if (!number) return std::unexpected(malformed(number.error()));
  for (const Code& code : kCodes) {
    if (code.function == function && code.number == *number) return std::unexpected(refused(code.subject, code.reason));
  }
  Es9Error error;
  error.kind = Es9Error::Kind::refused;
  error.what = "the server refuses with error code " + std::to_string(*number);
  return std::unexpected(error);
}

// The next element must carry the tag; copied with its header.
Es9Result<Bytes> take(TlvReader& in, std::uint32_t tag) {
  const auto found = in.required(tag);
  if (!found) return std::unexpected(malformed(found.error()));
  return to_bytes(found->raw);
}

Es9Result<Bytes> take_transaction_id(TlvReader& in) {
  const auto found = in.required(0x80);
  if (!found) return std::unexpected(malformed(found.error()));
  if (!valid_transaction_id(found->value)) return std::unexpected(not_understood("transactionId has 1 to 16 octets"));
  return to_bytes(found->value);
}

class Asn1Binding final : public Es9Binding {
 public:
  std::string target(const std::string&) const override { return "/gsma/rsp2/asn1"; }
  std::string content_type() const override { return "application/x-gsma-rsp-asn1"; }

  Bytes initiate_authentication(ByteView challenge, const std::string& smdp_address, ByteView euicc_info1) const override {
    TlvWriter out;
    out.put(0x81, challenge).put_text(0x83, smdp_address).raw(euicc_info1);
    return envelope(kInitiate, out.view());
  }

  Es9Result<InitiateAuthenticationOk> initiate_authentication_ok(ByteView body) const override {
    const auto content = ok_of(body, kInitiate);
    if (!content) return std::unexpected(content.error());
    TlvReader in(*content);
    auto id = take_transaction_id(in);
    if (!id) return std::unexpected(id.error());
    auto signed1 = take(in, 0x30);
    if (!signed1) return std::unexpected(signed1.error());
    auto signature = take(in, 0x5F37);
    if (!signature) return std::unexpected(signature.error());
    auto key = take(in, 0x04);
    if (!key) return std::unexpected(key.error());
    auto certificate = take(in, 0x30);
    if (!certificate) return std::unexpected(certificate.error());
    return InitiateAuthenticationOk{*std::move(id), *std::move(signed1), *std::move(signature), *std::move(key), *std::move(certificate)};
  }

  Bytes authenticate_client(ByteView id, ByteView authenticate_server_response) const override {
    TlvWriter out;
    out.put(0x80, id).raw(authenticate_server_response);
    return envelope(kAuthenticate, out.view());
  }

  Es9Result<AuthenticateClientOk> authenticate_client_ok(ByteView body) const override {
    const auto content = ok_of(body, kAuthenticate);
    if (!content) return std::unexpected(content.error());
    TlvReader in(*content);
    auto id = take_transaction_id(in);
    if (!id) return std::unexpected(id.error());
    auto metadata = take(in, 0xBF25);
    if (!metadata) return std::unexpected(metadata.error());
    // Early editions wrap what follows in a PrepareDownloadRequest.
    const auto wrapped = in.optional(0xBF21);
    if (!wrapped) return std::unexpected(malformed(wrapped.error()));
    TlvReader rest(*wrapped ? (*wrapped)->value : in.rest());
    auto signed2 = take(rest, 0x30);
    if (!signed2) return std::unexpected(signed2.error());
    auto signature = take(rest, 0x5F37);
    if (!signature) return std::unexpected(signature.error());
    auto certificate = take(rest, 0x30);
    if (!certificate) return std::unexpected(certificate.error());
    return AuthenticateClientOk{*std::move(id), *std::move(metadata), *std::move(signed2), *std::move(signature), *std::move(certificate)};
  }

  Bytes get_bound_profile_package(ByteView id, ByteView prepare_download_response) const override {
    TlvWriter out;
    out.put(0x80, id).raw(prepare_download_response);
    return envelope(kPackage, out.view());
  }

  Es9Result<Bytes> bound_profile_package(ByteView body) const override {
    const auto content = ok_of(body, kPackage);
    if (!content) return std::unexpected(content.error());
    TlvReader in(*content);
    if (auto id = take_transaction_id(in); !id) return std::unexpected(id.error());
    return take(in, 0xBF36);
  }

  Bytes cancel_session(ByteView id, ByteView cancel_session_response) const override {
    TlvWriter out;
    out.put(0x80, id);
    // Automatic tagging: [1] in place of BF41
    if (const auto response = asn1::read_only(cancel_session_response, 0xBF41)) out.put(0xA1, response->value);
    return envelope(kCancel, out.view());
  }

  Es9Result<void> cancel_session_ok(ByteView body) const override {
    if (body.empty()) return {};
    const auto content = ok_of(body, kCancel);
    if (!content) return std::unexpected(content.error());
    return {};
  }

  Bytes handle_notification(ByteView pending_notification) const override {
    return envelope(kNotification, asn1::tlv(0xA0, pending_notification));
  }

  Es9Result<void> no_refusal(ByteView) const override { return {}; }  // HandleNotification has no answer in this binding
};

}  // namespace

const Es9Binding& asn1_binding() {
  static const Asn1Binding kBinding;
  return kBinding;
}

}  // namespace simurgh::ipae
