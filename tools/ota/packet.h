// The sending side of SCP80 (ETSI TS 102 225 5.1): command packets from keys, header octets and data.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>

#include "euicc/ota/command_packet.h"

namespace simurgh::ota_sender {

// What cannot be built, as one sentence for people.
class SenderError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// What both directions are protected with.
struct Security {
  ota::Spi spi;
  std::uint8_t kic = 0x00, kid = 0x00;  // header octets: key version and algorithm
  std::optional<ota::AlgorithmKey> cipher_key, checksum_key;
};

struct Packet {
  ota::Tar tar{};
  std::uint64_t counter = 0;
  Bytes data;
};

// SPI from words; SenderError for words that are none.
struct SpiWords {
  std::string integrity = "none";  // none, rc, cc
  bool cipher = false;
  std::string counter = "none";  // none, available, higher, plus-one
  std::string por = "none";      // none, always, error
  std::string por_integrity = "none";
  bool por_cipher = false, por_submit = false;
};
[[nodiscard]] ota::Spi spi_of(const SpiWords& words);

// "aes", "3des" or "des" with a key of a fitting size and a key version of 0 (implicit) to 15: the header octet and the key. SenderError
// otherwise.
struct NamedKey {
  std::uint8_t octet = 0;
  ota::AlgorithmKey key;
};
[[nodiscard]] NamedKey named_key(const std::string& algorithm, unsigned version, ByteView value);

// CPL to padding. SenderError when a key is missing or the data are too long.
[[nodiscard]] Bytes build_packet(const Packet& packet, const Security& security);

}  // namespace simurgh::ota_sender
