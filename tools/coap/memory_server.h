// The server's end of DTLS and CoAP without sockets, threads and clocks: datagrams in, datagrams out. For simulations that move them themselves.
#pragma once

#include <memory>

#include "tools/coap/server_session.h"

namespace simurgh::coaps {

class MemoryServer;

// One association; the server outlives it.
class MemoryAssociation {
 public:
  explicit MemoryAssociation(const MemoryServer& server);
  ~MemoryAssociation();
  MemoryAssociation(const MemoryAssociation&) = delete;
  MemoryAssociation& operator=(const MemoryAssociation&) = delete;

  [[nodiscard]] std::vector<Bytes> take(ByteView datagram);
  // Octets of CoAP so far, inside DTLS.
  [[nodiscard]] std::uint64_t plain_in() const noexcept;
  [[nodiscard]] std::uint64_t plain_out() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class MemoryServer {
 public:
  // Throws ServerError when the identity has no key or OpenSSL does not take it.
  MemoryServer(Service service, const perso::Identity& identity, std::string path = "gsma/rsp2/asn1");
  ~MemoryServer();
  MemoryServer(const MemoryServer&) = delete;
  MemoryServer& operator=(const MemoryServer&) = delete;

 private:
  friend class MemoryAssociation;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace simurgh::coaps
