// Requests that arrive once and answers that are believed once: RFC 7252 4 over any datagrams, one request at a time.
#pragma once

#include <array>
#include <chrono>

#include "euicc/crypto/rng.h"
#include "ipae/coap/message.h"
#include "ipae/transport/ports.h"

namespace simurgh::ipae::coap {

// RFC 7252 4.8.
struct Reliability {
  // ACK_TIMEOUT, and at least three round trips as far as the port knows them: in deep NB-IoT coverage one takes 8 s, and with less every block
  // goes twice.
  std::chrono::milliseconds acknowledgement{2000};
  std::chrono::milliseconds longest{60000};         // that the link makes of it
  unsigned spread = 50;                             // percent by which it may be longer: ACK_RANDOM_FACTOR 1.5
  unsigned retransmissions = 4;                     // MAX_RETRANSMIT
  std::chrono::milliseconds answer{120000};         // for a separate answer once the request is acknowledged
};

class Endpoint {
 public:
  // Port and generator stay the caller's and outlive the endpoint.
  Endpoint(DatagramPort& port, crypto::Rng& rng, Reliability rules = {});
  // Code, options and payload are the caller's; type, ID and token are set here. Any response code is an answer.
  [[nodiscard]] Task<PortResult<Message>> ask(Message request);
  void set_reliability(const Reliability& rules) { rules_ = rules; }  // of what is asked next
  [[nodiscard]] std::size_t largest() const { return port_.largest(); }
  [[nodiscard]] crypto::Rng& rng() const { return rng_; }
  [[nodiscard]] std::uint64_t retransmitted() const noexcept { return retransmitted_; }

 private:
  enum class Meaning { stray, acknowledged, refused, answer };
  // What a message says about `request`; `reply` is what RFC 7252 4.2 wants back.
  [[nodiscard]] Meaning judge(const Message& message, const Message& request, std::optional<Message>& reply);
  [[nodiscard]] std::chrono::milliseconds first_wait();

  DatagramPort& port_;
  crypto::Rng& rng_;
  Reliability rules_;
  std::uint16_t next_id_;
  std::uint16_t next_token_;
  // IDs of confirmable answers acknowledged last: when our acknowledgement was lost they come again.
  std::array<std::optional<std::uint16_t>, 8> taken_{};
  std::size_t next_taken_ = 0;
  std::uint64_t retransmitted_ = 0;
};

}  // namespace simurgh::ipae::coap
