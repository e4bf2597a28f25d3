// Who the card is and whom it trusts: EID, trust anchors, certificate chains, capabilities (SGP.22 2.4.3, 4.5).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "asn1/bytes.h"
#include "euicc/crypto/ec.h"
#include "euicc/crypto/x509.h"
#include "euicc/ecasd/iot_capabilities.h"
#include "euicc/state/transaction.h"

namespace simurgh::ecasd {

using Eid = std::array<std::uint8_t, 16>;  // BCD, not swapped

// 32 decimal digits with valid check digits (SGP.29): mod 97 == 1.
[[nodiscard]] std::optional<Eid> parse_eid(std::string_view digits);
[[nodiscard]] std::string eid_text(const Eid& eid);
// First 30 digits given, the last two computed.
[[nodiscard]] std::optional<Eid> complete_eid(std::string_view thirty_digits);

// A CI the card verifies servers under. `certificate` when the card keeps it (issuer name checks), else key and identifier.
struct TrustAnchor {
  Bytes key_id;                  // SubjectKeyIdentifier
  crypto::EcPublicKey key;
  Bytes certificate;             // DER, may be empty
};

// A chain the card signs under: key id of the CI, the EUM's and the eUICC's certificate, the private key.
struct SigningChain {
  Bytes ci_key_id;
  Bytes eum_certificate, euicc_certificate;  // DER
  crypto::EcPrivateKey key;
};

struct RatRow {  // Rules Authorisation Table, SGP.22 2.9.2.2
  std::uint64_t ppr_ids = 0;     // named bits
  struct Operator { Bytes mcc_mnc; std::optional<Bytes> gid1, gid2; };
  std::vector<Operator> allowed;
  bool consent_required = false;
};

// Everything a recipe may say; defaults are those of a plausible test card.
struct Capabilities {
  std::array<std::uint8_t, 3> profile_version{2, 3, 1}, svn{2, 5, 0}, firmware{0, 1, 0}, ts102241{15, 1, 0}, globalplatform{2, 3, 0}, pp_version{1, 0, 0};
  std::uint64_t uicc_capability = 0;   // named bits of SGP.22 UICCCapability; the default recipe fills what is built in
  std::uint64_t rsp_capability = 0b11011;  // additionalProfile, crlSupport, testProfileSupport, deviceInfoExtensibility (2 = rpm off)
  std::optional<std::uint8_t> category = 2;
  std::uint64_t forbidden_ppr = 0;
  std::string sas_number = "SIMURGH-SIMULATOR";
  std::string platform_label, discovery_base_url;
  std::string default_dp_address, root_ds_address = "testrootsmds.example.com";
  std::uint32_t free_memory = 512 * 1024;
  std::vector<RatRow> rat;
  bool require_terminal_capability = false;   // SGP.22 3.4.2: strict reading off by default
  bool provisioning_class = true, test_class = true;
  bool ppr1_only_first = true;                // PPR1 refused when an operational profile is installed
  bool bare_ef_dir = true;                    // EF.DIR with the ISD-R only while no profile is enabled
  Bytes isdr_aid;                             // empty: the standard's
  std::vector<Bytes> isdr_aliases;
  Bytes atr;                                  // empty: the default one
  std::uint16_t notification_capacity = 64;
  std::optional<IotCapabilities> iot;         // an IoT eUICC
};

struct Ecasd {
  Eid eid{};
  std::vector<TrustAnchor> anchors;   // priority order: verification list
  std::vector<SigningChain> chains;   // priority order: signing list
  Capabilities capabilities;

  [[nodiscard]] const TrustAnchor* anchor(ByteView key_id) const;
  [[nodiscard]] const SigningChain* chain(ByteView ci_key_id) const;

  // Cells {card,0,0..2}: identity, capabilities, keys.
  void store(state::Transaction& txn) const;
  // Nothing when the cells are missing or malformed.
  [[nodiscard]] static std::optional<Ecasd> load(const state::Transaction& txn);
};

}  // namespace simurgh::ecasd
