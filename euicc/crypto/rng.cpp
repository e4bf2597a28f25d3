#include "euicc/crypto/rng.h"

#include <openssl/rand.h>

#include <algorithm>
#include <stdexcept>

#include "euicc/crypto/symmetric.h"

namespace simurgh::crypto {

Bytes Rng::bytes(std::size_t size) {
  Bytes out(size);
  fill(out);
  return out;
}

namespace {

class SystemRng final : public Rng {
 public:
  void fill(std::span<std::uint8_t> out) override {
    if (!out.empty() && RAND_bytes(out.data(), static_cast<int>(out.size())) != 1) {
      throw std::runtime_error("the operating system gives no random numbers");
    }
  }
};

class SeededRng final : public Rng {
 public:
  explicit SeededRng(std::uint64_t seed) : cipher_(be_bytes(seed, 16)) {}
  void fill(std::span<std::uint8_t> out) override {
    for (std::uint8_t& octet : out) {
      if (used_ == block_.size()) {
        block_ = cipher_.encrypt(be_bytes(counter_++, 16));
        used_ = 0;
      }
      octet = block_[used_++];
    }
  }

 private:
  AesEncryptor cipher_;
  std::uint64_t counter_ = 0;
  Block block_{};
  std::size_t used_ = 16;
};

}  // namespace

std::unique_ptr<Rng> system_rng() { return std::make_unique<SystemRng>(); }
std::unique_ptr<Rng> seeded_rng(std::uint64_t seed) { return std::make_unique<SeededRng>(seed); }

}  // namespace simurgh::crypto
