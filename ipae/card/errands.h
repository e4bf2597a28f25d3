// What the assistant of a card does once it is to speak: visit its eIMs, deliver what is owed, fetch what waits. The clock, the terminal and the
// profile around a visit are the assistant's (assistant.h).
#pragma once

#include <cstdint>
#include <string>

#include "ipae/esipa/messages.h"
#include "ipae/transport/ports.h"

namespace simurgh::ipae {

struct Situation {
  Bytes imei;          // as the terminal tells it (TS 24.008 10.5.1.4); empty: it does not
  Bytes plmn;          // three octets, of the serving network; empty: unknown
};

struct Visit {
  bool reached = false;    // an eIM answered
  bool idle = false;       // and had nothing to do
  bool switched = false;   // the enabled profile changes: a REFRESH is due and the visit has ended for it
  std::string what;        // one line for people
  std::string host;        // of the eIM that was not reached
};

class Errands {
 public:
  virtual ~Errands() = default;
  virtual Task<Visit> visit(Situation situation) = 0;
  // To be told to every eIM at its next visit.
  virtual void state_changed(esipa::StateChangeCause cause) = 0;
  // A result waits for delivery.
  [[nodiscard]] virtual bool owes() const = 0;
  // Nothing may be done now: an emergency profile is enabled.
  [[nodiscard]] virtual bool silent() const { return false; }
};

}  // namespace simurgh::ipae
