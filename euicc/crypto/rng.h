// Randomness is handed in: the card never reaches for a global generator.
#pragma once

#include <cstdint>
#include <memory>

#include "asn1/bytes.h"

namespace simurgh::crypto {

class Rng {
 public:
  virtual ~Rng() = default;
  virtual void fill(std::span<std::uint8_t> out) = 0;
  [[nodiscard]] Bytes bytes(std::size_t size);
};

// OpenSSL's generator. Throws std::runtime_error when the operating system gives no entropy.
[[nodiscard]] std::unique_ptr<Rng> system_rng();
// Reproducible (AES-CTR keyed by the seed): tests, fuzzing and simulations only.
[[nodiscard]] std::unique_ptr<Rng> seeded_rng(std::uint64_t seed);

}  // namespace simurgh::crypto
