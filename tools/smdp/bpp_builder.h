// The server's side of a bound profile package: session keys, protection, assembly (SGP.22 v2.5 2.5, annex G).
#pragma once

#include <optional>

#include "euicc/crypto/ec.h"
#include "euicc/crypto/rng.h"

namespace simurgh::smdp {

struct BindingRequest {
  Bytes transaction_id;
  Bytes eid;                          // 16 octets, BCD
  Bytes euicc_otpk;                   // point, 65 octets
  Bytes host_id = {'S', 'M', 'D', 'P', 'T', 'E', 'S', 'T'};
  Bytes metadata;                     // BF25
  Bytes upp;
  bool replace_session_keys = true;
  std::size_t segment = 1007;         // plaintext octets of an 86: 1020 with everything (annex G.1)
};

// BF36; nothing when the card's one-time key is no point of the curve of `signer`.
[[nodiscard]] std::optional<Bytes> bind_package(const BindingRequest& request, const crypto::EcPrivateKey& signer, crypto::Rng& rng);

}  // namespace simurgh::smdp
