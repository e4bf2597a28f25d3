// POST over CoAP: one body up, one body down, in blocks when a datagram does not hold them. RFC 7252, RFC 7959, RFC 9175 3.
#pragma once

#include "ipae/coap/endpoint.h"

namespace simurgh::ipae::coap {

struct BlockRules {
  std::uint8_t szx = 6;                              // blocks of at most 2^(szx+4) octets
  std::size_t largest_answer = 256 * 1024;           // octets of a body that comes down and is kept
  std::size_t largest_streamed = 8 * 1024 * 1024;    // of one that goes to a sink
  std::optional<std::uint16_t> content_format = {};  // SGP.32 fixes it by the path; 42 where a server insists
};

struct Answer {
  std::uint8_t code = kEmpty;                 // 2.xx, 4.xx or 5.xx
  Bytes body;                                 // empty when it went to a sink; of an error: a diagnostic text, perhaps
  std::optional<std::uint32_t> max_age = {};  // seconds; with 5.03 when to ask again
  [[nodiscard]] bool good() const { return code_class(code) == 2; }
};

class Client {
 public:
  Client(DatagramPort& port, crypto::Rng& rng, Reliability reliability = {}, BlockRules blocks = {});
  // The path as its segments. An error: no answer, or one that does not fit together.
  // `sink`: takes the body of an answer that is a success (2.xx), block by block.
  [[nodiscard]] Task<PortResult<Answer>> post(std::vector<std::string> path, Bytes body, OctetSink* sink = nullptr);
  [[nodiscard]] const Endpoint& endpoint() const noexcept { return endpoint_; }
  void set_reliability(const Reliability& rules) { endpoint_.set_reliability(rules); }  // of what is posted next

 private:
  [[nodiscard]] Task<PortResult<Message>> send_up(const Message& frame, const Bytes& body, Bytes& tag);
  [[nodiscard]] Task<PortResult<Answer>> fetch_down(const Message& frame, Message first, const Bytes& tag, OctetSink* sink);

  Endpoint endpoint_;
  BlockRules blocks_;
};

}  // namespace simurgh::ipae::coap
