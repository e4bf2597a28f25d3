#include "euicc/crypto/des.h"

#include <openssl/evp.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "euicc/crypto/secret.h"

namespace simurgh::crypto {
namespace {

struct ContextFree {
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};

enum class Mode : std::uint8_t { ecb, cbc };

// Single DES lives in OpenSSL's legacy provider, which need not be installed: K K K of triple DES is the same function.
SecretBytes three_keys(ByteView key) {
  SecretBytes out(24);
  const auto target = out.expose_mutable();
  const auto put = [&](std::size_t at, ByteView part) { std::ranges::copy(part, target.begin() + static_cast<std::ptrdiff_t>(at)); };
  switch (key.size()) {
    case 8:
      put(0, key);
      put(8, key);
      put(16, key);
      break;
    case 16:
      put(0, key);
      put(16, key.first(8));
      break;
    case 24:
      put(0, key);
      break;
    default:
      throw std::invalid_argument("DES key size");
  }
  return out;
}

const EVP_CIPHER* cipher(Mode mode) {
  static const EVP_CIPHER* const kEcb = EVP_CIPHER_fetch(nullptr, "DES-EDE3-ECB", nullptr);
  static const EVP_CIPHER* const kCbc = EVP_CIPHER_fetch(nullptr, "DES-EDE3-CBC", nullptr);
  return mode == Mode::ecb ? kEcb : kCbc;
}

Bytes run(Mode mode, ByteView key, ByteView iv, ByteView in, bool encrypt) {
  if (in.size() % 8 != 0 || (mode == Mode::cbc && iv.size() != 8)) throw std::invalid_argument("DES sizes");
  const SecretBytes keys = three_keys(key);
  const std::unique_ptr<EVP_CIPHER_CTX, ContextFree> context(EVP_CIPHER_CTX_new());
  const std::uint8_t* const start = mode == Mode::cbc ? iv.data() : nullptr;
  if (!context || EVP_CipherInit_ex2(context.get(), cipher(mode), keys.expose().data(), start, encrypt ? 1 : 0, nullptr) != 1) {
    throw std::runtime_error("Triple DES is not available in OpenSSL");
  }
  EVP_CIPHER_CTX_set_padding(context.get(), 0);
  Bytes out(in.size());
  int size = 0;
  if (!in.empty() && EVP_CipherUpdate(context.get(), out.data(), &size, in.data(), static_cast<int>(in.size())) != 1) {
    throw std::runtime_error("Triple DES failed");
  }
  return out;
}

DesBlock last_block(ByteView chained) {
  if (chained.size() < 8) throw std::invalid_argument("MAC of an empty message");
  DesBlock out{};
  std::ranges::copy(chained.last(8), out.begin());
  return out;
}

}  // namespace

Bytes des_cbc_encrypt(ByteView key, ByteView iv, ByteView padded) { return run(Mode::cbc, key, iv, padded, true); }
Bytes des_cbc_decrypt(ByteView key, ByteView iv, ByteView ciphertext) { return run(Mode::cbc, key, iv, ciphertext, false); }
Bytes des_ecb_encrypt(ByteView key, ByteView padded) { return run(Mode::ecb, key, {}, padded, true); }
Bytes des_ecb_decrypt(ByteView key, ByteView ciphertext) { return run(Mode::ecb, key, {}, ciphertext, false); }

DesBlock des_cbc_mac(ByteView key, ByteView iv, ByteView padded) { return last_block(des_cbc_encrypt(key, iv, padded)); }

DesBlock des_retail_mac(ByteView key, ByteView iv, ByteView padded) {
  if (key.size() != 16) throw std::invalid_argument("retail MAC key size");
  if (padded.size() < 8) throw std::invalid_argument("MAC of an empty message");
  Bytes before = to_bytes(iv);
  if (padded.size() > 8) before = to_bytes(last_block(des_cbc_encrypt(key.first(8), iv, padded.first(padded.size() - 8))));
  return last_block(des_cbc_encrypt(key, before, padded.last(8)));
}

}  // namespace simurgh::crypto
