// What concealing a subscription needs (TS 33.501 C.3): X25519, compressed points of P-256, AES-CTR and HMAC-SHA-256.
#pragma once

#include <optional>

#include "asn1/bytes.h"
#include "euicc/crypto/ec.h"
#include "euicc/crypto/secret.h"
#include "euicc/crypto/symmetric.h"

namespace simurgh::crypto {

// X25519 (RFC 7748). Keys are 32 octets; another size of the private key is a programmer's error and throws std::invalid_argument.
[[nodiscard]] Bytes x25519_public(ByteView private_key);
// Nothing for a peer of another size and for a shared secret of zeros.
[[nodiscard]] std::optional<SecretBytes> x25519_agree(ByteView private_key, ByteView peer);

// A point of P-256 in compressed (33 octets) or uncompressed (65 octets) form; nothing for anything else.
[[nodiscard]] std::optional<EcPublicKey> p256_from_any_point(ByteView point);
[[nodiscard]] Bytes compressed_point(const EcPublicKey& key);  // 33 octets

// AES in counter mode, the counter starting at `counter` (16 octets); its own inverse.
[[nodiscard]] Bytes aes_ctr(ByteView key, ByteView counter, ByteView data);
[[nodiscard]] Digest hmac_sha256(ByteView key, std::initializer_list<ByteView> parts);

}  // namespace simurgh::crypto
