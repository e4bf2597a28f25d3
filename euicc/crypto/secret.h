// Secret bytes: zeroed on destruction and on move-from, never copied by accident, compared in constant time only.
#pragma once

#include <cstddef>

#include "asn1/bytes.h"

namespace simurgh::crypto {

class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(ByteView value);
  explicit SecretBytes(std::size_t size);  // zeros, to be filled through expose_mutable
  SecretBytes(SecretBytes&& other) noexcept;
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes();

  [[nodiscard]] SecretBytes clone() const;
  [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }
  [[nodiscard]] bool empty() const noexcept { return bytes_.empty(); }
  [[nodiscard]] ByteView expose() const noexcept { return bytes_; }
  [[nodiscard]] std::span<std::uint8_t> expose_mutable() noexcept { return bytes_; }

 private:
  void wipe() noexcept;
  Bytes bytes_;
};

// Constant time in the content; lengths are public.
[[nodiscard]] bool equal_secret(ByteView a, ByteView b) noexcept;
// Overwrites a buffer so that the compiler cannot drop the write.
void cleanse(std::span<std::uint8_t> buffer) noexcept;

}  // namespace simurgh::crypto
