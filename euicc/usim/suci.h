// The concealed subscription identifier as a USIM computes it: protection schemes of TS 33.501 annex C, mobile identity of
// TS 24.501 9.11.3.4, network access identifier of TS 23.003 28.7.3.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "asn1/bytes.h"
#include "euicc/crypto/rng.h"
#include "euicc/crypto/secret.h"

namespace simurgh::usim {

enum class SuciScheme : std::uint8_t { null = 0, profile_a = 1, profile_b = 2 };

// EF.SUCI_Calc_Info (TS 31.102 4.4.11.8): schemes by priority, keys of the home network.
struct SuciCalcInfo {
  struct Choice {
    std::uint8_t scheme = 0;
    std::uint8_t key_index = 0;  // position in `keys`, 1-based; 0: none
  };
  struct Key {
    std::uint8_t identifier = 0;
    Bytes value;  // Profile A 32 octets, Profile B 33 or 65
  };
  std::vector<Choice> choices;
  std::vector<Key> keys;

  // Nothing when the file is not what the clause says. Padding with FF behind the objects is allowed.
  [[nodiscard]] static std::optional<SuciCalcInfo> parse(ByteView content);
};

// Scheme output: the plain text for the null scheme, else ephemeral public key || cipher text || MAC of eight octets.
// `ephemeral` is the private key of 32 octets. Nothing when the home network's key is none of the scheme, or the scheme is unknown.
[[nodiscard]] std::optional<Bytes> conceal(SuciScheme scheme, ByteView home_key, ByteView plain, ByteView ephemeral);

struct SuciChoice {
  SuciScheme scheme = SuciScheme::null;
  std::uint8_t key_identifier = 0;
  Bytes key;
};
// The first scheme of the list that this card can compute; the null scheme when the list is empty (TS 33.501 6.12.2); nothing when the list
// names only what cannot be computed.
[[nodiscard]] std::optional<SuciChoice> choose_scheme(const SuciCalcInfo& info);

// Who is concealed: an IMSI, or a network access identifier (EF.SUPI_NAI).
struct Supi {
  std::uint8_t type = 0;        // 0 IMSI, 1 NSI, 2 GCI, 3 GLI (TS 24.501 9.11.3.4)
  std::string mcc, mnc, msin;   // IMSI, digits
  std::string username, realm;  // the others

  // From the content of EF.IMSI (TS 31.102 4.2.2) and the length of the MNC in EF.AD.
  [[nodiscard]] static std::optional<Supi> from_imsi(ByteView ef_imsi, unsigned mnc_digits);
  // From the content of EF.SUPI_NAI (TS 31.102 4.4.11.10): the first of 80 NSI, 81 GLI, 82 GCI.
  [[nodiscard]] static std::optional<Supi> from_nai(ByteView ef_supi_nai);
};

// Contents of the 5GS mobile identity, from the octet with the types on. `routing` holds the two octets of EF.Routing_Indicator. With
// `nswo` an IMSI too is given as a network access identifier, with the realm of TS 23.003 28.7.9.
[[nodiscard]] std::optional<Bytes> suci(const Supi& supi, const SuciChoice& choice, ByteView routing, bool nswo, crypto::Rng& rng);

}  // namespace simurgh::usim
