// Which octets of an exchange are secrets: PIN values, keys and what authentication derives. TS 102 221 11.1.9-11.1.13, TS 31.102 7.1,
// GlobalPlatform 2.3 11.8, 11.11.
#pragma once

#include <array>
#include <cstdint>

#include "asn1/bytes.h"

namespace simurgh::trace {

struct Range {
  std::size_t from = 0, size = 0;  // of the APDU; size 0: nothing
};

struct Secrets {
  Range command, response;
};

// Follows one card: what GET RESPONSE brings, and what a read shows, depends on the commands before.
class Redaction {
 public:
  [[nodiscard]] Secrets exchange(ByteView command, ByteView response);
  void reset() noexcept { *this = {}; }

 private:
  bool answer_is_secret_ = false;                  // the data that waits behind 61xx or 9Fxx
  std::array<std::uint16_t, 20> selected_{};       // file current on a channel, as far as SELECT by identifier or path tells
};

// The octets with the range overwritten by zeros.
[[nodiscard]] Bytes zeroed(ByteView apdu, const Range& secret);
// Hexadecimal with ** for each octet of the range.
[[nodiscard]] std::string starred(ByteView apdu, const Range& secret);

}  // namespace simurgh::trace
