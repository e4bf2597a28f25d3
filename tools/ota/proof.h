// The sender's reading of a proof of receipt (ETSI TS 102 225 5.2) and of the response data in it (TS 102 226 5.1.2, 5.2.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "tools/ota/packet.h"

namespace simurgh::ota_sender {

struct Proof {
  ota::Tar tar{};
  std::uint64_t counter = 0;
  std::uint8_t status = 0;
  bool ciphered = false, checked = false;  // a checksum or redundancy check was there and right
  Bytes data;
};

// `response`: with its user data header 027100. SenderError: it is none, or its integrity is not what the keys and the SPI say. A plain
// proof is taken where a card could not protect it (status 05, 06, 09 and 0A, or keys it does not have).
[[nodiscard]] Proof read_proof(ByteView response, const Security& security);
// "PoR OK", "CNTR low", ...
[[nodiscard]] std::string_view describe(std::uint8_t status) noexcept;
// The proof out of SMS-SUBMIT TPDUs, parts put together.
[[nodiscard]] Bytes response_of_submits(const std::vector<Bytes>& tpdus);

struct ScriptResult {
  bool expanded = false;
  std::optional<unsigned> executed;  // absent in the indefinite format
  struct Answer {
    Bytes data;
    std::uint16_t status = 0;
  };
  std::vector<Answer> answers;  // compact: the last one
  std::optional<std::uint8_t> bad_format;
};
// Nothing when the octets are neither.
[[nodiscard]] std::optional<ScriptResult> read_script_result(ByteView data);

// Script builders: compact is the APDUs in a row; expanded wraps each in 22 (AA, or AE for the indefinite form).
[[nodiscard]] Bytes compact_script(const std::vector<Bytes>& apdus);
[[nodiscard]] Bytes expanded_script(const std::vector<Bytes>& apdus, bool definite);

}  // namespace simurgh::ota_sender
