// T=0 as a modem's driver speaks it (TS 102 221 7.3.1.1): GET RESPONSE after 61xx and 9Fxx, the right Le after 6Cxx, and 91xx remembered.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "tools/terminal/link.h"

namespace simurgh::terminal {

struct Answer {
  Bytes data;
  std::uint16_t sw = 0;
  // 9000, or 91xx which says the same and more.
  [[nodiscard]] bool ok() const noexcept { return sw == 0x9000 || sw >> 8 == 0x91; }
};

class CardSession {
 public:
  // The link must outlive the session. `seen` is told every TPDU; a reset is an empty command answered by the ATR.
  explicit CardSession(Link& link, std::function<void(ByteView command, ByteView answer)> seen = {});

  // Nothing waits after a reset.
  Bytes reset();
  // Follows the transport's status words. Throws LinkError, also for a card that never ends its answer.
  Answer transmit(ByteView command);
  Answer transmit(std::string_view hex);  // for fixed commands: malformed text is a programmer's error
  // Octets of the proactive command that the last successful status word announced.
  [[nodiscard]] std::optional<std::size_t> announced() const noexcept { return announced_; }
  [[nodiscard]] const Bytes& atr() const noexcept { return atr_; }

 private:
  Bytes exchange(ByteView command);

  Link& link_;
  std::function<void(ByteView, ByteView)> seen_;
  std::optional<std::size_t> announced_;
  Bytes atr_;
};

}  // namespace simurgh::terminal
