#include "tools/terminal/clock.h"

#include <algorithm>

#include "tools/terminal/network.h"

namespace simurgh::terminal {

using std::chrono::milliseconds;

milliseconds RealClock::now() const { return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start_); }

void RealClock::wait_until(milliseconds deadline, Network& network) { network.wait(std::max(deadline - now(), milliseconds(0))); }

void VirtualClock::wait_until(milliseconds deadline, Network& network) {
  if (network.in_use() && network.wait(grace_)) return;
  now_ = std::max(now_, deadline);
}

}  // namespace simurgh::terminal
