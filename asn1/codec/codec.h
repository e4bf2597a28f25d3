// Whole messages by the code that asn1c makes of asn1/modules: a second opinion on what the TLV reader and writer of this project read and write,
// and text for people. Generated structures are freed before a function returns and never leave this folder.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "asn1/tlv.h"

namespace simurgh::asn1::codec {

// Names as in the modules: "EUICCInfo2", "AuthenticateServerResponse", "ProfileElement", ... A type that SGP.32 changes has the prefix Iot
// ("IotEUICCInfo2"), the forms of SGP.32 v1.0 that differ have V10.
[[nodiscard]] std::span<const std::string_view> messages() noexcept;

// Exactly one value of the message with nothing behind it, constraints included. An error for anything else, input over one MiB or nested
// deeper than 32.
[[nodiscard]] Parsed<std::size_t> check(std::string_view message, ByteView encoded);
// Decodes and encodes again as DER: equals the input exactly when that was strict DER with the module's fields in order.
[[nodiscard]] Parsed<Bytes> reencode(std::string_view message, ByteView encoded);
// XML of the decoded value. Secrets are the caller's business.
[[nodiscard]] Parsed<std::string> to_xml(std::string_view message, ByteView encoded);

}  // namespace simurgh::asn1::codec
