// The same server without sockets and threads: octets of TLS in, octets of TLS out. For simulations that move them themselves.
#pragma once

#include <memory>

#include "tools/https/server.h"

namespace simurgh::https {

class MemoryServer;

// One connection; the server outlives it.
class MemoryConnection {
 public:
  MemoryConnection(const MemoryServer& server);
  ~MemoryConnection();
  MemoryConnection(const MemoryConnection&) = delete;
  MemoryConnection& operator=(const MemoryConnection&) = delete;

  struct Out {
    Bytes octets;
    bool close = false;  // the server hangs up behind them
  };
  [[nodiscard]] Out take(ByteView octets);
  // Octets of HTTP so far, inside TLS.
  [[nodiscard]] std::uint64_t plain_in() const noexcept;
  [[nodiscard]] std::uint64_t plain_out() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class MemoryServer {
 public:
  // Throws ServerError when the identity has no key or OpenSSL does not take it.
  MemoryServer(Handler handler, const perso::Identity& identity);
  ~MemoryServer();
  MemoryServer(const MemoryServer&) = delete;
  MemoryServer& operator=(const MemoryServer&) = delete;

 private:
  friend class MemoryConnection;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace simurgh::https
