// ESipa over CoAP and DTLS. SGP.32 v1.2: POST of the ASN.1 message to the path of the ASN.1 binding; no fields, no Content-Format.
#pragma once

#include "ipae/coap/client.h"
#include "ipae/esipa/exchange.h"

namespace simurgh::ipae::esipa {

struct CoapOptions {
  coap::Reliability reliability;
  // Repetitions of a request over an association that was kept and needed none so far. A server that has forgotten it says nothing, so that after
  // these a new association is made, once, and the request goes over that with all its repetitions (RFC 7252 4.8 would have it wait for a minute).
  unsigned kept_retransmissions = 2;
  coap::BlockRules blocks;
};

class CoapExchange final : public EsipaExchange {
 public:
  static constexpr std::uint16_t kPort = 5684;
  // `net` opens protected datagrams (DtlsNet). It and the generator outlive the exchange. Over a new association nothing is sent twice after
  // an error: whoever wants a retry calls again, and gets another.
  CoapExchange(NetPort& net, crypto::Rng& rng, std::string host, std::uint16_t port = kPort, CoapOptions options = {});
  [[nodiscard]] Task<EsipaResult<std::optional<Bytes>>> exchange(Function function, Bytes message) override;
  [[nodiscard]] Task<EsipaResult<std::optional<Bytes>>> get_bound_profile_package(Bytes message, OctetSink& package) override;
  Task<> close() override;

 private:
  // The body of a 2.xx answer goes to `sink`, if there is one.
  [[nodiscard]] Task<PortResult<coap::Answer>> ask(Bytes message, OctetSink* sink);
  [[nodiscard]] Task<EsipaResult<Bytes>> post(Bytes message, OctetSink* sink);
  void drop();

  NetPort& net_;
  crypto::Rng& rng_;
  std::string host_;
  std::uint16_t port_;
  CoapOptions options_;
  std::unique_ptr<DatagramPort> datagrams_;
  std::optional<coap::Client> client_;  // over datagrams_
};

}  // namespace simurgh::ipae::esipa
