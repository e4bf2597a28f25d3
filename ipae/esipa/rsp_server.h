// The eIM in place of the SM-DP+, as the download procedure sees it. SGP.32 v1.2 3.2.3.2 (indirect download).
#pragma once

#include "ipae/es9/rsp_server.h"
#include "ipae/esipa/exchange.h"

namespace simurgh::ipae::esipa {

struct IndirectDownload {
  std::optional<std::string> smdp_address;  // nothing: the eIM knows it by the trigger
  Bytes eim_transaction_id;
  Version version = Version::v1_2;
  bool compact = false;  // shortened forms
};

class IndirectServer final : public RspServer {
 public:
  IndirectServer(EsipaExchange& eim, IndirectDownload how) : eim_(eim), how_(std::move(how)) {}

  [[nodiscard]] std::string title() const override { return how_.smdp_address.value_or("the eIM"); }
  // Without an address of ours the eIM has compared it.
  [[nodiscard]] bool names(std::string_view server_address) const override;
  [[nodiscard]] Task<Es9Result<InitiateAuthenticationOk>> initiate_authentication(Bytes challenge, Bytes euicc_info1) override;
  [[nodiscard]] Task<Es9Result<AuthenticateClientOk>> authenticate_client(Bytes transaction_id,
                                                                          Bytes authenticate_server_response) override;
  [[nodiscard]] Task<Es9Result<void>> get_bound_profile_package(Bytes transaction_id, Bytes prepare_download_response,
                                                                OctetSink& package) override;
  [[nodiscard]] Task<Es9Result<void>> cancel_session(Bytes transaction_id, Bytes cancel_session_response) override;
  [[nodiscard]] Task<Es9Result<void>> handle_notification(Bytes pending_notification) override;

  // The eIM had asked an SM-DS: the download ended as refused, and goes on with this trigger.
  [[nodiscard]] const std::optional<DownloadTrigger>& next_trigger() const noexcept { return next_; }
  // The last answer that was an error, for the trigger's result.
  [[nodiscard]] const Bytes& last_error() const noexcept { return last_error_; }

 private:
  // The answer must have a body.
  [[nodiscard]] Task<Es9Result<Bytes>> ask(Function function, Bytes message);

  EsipaExchange& eim_;
  IndirectDownload how_;
  bool eim_made_ctx_params1_ = false;
  Bytes bpp_otpk_;
  std::optional<DownloadTrigger> next_;
  Bytes last_error_;
};

}  // namespace simurgh::ipae::esipa
