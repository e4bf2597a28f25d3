// The response packet of SCP80, the proof of receipt (ETSI TS 102 225 5.2, TS 31.115 4.3): RPL RHL TAR CNTR PCNTR status [RC/CC] data.
#pragma once

#include <optional>

#include "euicc/ota/command_packet.h"

namespace simurgh::ota {

// Response status code, TS 102 225 table 5 and TS 31.115 table 7.
enum class Status : std::uint8_t {
  ok = 0x00,
  checksum_failed = 0x01,
  counter_low = 0x02,
  counter_high = 0x03,
  counter_blocked = 0x04,
  ciphering_error = 0x05,
  security_error = 0x06,  // unidentified: the header cannot be interpreted
  no_memory = 0x07,
  more_time = 0x08,
  unknown_tar = 0x09,
  security_level_too_low = 0x0A,
  response_by_submit = 0x0B,  // actual response data follows by SMS-SUBMIT
  response_by_ussd = 0x0C,
};

// The user data header of a response packet: it is part of what is protected.
inline constexpr std::uint8_t kResponseHeader[] = {0x02, 0x71, 0x00};

struct ResponseProtection {
  std::optional<AlgorithmKey> cipher;    // KIc
  std::optional<AlgorithmKey> checksum;  // KID
  std::optional<Redundancy> redundancy;
};

struct ResponseContent {
  Tar tar{};
  std::uint64_t counter = 0;
  Status status = Status::ok;
  Bytes data;
};

// User data header and packet.
[[nodiscard]] Bytes build_response(const ResponseContent& content, const ResponseProtection& protection);

}  // namespace simurgh::ota
