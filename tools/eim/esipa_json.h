// The JSON binding of ESipa as a translation to and from the DER of the ASN.1 binding (SGP.32 v1.2 6.4).
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "asn1/bytes.h"

namespace simurgh::eim {

// "getEimPackage" -> BF4F
[[nodiscard]] std::optional<std::uint32_t> json_function(std::string_view name);
// The error: which member is wrong.
[[nodiscard]] std::expected<Bytes, std::string> json_to_message(std::uint32_t function, const std::string& body);
[[nodiscard]] std::string message_to_json(std::uint32_t function, ByteView answer);
[[nodiscard]] std::string json_malformed(const std::string& why);

}  // namespace simurgh::eim
