// The key sets of vectors/ota as the sender and as the card have them.
#pragma once

#include <catch2/catch.hpp>

#include "euicc/gp/registry.h"
#include "tools/ota/packet.h"

namespace simurgh::test {

using namespace simurgh::literals;

inline constexpr ota::Tar kTar{0xB0, 0x00, 0x11};

struct KeySet {
  std::string algorithm;
  unsigned version = 0;
  Bytes kic, kid;
};

inline KeySet key_set(const std::string& name) {
  if (name == "aes") return {"aes", 2, "200102030405060708090A0B0C0D0E0F"_hex, "201102030405060708090A0B0C0D0E0F"_hex};
  if (name == "3des") return {"3des", 3, "300102030405060708090A0B0C0D0E0F"_hex, "301102030405060708090A0B0C0D0E0F"_hex};
  if (name == "3des3") {
    return {"3des", 5, "500102030405060708090A0B0C0D0E0F1112131415161718"_hex, "501102030405060708090A0B0C0D0E0F2122232425262728"_hex};
  }
  return {"des", 4, "4001020304050607"_hex, "4011020304050607"_hex};
}

inline ota_sender::Security security(const std::string& keys, ota::Spi spi) {
  const KeySet set = key_set(keys);
  auto kic = ota_sender::named_key(set.algorithm, set.version, set.kic);
  auto kid = ota_sender::named_key(set.algorithm, set.version, set.kid);
  return {.spi = spi, .kic = kic.octet, .kid = kid.octet, .cipher_key = std::move(kic.key), .checksum_key = std::move(kid.key)};
}

inline gp::Key card_key(const KeySet& set, std::uint8_t identifier) {
  gp::Key out;
  out.version = static_cast<std::uint8_t>(set.version);
  out.identifier = identifier;
  out.components.push_back({.type = static_cast<std::uint8_t>(set.algorithm == "aes" ? 0x88 : 0x80),
                            .mac_length = 8,
                            .value = crypto::SecretBytes(identifier == 1 ? set.kic : set.kid)});
  return out;
}

}  // namespace simurgh::test
