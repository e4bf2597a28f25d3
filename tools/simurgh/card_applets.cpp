#include "tools/simurgh/card_applets.h"

#include "euicc/applets/multi_imsi/applet.h"
#include "ipae/card/assistant.h"

namespace simurgh::tool {

card::Applets card_applets() {
  card::Applets out;
  out.add(multi_imsi::row());
  out.add(ipae::assistant_row());
  return out;
}

}  // namespace simurgh::tool
