// Authentication and key agreement on the card side (TS 33.102 6.3, Annex C) and, for tests and simulated networks, on the network side.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>

#include "euicc/crypto/rng.h"
#include "euicc/usim/algorithms.h"

namespace simurgh::usim {

// SEQ_MS array and authentication counter of one key (TS 33.102 C.2.2). SQN = SEQ << 5 | IND.
struct SqnState {
  std::array<std::uint64_t, 32> seq{};
  std::uint32_t authentications = 0;

  [[nodiscard]] Bytes encode() const;  // 196 octets
  // Nothing for another length or a SEQ of more than 43 bits.
  [[nodiscard]] static std::optional<SqnState> decode(ByteView encoded);
};

struct Success {
  crypto::SecretBytes res, ck, ik, kc;  // kc by c3, 8 octets
};
struct SyncFailure {
  Bytes auts;  // 14 octets
};
enum class AkaError : std::uint8_t { mac_wrong, counter_limit };

struct AkaOutcome {
  std::optional<Success> success;
  std::optional<SyncFailure> sync_failure;
};

// MAC first, then freshness; `state` is changed on success only. RAND and AUTN are 16 octets each.
[[nodiscard]] std::expected<AkaOutcome, AkaError> authenticate_3g(const AkaParameters& parameters, SqnState& state, ByteView rand,
                                                                  ByteView autn);

struct GsmKeys {
  crypto::SecretBytes sres, kc;  // 4 and 8 octets, by the conversion functions c2 and c3
};
[[nodiscard]] GsmKeys authenticate_gsm(const AkaParameters& parameters, ByteView rand);

// ---- AUTHENTICATE (TS 31.102 7.1.2): command data and response data

struct Challenge3g {
  ByteView rand, autn;
};
[[nodiscard]] std::optional<Challenge3g> parse_3g(ByteView data);          // 10 RAND 10 AUTN
[[nodiscard]] std::optional<ByteView> parse_gsm(ByteView data);            // 10 RAND
[[nodiscard]] Bytes encode_success(const Success& success, bool with_kc);  // DB ...
[[nodiscard]] Bytes encode_sync_failure(const SyncFailure& failure);       // DC 0E ...
[[nodiscard]] Bytes encode_gsm(const GsmKeys& keys);                       // 04 SRES 08 Kc

// ---- the network's side; never used by a card

struct Vector {
  Bytes rand, autn, xres, ck, ik;
};
[[nodiscard]] Vector generate_vector(const AkaParameters& parameters, ByteView rand, std::uint64_t sqn, ByteView amf);
// SQN_MS from AUTS; nothing when MAC-S is wrong.
[[nodiscard]] std::optional<std::uint64_t> resolve_auts(const AkaParameters& parameters, ByteView rand, ByteView auts);

}  // namespace simurgh::usim
