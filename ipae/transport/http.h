// HTTP/1.1 over a byte stream: one POST, one answer. RFC 9110, RFC 9112; SGP.22 v2.5 6.1.
#pragma once

#include <string>
#include <vector>

#include "ipae/transport/ports.h"

namespace simurgh::ipae {

struct HttpRequest {
  std::string host;    // value of the Host field
  std::string target;  // "/gsma/rsp2/es9plus/initiateAuthentication"
  std::vector<std::pair<std::string, std::string>> fields;
  Bytes body;
};

struct HttpLimits {
  std::uint32_t header = 16 * 1024;  // octets of status line and fields
  std::uint64_t body = 8 * 1024 * 1024;      // octets of a body that is kept
  std::uint64_t streamed = 8 * 1024 * 1024;  // of one that goes to a sink
};

struct HttpResponse {
  unsigned status = 0;
  std::string content_type;
  Bytes body;                // empty when it went to a sink
  std::uint64_t octets = 0;  // of the body, wherever it went
  bool keep_alive = false;
};

// The request as octets.
[[nodiscard]] Bytes encode_post(const HttpRequest& request);

// Takes octets as they come.
class HttpResponseReader {
 public:
  // `sink`: takes the body of an answer that is a success (2xx); outlives the reader.
  explicit HttpResponseReader(HttpLimits limits = {}, OctetSink* sink = nullptr);
  HttpResponseReader(HttpResponseReader&&) noexcept;
  HttpResponseReader& operator=(HttpResponseReader&&) noexcept;
  ~HttpResponseReader();

  // True when the response is complete.
  [[nodiscard]] PortResult<bool> feed(ByteView octets);
  // The stream has ended: complete, or an error when the response is not.
  [[nodiscard]] PortResult<void> end();
  [[nodiscard]] HttpResponse take();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Send, then receive up to the end of the response.
[[nodiscard]] Task<PortResult<HttpResponse>> http_post(StreamPort& stream, HttpRequest request, HttpLimits limits = {}, OctetSink* sink = nullptr);

}  // namespace simurgh::ipae
