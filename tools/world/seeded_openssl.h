// While one lives, what OpenSSL calls random on this thread comes from a stream: certificates, handshakes and signatures of a run are then the
// same octets each time, and so are the lengths that its times depend on. For simulations only: nothing secret may be made meanwhile.
#pragma once

#include "euicc/crypto/rng.h"

namespace simurgh::world {

class SeededOpenssl {
 public:
  explicit SeededOpenssl(crypto::Rng& rng);
  ~SeededOpenssl();
  SeededOpenssl(const SeededOpenssl&) = delete;
  SeededOpenssl& operator=(const SeededOpenssl&) = delete;

 private:
  crypto::Rng* before_;
};

}  // namespace simurgh::world
