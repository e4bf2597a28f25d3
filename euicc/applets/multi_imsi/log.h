// Why this identity: a ring of records of 36 octets, one for each decision, and their text for people.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "euicc/applets/multi_imsi/config.h"

namespace simurgh::multi_imsi {

enum class Reason : std::uint8_t {
  none = 0x00, first_boot = 0x01, limited = 0x02, lost = 0x03, rejected = 0x04, barred = 0x05, data = 0x06, prefer = 0x07, boots = 0x08, manual = 0x09,
  ota = 0x0A, escape = 0x0B, hold = 0x0C, undone = 0x0D, config = 0x0E, emergency = 0x0F,
};
[[nodiscard]] const char* reason_text(Reason reason) noexcept;

namespace excluded {  // kinds, of a candidate
inline constexpr std::uint8_t quarantine = 0x01, pair = 0x02, rat = 0x04, disabled = 0x08, legal = 0x10, date = 0x20, budget = 0x40;
}
namespace record_flag {
inline constexpr std::uint8_t committed = 0x01, online = 0x02, manual = 0x04, clock = 0x08, unprotected = 0x10, stay = 0x20;
}

// EF.MI_LOG: a linear fixed file for the ring, which a profile may have.
inline constexpr std::uint16_t kLogDirectory = 0x7F4D, kLogFile = 0x6F01;
inline constexpr std::size_t kMostRecords = 16;

struct LogRecord {
  static constexpr std::size_t kSize = 36;
  std::uint8_t flags = 0;
  std::uint32_t sequence = 0;
  std::uint32_t elapsed = 0;              // awake seconds at the decision
  std::uint32_t wall = 0xFFFFFFFF;        // seconds since 1970, FFFFFFFF: not known
  std::uint8_t from = 0, to = 0;          // identities, 0: none of the table
  Reason reason = Reason::none;
  std::uint8_t cause = 0xFF;
  Plmn plmn;
  std::uint8_t rat = 0xFF;
  std::uint8_t refresh = 0xFF;            // mode, 80: no terminal response; FF: none
  std::uint8_t rule = 0xFF;
  std::int16_t score = 0, runner_up_score = 0;
  std::uint8_t runner_up = 0;
  std::uint8_t kinds = 0;                 // of exclusions that were met
  std::uint16_t excluded_ids = 0;         // bit n-1: identity n
  std::uint16_t to_commit = 0xFFFF;       // seconds from decision to commit
  std::uint16_t to_online = 0xFFFF;       // seconds from commit to registration, FFFF: never

  [[nodiscard]] Bytes encode() const;
  [[nodiscard]] static std::optional<LogRecord> decode(ByteView octets);
  // "#17 +3d02:11 A->C because limited; last #11 at 999-70 E-UTRAN; rule 2; C=70 B=10; refresh 04; online after 43 s". Labels from the
  // configuration, numbers where it has none.
  [[nodiscard]] std::string text(const Config& config) const;
};

}  // namespace simurgh::multi_imsi
