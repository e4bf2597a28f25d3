// ESipa over HTTPS. SGP.32 v1.2 6.2 ASN.1, 6.4 JSON: an eIM offers both, an assistant picks.
#pragma once

#include <memory>
#include <string>

#include "ipae/es9/client.h"
#include "ipae/esipa/exchange.h"
#include "ipae/transport/http.h"

namespace simurgh::ipae::esipa {

struct HttpOptions {
  bool json = false;
  std::string user_agent = "gsma-rsp-ipad";
  std::string admin_protocol = "gsma/rsp/v2.1.0";
  HttpLimits limits;
};

class HttpExchange final : public EsipaExchange {
 public:
  // `net` opens protected streams to this eIM and outlives the exchange.
  HttpExchange(NetPort& net, ServerAddress eim, HttpOptions options = {});
  [[nodiscard]] Task<EsipaResult<std::optional<Bytes>>> exchange(Function function, Bytes message) override;
  [[nodiscard]] Task<EsipaResult<std::optional<Bytes>>> get_bound_profile_package(Bytes message, OctetSink& package) override;
  Task<> close() override;

  // Octets of HTTP with its headers, below TLS.
  [[nodiscard]] std::uint64_t octets_sent() const noexcept { return sent_; }
  [[nodiscard]] std::uint64_t octets_received() const noexcept { return received_; }

 private:
  // A 2xx answer, its body to `sink` if there is one.
  [[nodiscard]] Task<EsipaResult<HttpResponse>> post(Function function, Bytes message, OctetSink* sink);
  // As DER, whatever the binding; nothing when it is empty.
  [[nodiscard]] EsipaResult<std::optional<Bytes>> answer(Function function, Bytes body) const;

  NetPort& net_;
  ServerAddress eim_;
  HttpOptions options_;
  std::unique_ptr<StreamPort> stream_;
  std::uint64_t sent_ = 0, received_ = 0;
};

}  // namespace simurgh::ipae::esipa
