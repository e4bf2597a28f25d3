// What evidence leaves in the state, whatever the machine does with it.
#pragma once

#include "euicc/applets/multi_imsi/machine.h"

namespace simurgh::multi_imsi {

struct Recording {
  static void record(Machine& machine, const Input& input);
  // What people should look at: a wrong key, a key whose counter somebody else moves, a barred device.
  [[nodiscard]] static std::vector<Errand> alarms(const Machine& machine, const Input& input);

 private:
  static void place(Machine& machine, const Input& input);
  static void country(Machine& machine, std::uint16_t mcc);
  static void registered(Machine& machine, const Input& input);
  static void rejected(Machine& machine, const Input& input);
};

}  // namespace simurgh::multi_imsi
