#include "tools/simurgh/card_applets.h"

#include "euicc/applets/multi_imsi/applet.h"

namespace simurgh::tool {

card::Applets card_applets() {
  card::Applets out;
  out.add(multi_imsi::row());
  return out;
}

}  // namespace simurgh::tool
