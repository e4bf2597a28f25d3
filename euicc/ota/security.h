// The algorithms and the header octets of secured packets (ETSI TS 102 225 5.1): shared by the receiving and the sending side.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>

#include "asn1/bytes.h"
#include "euicc/crypto/secret.h"

namespace simurgh::ota {

// Security parameter indicator, TS 102 225 5.1.1.
struct Spi {
  std::uint8_t first = 0, second = 0;

  enum class Integrity : std::uint8_t { none, redundancy, checksum, signature };
  enum class Counter : std::uint8_t { none, unchecked, higher, one_higher };
  enum class Proof : std::uint8_t { none, always, on_error, reserved };
  [[nodiscard]] Integrity integrity() const noexcept { return static_cast<Integrity>(first & 0x03); }
  [[nodiscard]] bool ciphered() const noexcept { return (first & 0x04) != 0; }
  [[nodiscard]] Counter counter() const noexcept { return static_cast<Counter>(first >> 3 & 0x03); }
  [[nodiscard]] Proof proof() const noexcept { return static_cast<Proof>(second & 0x03); }
  [[nodiscard]] Integrity proof_integrity() const noexcept { return static_cast<Integrity>(second >> 2 & 0x03); }
  [[nodiscard]] bool proof_ciphered() const noexcept { return (second & 0x10) != 0; }
  [[nodiscard]] bool proof_by_submit() const noexcept { return (second & 0x20) != 0; }
};

// Each mechanism of the packet is at least as strong as the level, which is coded like the first octet (TS 102 226 8.2.1.3.2.4).
[[nodiscard]] bool reaches(Spi packet, std::uint8_t minimum_security_level) noexcept;

enum class Algorithm : std::uint8_t { des_cbc, des_ecb, triple_des_2, triple_des_3, aes };

// A key with what it is used for. Value sizes fit the algorithm.
struct AlgorithmKey {
  Algorithm algorithm = Algorithm::aes;
  crypto::SecretBytes value;
  std::size_t checksum_length = 8;  // octets of a cryptographic checksum, 4 or 8
  [[nodiscard]] std::size_t block() const noexcept { return algorithm == Algorithm::aes ? 16 : 8; }
};

// What the low nibble of KIc (or KID with a cryptographic checksum) means for a key of this GlobalPlatform type (80 DES, 88 AES); 0 leaves
// it to the key. Nothing when they do not fit each other.
[[nodiscard]] std::optional<Algorithm> algorithm_of(std::uint8_t nibble, std::uint8_t key_type, std::size_t key_size,
                                                    bool checksum) noexcept;

// Zero IV. Sizes are multiples of the block.
[[nodiscard]] Bytes encipher(const AlgorithmKey& key, ByteView padded);
[[nodiscard]] Bytes decipher(const AlgorithmKey& key, ByteView ciphertext);
// DES: last block of CBC over the zero-padded text; AES: CMAC. Shortened to the length of the key.
[[nodiscard]] Bytes cryptographic_checksum(const AlgorithmKey& key, std::initializer_list<ByteView> parts);
// TS 102 225 5.1.3.2: CRC 16 and CRC 32 of ISO/IEC 13239.
enum class Redundancy : std::uint8_t { crc16 = 2, crc32 = 4 };  // by their length
[[nodiscard]] Bytes redundancy_check(Redundancy kind, std::initializer_list<ByteView> parts);

}  // namespace simurgh::ota
