#include "euicc/crypto/symmetric.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <stdexcept>

namespace simurgh::crypto {
namespace {

struct ContextFree {
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, ContextFree>;

enum class Mode : std::uint8_t { ecb, cbc };

// Fetched once: a fetch per operation costs more than the operation.
const EVP_CIPHER* cipher(std::size_t key_size, Mode mode) {
  static const EVP_CIPHER* const kEcb[] = {EVP_CIPHER_fetch(nullptr, "AES-128-ECB", nullptr),
                                           EVP_CIPHER_fetch(nullptr, "AES-192-ECB", nullptr),
                                           EVP_CIPHER_fetch(nullptr, "AES-256-ECB", nullptr)};
  static const EVP_CIPHER* const kCbc[] = {EVP_CIPHER_fetch(nullptr, "AES-128-CBC", nullptr),
                                           EVP_CIPHER_fetch(nullptr, "AES-192-CBC", nullptr),
                                           EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr)};
  if (key_size != 16 && key_size != 24 && key_size != 32) throw std::invalid_argument("AES key size");
  const std::size_t row = key_size / 8 - 2;
  return mode == Mode::ecb ? kEcb[row] : kCbc[row];
}

Context start(ByteView key, Mode mode, const std::uint8_t* iv, bool encrypt) {
  Context context(EVP_CIPHER_CTX_new());
  if (!context || EVP_CipherInit_ex2(context.get(), cipher(key.size(), mode), key.data(), iv, encrypt ? 1 : 0, nullptr) != 1) {
    throw std::runtime_error("AES is not available in OpenSSL");
  }
  EVP_CIPHER_CTX_set_padding(context.get(), 0);
  return context;
}

Bytes cbc(ByteView key, ByteView iv, ByteView in, bool encrypt) {
  if (iv.size() != 16 || in.size() % 16 != 0) throw std::invalid_argument("AES-CBC sizes");
  const Context context = start(key, Mode::cbc, iv.data(), encrypt);
  Bytes out(in.size());
  int size = 0;
  if (!in.empty() && EVP_CipherUpdate(context.get(), out.data(), &size, in.data(), static_cast<int>(in.size())) != 1) {
    throw std::runtime_error("AES-CBC failed");
  }
  return out;
}

const EVP_MD* sha256_md() {
  static const EVP_MD* const kMd = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return kMd;
}

void double_block(Block& block) {
  const bool carry = (block[0] & 0x80) != 0;
  for (std::size_t i = 0; i < 15; ++i) block[i] = static_cast<std::uint8_t>(block[i] << 1 | block[i + 1] >> 7);
  block[15] = static_cast<std::uint8_t>(block[15] << 1 ^ (carry ? 0x87 : 0));
}

}  // namespace

Digest sha256(std::initializer_list<ByteView> parts) {
  struct MdFree {
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
  };
  const std::unique_ptr<EVP_MD_CTX, MdFree> context(EVP_MD_CTX_new());
  Digest out{};
  bool good = context && EVP_DigestInit_ex2(context.get(), sha256_md(), nullptr) == 1;
  for (const ByteView part : parts) good = good && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
  if (!good || EVP_DigestFinal_ex(context.get(), out.data(), nullptr) != 1) throw std::runtime_error("SHA-256 is not available in OpenSSL");
  return out;
}

std::array<std::uint8_t, 20> sha1(ByteView data) {
  std::array<std::uint8_t, 20> out{};
  if (EVP_Q_digest(nullptr, "SHA1", nullptr, data.data(), data.size(), out.data(), nullptr) != 1) {
    throw std::runtime_error("SHA-1 is not available in OpenSSL");
  }
  return out;
}

Block aes_ecb_encrypt(ByteView key, ByteView block) { return AesEncryptor(key).encrypt(block); }
Bytes aes_cbc_encrypt(ByteView key, ByteView iv, ByteView padded) { return cbc(key, iv, padded, true); }
Bytes aes_cbc_decrypt(ByteView key, ByteView iv, ByteView ciphertext) { return cbc(key, iv, ciphertext, false); }

// RFC 4493: all blocks but the last go through CBC with a zero IV in one call; the last one is masked with a subkey.
Block aes_cmac(ByteView key, std::initializer_list<ByteView> parts) {
  Bytes message = concat(parts);
  const AesEncryptor ecb(key);
  Block subkey = ecb.encrypt(Block{});
  double_block(subkey);
  if (message.empty() || message.size() % 16 != 0) {
    double_block(subkey);
    message = pad80(message);
  }
  const std::size_t last = message.size() - 16;
  for (std::size_t i = 0; i < 16; ++i) message[last + i] ^= subkey[i];
  const Block zero{};
  Bytes chained = cbc(key, zero, message, true);
  Block out{};
  std::copy_n(chained.begin() + static_cast<std::ptrdiff_t>(last), 16, out.begin());
  cleanse(message);
  cleanse(subkey);
  return out;
}

struct AesEncryptor::Impl {
  Context context;
};

AesEncryptor::AesEncryptor(ByteView key) : impl_(new Impl{start(key, Mode::ecb, nullptr, true)}) {}
AesEncryptor::AesEncryptor(AesEncryptor&&) noexcept = default;
AesEncryptor& AesEncryptor::operator=(AesEncryptor&&) noexcept = default;
AesEncryptor::~AesEncryptor() = default;

Block AesEncryptor::encrypt(ByteView block) const {
  if (block.size() != 16) throw std::invalid_argument("AES block size");
  Block out{};
  int size = 0;
  if (EVP_EncryptUpdate(impl_->context.get(), out.data(), &size, block.data(), 16) != 1) throw std::runtime_error("AES failed");
  return out;
}

SecretBytes x963_kdf(ByteView secret, ByteView shared_info, std::size_t size) {
  SecretBytes out(size);
  const auto target = out.expose_mutable();
  std::uint32_t counter = 1;
  for (std::size_t done = 0; done < size; ++counter) {
    const Bytes count = be_bytes(counter, 4);
    Digest block = sha256({secret, count, shared_info});
    const std::size_t take = std::min(block.size(), size - done);
    std::copy_n(block.begin(), take, target.begin() + static_cast<std::ptrdiff_t>(done));
    done += take;
    cleanse(block);
  }
  return out;
}

Bytes pad80(ByteView data, std::size_t block) {
  Bytes out;
  out.reserve((data.size() / block + 1) * block);
  append(out, data);
  out.push_back(0x80);
  out.resize((out.size() + block - 1) / block * block);
  return out;
}

std::optional<std::size_t> unpadded80(ByteView padded) {
  for (std::size_t i = padded.size(); i-- > 0;) {
    if (padded[i] == 0x80) return i;
    if (padded[i] != 0) return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace simurgh::crypto
