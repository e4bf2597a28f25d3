#include "pcsc/atr.h"

namespace simurgh::pcsc {

OfferedProtocols offered_protocols(ByteView atr) {
  constexpr std::uint8_t kDirect = 0x3B, kInverse = 0x3F;
  if (atr.size() < 2 || (atr[0] != kDirect && atr[0] != kInverse)) return {};
  OfferedProtocols out;
  bool any = false;
  std::size_t at = 2;
  unsigned present = atr[1] >> 4;
  for (int level = 1; present != 0; ++level) {
    const auto take = [&](unsigned bit) -> int {
      if ((present & bit) == 0) return -1;
      return at < atr.size() ? atr[at++] : -2;
    };
    const int ta = take(1), tb = take(2), tc = take(4), td = take(8);
    if (ta == -2 || tb == -2 || tc == -2 || td == -2) return {};
    present = 0;
    if (td >= 0) {
      const int protocol = td & 0x0F;
      out.t0 = out.t0 || protocol == 0;
      out.t1 = out.t1 || protocol == 1;
      any = true;
      present = static_cast<unsigned>(td) >> 4;
    }
    if (level == 2 && ta >= 0) return {(ta & 0x0F) == 0, (ta & 0x0F) == 1};
  }
  if (!any) out.t0 = true;
  return out;
}

}  // namespace simurgh::pcsc
