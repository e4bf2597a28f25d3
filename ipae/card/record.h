// What the assistant of a card remembers of its device, its network and its own doings; one cell, written with the APDU that changed it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "euicc/state/transaction.h"
#include "ipae/card/policy.h"

namespace simurgh::ipae {

// A profile that was enabled and has not yet reached an eIM.
struct Unproven {
  Bytes before, after;     // ICCIDs as EF.ICCID has them; empty: none was enabled
  seconds left{0};         // awake time until the profile is given up
  bool operator==(const Unproven&) const = default;
};

// An automatic fallback that has not ended.
struct Fallback {
  Health reason = Health::unregistered;
  Bytes country;           // of the network where it happened: the first two octets of its PLMN; empty: unknown
  seconds since{0};        // awake time
  unsigned returns = 0;    // trials that failed
  bool returning = false;  // a trial is on
  bool operator==(const Fallback&) const = default;
};

struct LogLine {
  std::int64_t at = 0;  // seconds since 1970; 0: the terminal told no time
  std::string what;
  bool operator==(const LogLine&) const = default;
};

// What one identity has used of its subscription: sponsors count each by themselves.
struct Spent {
  Bytes imsi;  // as EF.IMSI has it; empty: from a time when nobody told identities apart
  Budget used;
  bool operator==(const Spent&) const = default;
};

struct Record {
  static constexpr std::size_t kEvents = 16, kLongestEvent = 160, kIdentities = 16;

  Bytes imei;                     // eight octets, of the terminal before
  Bytes imsi;                     // the identity of the last visit
  unsigned failures = 0;          // of its visits, in a row
  seconds idle{0};                // how long eIMs have said "nothing"
  std::vector<Spent> spent;       // by identity
  seconds day{0};                 // since the octets of a day began to be counted
  Loss loss;
  std::optional<Unproven> unproven;
  std::optional<Fallback> fallback;
  unsigned switches = 0;          // automatic ones since an eIM was reached
  seconds dwell{0};               // since the last of them
  std::uint64_t polls = 0;        // that reached an eIM, in the card's life
  std::int64_t last_poll = 0;     // seconds since 1970, 0 unknown
  std::vector<LogLine> events;      // oldest first

  void note(std::int64_t at, std::string what);
  [[nodiscard]] Budget used_by(ByteView identity) const;
  void spend(ByteView identity, std::uint64_t octets);
  void refund(ByteView identity, std::uint64_t octets);

  [[nodiscard]] Bytes encode() const;
  // Nothing when the octets are no record.
  [[nodiscard]] static std::optional<Record> decode(ByteView encoded);

  // An absent or unreadable cell is a fresh record.
  [[nodiscard]] static Record load(const state::Transaction& txn);
  // Writes the cell when it differs from what is there.
  void save(state::Transaction& txn) const;

  bool operator==(const Record&) const = default;
};

inline constexpr state::Key kRecord{state::Space::ipae, 0, 0};
inline constexpr std::uint32_t kJournalOwner = 1;

}  // namespace simurgh::ipae
