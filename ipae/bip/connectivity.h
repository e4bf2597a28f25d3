// How the enabled profile wants to reach the Internet: the httpParams of GetConnectivityParameters (SGP.32 v1.2 5.9.24), a list of
// COMPREHENSION-TLV objects as OPEN CHANNEL takes them.
#pragma once

#include <optional>
#include <string>

#include "asn1/bytes.h"

namespace simurgh::ipae {

struct Connectivity {
  Bytes bearer{0x03};  // bearer description; 03: the terminal's default (TS 102 223 8.52)
  std::string apn = {};
  std::string user = {}, password = {};
  bool operator==(const Connectivity&) const = default;
};

// BF5F of the card, or its httpParams alone. Nothing when it says that there are none or cannot be read.
[[nodiscard]] std::optional<Connectivity> read_connectivity(ByteView response);

}  // namespace simurgh::ipae
