// Mutual authentication and download: SGP.22 v2.5 5.7.5-5.7.7, 5.7.13, 5.7.14. What is verified is the slice that arrived; what is copied
// into an answer is copied octet for octet.
#include "asn1/tlv.h"
#include "euicc/isdr/es10_table.h"
#include "euicc/isdr/session.h"
#include "euicc/rsp/certificates.h"
#include "euicc/rsp/one_time_keys.h"

namespace simurgh::isdr {

using Phase = RspSession::Phase;

void RspSession::end(state::Transaction& txn, const ecasd::Ecasd& ecasd) {
  if (package) package->interrupt(txn, ecasd);
  *this = RspSession{};
}

void end_load(Context& context) {
  if (context.session.phase == RspSession::Phase::loading) context.session.end(context.txn, context.ecasd);
}

namespace es10b {
namespace {

using asn1::Tlv;
using asn1::TlvReader;
using asn1::TlvWriter;

enum class AuthenticateError : std::uint8_t {
  invalid_certificate = 1, invalid_signature = 2, unsupported_curve = 3, no_session_context = 4, invalid_oid = 5, challenge_mismatch = 6,
  ci_pk_unknown = 7, undefined = 127,
};
enum class DownloadError : std::uint8_t {
  invalid_certificate = 1, invalid_signature = 2, unsupported_curve = 3, no_session_context = 4, invalid_transaction_id = 5, undefined = 127,
};

// A1 { 80 transactionId 02 code }: as soon as one component carries a written tag the other keeps its universal one.
Bytes download_error(std::uint32_t tag, ByteView transaction_id, std::uint8_t code) {
  TlvWriter out;
  {
    const auto scope = out.open(tag);
    const auto error = out.open(0xA1);
    out.put(0x80, transaction_id).put_byte(0x02, code);
  }
  return out.take();
}

struct AuthenticateRequest {
  Tlv server_signed1, signature, ci_key_id, certificate, ctx_params1;
  ByteView transaction_id, challenge, address, server_challenge;
};

// 30 80 transactionId 81 euiccChallenge 83 serverAddress 84 serverChallenge
bool parse_server_signed1(AuthenticateRequest& out) {
  TlvReader in(out.server_signed1.value);
  const auto transaction = in.required(0x80);
  const auto challenge = in.required(0x81);
  const auto address = in.required(0x83);
  const auto server_challenge = in.required(0x84);
  if (!transaction || !challenge || !address || !server_challenge || !in.skip_rest()) return false;
  out.transaction_id = transaction->value;
  out.challenge = challenge->value;
  out.address = address->value;
  out.server_challenge = server_challenge->value;
  return out.transaction_id.size() >= 1 && out.transaction_id.size() <= 16 && out.challenge.size() == 16 && out.server_challenge.size() == 16;
}

std::optional<AuthenticateRequest> parse_authenticate(ByteView content) {
  TlvReader in(content);
  const auto signed1 = in.required(0x30);
  const auto signature = in.required(0x5F37);
  const auto key_id = in.required(0x04);
  const auto certificate = in.required(0x30);
  const auto ctx = in.required(0xA0);
  if (!signed1 || !signature || !key_id || !certificate || !ctx || !in.skip_rest()) return std::nullopt;
  AuthenticateRequest out{*signed1, *signature, *key_id, *certificate, *ctx, {}, {}, {}, {}};
  if (!parse_server_signed1(out) || !asn1::check_nesting(ctx->value)) return std::nullopt;
  return out;
}

// The transaction id alone, so that a request that cannot be read further still gets an error that names it.
std::optional<ByteView> transaction_id_of(ByteView content) {
  TlvReader in(content);
  const auto first = in.required(0x30);
  const auto id = first ? asn1::find_child(first->value, 0x80) : std::nullopt;
  if (!id || id->value.empty() || id->value.size() > 16) return std::nullopt;
  return id->value;
}

std::optional<AuthenticateError> check_server(Context& context, const AuthenticateRequest& request, crypto::Certificate& server) {
  if (context.session.phase != Phase::challenged) return AuthenticateError::no_session_context;
  const ecasd::TrustAnchor* anchor = context.ecasd.anchor(request.ci_key_id.value);
  if (anchor == nullptr || context.ecasd.chain(request.ci_key_id.value) == nullptr) return AuthenticateError::ci_pk_unknown;
  auto certificate =
      rsp::check_server_certificate(request.certificate.raw, *anchor, {crypto::Role::dp_auth, crypto::Role::ds_auth}, context.txn);
  if (!certificate) {
    switch (certificate.error()) {
      case rsp::CertificateFault::unsupported_curve: return AuthenticateError::unsupported_curve;
      case rsp::CertificateFault::wrong_role: return AuthenticateError::invalid_oid;
      case rsp::CertificateFault::invalid: return AuthenticateError::invalid_certificate;
    }
  }
  if (!certificate->key->verify({request.server_signed1.raw}, request.signature.value)) return AuthenticateError::invalid_signature;
  if (!crypto::equal_secret(request.challenge, context.session.challenge)) return AuthenticateError::challenge_mismatch;
  server = *std::move(certificate);
  return std::nullopt;
}

}  // namespace

apdu::Answer euicc_challenge(Context& context, ByteView, ByteView content) {
  if (!content.empty()) return malformed("GetEUICCChallenge takes nothing");
  context.session.end(context.txn, context.ecasd);
  rsp::settle_interrupted_load(context.txn, context.ecasd);  // of a session that a failed commit ended
  context.session.challenge = context.rng.bytes(16);
  context.session.phase = Phase::challenged;
  TlvWriter out;
  {
    const auto scope = out.open(0xBF2E);
    out.put(0x80, context.session.challenge);
  }
  return apdu::with_data(out.take());
}

apdu::Answer authenticate_server(Context& context, ByteView, ByteView content) {
  const auto request = parse_authenticate(content);
  const auto refuse = [&](ByteView transaction_id, AuthenticateError error, const char* why) {
    context.platform.note(why);
    const Bytes answer = download_error(0xBF38, transaction_id, static_cast<std::uint8_t>(error));
    // A load in progress is none of this function's: it goes on (5.7.6).
    if (context.session.phase != Phase::loading) context.session.end(context.txn, context.ecasd);
    return apdu::with_data(answer);
  };
  if (!request) {
    const auto transaction_id = transaction_id_of(content);
    if (!transaction_id) {
      if (context.session.phase == Phase::challenged) context.session = RspSession{};
      return malformed("AuthenticateServer cannot be read");
    }
    return refuse(*transaction_id, AuthenticateError::undefined, "AuthenticateServer cannot be read");
  }
  crypto::Certificate server;
  if (const auto error = check_server(context, *request, server)) {
    static constexpr const char* kWhy[] = {"", "the server's certificate is refused", "serverSignature1 is wrong", "the curve is not supported",
                                           "no challenge is outstanding", "the certificate has another role", "another challenge was signed",
                                           "the CI key is unknown"};
    const auto code = static_cast<std::size_t>(*error);
    return refuse(request->transaction_id, *error, code < std::size(kWhy) ? kWhy[code] : "");
  }
  const ecasd::SigningChain& chain = *context.ecasd.chain(request->ci_key_id.value);
  TlvWriter signed1;
  {
    const auto scope = signed1.open(0x30);
    signed1.put(0x80, request->transaction_id).put(0x83, request->address).put(0x84, request->server_challenge);
    signed1.raw(encode_euicc_info2(context)).raw(request->ctx_params1.raw);
  }
  const Bytes signature = asn1::tlv(0x5F37, chain.key.sign({signed1.view()}));
  TlvWriter out;
  {
    const auto scope = out.open(0xBF38);
    const auto ok = out.open(0xA0);
    out.raw(signed1.view()).raw(signature).raw(chain.euicc_certificate).raw(chain.eum_certificate);
  }
  RspSession& session = context.session;
  session.phase = Phase::authenticated;
  session.challenge.clear();
  session.transaction_id = to_bytes(request->transaction_id);
  session.server_address = to_text(request->address);
  session.ci_key_id = to_bytes(request->ci_key_id.value);
  session.server = std::move(server);
  session.euicc_signature1 = signature;
  return apdu::with_data(out.take());
}

namespace {

struct DownloadRequest {
  Tlv smdp_signed2, signature, certificate;
  ByteView transaction_id, bound_otpk, hash_cc;
  bool cc_required = false;
};

std::optional<DownloadRequest> parse_download(ByteView content) {
  TlvReader in(content);
  const auto signed2 = in.required(0x30);
  const auto signature = in.required(0x5F37);
  const auto hash = in.optional(0x04);
  const auto certificate = in.required(0x30);
  if (!signed2 || !signature || !hash || !certificate || !in.skip_rest()) return std::nullopt;
  TlvReader inner(signed2->value);
  const auto transaction = inner.required(0x80);
  const auto required = inner.required(0x01);
  const auto otpk = inner.optional(0x5F49);
  if (!transaction || !required || required->value.size() != 1 || !otpk || !inner.skip_rest()) return std::nullopt;
  DownloadRequest out{*signed2, *signature, *certificate, transaction->value, {}, {}, required->value[0] != 0};
  if (*otpk) out.bound_otpk = (*otpk)->value;
  if (*hash) out.hash_cc = (*hash)->value;
  if (*hash && out.hash_cc.size() != 32) return std::nullopt;
  return out;
}

std::optional<DownloadError> check_download(Context& context, const DownloadRequest& request, crypto::Certificate& binding) {
  RspSession& session = context.session;
  if (session.phase != Phase::authenticated || !session.server->has_role(crypto::Role::dp_auth)) return DownloadError::no_session_context;
  const ecasd::TrustAnchor* anchor = context.ecasd.anchor(session.ci_key_id);
  if (anchor == nullptr) return DownloadError::undefined;
  auto certificate = rsp::check_server_certificate(request.certificate.raw, *anchor, {crypto::Role::dp_pb}, context.txn);
  if (!certificate) {
    return certificate.error() == rsp::CertificateFault::unsupported_curve ? DownloadError::unsupported_curve : DownloadError::invalid_certificate;
  }
  if (certificate->registered_id.empty() || certificate->registered_id != session.server->registered_id) return DownloadError::invalid_certificate;
  if (!certificate->key->verify({request.smdp_signed2.raw, session.euicc_signature1}, request.signature.value)) {
    return DownloadError::invalid_signature;
  }
  if (!equal(request.transaction_id, session.transaction_id)) return DownloadError::invalid_transaction_id;
  if (request.cc_required && request.hash_cc.empty()) return DownloadError::undefined;
  binding = *std::move(certificate);
  return std::nullopt;
}

}  // namespace

apdu::Answer prepare_download(Context& context, ByteView, ByteView content) {
  const auto request = parse_download(content);
  const auto refuse = [&](ByteView transaction_id, DownloadError error) {
    context.platform.note("PrepareDownload is refused");
    Bytes answer = download_error(0xBF21, transaction_id, static_cast<std::uint8_t>(error));
    // Nothing can be prepared or loaded in this session any more; the transaction can still be cancelled.
    if (context.session.phase == Phase::authenticated || context.session.phase == Phase::prepared) {
      context.session.package.reset();
      context.session.phase = Phase::refused;
    }
    return apdu::with_data(std::move(answer));
  };
  if (!request) {
    const auto transaction_id = transaction_id_of(content);
    if (!transaction_id) return malformed("PrepareDownload cannot be read");
    return refuse(*transaction_id, context.session.phase == Phase::authenticated ? DownloadError::undefined : DownloadError::no_session_context);
  }
  crypto::Certificate binding;
  if (const auto error = check_download(context, *request, binding)) return refuse(request->transaction_id, *error);
  RspSession& session = context.session;
  std::optional<rsp::OneTimeKey> key;
  if (!request->bound_otpk.empty()) key = rsp::find_one_time_key(context.txn, request->bound_otpk, binding.registered_id);
  if (!key || key->key.curve() != binding.key->curve()) {
    key = rsp::make_one_time_key(context.txn, binding.key->curve(), binding.registered_id, session.transaction_id, context.rng);
  }
  TlvWriter signed2;
  {
    const auto scope = signed2.open(0x30);
    signed2.put(0x80, session.transaction_id).put(0x5F49, key->key.public_key().point());
    if (request->cc_required) signed2.put(0x04, request->hash_cc);
  }
  const ecasd::SigningChain& chain = *context.ecasd.chain(session.ci_key_id);
  const Bytes signature = chain.key.sign({signed2.view(), request->signature.raw});
  TlvWriter out;
  {
    const auto scope = out.open(0xBF21);
    const auto ok = out.open(0xA0);
    out.raw(signed2.view()).put(0x5F37, signature);
  }
  rsp::ResultContext result{.transaction_id = session.transaction_id,
                            .address = session.server_address,
                            .smdp_oid = binding.registered_id,
                            .iccid = {},
                            .ci_key_id = session.ci_key_id};
  session.package = std::make_unique<rsp::BoundPackage>(rsp::LoadContext{std::move(result), *binding.key, *std::move(key)});
  session.phase = Phase::prepared;
  return apdu::with_data(out.take());
}

apdu::Answer load_bound_profile_package(Context& context, ByteView command, ByteView) {
  RspSession& session = context.session;
  if ((session.phase != Phase::prepared && session.phase != Phase::loading) || !session.package) {
    return apdu::refuse(apdu::Sw::conditions_not_satisfied, "a bound package without PrepareDownload");
  }
  session.phase = Phase::loading;
  auto result = session.package->feed(command, context.txn, context.ecasd);
  if (!result) return apdu::done();
  if (*session.package->why() != '\0') context.platform.note(session.package->why());
  context.installed.reset();
  if (const auto number = session.package->installed()) {
    context.installed = iot::LastInstallation{*number, session.server->registered_id, session.server_address};
  }
  session = RspSession{};
  return apdu::with_data(*std::move(result));
}

apdu::Answer cancel_session(Context& context, ByteView, ByteView content) {
  TlvReader in(content);
  const auto transaction = in.required(0x80);
  const auto reason = in.required(0x81);
  const bool readable = transaction && reason && !reason->value.empty() && reason->value.size() <= 4 && in.skip_rest();
  if (!readable) return malformed("CancelSession cannot be read");
  RspSession& session = context.session;
  const bool open = session.phase != Phase::idle && session.phase != Phase::challenged;
  if (!open || !equal(transaction->value, session.transaction_id)) return error_code(0xBF41, 5);
  TlvWriter tbs;
  {
    const auto scope = tbs.open(0x30);
    tbs.put(0x80, transaction->value).put(0x81, session.server->registered_id).put(0x82, reason->value);
  }
  const ecasd::SigningChain& chain = *context.ecasd.chain(session.ci_key_id);
  TlvWriter out;
  {
    const auto scope = out.open(0xBF41);
    const auto ok = out.open(0xA0);
    out.raw(tbs.view()).put(0x5F37, chain.key.sign({tbs.view()}));
  }
  constexpr std::uint64_t kPostponed = 1, kTimeout = 2;
  const std::uint64_t code = be_value(reason->value);
  if (session.package) session.package->cancel(context.txn, code == kPostponed || code == kTimeout);
  session = RspSession{};
  context.installed.reset();
  return apdu::with_data(out.take());
}

}  // namespace es10b
}  // namespace simurgh::isdr
