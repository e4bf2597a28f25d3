// Elliptic curve keys: ECDSA in BSI TR-03111 plain format (r || s, 64 octets) and ECKA (SGP.22 2.6.7).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "asn1/bytes.h"
#include "euicc/crypto/rng.h"
#include "euicc/crypto/secret.h"

namespace simurgh::crypto {

enum class Curve : std::uint8_t { nist_p256, brainpool_p256r1 };

[[nodiscard]] std::string_view curve_name(Curve curve) noexcept;  // "P-256", "brainpoolP256r1"

class EcPublicKey {
 public:
  // 04 || X || Y, 65 octets, on the curve and not the point at infinity; else nothing.
  [[nodiscard]] static std::optional<EcPublicKey> from_point(Curve curve, ByteView point);

  EcPublicKey(const EcPublicKey&) = default;
  EcPublicKey& operator=(const EcPublicKey&) = default;
  EcPublicKey(EcPublicKey&&) noexcept = default;
  EcPublicKey& operator=(EcPublicKey&&) noexcept = default;

  [[nodiscard]] Curve curve() const noexcept;
  [[nodiscard]] const Bytes& point() const noexcept;  // 65 octets
  // ECDSA with SHA-256 over the concatenation of the parts. False for any length but 64, r or s out of range, or a mismatch.
  [[nodiscard]] bool verify(std::initializer_list<ByteView> parts, ByteView signature) const;
  // The same with a DER signature (X.509, CRL).
  [[nodiscard]] bool verify_der(ByteView data, ByteView der_signature) const;

 private:
  friend class EcPrivateKey;
  struct Impl;
  explicit EcPublicKey(std::shared_ptr<const Impl> impl);
  std::shared_ptr<const Impl> impl_;  // immutable, shared between copies
};

class EcPrivateKey {
 public:
  // A fresh key; the scalar is drawn from `rng`.
  [[nodiscard]] static EcPrivateKey generate(Curve curve, Rng& rng);
  // 32-octet scalar in 1..n-1, else nothing.
  [[nodiscard]] static std::optional<EcPrivateKey> from_scalar(Curve curve, ByteView scalar);
  // SEC1 or PKCS#8, PEM or DER, on one of the two curves; else nothing.
  [[nodiscard]] static std::optional<EcPrivateKey> from_file_bytes(ByteView pem_or_der);

  EcPrivateKey(const EcPrivateKey&) = default;
  EcPrivateKey& operator=(const EcPrivateKey&) = default;
  EcPrivateKey(EcPrivateKey&&) noexcept = default;
  EcPrivateKey& operator=(EcPrivateKey&&) noexcept = default;

  [[nodiscard]] Curve curve() const noexcept;
  [[nodiscard]] const EcPublicKey& public_key() const noexcept;
  [[nodiscard]] SecretBytes scalar() const;  // 32 octets
  [[nodiscard]] Bytes to_pem() const;        // SEC1 "EC PRIVATE KEY"
  // 64 octets r || s over SHA-256 of the concatenated parts.
  [[nodiscard]] Bytes sign(std::initializer_list<ByteView> parts) const;
  // The same as DER, for certificates and CRLs.
  [[nodiscard]] Bytes sign_der(ByteView data) const;
  // x coordinate of the shared point, 32 octets; nothing when the curves differ.
  [[nodiscard]] std::optional<SecretBytes> agree(const EcPublicKey& peer) const;

 private:
  struct Impl;
  explicit EcPrivateKey(std::shared_ptr<const Impl> impl);
  std::shared_ptr<const Impl> impl_;
};

}  // namespace simurgh::crypto
