// Counts what is allocated with operator new and by OpenSSL in this process, while it is asked to. For one test program: it replaces operator new.
#pragma once

#include <openssl/crypto.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace simurgh::test {

class CountedMemory {
 public:
  // What is allocated while one of these lives is counted until it is freed; the peak starts at what is live then.
  class Counting {
   public:
    Counting() {
      on_ = true;
      first_ = peak_ = live_;
    }
    ~Counting() { on_ = false; }
    Counting(const Counting&) = delete;
    Counting& operator=(const Counting&) = delete;
    [[nodiscard]] std::size_t peak() const noexcept { return peak_ - first_; }
    [[nodiscard]] std::size_t live() const noexcept { return live_ - first_; }

   private:
    std::size_t first_ = 0;
  };
  // Somebody else's turn: a server in the same process.
  class Elsewhere {
   public:
    Elsewhere() : before_(on_) { on_ = false; }
    ~Elsewhere() { on_ = before_; }
    Elsewhere(const Elsewhere&) = delete;
    Elsewhere& operator=(const Elsewhere&) = delete;

   private:
    bool before_;
  };

  // True when OpenSSL had not allocated anything before.
  [[nodiscard]] static bool with_openssl() {
    static const bool taken = CRYPTO_set_mem_functions([](std::size_t size, const char*, int) { return take(size); },
                                                       [](void* block, std::size_t size, const char*, int) { return again(block, size); },
                                                       [](void* block, const char*, int) { give(block); }) == 1;
    return taken;
  }

  static void* take(std::size_t size) noexcept {
    auto* head = static_cast<Head*>(std::malloc(size + sizeof(Head)));
    if (head == nullptr) return nullptr;
    *head = {size, on_};
    if (on_) grow(size);
    return head + 1;
  }
  static void give(void* block) noexcept {
    if (block == nullptr) return;
    Head* head = static_cast<Head*>(block) - 1;
    if (head->counted) live_ -= head->size;
    std::free(head);
  }

 private:
  struct alignas(alignof(std::max_align_t)) Head {
    std::size_t size;
    bool counted;
  };
  static void grow(std::size_t size) noexcept {
    live_ += size;
    peak_ = std::max(peak_, live_);
  }
  // Both blocks are there for a moment, as with any allocator that must move.
  static void* again(void* block, std::size_t size) noexcept {
    void* out = take(size);
    if (out == nullptr || block == nullptr) return out;
    const Head* head = static_cast<Head*>(block) - 1;
    std::copy_n(static_cast<const unsigned char*>(block), std::min(size, head->size), static_cast<unsigned char*>(out));
    give(block);
    return out;
  }

  inline static bool on_ = false;
  inline static std::size_t live_ = 0, peak_ = 0;
};

}  // namespace simurgh::test
