// Triple DES for SCP02 and SCP80 (GlobalPlatform 2.3 Annex B.1, TS 102 225 5.1): old cards' algorithms, here because real profiles carry such keys.
#pragma once

#include <array>

#include "asn1/bytes.h"

namespace simurgh::crypto {

using DesBlock = std::array<std::uint8_t, 8>;

// key: 8 octets (single DES), 16 (two keys, K1 K2 K1) or 24 octets; data sizes are multiples of 8, the IV has 8 octets. A wrong size is a
// programmer's error and throws std::invalid_argument.
[[nodiscard]] Bytes des_cbc_encrypt(ByteView key, ByteView iv, ByteView padded);
[[nodiscard]] Bytes des_cbc_decrypt(ByteView key, ByteView iv, ByteView ciphertext);
[[nodiscard]] Bytes des_ecb_encrypt(ByteView key, ByteView padded);
[[nodiscard]] Bytes des_ecb_decrypt(ByteView key, ByteView ciphertext);

// ISO 9797-1 MAC algorithm 1 without padding: the last block of CBC. The message is a multiple of 8 octets and not empty.
[[nodiscard]] DesBlock des_cbc_mac(ByteView key, ByteView iv, ByteView padded);
// ISO 9797-1 MAC algorithm 3 ("retail MAC", GlobalPlatform B.1.2.2): single DES with the first half of a 16-octet key, triple DES at the end.
[[nodiscard]] DesBlock des_retail_mac(ByteView key, ByteView iv, ByteView padded);

}  // namespace simurgh::crypto
