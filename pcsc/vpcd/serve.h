// Puts a card into a slot of pcscd's virtual reader (Debian: vsmartcard-vpcd), over TCP on the loopback interface.
#pragma once

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "pcsc/slot.h"

namespace simurgh::pcsc::vpcd {

// Debian's driver opens two slots, one port each.
inline constexpr std::uint16_t kFirstPort = 35963;
inline constexpr std::uint16_t kSecondPort = 35964;

struct Endpoint {
  std::string host = "127.0.0.1";  // a numeric address
  std::uint16_t port = kFirstPort;
};

enum class SlotState {
  absent,  // nobody listens: pcscd or its driver is not there
  free,    // a card can be put in
  taken,   // another card is connected to this slot
};

// Looks without touching: a trial connection would be seen by every PC/SC program as a card that comes and goes.
// Reads the kernel's table of sockets, so it knows the local machine only.
[[nodiscard]] SlotState probe(std::uint16_t port);
// The same from the text of /proc/net/tcp or /proc/net/tcp6.
[[nodiscard]] SlotState probe(std::uint16_t port, std::string_view kernel_table);

// One sentence for a person, with what to do next. For SlotState::free: what happened and that trying again may help.
[[nodiscard]] std::string advice(SlotState state, const Endpoint& endpoint);

// Nobody listens at the endpoint, or the slot is taken; what() is the advice.
class Unreachable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class Link { connected, lost };

// Serves until stop_fd becomes readable (an eventfd, the reading end of a pipe, a signalfd); the descriptor is not read.
// Throws Unreachable when there is no place for the card at first. A connection that breaks later (pcscd restarts) is made again as soon as
// the reader is back. Leaves the card powered off. `on_change` is called from this thread.
void serve(CardSlot& slot, const Endpoint& endpoint, int stop_fd, const std::function<void(Link)>& on_change = {});

}  // namespace simurgh::pcsc::vpcd
