// What SCardGetAttrib and SCardControl tell about a reader of ours.
#pragma once

#include <cstdint>
#include <optional>

#include "asn1/bytes.h"
#include "pcsc/direct/wire.h"

namespace simurgh::pcsc::direct {

// The value of an attribute (PC/SC part 3, 3.1), numbers in the byte order of this machine as clients expect; nothing: not supported.
[[nodiscard]] std::optional<Bytes> attribute(std::uint32_t id, const ReaderView& reader, std::uint32_t unit, std::uint32_t protocol);

// The output of a control code; nothing: not supported. Known: GET_FEATURE_REQUEST and the properties it points to (PC/SC part 10, 2.2
// and 2.6.14), which say that extended APDUs pass.
[[nodiscard]] std::optional<Bytes> control_output(std::uint32_t control_code);

}  // namespace simurgh::pcsc::direct
