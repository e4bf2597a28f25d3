#define OPENSSL_SUPPRESS_DEPRECATED
#include "euicc/crypto/ecies.h"

#include <openssl/ec.h>
#include <openssl/evp.h>

#include <algorithm>
#include <stdexcept>

#include "euicc/crypto/openssl_handles.h"

namespace simurgh::crypto {
namespace {

constexpr std::size_t kX25519 = 32;

EvpKey x25519_private(ByteView key) {
  if (key.size() != kX25519) throw std::invalid_argument("X25519 key size");
  EvpKey out(EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, key.data(), key.size()));
  if (!out) throw std::runtime_error("X25519 is not available in OpenSSL");
  return out;
}

using AgreementContext = std::unique_ptr<EVP_PKEY_CTX, OpenSslDeleter<EVP_PKEY_CTX_free>>;
using Group = std::unique_ptr<EC_GROUP, OpenSslDeleter<EC_GROUP_free>>;
using Point = std::unique_ptr<EC_POINT, OpenSslDeleter<EC_POINT_free>>;

}  // namespace

Bytes x25519_public(ByteView private_key) {
  const EvpKey key = x25519_private(private_key);
  Bytes out(kX25519);
  std::size_t size = out.size();
  if (EVP_PKEY_get_raw_public_key(key.get(), out.data(), &size) != 1 || size != out.size()) throw std::runtime_error("X25519 failed");
  return out;
}

std::optional<SecretBytes> x25519_agree(ByteView private_key, ByteView peer) {
  if (peer.size() != kX25519) return std::nullopt;
  const QuietErrors quiet;
  const EvpKey own = x25519_private(private_key);
  const EvpKey other(EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, peer.data(), peer.size()));
  const AgreementContext context(EVP_PKEY_CTX_new(own.get(), nullptr));
  if (!other || !context || EVP_PKEY_derive_init(context.get()) != 1 || EVP_PKEY_derive_set_peer(context.get(), other.get()) != 1) {
    return std::nullopt;
  }
  SecretBytes out(kX25519);
  std::size_t size = out.size();
  // OpenSSL refuses the secret of zeros that a point of small order gives (RFC 7748 6.1).
  if (EVP_PKEY_derive(context.get(), out.expose_mutable().data(), &size) != 1 || size != out.size()) return std::nullopt;
  return out;
}

std::optional<EcPublicKey> p256_from_any_point(ByteView point) {
  if (point.size() == 65) return EcPublicKey::from_point(Curve::nist_p256, point);
  if (point.size() != 33 || (point[0] != 0x02 && point[0] != 0x03)) return std::nullopt;
  const QuietErrors quiet;
  const Group group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  const Point decoded(group ? EC_POINT_new(group.get()) : nullptr);
  if (!decoded) throw std::runtime_error("OpenSSL does not know the curve");
  if (EC_POINT_oct2point(group.get(), decoded.get(), point.data(), point.size(), nullptr) != 1) return std::nullopt;
  Bytes full(65);
  if (EC_POINT_point2oct(group.get(), decoded.get(), POINT_CONVERSION_UNCOMPRESSED, full.data(), full.size(), nullptr) != full.size()) {
    return std::nullopt;
  }
  return EcPublicKey::from_point(Curve::nist_p256, full);
}

Bytes compressed_point(const EcPublicKey& key) {
  const ByteView full = key.point();
  Bytes out = to_bytes(full.first(33));
  out[0] = static_cast<std::uint8_t>(0x02 | (full.back() & 0x01));
  return out;
}

Bytes aes_ctr(ByteView key, ByteView counter, ByteView data) {
  if (counter.size() != 16) throw std::invalid_argument("AES-CTR counter size");
  const AesEncryptor cipher(key);
  Block block{};
  std::copy(counter.begin(), counter.end(), block.begin());
  Bytes out = to_bytes(data);
  for (std::size_t from = 0; from < out.size(); from += block.size()) {
    const Block stream = cipher.encrypt(block);
    for (std::size_t i = 0; i < std::min(block.size(), out.size() - from); ++i) out[from + i] ^= stream[i];
    for (std::size_t i = block.size(); i-- > 0 && ++block[i] == 0;) {
    }
  }
  return out;
}

// RFC 2104
Digest hmac_sha256(ByteView key, std::initializer_list<ByteView> parts) {
  constexpr std::size_t kBlock = 64;
  SecretBytes inner(kBlock);
  SecretBytes outer(kBlock);
  Digest folded{};
  ByteView used = key;
  if (key.size() > kBlock) {
    folded = sha256({key});
    used = folded;
  }
  for (std::size_t i = 0; i < kBlock; ++i) {
    const std::uint8_t octet = i < used.size() ? used[i] : std::uint8_t{0};
    inner.expose_mutable()[i] = octet ^ 0x36;
    outer.expose_mutable()[i] = octet ^ 0x5C;
  }
  cleanse(folded);
  const SecretBytes message{ByteView(concat(parts))};
  const Digest first = sha256({inner.expose(), message.expose()});
  return sha256({outer.expose(), first});
}

}  // namespace simurgh::crypto
