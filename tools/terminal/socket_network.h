// The host's own network behind a terminal: UDP and TCP sockets that never block the terminal.
#pragma once

#include <set>

#include "tools/terminal/network.h"

namespace simurgh::terminal {

class SocketNetwork final : public Network {
 public:
  explicit SocketNetwork(std::chrono::milliseconds connect_limit = std::chrono::seconds(10)) : connect_limit_(connect_limit) {}
  ~SocketNetwork() override;
  SocketNetwork(const SocketNetwork&) = delete;
  SocketNetwork& operator=(const SocketNetwork&) = delete;
  // Reach this endpoint whatever address is asked for: a test server on a free port.
  void redirect(Endpoint instead) { instead_ = std::move(instead); }
  void set_name_servers(std::vector<Bytes> servers) { name_servers_ = std::move(servers); }

  [[nodiscard]] std::expected<std::unique_ptr<Connection>, std::string> open(Transport transport, const Endpoint& remote,
                                                                             const std::string& access_point) override;
  bool wait(std::chrono::milliseconds limit) override;
  [[nodiscard]] bool in_use() const override { return !sockets_.empty(); }
  [[nodiscard]] std::vector<Bytes> name_servers() const override { return name_servers_; }

 private:
  friend class SocketConnection;

  std::chrono::milliseconds connect_limit_;
  Endpoint instead_;
  std::vector<Bytes> name_servers_;
  std::set<int> sockets_;  // of the connections that are open
};

}  // namespace simurgh::terminal
