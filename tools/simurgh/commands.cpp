#include "tools/simurgh/commands.h"

#include <array>

namespace simurgh::tool {

std::span<const AddCommand> all_commands() {
  static constexpr std::array kAll{&add_pki, &add_new, &add_profile, &add_inspect, &add_apdu, &add_insert, &add_exec, &add_doctor,
                                   &add_smdp, &add_eim, &add_lpa, &add_ipa, &add_terminal, &add_aka, &add_hss, &add_ota, &add_zero_touch, &add_trace,
                                   &add_explain, &add_bench};
  return kAll;
}

}  // namespace simurgh::tool
