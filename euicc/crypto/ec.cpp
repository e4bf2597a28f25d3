// The EC_KEY and EC_GROUP layer of OpenSSL is used on purpose: provider keys cost a decode and several fetches per operation.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "euicc/crypto/ec.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <array>
#include <stdexcept>

#include "euicc/crypto/openssl_handles.h"
#include "euicc/crypto/symmetric.h"

namespace simurgh::crypto {
namespace {

using BigNumber = std::unique_ptr<BIGNUM, OpenSslDeleter<BN_clear_free>>;
using Point = std::unique_ptr<EC_POINT, OpenSslDeleter<EC_POINT_free>>;
using Key = std::unique_ptr<EC_KEY, OpenSslDeleter<EC_KEY_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, OpenSslDeleter<ECDSA_SIG_free>>;

int nid(Curve curve) { return curve == Curve::nist_p256 ? NID_X9_62_prime256v1 : NID_brainpoolP256r1; }

const EC_GROUP* group(Curve curve) {
  static const EC_GROUP* const kNist = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
  static const EC_GROUP* const kBrainpool = EC_GROUP_new_by_curve_name(NID_brainpoolP256r1);
  const EC_GROUP* out = curve == Curve::nist_p256 ? kNist : kBrainpool;
  if (out == nullptr) throw std::runtime_error("OpenSSL does not know the curve");
  return out;
}

Key new_key(Curve curve) {
  Key key(EC_KEY_new());
  if (!key || EC_KEY_set_group(key.get(), group(curve)) != 1) throw std::runtime_error("OpenSSL cannot make an EC key");
  EC_KEY_set_asn1_flag(key.get(), OPENSSL_EC_NAMED_CURVE);
  return key;
}

Bytes point_octets(const EC_KEY* key) {
  Bytes out(65);
  if (EC_POINT_point2oct(EC_KEY_get0_group(key), EC_KEY_get0_public_key(key), POINT_CONVERSION_UNCOMPRESSED, out.data(), out.size(),
                         nullptr) != 65) {
    throw std::runtime_error("OpenSSL cannot encode an EC point");
  }
  return out;
}

}  // namespace

std::string_view curve_name(Curve curve) noexcept { return curve == Curve::nist_p256 ? "P-256" : "brainpoolP256r1"; }

struct EcPublicKey::Impl {
  Curve curve = Curve::nist_p256;
  Bytes point;
  Key key;
};

EcPublicKey::EcPublicKey(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

std::optional<EcPublicKey> EcPublicKey::from_point(Curve curve, ByteView point) {
  if (point.size() != 65 || point[0] != 0x04) return std::nullopt;
  const QuietErrors quiet;
  Key key = new_key(curve);
  // oct2key refuses points that are not on the curve; the point at infinity has no uncompressed form of 65 octets.
  if (EC_KEY_oct2key(key.get(), point.data(), point.size(), nullptr) != 1) return std::nullopt;
  auto impl = std::make_shared<Impl>();
  impl->curve = curve;
  impl->point = to_bytes(point);
  impl->key = std::move(key);
  return EcPublicKey(std::move(impl));
}

Curve EcPublicKey::curve() const noexcept { return impl_->curve; }
const Bytes& EcPublicKey::point() const noexcept { return impl_->point; }

bool EcPublicKey::verify(std::initializer_list<ByteView> parts, ByteView signature) const {
  if (signature.size() != 64) return false;
  const QuietErrors quiet;
  const Digest digest = sha256(parts);
  const Signature plain(ECDSA_SIG_new());
  BigNumber r(BN_bin2bn(signature.data(), 32, nullptr));
  BigNumber s(BN_bin2bn(signature.data() + 32, 32, nullptr));
  if (!plain || !r || !s || ECDSA_SIG_set0(plain.get(), r.get(), s.get()) != 1) return false;
  r.release();
  s.release();
  // r or s outside 1..n-1 is refused by ECDSA_do_verify.
  return ECDSA_do_verify(digest.data(), static_cast<int>(digest.size()), plain.get(), impl_->key.get()) == 1;
}

bool EcPublicKey::verify_der(ByteView data, ByteView der_signature) const {
  const QuietErrors quiet;
  const Digest digest = sha256({data});
  return ECDSA_verify(0, digest.data(), static_cast<int>(digest.size()), der_signature.data(), static_cast<int>(der_signature.size()),
                      impl_->key.get()) == 1;
}

struct EcPrivateKey::Impl {
  Key key;
  std::optional<EcPublicKey> public_key;
};

EcPrivateKey::EcPrivateKey(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

std::optional<EcPrivateKey> EcPrivateKey::from_scalar(Curve curve, ByteView scalar) {
  if (scalar.size() != 32) return std::nullopt;
  const QuietErrors quiet;
  const BigNumber number(BN_secure_new());
  if (!number || BN_bin2bn(scalar.data(), 32, number.get()) == nullptr) return std::nullopt;
  if (BN_is_zero(number.get()) || BN_cmp(number.get(), EC_GROUP_get0_order(group(curve))) >= 0) return std::nullopt;
  BN_set_flags(number.get(), BN_FLG_CONSTTIME);
  Key key = new_key(curve);
  const Point point(EC_POINT_new(group(curve)));
  if (!point || EC_POINT_mul(group(curve), point.get(), number.get(), nullptr, nullptr, nullptr) != 1 ||
      EC_KEY_set_private_key(key.get(), number.get()) != 1 || EC_KEY_set_public_key(key.get(), point.get()) != 1) {
    return std::nullopt;
  }
  auto impl = std::make_shared<Impl>();
  impl->public_key = EcPublicKey::from_point(curve, point_octets(key.get()));
  impl->key = std::move(key);
  return EcPrivateKey(std::move(impl));
}

EcPrivateKey EcPrivateKey::generate(Curve curve, Rng& rng) {
  for (;;) {
    SecretBytes scalar(32);
    rng.fill(scalar.expose_mutable());
    if (auto key = from_scalar(curve, scalar.expose())) return *std::move(key);
  }
}

std::optional<EcPrivateKey> EcPrivateKey::from_file_bytes(ByteView pem_or_der) {
  const QuietErrors quiet;
  if (pem_or_der.empty() || pem_or_der.size() > 65536) return std::nullopt;
  const Bio bio(BIO_new_mem_buf(pem_or_der.data(), static_cast<int>(pem_or_der.size())));
  // A key behind a pass phrase is refused instead of asking on the terminal.
  const auto no_password = [](char*, int, int, void*) { return -1; };
  EvpKey key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  if (!key) {
    const unsigned char* at = pem_or_der.data();
    key.reset(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(pem_or_der.size())));
  }
  if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_EC) return std::nullopt;
  const EC_KEY* ec = EVP_PKEY_get0_EC_KEY(key.get());
  if (ec == nullptr) return std::nullopt;
  for (const Curve curve : {Curve::nist_p256, Curve::brainpool_p256r1}) {
    if (EC_GROUP_get_curve_name(EC_KEY_get0_group(ec)) != nid(curve)) continue;
    SecretBytes scalar(32);
    const BIGNUM* number = EC_KEY_get0_private_key(ec);
    if (number == nullptr || BN_bn2binpad(number, scalar.expose_mutable().data(), 32) != 32) return std::nullopt;
    return from_scalar(curve, scalar.expose());
  }
  return std::nullopt;
}

Curve EcPrivateKey::curve() const noexcept { return impl_->public_key->curve(); }
const EcPublicKey& EcPrivateKey::public_key() const noexcept { return *impl_->public_key; }

SecretBytes EcPrivateKey::scalar() const {
  SecretBytes out(32);
  if (BN_bn2binpad(EC_KEY_get0_private_key(impl_->key.get()), out.expose_mutable().data(), 32) != 32) {
    throw std::runtime_error("EC scalar of another size");
  }
  return out;
}

Bytes EcPrivateKey::to_pem() const {
  const Bio bio(BIO_new(BIO_s_secmem()));
  if (!bio || PEM_write_bio_ECPrivateKey(bio.get(), impl_->key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    throw std::runtime_error("OpenSSL cannot write the key");
  }
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return to_bytes(text_view({data, static_cast<std::size_t>(size)}));
}

Bytes EcPrivateKey::sign(std::initializer_list<ByteView> parts) const {
  const Digest digest = sha256(parts);
  const Signature signature(ECDSA_do_sign(digest.data(), static_cast<int>(digest.size()), impl_->key.get()));
  if (!signature) throw std::runtime_error("OpenSSL cannot sign");
  Bytes out(64);
  const bool good = BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), out.data(), 32) == 32 &&
                    BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), out.data() + 32, 32) == 32;
  if (!good) throw std::runtime_error("ECDSA signature of another size");
  return out;
}

Bytes EcPrivateKey::sign_der(ByteView data) const {
  const Digest digest = sha256({data});
  Bytes out(static_cast<std::size_t>(ECDSA_size(impl_->key.get())));
  unsigned size = 0;
  if (ECDSA_sign(0, digest.data(), static_cast<int>(digest.size()), out.data(), &size, impl_->key.get()) != 1) {
    throw std::runtime_error("OpenSSL cannot sign");
  }
  out.resize(size);
  return out;
}

std::optional<SecretBytes> EcPrivateKey::agree(const EcPublicKey& peer) const {
  if (peer.curve() != curve()) return std::nullopt;
  const QuietErrors quiet;
  SecretBytes out(32);
  const EC_POINT* point = EC_KEY_get0_public_key(peer.impl_->key.get());
  if (ECDH_compute_key(out.expose_mutable().data(), 32, point, impl_->key.get(), nullptr) != 32) return std::nullopt;
  return out;
}

}  // namespace simurgh::crypto
