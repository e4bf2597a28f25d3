// The two doors of the assistant: to a card and to the network. In the card they are a direct call and a BIP channel, on a host a
// PC/SC reader and a socket.
#pragma once

#include <expected>
#include <string>

#include "asn1/bytes.h"

namespace simurgh::ipae {

struct PortError {
  std::string what;          // one sentence for people
  std::uint16_t sw = 0;      // status word when the card refused, else 0
};

// One APDU in, one APDU out (SW at the end); 61xx and 6Cxx are the caller's business.
class ApduPort {
 public:
  virtual ~ApduPort() = default;
  [[nodiscard]] virtual std::expected<Bytes, PortError> transmit(ByteView apdu) = 0;
};

// One ES10 request, one response DO.
class Es10Port {
 public:
  virtual ~Es10Port() = default;
  [[nodiscard]] virtual std::expected<Bytes, PortError> request(ByteView command) = 0;
};

// A byte stream to a server, opened by the port's owner.
class StreamPort {
 public:
  virtual ~StreamPort() = default;
  [[nodiscard]] virtual std::expected<void, PortError> send(ByteView octets) = 0;
  // At least one octet; an empty answer is the end of the stream.
  [[nodiscard]] virtual std::expected<Bytes, PortError> receive() = 0;
};

}  // namespace simurgh::ipae
