// The one RSP session of a card (SGP.22 v2.5 3.1.2): volatile, gone with a reset.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "euicc/crypto/x509.h"
#include "euicc/isdr/isdr.h"
#include "euicc/rsp/bound_package.h"

namespace simurgh::isdr {

class RspSession {
 public:
  // refused: PrepareDownload said no; only CancelSession is left.
  enum class Phase : std::uint8_t { idle, challenged, authenticated, refused, prepared, loading };

  Phase phase = Phase::idle;
  Bytes challenge;                               // outstanding euiccChallenge
  Bytes transaction_id;
  std::string server_address;
  Bytes ci_key_id;
  std::optional<crypto::Certificate> server;     // CERT.DPauth or CERT.DSauth
  Bytes euicc_signature1;                        // complete DO, SGP.22 signs over it
  std::unique_ptr<rsp::BoundPackage> package;    // prepared, loading

  // Back to idle; an unfinished load leaves its interruption result.
  void end(state::Transaction& txn, const ecasd::Ecasd& ecasd);
};

// What is deleted may be what the load in progress counted on, so it ends with its interruption result.
void end_load(Context& context);

}  // namespace simurgh::isdr
