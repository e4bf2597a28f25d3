// What profile management asks of the card around it.
#pragma once

#include <cstdint>

namespace simurgh::rsp {

// Implemented by the card.
class PlatformPort {
 public:
  virtual ~PlatformPort() = default;
  // A TERMINAL PROFILE was received since reset, so that a REFRESH can be delivered (SGP.22 5.7.16).
  [[nodiscard]] virtual bool toolkit_ready() const = 0;
  // A proactive session is running that must not be interrupted: catBusy.
  [[nodiscard]] virtual bool toolkit_busy() const = 0;
  // Queue a REFRESH "eUICC Profile State Change" (or UICC reset where the terminal does not know that mode).
  virtual void request_refresh() = 0;
  // The enabled profile changed in this transaction: after the commit the card drops sessions of the old one and mounts the new one.
  virtual void profile_changed() = 0;
  // First octet of tag 83 of TERMINAL CAPABILITY: what the terminal supports (SGP.22 v2.5 3.4.2); FF when the card does not insist on it.
  [[nodiscard]] virtual std::uint8_t terminal_rsp_functions() const { return 0xFF; }
  // SGP.32 v1.2 3.8: the terminal declared an IPAd of its own since reset; the card's IPAe is the assistant in charge; it takes over until a reset.
  [[nodiscard]] virtual bool ipad_declared() const { return true; }
  [[nodiscard]] virtual bool ipae_in_charge() const { return false; }
  virtual void activate_ipae() {}
  // Why something was refused or rolled back, for the trace.
  virtual void note(const char* why) = 0;
};

}  // namespace simurgh::rsp
