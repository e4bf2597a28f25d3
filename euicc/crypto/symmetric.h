// Hashes, AES and the key derivation of SGP.22 2.6.4 / SGP.02 4.1.3.
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "asn1/bytes.h"
#include "euicc/crypto/secret.h"

namespace simurgh::crypto {

using Block = std::array<std::uint8_t, 16>;
using Digest = std::array<std::uint8_t, 32>;

[[nodiscard]] Digest sha256(std::initializer_list<ByteView> parts);
[[nodiscard]] std::array<std::uint8_t, 20> sha1(ByteView data);

// key: 16, 24 or 32 octets; data sizes are multiples of 16. A wrong size is a programmer's error and throws std::invalid_argument.
[[nodiscard]] Block aes_ecb_encrypt(ByteView key, ByteView block);
[[nodiscard]] Bytes aes_cbc_encrypt(ByteView key, ByteView iv, ByteView padded);
[[nodiscard]] Bytes aes_cbc_decrypt(ByteView key, ByteView iv, ByteView ciphertext);
// Full 16 octets over the concatenation of the parts (RFC 4493).
[[nodiscard]] Block aes_cmac(ByteView key, std::initializer_list<ByteView> parts);

// An AES key expanded once, for code that uses it many times (Milenage, secure channels). One object serves one thread at a time; the keys of
// ec.h may be shared between threads.
class AesEncryptor {
 public:
  explicit AesEncryptor(ByteView key);
  AesEncryptor(AesEncryptor&&) noexcept;
  AesEncryptor& operator=(AesEncryptor&&) noexcept;
  ~AesEncryptor();
  [[nodiscard]] Block encrypt(ByteView block) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// ANSI X9.63 KDF with SHA-256 (BSI TR-03111 4.3.3): `size` octets from secret || counter || shared_info.
[[nodiscard]] SecretBytes x963_kdf(ByteView secret, ByteView shared_info, std::size_t size);

// ISO 9797 method 2: data || 80 || 00.. to a multiple of `block`; at least one octet is added.
[[nodiscard]] Bytes pad80(ByteView data, std::size_t block = 16);
// Removes it; nothing when the last non-zero octet is not 80.
[[nodiscard]] std::optional<std::size_t> unpadded80(ByteView padded);

}  // namespace simurgh::crypto
