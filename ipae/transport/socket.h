// TCP and UDP on a host, with a limit on every wait. Every operation blocks and answers at once.
#pragma once

#include <chrono>
#include <utility>

#include "ipae/transport/ports.h"

namespace simurgh::ipae {

struct SocketLimits {
  std::chrono::milliseconds connect{15000};
  std::chrono::milliseconds idle{60000};  // one send or receive without any progress
};

class SocketNet final : public NetPort {
 public:
  explicit SocketNet(SocketLimits limits = {}) : limits_(limits) {}
  // Connect there instead, whatever host and port are asked for: a test server under a public name.
  void redirect(std::string host, std::uint16_t port) { instead_ = {std::move(host), port}; }
  [[nodiscard]] Task<PortResult<std::unique_ptr<StreamPort>>> connect(std::string host, std::uint16_t port) override;
  // UDP. `connect` and `idle` of the limits do not matter: each receive has its own.
  [[nodiscard]] Task<PortResult<std::unique_ptr<DatagramPort>>> datagrams(std::string host, std::uint16_t port) override;

 private:
  [[nodiscard]] std::pair<std::string, std::uint16_t> target(const std::string& host, std::uint16_t port) const;
  SocketLimits limits_;
  std::pair<std::string, std::uint16_t> instead_;
};

}  // namespace simurgh::ipae
