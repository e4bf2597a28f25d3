// The two spellings of ES9+ (SGP.22 v2.5 6.4 ASN.1, 6.5 JSON). An SM-DP+ must offer both; a client picks.
#pragma once

#include <string>

#include "ipae/es9/messages.h"

namespace simurgh::ipae {

class Es9Binding {
 public:
  virtual ~Es9Binding() = default;
  [[nodiscard]] virtual std::string target(const std::string& function) const = 0;
  [[nodiscard]] virtual std::string content_type() const = 0;

  [[nodiscard]] virtual Bytes initiate_authentication(ByteView challenge, const std::string& smdp_address, ByteView euicc_info1) const = 0;
  [[nodiscard]] virtual Es9Result<InitiateAuthenticationOk> initiate_authentication_ok(ByteView body) const = 0;
  [[nodiscard]] virtual Bytes authenticate_client(ByteView transaction_id, ByteView authenticate_server_response) const = 0;
  [[nodiscard]] virtual Es9Result<AuthenticateClientOk> authenticate_client_ok(ByteView body) const = 0;
  [[nodiscard]] virtual Bytes get_bound_profile_package(ByteView transaction_id, ByteView prepare_download_response) const = 0;
  [[nodiscard]] virtual Es9Result<Bytes> bound_profile_package(ByteView body) const = 0;  // BF36
  [[nodiscard]] virtual Bytes cancel_session(ByteView transaction_id, ByteView cancel_session_response) const = 0;
  [[nodiscard]] virtual Es9Result<void> cancel_session_ok(ByteView body) const = 0;
  [[nodiscard]] virtual Bytes handle_notification(ByteView pending_notification) const = 0;
  // The refusal in a body, whatever the function; nothing said is success.
  [[nodiscard]] virtual Es9Result<void> no_refusal(ByteView body) const = 0;
};

[[nodiscard]] const Es9Binding& json_binding();
[[nodiscard]] const Es9Binding& asn1_binding();

}  // namespace simurgh::ipae
