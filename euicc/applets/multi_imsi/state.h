// What the applet remembers across resets: one record set, written whole with the APDU that changed it.
#pragma once

#include <cstdint>
#include <array>
#include <deque>
#include <string>
#include <optional>
#include <vector>

#include "euicc/applets/multi_imsi/log.h"

namespace simurgh::multi_imsi {

enum class Phase : std::uint8_t { cold, probe, observe, limited, no_service, verify, online, decide, swap, settle, hold, pinned, dormant };
[[nodiscard]] const char* phase_text(Phase phase) noexcept;

enum class Mode : std::uint8_t { automatic = 0, pinned = 1, hold = 2 };
enum class Boot : std::uint8_t { unknown = 0, real = 1, wake = 2, refresh = 3 };

// What is known of one identity in one network.
struct Pair {
  enum class Outcome : std::uint8_t { ok = 0, soft = 1, hard = 2 };
  std::uint8_t id = 0;
  Plmn plmn;
  Outcome outcome = Outcome::ok;
  std::uint8_t cause = 0xFF, rat = 0xFF;
  std::uint8_t count = 0;                 // soft rejects
  std::uint64_t seen = 0, expires = 0;    // awake seconds; ok does not expire
  std::vector<std::uint32_t> areas;       // up to three that refused, for causes about areas
  std::uint8_t boots = 0;                 // at which the same area refused
  std::uint16_t last_boot = 0;
};
inline constexpr std::size_t kMostPairs = 32;
inline constexpr std::size_t kMostPlaces = 8;
inline constexpr std::uint8_t kForceAutomatic = 0x80, kForceHold = 0x81;

struct CountryDays {
  std::uint16_t mcc = 0;
  std::uint32_t last_day = 0;
  std::array<std::uint8_t, 16> days{};    // bit 0 of the first octet: last_day
};

// A file of the terminal's own about where it is, as it was left.
struct FileImage {
  std::uint32_t file = 0;                 // of files.h
  Bytes content;
  bool operator==(const FileImage&) const = default;
};

struct IdentityState {
  std::uint8_t id = 0;
  std::uint8_t streak = 0;                // failed stays in a row
  std::uint64_t quarantined_until = 0, last_ok = 0, last_tried = 0;
  Plmn last_ok_plmn;
  std::uint32_t barred_area = 0;          // of the last cause that bars the identity, 0: none
  std::uint16_t barred_boot = 0;
  bool barred = false;
  std::vector<CountryDays> countries;     // up to eight
  Bytes fplmn;                            // the list the terminal left
  std::vector<FileImage> places;          // where it left, for when it comes back
};

struct State {
  std::uint8_t active = 0, pending = 0;   // 0: none, or one that the table no longer has
  Bytes active_imsi;                      // EF.IMSI image of the identity in use
  Reason pending_reason = Reason::none;
  std::uint32_t sequence = 0;
  Mode mode = Mode::automatic;
  std::uint8_t pinned = 0;
  std::uint64_t mode_until = 0;           // 0: no end
  std::uint8_t hold_step = 0;
  std::uint64_t hold_until = 0;
  bool online = false;                    // was when last heard of
  Boot boot = Boot::unknown;
  bool refreshing = false;                // a REFRESH of the applet's own is under way
  std::uint16_t boots = 0;
  std::uint8_t boots_without_reg = 0;
  std::vector<Pair> pairs;                // most recent first
  std::vector<IdentityState> identities;
  // Token buckets in seconds: a swap takes an hour divided by what an hour allows, and likewise for a day.
  std::int64_t hour_level = 3600, day_level = 86400;
  std::uint64_t levels_at = 0;
  std::uint8_t alternations = 0;
  std::uint64_t frozen_until = 0, decayed_at = 0;
  std::uint8_t last_from = 0, last_to = 0;
  std::uint64_t last_swap = 0;
  std::vector<std::uint16_t> countries;   // the last two, the present one last
  std::deque<LogRecord> ring;             // oldest first, 16
  std::uint64_t elapsed = 0;              // awake seconds
  std::uint32_t wall = 0;                 // seconds since 1970 at `wall_at`, 0: not known
  std::uint64_t wall_at = 0;
  std::uint32_t terminal_digest = 0;
  std::string tac;
  std::uint8_t good_mode = 0xFF;          // REFRESH mode that worked with the terminal of good_digest
  std::uint32_t good_digest = 0;
  std::uint8_t deaf_modes = 0;            // bit n: mode n did nothing at this terminal
  std::uint8_t rats = 0;                  // ever reported, as in Identity::rats
  std::uint64_t device_change = 0;        // when an identity was changed for a cause about the device, 0: never
  std::uint64_t proof_until = 0;          // a new table must lead to a registration before, 0: proven
  std::uint8_t forced = 0;                // identity that a remote message wants now, or kForceAutomatic, kForceHold
  std::uint8_t forced_hours = 0;
  bool forced_pin = false;
  bool table_changed = false;             // by a remote message, not yet looked at
  std::uint16_t processed = 0;            // data items of the instance that were taken
  std::uint32_t writes = 0;
  std::uint32_t later_at = 0;             // when the table that waits comes into force, seconds since 1970; 0: none waits

  [[nodiscard]] Bytes encode() const;
  [[nodiscard]] static std::optional<State> decode(ByteView octets);

  [[nodiscard]] IdentityState& of(std::uint8_t id);
  [[nodiscard]] const IdentityState* find(std::uint8_t id) const noexcept;
  [[nodiscard]] const Pair* pair(std::uint8_t id, const Plmn& plmn) const noexcept;
  // Found or made; it becomes the most recent one, the least recent goes when there are too many.
  [[nodiscard]] Pair& touch(std::uint8_t id, const Plmn& plmn);
  // Unexpired hard evidence.
  [[nodiscard]] bool hard(std::uint8_t id, const Plmn& plmn, std::uint64_t now) const noexcept;
  void log(LogRecord record);
  [[nodiscard]] LogRecord* last_record() noexcept { return ring.empty() ? nullptr : &ring.back(); }
  [[nodiscard]] std::uint32_t wall_clock(std::uint64_t now) const noexcept;  // 0xFFFFFFFF: not known
  [[nodiscard]] std::uint32_t day(std::uint64_t now) const noexcept;
  // Days of the last 128 in which this identity was registered in the country.
  [[nodiscard]] unsigned days_in(std::uint8_t id, std::uint16_t mcc) const noexcept;
};

}  // namespace simurgh::multi_imsi
