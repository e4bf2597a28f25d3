// ES9+ client over HTTP. SGP.22 v2.5 5.6, 6.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "ipae/es9/messages.h"
#include "ipae/es9/rsp_server.h"
#include "ipae/transport/http.h"

namespace simurgh::ipae {

class Es9Binding;

// "smdp.example.com", with ":8443" for test servers; "[::1]:8443". Whatever could reach into a header or a path is refused.
struct ServerAddress {
  std::string text;  // as given: the smdpAddress of InitiateAuthentication
  std::string host;
  std::uint16_t port = 443;

  [[nodiscard]] static std::optional<ServerAddress> parse(std::string_view text);
  // The name the server puts into serverSigned1: equal without regard to case, with or without our port (SGP.22 v2.5 3.1.3.1).
  [[nodiscard]] bool names(std::string_view server_address) const;
};

struct Es9Options {
  bool asn1 = false;  // ASN.1 binding in place of JSON
  std::string user_agent = "gsma-rsp-lpad";
  std::string admin_protocol = "gsma/rsp/v2.5.0";
  HttpLimits limits;
};

class Es9Client final : public RspServer {
 public:
  // `net` opens protected streams (TlsNet). It must outlive the client. Nothing is sent twice: whoever wants a retry calls again.
  Es9Client(NetPort& net, ServerAddress server, Es9Options options = {});
  ~Es9Client() override;
  Es9Client(const Es9Client&) = delete;
  Es9Client& operator=(const Es9Client&) = delete;

  [[nodiscard]] const ServerAddress& server() const noexcept { return server_; }

  [[nodiscard]] std::string title() const override { return server_.text; }
  [[nodiscard]] bool names(std::string_view server_address) const override { return server_.names(server_address); }
  [[nodiscard]] Task<Es9Result<InitiateAuthenticationOk>> initiate_authentication(Bytes challenge, Bytes euicc_info1) override;
  [[nodiscard]] Task<Es9Result<AuthenticateClientOk>> authenticate_client(Bytes transaction_id,
                                                                          Bytes authenticate_server_response) override;
  [[nodiscard]] Task<Es9Result<void>> get_bound_profile_package(Bytes transaction_id, Bytes prepare_download_response,
                                                                OctetSink& package) override;
  [[nodiscard]] Task<Es9Result<void>> cancel_session(Bytes transaction_id, Bytes cancel_session_response) override;
  [[nodiscard]] Task<Es9Result<void>> handle_notification(Bytes pending_notification) override;
  // Ends the connection in order. The next call opens another.
  Task<> close() override;

  [[nodiscard]] std::uint64_t octets_received() const noexcept { return received_; }

 private:
  // A 2xx answer, its body to `sink` if there is one; anything else is an error.
  [[nodiscard]] Task<Es9Result<HttpResponse>> post(std::string function, Bytes body, OctetSink* sink = nullptr);

  NetPort& net_;
  ServerAddress server_;
  Es9Options options_;
  const Es9Binding& binding_;
  std::unique_ptr<StreamPort> stream_;  // kept while the server keeps it
  std::uint64_t received_ = 0;
};

}  // namespace simurgh::ipae
