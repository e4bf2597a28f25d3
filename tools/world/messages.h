// Tables of the multi-IMSI applet as short messages to a thing: a message centre keeps their parts until the device has service.
#pragma once

#include <deque>
#include <functional>
#include <set>

#include "tools/radio/modem.h"
#include "tools/terminal/terminal.h"

namespace simurgh::world {

class Messages {
 public:
  Messages(terminal::Terminal& terminal, terminal::VirtualClock& clock, std::function<void(const std::string& mark, radio::Fields fields)> mark)
      : terminal_(terminal), clock_(clock), mark_(std::move(mark)) {}
  // A secured packet (SCP80) with this content for the applet; parts with the numbers in `lost`, from 1, never arrive. The same content and counter
  // give the same octets.
  void send(ByteView content, std::uint64_t counter, const std::set<unsigned>& lost);
  // When the next part may go to a device with service; nothing: none waits.
  [[nodiscard]] std::optional<radio::Time> due() const { return waiting_.empty() ? std::nullopt : std::optional(waiting_.front().at); }
  // Gives the card what is due.
  void deliver();

 private:
  struct Part {
    radio::Time at;
    unsigned number, of;
    Bytes tpdu;
  };
  terminal::Terminal& terminal_;
  terminal::VirtualClock& clock_;
  std::function<void(const std::string&, radio::Fields)> mark_;
  std::deque<Part> waiting_;
};

}  // namespace simurgh::world
