// Data objects of a security domain: what its package and STORE DATA gave it (GlobalPlatform 2.3 11.3, 11.11, H.2).
#pragma once

#include <expected>
#include <optional>

#include "euicc/gp/registry.h"

namespace simurgh::gp {

// A data grouping of the DGI format (GlobalPlatform 11.11.3.3): identifier, content.
struct DataGroup {
  std::uint16_t identifier = 0;
  ByteView content;
};
inline constexpr std::uint16_t kObjectsGroup = 0x0070;  // its content is BER-TLV data objects

// Every group in a row; nothing when the octets are cut short. Lengths: one octet, or FF and two.
[[nodiscard]] std::optional<std::vector<DataGroup>> data_groups(ByteView octets);

// Complete data object with this tag: of STORE DATA, else of the package.
[[nodiscard]] std::optional<Bytes> data_object(const SecurityDomain& domain, std::uint32_t tag);

}  // namespace simurgh::gp
