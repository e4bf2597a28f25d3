// The ISD-R: ES10a, ES10b, ES10c over collected STORE DATA objects (SGP.22 5.7). It neither knows channels nor status word chaining.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "asn1/bytes.h"
#include "euicc/apdu/command.h"
#include "euicc/crypto/rng.h"
#include "euicc/ecasd/ecasd.h"
#include "euicc/profile/package.h"
#include "euicc/profile/registry.h"
#include "euicc/state/transaction.h"

namespace simurgh::isdr {

// What the ISD-R asks of the card around it. Implemented by card::Card.
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
  // Why something was refused or rolled back, for the trace.
  virtual void note(const char* why) = 0;
};

class RspSession;  // volatile: challenge, authentication state, bound package in progress

struct Context {
  state::Transaction& txn;
  crypto::Rng& rng;
  const ecasd::Ecasd& ecasd;
  PlatformPort& platform;
  RspSession& session;
};

// The volatile part; one per card, cleared by a reset.
class Isdr {
 public:
  Isdr();
  ~Isdr();
  Isdr(const Isdr&) = delete;
  Isdr& operator=(const Isdr&) = delete;

  // AID of the ISD-R: the recipe's, else the standard's.
  [[nodiscard]] static Bytes aid(const ecasd::Ecasd& ecasd);
  // FCI of the ISD-R for SELECT (tag 6F).
  [[nodiscard]] Bytes fci(const ecasd::Ecasd& ecasd) const;

  // One complete ES10 command: the concatenated data of a STORE DATA chain. The answer's data is the response DO.
  // The caller commits the transaction when the answer is good and rolls back when it is a refusal.
  [[nodiscard]] apdu::Answer execute(ByteView command, state::Transaction& txn, crypto::Rng& rng, const ecasd::Ecasd& ecasd,
                                     PlatformPort& platform);
  // True while a bound package is being loaded: then a chain is a slice of it, not a DO of its own.
  [[nodiscard]] bool loading() const noexcept;

  // Card reset or power loss: the session is gone; an interrupted load leaves its signed result (SGP.22 2.5.6, 3.1.3.3).
  void reset(state::Transaction& txn, const ecasd::Ecasd& ecasd);

  // A pending switch (refreshFlag TRUE) takes effect: TERMINAL RESPONSE of the REFRESH, or reset. False when none was pending.
  static bool apply_pending_switch(state::Transaction& txn, const ecasd::Ecasd& ecasd, PlatformPort& platform);
  static void drop_pending_switch(state::Transaction& txn);
  [[nodiscard]] static bool switch_pending(const state::Transaction& txn);

  // ES6 UpdateMetadata for the enabled profile, from its MNO-SD (SGP.22 5.4.1).
  [[nodiscard]] static apdu::Answer update_metadata(ByteView command, state::Transaction& txn);

 private:
  std::unique_ptr<RspSession> session_;
};

}  // namespace simurgh::isdr
