// LoadEuiccPackage (SGP.32 v1.2 5.9.1): who signed it, whether it is new, what it does, what is told about it.
#pragma once

#include "euicc/apdu/command.h"
#include "euicc/iot/context.h"

namespace simurgh::iot {

struct PackageOutcome {
  Bytes result;                  // BF51
  bool accepted = false;         // its commands were run; else nothing has changed
  bool profile_deleted = false;
};

// `content` of BF51. A refusal when not even the eIM can be named.
[[nodiscard]] apdu::Result<PackageOutcome> load_package(const Context& context, ByteView content);

}  // namespace simurgh::iot
