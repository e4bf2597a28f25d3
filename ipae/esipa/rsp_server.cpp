#include "ipae/esipa/rsp_server.h"

#include "ipae/es9/client.h"
#include "ipae/es9/package_body.h"
#include "ipae/esipa/compact.h"

namespace simurgh::ipae::esipa {

bool IndirectServer::names(std::string_view server_address) const {
  if (!how_.smdp_address) return true;
  const auto address = ServerAddress::parse(*how_.smdp_address);
  return address && address->names(server_address);
}

Task<Es9Result<Bytes>> IndirectServer::ask(Function function, Bytes message) {
  auto answer = co_await eim_.exchange(function, std::move(message));
  if (!answer) co_return std::unexpected(answer.error());
  if (!*answer) co_return std::unexpected(not_understood("it has no body"));
  co_return **std::move(answer);
}

Task<Es9Result<InitiateAuthenticationOk>> IndirectServer::initiate_authentication(Bytes challenge, Bytes euicc_info1) {
  Bytes message = esipa::initiate_authentication(challenge, how_.smdp_address, euicc_info1, how_.eim_transaction_id, how_.version);
  const auto answer = co_await ask(Function::initiate_authentication, std::move(message));
  if (!answer) co_return std::unexpected(answer.error());
  auto ok = initiate_authentication_ok(*answer);
  if (!ok) last_error_ = *answer;
  if (ok) eim_made_ctx_params1_ = !ok->ctx_params1.empty();
  co_return ok;
}

Task<Es9Result<AuthenticateClientOk>> IndirectServer::authenticate_client(Bytes transaction_id, Bytes authenticate_server_response) {
  if (how_.compact) authenticate_server_response = compact_authenticate_response(authenticate_server_response, eim_made_ctx_params1_);
  Bytes message = esipa::authenticate_client(transaction_id, authenticate_server_response);
  const auto answer = co_await ask(Function::authenticate_client, std::move(message));
  if (!answer) co_return std::unexpected(answer.error());
  auto ok = authenticate_client_ok(*answer);
  if (!ok) {
    last_error_ = *answer;
    co_return std::unexpected(ok.error());
  }
  if (auto* next = std::get_if<NextTrigger>(&*ok)) {
    next_ = std::move(next->trigger);
    Es9Error error;
    error.kind = Es9Error::Kind::refused;
    error.what = next_ ? "an SM-DS named another server" : "the SM-DS has no event for this card";
    co_return std::unexpected(error);
  }
  auto client = std::get<AuthenticateClientOk>(*std::move(ok));
  if (client.transaction_id != transaction_id) co_return std::unexpected(not_understood("it belongs to another transaction"));
  if (const auto signed2 = parse_smdp_signed2(client.smdp_signed2)) bpp_otpk_ = signed2->bpp_euicc_otpk;
  co_return client;
}

Task<Es9Result<void>> IndirectServer::get_bound_profile_package(Bytes transaction_id, Bytes prepare_download_response, OctetSink& package) {
  if (how_.compact) prepare_download_response = compact_download_response(prepare_download_response, bpp_otpk_);
  Bytes message = esipa::get_bound_profile_package(transaction_id, prepare_download_response);
  const auto answer = co_await eim_.get_bound_profile_package(std::move(message), package);
  if (!answer) co_return std::unexpected(answer.error());
  if (!*answer) co_return std::unexpected(not_understood("it has no body"));
  const auto held = esipa::bound_profile_package(**answer);
  if (!held) last_error_ = **answer;
  if (!held) co_return std::unexpected(held.error());
  co_return hand_on(*held, package);
}

Task<Es9Result<void>> IndirectServer::cancel_session(Bytes transaction_id, Bytes cancel_session_response) {
  const auto card = asn1::read_only(cancel_session_response, 0xBF41);
  Bytes outcome = card ? to_bytes(card->value) : Bytes{};
  if (how_.compact) outcome = compact_cancel_outcome(outcome);
  Bytes message = esipa::cancel_session(transaction_id, outcome);
  const auto answer = co_await ask(Function::cancel_session, std::move(message));
  if (!answer) co_return std::unexpected(answer.error());
  co_return cancel_session_ok(*answer);
}

Task<Es9Result<void>> IndirectServer::handle_notification(Bytes pending_notification) {
  Bytes message = esipa::handle_notification(pending_notification);
  const auto answer = co_await eim_.exchange(Function::handle_notification, std::move(message));
  if (!answer) co_return std::unexpected(answer.error());
  co_return Es9Result<void>{};
}

}  // namespace simurgh::ipae::esipa
