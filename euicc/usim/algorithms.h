// Authentication functions f1..f5* of the three algorithms a profile may name (SAIP akaParameter): Milenage (TS 35.206), TUAK (TS 35.231)
// and the XOR algorithm of the test USIM (TS 34.108 8.1.2). Pure functions of their inputs.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "asn1/bytes.h"
#include "euicc/crypto/secret.h"

namespace simurgh::usim {

enum class Algorithm : std::uint8_t { milenage = 1, tuak = 2, usim_test = 3 };

// As in SAIP akaParameter.algoParameter; raw octets are kept as the package gave them.
struct AkaParameters {
  Algorithm algorithm = Algorithm::milenage;
  std::uint8_t algorithm_options = 0x02;  // RES length: 00 32 bits, 01 64, 02 128, 03 256 (TUAK, XOR); Milenage always gives 64
  crypto::SecretBytes key;                // 16 octets, TUAK also 32
  crypto::SecretBytes opc;                // OPc 16 octets, TOPc 32 octets; ignored by the XOR algorithm
  std::array<std::uint8_t, 5> rotation{0x40, 0x00, 0x20, 0x40, 0x60};  // r1..r5 in bits
  std::array<std::uint8_t, 80> xoring = default_xoring();              // c1..c5
  std::optional<std::uint32_t> auth_counter_max;
  std::uint8_t keccak_iterations = 1;                // TUAK
  std::uint8_t sqn_options = 0x02;                   // 02: delta check, 01: age limit check
  std::uint64_t sqn_delta = std::uint64_t{1} << 28;  // SEQ values, without the five IND bits
  std::uint64_t sqn_age_limit = std::uint64_t{1} << 28;

  [[nodiscard]] AkaParameters clone() const;
  // Key and OPc have sizes that the algorithm knows.
  [[nodiscard]] bool well_formed() const noexcept;
  [[nodiscard]] static constexpr std::array<std::uint8_t, 80> default_xoring() {
    std::array<std::uint8_t, 80> out{};
    for (std::size_t i = 1; i < 5; ++i) out[16 * i + 15] = static_cast<std::uint8_t>(1U << (i - 1));
    return out;
  }
};

// f2..f5 for one RAND. Sizes: RES 4..32, CK and IK 16, AK 6 octets.
struct Keys {
  crypto::SecretBytes res, ck, ik, ak;
};

// One algorithm bound to its parameters. Sizes: RAND 16, SQN 6, AMF 2 octets; anything else throws std::invalid_argument (programmer's
// error).
class AuthFunctions {
 public:
  virtual ~AuthFunctions() = default;
  [[nodiscard]] virtual Bytes f1(ByteView rand, ByteView sqn, ByteView amf) const = 0;       // MAC-A, 8 octets
  [[nodiscard]] virtual Bytes f1_star(ByteView rand, ByteView sqn, ByteView amf) const = 0;  // MAC-S, 8 octets
  [[nodiscard]] virtual Keys f2345(ByteView rand) const = 0;
  [[nodiscard]] virtual Bytes f5_star(ByteView rand) const = 0;  // 6 octets
};

// Parameters must be well formed and outlive the result.
[[nodiscard]] std::unique_ptr<AuthFunctions> functions(const AkaParameters& parameters);

// OPc = E_K(OP) xor OP (TS 35.206 8.2).
[[nodiscard]] crypto::SecretBytes milenage_opc(ByteView key, ByteView op);
// TOPc from TOP (TS 35.231 6.2).
[[nodiscard]] crypto::SecretBytes tuak_topc(ByteView key, ByteView top, unsigned iterations = 1);

// TUAK with every output length (TS 35.231 6.3-6.6), for the published test sets; the USIM uses MAC 8, CK and IK 16.
struct TuakSizes {
  std::size_t mac = 8, res = 8, ck = 16, ik = 16;
};
class Tuak final : public AuthFunctions {
 public:
  Tuak(ByteView key, ByteView topc, unsigned iterations, TuakSizes sizes);
  [[nodiscard]] Bytes f1(ByteView rand, ByteView sqn, ByteView amf) const override;
  [[nodiscard]] Bytes f1_star(ByteView rand, ByteView sqn, ByteView amf) const override;
  [[nodiscard]] Keys f2345(ByteView rand) const override;
  [[nodiscard]] Bytes f5_star(ByteView rand) const override;

 private:
  crypto::SecretBytes key_, topc_;
  unsigned iterations_;
  TuakSizes sizes_;
};

}  // namespace simurgh::usim
