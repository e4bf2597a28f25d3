#include "euicc/ota/security.h"

#include "euicc/crypto/des.h"
#include "euicc/crypto/symmetric.h"

namespace simurgh::ota {
namespace {

constexpr std::uint8_t kTypeDes = 0x80, kTypeTripleDes = 0x82, kTypeAes = 0x88;
constexpr std::uint8_t kZeros[16] = {};

ByteView zero_iv(const AlgorithmKey& key) { return ByteView(kZeros).first(key.block()); }

}  // namespace

bool reaches(Spi packet, std::uint8_t minimum_security_level) noexcept {
  const Spi wanted{.first = minimum_security_level, .second = 0};
  return packet.integrity() >= wanted.integrity() && packet.counter() >= wanted.counter() && (packet.ciphered() || !wanted.ciphered());
}

std::optional<Algorithm> algorithm_of(std::uint8_t nibble, std::uint8_t key_type, std::size_t key_size, bool checksum) noexcept {
  std::optional<Algorithm> natural;
  if (key_type == kTypeAes && (key_size == 16 || key_size == 24 || key_size == 32)) natural = Algorithm::aes;
  const bool des = key_type == kTypeDes || key_type == kTypeTripleDes;
  if (des && key_size == 8) natural = Algorithm::des_cbc;
  if (des && key_size == 16) natural = Algorithm::triple_des_2;
  if (des && key_size == 24) natural = Algorithm::triple_des_3;
  std::optional<Algorithm> named;
  switch (nibble) {
    case 0x0:
      return natural;
    case 0x1:
      named = Algorithm::des_cbc;
      break;
    case 0x2:
      named = Algorithm::aes;
      break;
    case 0x5:
      named = Algorithm::triple_des_2;
      break;
    case 0x9:
      named = Algorithm::triple_des_3;
      break;
    case 0xD:
      if (!checksum && natural == Algorithm::des_cbc) return Algorithm::des_ecb;
      break;
    default:
      break;
  }
  return named == natural ? named : std::nullopt;
}

Bytes encipher(const AlgorithmKey& key, ByteView padded) {
  switch (key.algorithm) {
    case Algorithm::aes:
      return crypto::aes_cbc_encrypt(key.value.expose(), zero_iv(key), padded);
    case Algorithm::des_ecb:
      return crypto::des_ecb_encrypt(key.value.expose(), padded);
    default:
      return crypto::des_cbc_encrypt(key.value.expose(), zero_iv(key), padded);
  }
}

Bytes decipher(const AlgorithmKey& key, ByteView ciphertext) {
  switch (key.algorithm) {
    case Algorithm::aes:
      return crypto::aes_cbc_decrypt(key.value.expose(), zero_iv(key), ciphertext);
    case Algorithm::des_ecb:
      return crypto::des_ecb_decrypt(key.value.expose(), ciphertext);
    default:
      return crypto::des_cbc_decrypt(key.value.expose(), zero_iv(key), ciphertext);
  }
}

Bytes cryptographic_checksum(const AlgorithmKey& key, std::initializer_list<ByteView> parts) {
  if (key.algorithm == Algorithm::aes) {
    const crypto::Block whole = crypto::aes_cmac(key.value.expose(), parts);
    return to_bytes(ByteView(whole).first(key.checksum_length));
  }
  Bytes text = concat(parts);
  text.resize((text.size() + 7) / 8 * 8, 0x00);
  const crypto::DesBlock mac = crypto::des_cbc_mac(key.value.expose(), zero_iv(key), text);
  return to_bytes(ByteView(mac).first(key.checksum_length));
}

Bytes redundancy_check(Redundancy kind, std::initializer_list<ByteView> parts) {
  // Both are the reflected forms with all ones before and after.
  const std::uint32_t polynomial = kind == Redundancy::crc16 ? 0x8408 : 0xEDB88320;
  const std::uint32_t ones = kind == Redundancy::crc16 ? 0xFFFF : 0xFFFFFFFF;
  std::uint32_t sum = ones;
  for (const ByteView part : parts) {
    for (const std::uint8_t octet : part) {
      sum ^= octet;
      for (int bit = 0; bit < 8; ++bit) sum = (sum & 1) != 0 ? sum >> 1 ^ polynomial : sum >> 1;
    }
  }
  return be_bytes(sum ^ ones, static_cast<std::size_t>(kind));
}

}  // namespace simurgh::ota
