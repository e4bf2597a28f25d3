#include "euicc/crypto/secret.h"

#include <openssl/crypto.h>

#include <utility>

namespace simurgh::crypto {

SecretBytes::SecretBytes(ByteView value) : bytes_(value.begin(), value.end()) {}
SecretBytes::SecretBytes(std::size_t size) : bytes_(size) {}
SecretBytes::SecretBytes(SecretBytes&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
  if (this != &other) {
    wipe();
    bytes_ = std::exchange(other.bytes_, {});
  }
  return *this;
}

SecretBytes::~SecretBytes() { wipe(); }

SecretBytes SecretBytes::clone() const { return SecretBytes(ByteView(bytes_)); }

void SecretBytes::wipe() noexcept {
  if (!bytes_.empty()) OPENSSL_cleanse(bytes_.data(), bytes_.size());
}

bool equal_secret(ByteView a, ByteView b) noexcept {
  return a.size() == b.size() && (a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0);
}

void cleanse(std::span<std::uint8_t> buffer) noexcept {
  if (!buffer.empty()) OPENSSL_cleanse(buffer.data(), buffer.size());
}

}  // namespace simurgh::crypto
