// Protection of bound package commands: SCP03t of SGP.22 v2.5 2.5.3 / annex G, called BSP later.
#pragma once

#include <cstdint>
#include <expected>

#include "euicc/crypto/secret.h"
#include "euicc/crypto/symmetric.h"

namespace simurgh::rsp {

enum class BspFault : std::uint8_t { structure, security };

class Bsp {
 public:
  // X9.63 over the shared secret; 48 octets: initial MAC chaining value, S-ENC, S-MAC.
  [[nodiscard]] static Bsp derive(ByteView shared_secret, ByteView shared_info);
  // keyType || keyLen || LV(HostID) || LV(EID), SGP.22 v2.5 annex G.3.
  [[nodiscard]] static Bytes shared_info(ByteView host_id, ByteView eid);

  // ReplaceSessionKeys: new chaining value and keys, the counter starts again.
  void replace(ByteView chaining_value, ByteView ppk_enc, ByteView ppk_cmac);

  // Plaintext of one protected TLV as it arrived: 86 and 87 are encrypted, 88 only carries a MAC. The MAC is checked before anything of the
  // content is used.
  [[nodiscard]] std::expected<Bytes, BspFault> open(std::uint32_t tag, ByteView raw, ByteView value);

 private:
  crypto::SecretBytes enc_, mac_;
  crypto::Block chain_{};
  std::uint64_t counter_ = 1;
};

}  // namespace simurgh::rsp
