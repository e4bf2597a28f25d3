// What is behind the modem of a terminal, as BIP needs it (TS 102 223 6.4.27): datagrams and streams to a remote address.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "asn1/bytes.h"

namespace simurgh::terminal {

enum class Transport : std::uint8_t { udp, tcp };

struct Endpoint {
  Bytes address;  // 4 octets for IPv4, 16 for IPv6
  std::uint16_t port = 0;
};
[[nodiscard]] std::string describe(const Endpoint& endpoint);
// The same back: 192.0.2.1:443 or [2001:db8::1]:443.
[[nodiscard]] std::optional<Endpoint> read_endpoint(const std::string& text);

class Connection {
 public:
  virtual ~Connection() = default;
  // False: the link is gone. A datagram is sent whole.
  [[nodiscard]] virtual bool send(ByteView octets) = 0;
  // What has arrived, without waiting: one datagram, or up to `limit` octets of the stream; empty when there is nothing.
  [[nodiscard]] virtual Bytes receive(std::size_t limit) = 0;
  // The peer has hung up and everything it sent has been received.
  [[nodiscard]] virtual bool dropped() const = 0;
  // Our own address; empty when unknown.
  [[nodiscard]] virtual Bytes local_address() const = 0;
};

class Network {
 public:
  virtual ~Network() = default;
  // Connects within the network's own time limit; the error is a reason in words.
  [[nodiscard]] virtual std::expected<std::unique_ptr<Connection>, std::string> open(Transport transport, const Endpoint& remote,
                                                                                     const std::string& access_point) = 0;
  // Waits at most that long for any open connection to have news. False: none came.
  virtual bool wait(std::chrono::milliseconds limit) = 0;
  // At least one connection is open.
  [[nodiscard]] virtual bool in_use() const = 0;
  // Addresses of the name servers, 4 or 16 octets each.
  [[nodiscard]] virtual std::vector<Bytes> name_servers() const = 0;
};

}  // namespace simurgh::terminal
