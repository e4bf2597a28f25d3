// CoAP over DTLS around a function, on libcoap: POST of one body to one resource, in blocks both ways. RFC 7252, RFC 7959, RFC 9175 3.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "tools/perso/pki.h"

namespace simurgh::coaps {

class ServerError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A body that is no message of the service: the client gets 4.00.
class BadMessage : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The body of the answer: 2.04 with it, 2.04 alone when it is nothing or empty. May throw BadMessage; 5.00 when it throws anything else.
// Called from the server's thread, one call at a time. `note`: the service's own word about the client's session, empty when that begins.
using Service = std::function<std::optional<Bytes>(ByteView body, std::string& note)>;

struct Listener {
  std::string host = "127.0.0.1";                // an address
  std::uint16_t port = 0;                        // 0: any free one
  std::optional<perso::Identity> identity = {};  // certificate and key of the server; CoAP without DTLS when absent
  std::string path = "gsma/rsp2/asn1";           // SGP.32 v1.2 ESipa
  std::size_t largest_body = 256 * 1024;         // octets of a request; more is 4.13
  std::size_t most_sessions = 1024;              // associations remembered; the one idle longest goes for a new one
};

class Server {
 public:
  // Listens at once; serves on a thread of its own until destroyed. Throws ServerError.
  Server(Service service, const Listener& listener);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  [[nodiscard]] std::uint16_t port() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace simurgh::coaps
