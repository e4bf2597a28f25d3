// What SCardGetAttrib and SCardControl tell about a reader of ours.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "asn1/bytes.h"

namespace simurgh::pcsc {

struct ReaderFacts {
  std::string type;            // the model
  std::string name;            // as programs see it; empty: the caller of ours tells it
  std::uint32_t unit = 0;      // counts the readers of this kind
  std::uint32_t protocol = 0;  // SCARD_PROTOCOL_... in use
  bool present = false, powered = false;
  Bytes atr;  // empty without a card
};

// The value of an attribute (PC/SC part 3, 3.1), numbers in the byte order of this machine as clients expect; nothing: not supported.
[[nodiscard]] std::optional<Bytes> attribute(std::uint32_t id, const ReaderFacts& reader);

// The output of a control code; nothing: not supported. Known: GET_FEATURE_REQUEST and the properties it points to (PC/SC part 10, 2.2
// and 2.6.14), which say that extended APDUs pass.
[[nodiscard]] std::optional<Bytes> control_output(std::uint32_t control_code);

}  // namespace simurgh::pcsc
