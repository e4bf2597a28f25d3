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

}  // namespace simurgh::ipae
