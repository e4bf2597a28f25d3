// Base64 of RFC 4648 4, as the JSON binding carries octets.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "asn1/bytes.h"

namespace simurgh::ipae {

[[nodiscard]] std::string base64_encode(ByteView octets);
// White space between characters is skipped (some servers break lines); any other deviation gives nothing.
[[nodiscard]] std::optional<Bytes> base64_decode(std::string_view text);

// The same for a text that arrives in pieces.
class Base64Decoder {
 public:
  // Octets that are complete go to `out`. False: this is no base64.
  [[nodiscard]] bool feed(char c, Bytes& out);
  // The text has ended.
  [[nodiscard]] bool end(Bytes& out);

 private:
  std::uint32_t group_ = 0;
  unsigned digits_ = 0, padding_ = 0;
};

}  // namespace simurgh::ipae
