// HTTPS around the service: one thread a connection, keep-alive, limits on size and time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "tools/perso/pki.h"
#include "tools/smdp/http_service.h"

namespace simurgh::smdp {

class ServerError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Listener {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;                       // 0: any free one
  perso::Identity identity;                     // certificate and key of the server
  std::optional<crypto::Certificate> client_ca; // ES2+: clients must show a certificate under it
  Interface interface = Interface::es9plus;
};

class HttpsServer {
 public:
  // Listens at once; serves on threads of its own until destroyed. Throws ServerError.
  HttpsServer(HttpService& service, const Listener& listener);
  ~HttpsServer();
  HttpsServer(const HttpsServer&) = delete;
  HttpsServer& operator=(const HttpsServer&) = delete;
  [[nodiscard]] std::uint16_t port() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace simurgh::smdp
