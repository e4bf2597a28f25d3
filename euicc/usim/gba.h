// Generic bootstrapping on the UICC (TS 33.220 5, annex B; TS 31.102 7.1.1.3 and 7.1.1.4): Ks never leaves the card.
#pragma once

#include <expected>
#include <optional>

#include "asn1/bytes.h"
#include "euicc/crypto/secret.h"
#include "euicc/usim/aka.h"

namespace simurgh::usim {

// What bootstrapping leaves behind for key derivation.
struct GbaKeys {
  crypto::SecretBytes ks;  // CK || IK, 32 octets
  Bytes rand;              // 16 octets

  [[nodiscard]] Bytes encode() const;  // 48 octets
  [[nodiscard]] static std::optional<GbaKeys> decode(ByteView encoded);
};

struct GbaOutcome {
  crypto::SecretBytes res;  // of a success
  GbaKeys keys;
  std::optional<SyncFailure> sync_failure;
};

// As authenticate_3g; the MAC of AUTN is the one that TS 33.220 5.3.2 modifies with IK, so that a plain challenge bootstraps nothing.
[[nodiscard]] std::expected<GbaOutcome, AkaError> bootstrap(const AkaParameters& parameters, SqnState& state, ByteView rand, ByteView autn);
// The modification, its own inverse: MAC xor the first eight octets of SHA-1(IK).
[[nodiscard]] Bytes gba_autn(ByteView autn, ByteView ik);

enum class NafKey { external, internal };  // Ks_ext_NAF, Ks_int_NAF
[[nodiscard]] crypto::SecretBytes naf_key(const GbaKeys& keys, NafKey which, ByteView impi, ByteView naf_id);

// ---- command data: DD 10 RAND 10 AUTN, and DE L NAF_Id L IMPI
struct NafRequest {
  ByteView naf_id, impi;
};
[[nodiscard]] std::optional<Challenge3g> parse_bootstrap(ByteView data);
[[nodiscard]] std::optional<NafRequest> parse_naf(ByteView data);

// EF.GBABP after bootstrapping: the new RAND, no B-TID and no lifetime yet. `size` octets; nothing when the file is too small.
[[nodiscard]] std::optional<Bytes> bootstrapping_parameters(ByteView rand, std::size_t size);
// The B-TID that the terminal wrote into EF.GBABP; empty: none.
[[nodiscard]] ByteView transaction_identifier(ByteView ef_gbabp);
// EF.GBANL with this NAF in it: in its own record, a free one, or that of the oldest, which goes. Nothing when a record is too small.
[[nodiscard]] std::optional<Bytes> with_naf(ByteView ef_gbanl, std::size_t record_length, ByteView naf_id, ByteView b_tid);

}  // namespace simurgh::usim
