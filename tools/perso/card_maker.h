// Makes cards: identity, keys and certificates, capabilities, profiles from the factory. Pure: cells out, no files.
#pragma once

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "euicc/ecasd/ecasd.h"
#include "euicc/profile/registry.h"
#include "euicc/state/store.h"
#include "tools/perso/pki.h"

namespace simurgh::perso {

class CardError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// One CI the card trusts, and what it takes to sign under it. In order of preference: a ready eUICC certificate and key; an EUM key to mint one
// with; a CI key to mint both with. Without any of them the CI is trusted for verification only.
struct Root {
  crypto::Certificate ci;
  std::optional<crypto::EcPrivateKey> ci_key;
  std::optional<Identity> eum, euicc;
};

struct FactoryProfile {
  Bytes package;                 // UPP
  profile::Metadata metadata;    // ICCID empty: from EF.ICCID of the package
  bool enabled = false;
  bool fallback = false;         // it has the fallback attribute of SGP.32
};

// What an IoT card leaves the factory with, equal in effect to AddInitialEim and ConfigureImmediateProfileEnabling.
struct IotFactory {
  std::vector<Bytes> eims;                // EimConfigurationData, 30 each
  std::optional<Bytes> immediate_enable;  // members of the configuration
  Bytes assistant;                        // policy of the IPAe, as its cell has it; empty: the defaults
};

struct CardSpec {
  std::vector<Root> roots;       // priority order
  std::string eid;               // 32 digits; empty: random under the EUM's IIN
  ecasd::Capabilities capabilities;
  std::vector<FactoryProfile> profiles;
  IotFactory iot;                // for an IoT card
};

// The roots a PKI folder gives.
[[nodiscard]] std::vector<Root> roots_of(const Pki& pki);
// Throws CardError: wrong EID, certificates that do not fit each other, a package that does not install.
[[nodiscard]] std::map<state::Key, state::Cell> make_cells(const CardSpec& spec, crypto::Rng& rng);

// Another card of the same make: the cells that tell it from the first, which are its EID, keys and certificates.
[[nodiscard]] std::map<state::Key, state::Cell> make_identity_cells(const CardSpec& spec, crypto::Rng& rng);

// card_recipe.cpp: capabilities and factory profile metadata from YAML; unknown keys are refused by name.
struct CardRecipe {
  ecasd::Capabilities capabilities;
  std::vector<FactoryProfile> profiles;  // for --profile files, in order; without packages
  IotFactory iot;
};
// `pki`: where the word "pki" in place of an eIM's key or certificate takes it from.
[[nodiscard]] CardRecipe parse_card_recipe(const std::string& yaml, const Pki* pki = nullptr);

}  // namespace simurgh::perso
