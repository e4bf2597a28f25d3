// Puts a card into a reader of our IFD handler under pcscd, over its Unix socket.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>

#include "pcsc/ifd/frame.h"
#include "pcsc/slot.h"

namespace simurgh::pcsc::ifd {

struct Place {
  std::string socket_path;              // empty: as device.h says
  std::uint8_t slot = Hello::kAnySlot;  // else the number of one
  std::string name;                     // of the card, for the log of pcscd
};

enum class Reachable {
  absent,  // nobody listens: pcscd does not run, or has no such handler
  denied,  // only the user who runs pcscd may put cards in
  yes,
};
[[nodiscard]] Reachable probe(const std::string& socket_path);

// One sentence for a person, with what to do next.
[[nodiscard]] std::string advice(Reachable found, const std::string& socket_path);
[[nodiscard]] std::string advice(Refusal why, const Place& place);

// There is no place for the card; what() is the advice.
class Unreachable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Change {
  bool seated = false;  // else the reader went away
  unsigned slot = 0;    // of a seated card
};

// Serves until stop_fd becomes readable (an eventfd, the reading end of a pipe, a signalfd); the descriptor is not read.
// Throws Unreachable when there is no place for the card at first. A connection that breaks later (pcscd restarts) is made again as soon as
// there is a place. Leaves the card powered off. `on_change` is called from this thread. What the card throws reaches the caller.
void serve(CardSlot& slot, const Place& place, int stop_fd, const std::function<void(Change)>& on_change = {});

}  // namespace simurgh::pcsc::ifd
