// The one thing a reader must know of an ATR: which transmission protocols the card offers.
#pragma once

#include "asn1/bytes.h"

namespace simurgh::pcsc {

struct OfferedProtocols {
  bool t0 = false, t1 = false;
};

// ISO/IEC 7816-3 8.2.3: the TDi name the protocols in order, T=0 when there is no TD1, and TA2 fixes one of them (specific mode).
// Nothing is offered by bytes that are no ATR.
[[nodiscard]] OfferedProtocols offered_protocols(ByteView atr);

}  // namespace simurgh::pcsc
