// Activation codes (SGP.22 v2.5 4.1) and their picture for a terminal.
#pragma once

#include <string>

namespace simurgh::smdp {

// LPA:1$address$matchingId[$$1]
[[nodiscard]] std::string activation_code(const std::string& address, const std::string& matching_id, bool confirmation_code);
// A QR code in half blocks, dark on light, with its quiet zone; empty when the text is too long.
[[nodiscard]] std::string qr_code(const std::string& text);

}  // namespace simurgh::smdp
