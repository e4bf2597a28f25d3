// The ISD-R: ES10a, ES10b, ES10c over collected STORE DATA objects (SGP.22 5.7, SGP.32 5.9). It neither knows channels nor status word chaining.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "asn1/bytes.h"
#include "euicc/apdu/command.h"
#include "euicc/crypto/rng.h"
#include "euicc/ecasd/ecasd.h"
#include "euicc/iot/immediate_enable.h"
#include "euicc/profile/package.h"
#include "euicc/profile/registry.h"
#include "euicc/rsp/platform.h"
#include "euicc/state/transaction.h"

namespace simurgh::isdr {

using rsp::PlatformPort;

class RspSession;  // volatile: challenge, authentication state, bound package in progress

// Where an ES10 command comes from: STORE DATA of the terminal, or an application of the card.
enum class Caller : std::uint8_t { device, card };

struct Context {
  state::Transaction& txn;
  crypto::Rng& rng;
  const ecasd::Ecasd& ecasd;
  PlatformPort& platform;
  RspSession& session;
  std::optional<iot::LastInstallation>& installed;  // for ImmediateEnable
  Caller caller = Caller::device;
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
  [[nodiscard]] Bytes fci(const ecasd::Ecasd& ecasd, state::Transaction& txn) const;

  // One complete ES10 command: the concatenated data of a STORE DATA chain. The answer's data is the response DO.
  // The caller commits the transaction when the answer is good and rolls back when it is a refusal.
  [[nodiscard]] apdu::Answer execute(ByteView command, state::Transaction& txn, crypto::Rng& rng, const ecasd::Ecasd& ecasd,
                                     PlatformPort& platform, Caller caller = Caller::device);
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
  std::optional<iot::LastInstallation> installed_;
};

}  // namespace simurgh::isdr
