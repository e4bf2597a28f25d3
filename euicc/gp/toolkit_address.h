// The addresses inside the toolkit parameters of an instance (TS 102 226 8.2.1.3.2.1): its TARs and its minimum security level.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "asn1/bytes.h"

namespace simurgh::gp {

struct ToolkitAddress {
  std::vector<Bytes> tars;  // 3 octets each
  std::uint8_t minimum_security_level = 0;
};

// `field` is the value of tag 80 inside EA of a package, without the access domain; nothing when it is cut short. Empty: no addresses.
[[nodiscard]] std::optional<ToolkitAddress> read_toolkit_address(ByteView field);
// The value of tag CA inside EF (TS 102 226 8.2.1.3.2.1) starts with the access domain, LV; nothing when that does not fit.
[[nodiscard]] std::optional<ByteView> without_access_domain(ByteView ca);

}  // namespace simurgh::gp
