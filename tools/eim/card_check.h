// Who signed what a card sent: chains from the CI down to a card, and the signatures of results (SGP.32 v1.2 2.11.2, 5.14.6).
#pragma once

#include <optional>
#include <string>

#include "euicc/crypto/x509.h"
#include "tools/eim/eim_store.h"
#include "tools/perso/pki.h"

namespace simurgh::eim {

// The card's certificate when it verifies: EUM under a CI of the PKI, card under the EUM, and the EID is the card's. `when`: seconds since 1970.
[[nodiscard]] std::optional<crypto::Certificate> verify_card(const perso::Pki& pki, ByteView euicc_der, ByteView eum_der, const std::string& eid,
                                                             std::int64_t when);

enum class Verdict : std::uint8_t { verified, wrong, unknown_key };
[[nodiscard]] const char* verdict_text(Verdict verdict) noexcept;  // "yes", "no", "unknown"

// A result's or error's signature. Taken: over data and token; over data and the package's own signature (SGP.32 v1.0); r || s, or DER of it.
[[nodiscard]] Verdict verify_result(const Device& device, ByteView signed_data, ByteView signature, std::int64_t token, ByteView eim_signature);
// Any other signature of the card: installation results, notifications.
[[nodiscard]] Verdict verify_card_signature(const Device& device, ByteView signed_data, ByteView signature);

}  // namespace simurgh::eim
