// DpPort over the network: the assistant's own ES9+ client on sockets and TLS.
#pragma once

#include <memory>

#include "ipae/transport/socket.h"
#include "ipae/transport/tls.h"
#include "tools/eim/dp_port.h"

namespace simurgh::eim {

class DpClient final : public DpPort {
 public:
  // SM-DP+ certificates are trusted under these anchors (DER).
  explicit DpClient(ipae::TlsTrust trust, bool asn1 = false) : trust_(std::move(trust)), asn1_(asn1) {}

  [[nodiscard]] ipae::Es9Result<ipae::InitiateAuthenticationOk> initiate_authentication(const std::string& address, ByteView challenge,
                                                                                       ByteView euicc_info1) override;
  [[nodiscard]] ipae::Es9Result<ipae::AuthenticateClientOk> authenticate_client(const std::string& address, ByteView transaction_id,
                                                                               ByteView authenticate_server_response) override;
  [[nodiscard]] ipae::Es9Result<Bytes> get_bound_profile_package(const std::string& address, ByteView transaction_id,
                                                                ByteView prepare_download_response) override;
  [[nodiscard]] ipae::Es9Result<void> cancel_session(const std::string& address, ByteView transaction_id, ByteView cancel_session_response) override;
  [[nodiscard]] ipae::Es9Result<void> handle_notification(const std::string& address, ByteView pending_notification) override;

 private:
  ipae::TlsTrust trust_;
  bool asn1_;
};

}  // namespace simurgh::eim
