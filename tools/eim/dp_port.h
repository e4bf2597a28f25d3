// ES9+': the functions of an SM-DP+ as an eIM calls them in place of an LPA (SGP.32 v1.2 5.5). Implemented by a network client, or by a server
// in the same process.
#pragma once

#include <string>

#include "ipae/es9/messages.h"

namespace simurgh::eim {

class DpPort {
 public:
  virtual ~DpPort() = default;
  // `address`: "smdp.example.com" or "smdp.example.com:8443"; the card's DOs whole. Called from several threads, for longer than a moment.
  [[nodiscard]] virtual ipae::Es9Result<ipae::InitiateAuthenticationOk> initiate_authentication(const std::string& address, ByteView challenge,
                                                                                               ByteView euicc_info1) = 0;
  [[nodiscard]] virtual ipae::Es9Result<ipae::AuthenticateClientOk> authenticate_client(const std::string& address, ByteView transaction_id,
                                                                                       ByteView authenticate_server_response) = 0;
  [[nodiscard]] virtual ipae::Es9Result<Bytes> get_bound_profile_package(const std::string& address, ByteView transaction_id,
                                                                        ByteView prepare_download_response) = 0;
  [[nodiscard]] virtual ipae::Es9Result<void> cancel_session(const std::string& address, ByteView transaction_id, ByteView cancel_session_response) = 0;
  [[nodiscard]] virtual ipae::Es9Result<void> handle_notification(const std::string& address, ByteView pending_notification) = 0;
};

}  // namespace simurgh::eim
