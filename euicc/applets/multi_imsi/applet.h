// The multi-IMSI applet as the card knows it: a native toolkit application of a profile, present when the profile's package has a PE-Application
// of its class.
#pragma once

#include "euicc/card/applets.h"

namespace simurgh::multi_imsi {

// F0 "SIMURGH" "MI": a proprietary AID without a registered provider (ISO 7816-4 8.2.1.2); the class and the usual instance end with 01 and 02.
[[nodiscard]] const Bytes& package_aid();
[[nodiscard]] const Bytes& class_aid();
[[nodiscard]] const Bytes& instance_aid();
[[nodiscard]] const Bytes& default_tar();

// For card::Applets.
[[nodiscard]] card::AppletRow row();

}  // namespace simurgh::multi_imsi
