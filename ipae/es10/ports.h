// The doors of the assistant: to a card and to the network. In the card they are a direct call and a BIP channel, on a host a
// PC/SC reader and a socket.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "asn1/bytes.h"

namespace simurgh::ipae {

struct PortError {
  std::string what;      // one sentence for people, without a full stop
  std::uint16_t sw = 0;  // status word when the card refused, else 0
};

template <typename T>
using PortResult = std::expected<T, PortError>;

// One APDU in, one APDU out (SW at the end); 61xx and 6Cxx are the caller's business.
class ApduPort {
 public:
  virtual ~ApduPort() = default;
  [[nodiscard]] virtual std::expected<Bytes, PortError> transmit(ByteView apdu) = 0;
};

// One ES10 request, one response DO. A slice of a bound package is a request too; its response may be empty (SGP.22 v2.5 2.5.5).
class Es10Port {
 public:
  virtual ~Es10Port() = default;
  [[nodiscard]] virtual std::expected<Bytes, PortError> request(ByteView command) = 0;
};

// A byte stream to a server, opened by the port's owner.
class BlockingStreamPort {
 public:
  virtual ~BlockingStreamPort() = default;
  [[nodiscard]] virtual std::expected<void, PortError> send(ByteView octets) = 0;
  // At least one octet; an empty answer is the end of the stream.
  [[nodiscard]] virtual std::expected<Bytes, PortError> receive() = 0;
  // Nothing has arrived unasked and the peer has not hung up, as far as can be told without waiting: the stream may carry another exchange.
  [[nodiscard]] virtual bool quiet() { return true; }
};

// Opens streams. `host` is a name or an IP address without brackets.
class BlockingNetPort {
 public:
  virtual ~BlockingNetPort() = default;
  [[nodiscard]] virtual std::expected<std::unique_ptr<BlockingStreamPort>, PortError> connect(const std::string& host, std::uint16_t port) = 0;
};

}  // namespace simurgh::ipae
