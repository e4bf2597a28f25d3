// The five functions an assistant calls on whoever prepares its profile: an SM-DP+ over ES9+ (SGP.22 v2.5 5.6), or an eIM that stands in
// between (SGP.32 6.3). The download procedure knows no other server.
#pragma once

#include <string>
#include <string_view>

#include "ipae/es9/messages.h"
#include "ipae/transport/ports.h"

namespace simurgh::ipae {

class RspServer {
 public:
  virtual ~RspServer() = default;
  // For sentences.
  [[nodiscard]] virtual std::string title() const = 0;
  // May the server that signs be called this (SGP.22 v2.5 3.1.3.1)?
  [[nodiscard]] virtual bool names(std::string_view server_address) const = 0;
  // `challenge`: 16 octets; `euicc_info1`: BF20
  [[nodiscard]] virtual Task<Es9Result<InitiateAuthenticationOk>> initiate_authentication(Bytes challenge, Bytes euicc_info1) = 0;
  // The card's DOs whole (BF38, BF21, BF41, BF37 or 30).
  [[nodiscard]] virtual Task<Es9Result<AuthenticateClientOk>> authenticate_client(Bytes transaction_id,
                                                                                  Bytes authenticate_server_response) = 0;
  // The package (BF36) goes to its sink as it arrives. Success: it has arrived whole, and the server says that it is the answer.
  [[nodiscard]] virtual Task<Es9Result<void>> get_bound_profile_package(Bytes transaction_id, Bytes prepare_download_response,
                                                                        OctetSink& package) = 0;
  [[nodiscard]] virtual Task<Es9Result<void>> cancel_session(Bytes transaction_id, Bytes cancel_session_response) = 0;
  [[nodiscard]] virtual Task<Es9Result<void>> handle_notification(Bytes pending_notification) = 0;
  virtual Task<> close() { co_return; }
};

}  // namespace simurgh::ipae
