#include "tools/ota/packet.h"

#include <array>

namespace simurgh::ota_sender {
namespace {

// The position of a word in its list.
template <std::size_t Count>
std::uint8_t code(const std::string& word, const std::array<const char*, Count>& words, const char* option) {
  std::string known;
  for (std::size_t i = 0; i < Count; ++i) {
    if (word == words[i]) return static_cast<std::uint8_t>(i);
    known += (i == 0 ? "" : ", ") + std::string(words[i]);
  }
  throw SenderError(std::string(option) + " is one of " + known);
}

constexpr std::array kIntegrity{"none", "rc", "cc"};

}  // namespace

ota::Spi spi_of(const SpiWords& words) {
  constexpr std::array kCounter{"none", "available", "higher", "plus-one"};
  constexpr std::array kProof{"none", "always", "error"};
  ota::Spi out;
  out.first = static_cast<std::uint8_t>(code(words.integrity, kIntegrity, "integrity") | (words.cipher ? 0x04 : 0) |
                                        code(words.counter, kCounter, "counter mode") << 3);
  out.second = static_cast<std::uint8_t>(code(words.por, kProof, "proof of receipt") |
                                         code(words.por_integrity, kIntegrity, "integrity of the proof") << 2 |
                                         (words.por_cipher ? 0x10 : 0) | (words.por_submit ? 0x20 : 0));
  return out;
}

NamedKey named_key(const std::string& algorithm, unsigned version, ByteView value) {
  constexpr std::uint8_t kDes = 0x80, kAes = 0x88;
  if (version > 15) throw SenderError("a key version of SCP80 is 0 to 15");
  if (algorithm != "aes" && algorithm != "3des" && algorithm != "des") throw SenderError("an algorithm is aes, 3des or des");
  const std::uint8_t nibble = algorithm == "aes" ? 0x2 : algorithm == "des" ? 0x1 : value.size() == 24 ? 0x9 : 0x5;
  const auto fitting = ota::algorithm_of(nibble, algorithm == "aes" ? kAes : kDes, value.size(), true);
  if (!fitting)
    throw SenderError("the key has a size that " + algorithm + " does not know (aes 16, 24 or 32 octets, 3des 16 or 24, des 8)");
  return {.octet = static_cast<std::uint8_t>(version << 4 | nibble),
          .key = {.algorithm = *fitting, .value = crypto::SecretBytes(value), .checksum_length = 8}};
}

Bytes build_packet(const Packet& packet, const Security& security) {
  using Integrity = ota::Spi::Integrity;
  const Integrity integrity = security.spi.integrity();
  const bool ciphered = security.spi.ciphered();
  if (ciphered && !security.cipher_key) throw SenderError("ciphering needs a KIc key");
  if (integrity == Integrity::checksum && !security.checksum_key) throw SenderError("a cryptographic checksum needs a KID key");
  if (integrity == Integrity::signature) throw SenderError("digital signatures are not built");
  const auto redundancy = (security.kid & 0x0F) == 0x01 ? ota::Redundancy::crc16 : ota::Redundancy::crc32;
  std::size_t check_length = 0;
  if (integrity == Integrity::redundancy) check_length = static_cast<std::size_t>(redundancy);
  if (integrity == Integrity::checksum) check_length = security.checksum_key->checksum_length;

  Bytes data = packet.data;
  Bytes counter = be_bytes(packet.counter, ota::kCounterSize);
  counter.push_back(0x00);
  if (ciphered) {
    const std::size_t block = security.cipher_key->block();
    while ((counter.size() + check_length + data.size()) % block != 0) {
      data.push_back(0x00);
      ++counter.back();
    }
  }
  constexpr std::size_t kHeader = 13;
  const std::size_t length = 1 + kHeader + check_length + data.size();
  if (length > 0xFFFF) throw SenderError("the secured data are too long for one packet");
  Bytes front = be_bytes(length, 2);
  front.insert(front.end(),
               {static_cast<std::uint8_t>(kHeader + check_length), security.spi.first, security.spi.second, security.kic, security.kid});
  append(front, packet.tar);

  Bytes check;
  if (integrity == Integrity::redundancy) check = ota::redundancy_check(redundancy, {front, counter, data});
  if (integrity == Integrity::checksum) check = ota::cryptographic_checksum(*security.checksum_key, {front, counter, data});
  Bytes rest = concat({counter, check, data});
  if (ciphered) rest = ota::encipher(*security.cipher_key, rest);
  return concat({front, rest});
}

}  // namespace simurgh::ota_sender
