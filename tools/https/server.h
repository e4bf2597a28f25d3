// HTTP/1.1 with or without TLS around a function: one thread a connection, keep-alive, limits on size, time and number.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "tools/https/message.h"
#include "tools/perso/pki.h"

namespace simurgh::https {

class ServerError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Listener {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;                         // 0: any free one
  std::optional<perso::Identity> identity = {};   // certificate and key of the server; plain HTTP without
  std::optional<crypto::Certificate> client_ca = {};  // clients must show a certificate under it
  std::size_t most_connections = 256;
};

class Server {
 public:
  // Listens at once; serves on threads of its own until destroyed. Throws ServerError.
  Server(Handler handler, const Listener& listener);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  [[nodiscard]] std::uint16_t port() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace simurgh::https
