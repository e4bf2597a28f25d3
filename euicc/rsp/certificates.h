// What a card checks of a server's certificate (SGP.22 v2.5 4.5.2, 5.7.13). It has no clock: validity dates are not looked at.
#pragma once

#include <cstdint>
#include <expected>
#include <vector>

#include "euicc/crypto/x509.h"
#include "euicc/ecasd/ecasd.h"
#include "euicc/state/transaction.h"

namespace simurgh::rsp {

enum class CertificateFault : std::uint8_t { unsupported_curve, invalid, wrong_role };

// Issued directly by the anchor's key, well formed for the role, not revoked by a loaded CRL. For several roles one of them is enough.
[[nodiscard]] std::expected<crypto::Certificate, CertificateFault> check_server_certificate(ByteView der, const ecasd::TrustAnchor& anchor,
                                                                                            std::initializer_list<crypto::Role> roles,
                                                                                            const state::Transaction& txn);

// LoadCRL (SGP.22 v2.5 5.7.12).
enum class CrlResult : std::uint8_t {
  ok = 0, invalid_signature = 1, invalid_format = 2, not_enough_memory = 3, key_not_found = 4, fresher_loaded = 5, base_missing = 6, undefined = 127,
};
// missing_parts: what a partial CRL still lacks afterwards, by number.
[[nodiscard]] CrlResult load_crl(ByteView der, const ecasd::Ecasd& ecasd, state::Transaction& txn, std::vector<std::uint32_t>& missing_parts);

}  // namespace simurgh::rsp
