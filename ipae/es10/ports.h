// The assistant's door to a card: a direct call inside it, a PC/SC reader on a host. Both answer at once. The network, which does not, is
// in ipae/transport/ports.h.
#pragma once

#include <cstdint>
#include <expected>
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

}  // namespace simurgh::ipae
