// Bodies on their way up in blocks, of one session. RFC 7959 2.5; RFC 9175 3: parallel ones are told apart by their Request-Tag.
#pragma once

#include <cstdint>
#include <list>
#include <optional>

#include "asn1/bytes.h"

namespace simurgh::coaps {

class Uploads {
 public:
  enum class Outcome : std::uint8_t { more, whole, incomplete, too_large };
  explicit Uploads(std::size_t largest) : largest_(largest) {}
  // One block that begins at `offset`; `last`: none follows. With `whole` the body is in `body`.
  [[nodiscard]] Outcome take(ByteView tag, std::uint64_t offset, bool last, ByteView payload, Bytes& body);

 private:
  struct Upload {
    Bytes tag, body;
  };
  static constexpr std::size_t kParallel = 4;
  std::size_t largest_;
  std::list<Upload> running_;  // the oldest first
};

}  // namespace simurgh::coaps
