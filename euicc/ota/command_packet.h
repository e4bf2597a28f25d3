// The command packet of SCP80 as octets (ETSI TS 102 225 5.1, TS 31.115 4.2): what can be read before and after deciphering.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "asn1/bytes.h"
#include "euicc/ota/security.h"

namespace simurgh::ota {

using Tar = std::array<std::uint8_t, 3>;

// The clear octets in front: CPL, CHL, SPI, KIc, KID, TAR.
struct CommandHead {
  static constexpr std::size_t kSize = 10;
  std::uint16_t packet_length = 0;  // CPL, what follows it
  std::uint8_t header_length = 0;   // CHL, SPI to RC/CC/DS
  Spi spi;
  std::uint8_t kic = 0, kid = 0;
  Tar tar{};
  [[nodiscard]] Bytes encode() const;
};

// Nothing when the octets are no command packet: too short, or CPL is not what is there.
[[nodiscard]] std::optional<CommandHead> parse_command_head(ByteView packet);

// What lies behind the head once it is plain.
struct CommandBody {
  std::uint64_t counter = 0;  // CNTR, five octets
  std::uint8_t padding = 0;   // PCNTR
  Bytes check;                // RC, CC or DS
  Bytes data;                 // secured data with its padding
  Bytes counter_octets;       // CNTR and PCNTR as they arrived
};
inline constexpr std::size_t kCounterSize = 5;
inline constexpr std::uint64_t kLastCounter = 0xFFFFFFFFFF;

// `check_length`: CHL less 13. Nothing when the octets are fewer.
[[nodiscard]] std::optional<CommandBody> parse_command_body(ByteView plain, std::size_t check_length);

}  // namespace simurgh::ota
