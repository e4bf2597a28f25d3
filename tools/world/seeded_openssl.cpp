#include "tools/world/seeded_openssl.h"

// RAND_METHOD is the only way to OpenSSL's randomness that its version 3.0 has for a program; later versions still have it.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/rand.h>

#include <mutex>

namespace simurgh::world {
namespace {

// A stream belongs to a thread: runs on other threads, and everything else in the process, do not notice.
thread_local crypto::Rng* current = nullptr;

int bytes(unsigned char* out, int size) {
  if (current == nullptr) return RAND_OpenSSL()->bytes(out, size);
  if (size <= 0) return size == 0 ? 1 : 0;
  current->fill({out, static_cast<std::size_t>(size)});
  return 1;
}

int status() { return RAND_OpenSSL()->status(); }

void install() {
  static const RAND_METHOD kMethod{.seed = nullptr, .bytes = bytes, .cleanup = nullptr, .add = nullptr, .pseudorand = bytes, .status = status};
  static std::once_flag once;
  std::call_once(once, [] { RAND_set_rand_method(&kMethod); });
}

}  // namespace

SeededOpenssl::SeededOpenssl(crypto::Rng& rng) : before_(current) {
  install();
  current = &rng;
}

SeededOpenssl::~SeededOpenssl() { current = before_; }

}  // namespace simurgh::world
