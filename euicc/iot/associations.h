// The eIMs a card is associated with: who may sign eUICC packages, with what counter and token (SGP.32 v1.2 2.11, 3.5).
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "asn1/tlv.h"
#include "euicc/ecasd/ecasd.h"
#include "euicc/iot/eim_data.h"
#include "euicc/state/transaction.h"

namespace simurgh::iot {

struct Eim {
  std::uint32_t number = 0;  // index of its cell; the order of association
  std::string id;
  std::optional<std::string> fqdn;
  std::optional<std::uint64_t> type;
  std::uint32_t counter = 0;
  std::uint64_t token = 0;  // 0: none was generated
  Bytes key, tls_key;       // alternatives as they arrived; tls_key may be empty
  std::optional<std::uint64_t> protocols;
  Bytes ci_key_id;          // empty: the first one the card signs under
  bool indirect = false;

  // 84 and the token, 840100 without one: what signatures of this association end with.
  [[nodiscard]] Bytes token_object() const;
  [[nodiscard]] Bytes encode() const;
  [[nodiscard]] static std::optional<Eim> decode(std::uint32_t number, ByteView encoded);
};

// Codes that addEim, updateEim, deleteEim and AddInitialEim share.
enum class EimCode : std::uint8_t {
  ok = 0, insufficient_memory = 1, already_exists = 2, ci_pk_unknown = 3, invalid_association_token = 5, counter_out_of_range = 6,
  command_error = 7, undefined = 127,
};

class Associations {
 public:
  Associations(state::Transaction& txn, const ecasd::Ecasd& ecasd) : txn_(txn), ecasd_(ecasd) {}
  [[nodiscard]] std::vector<Eim> all() const;  // in the order of association
  [[nodiscard]] std::optional<Eim> find(std::string_view id) const;
  // The token it got (0: none was asked for), or why not. `data`: nothing when it could not be read.
  [[nodiscard]] std::expected<std::uint64_t, EimCode> add(const std::optional<EimData>& data);
  void save(const Eim& eim);
  void remove(const Eim& eim);

 private:
  state::Transaction& txn_;
  const ecasd::Ecasd& ecasd_;
};

// One entry of GetEimConfigurationData (30): no counter, the generated token; members that were left out with their defaults when the card shows
// them. euiccCiPKId has no default of its own to show: the list in EUICCInfo2 says which one is first.
void put_configuration(asn1::TlvWriter& out, const Eim& eim, bool show_defaults, bool with_indirect);

}  // namespace simurgh::iot
