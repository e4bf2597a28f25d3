// What the applet is told: identities, rules, timers and settings. Replaced or patched as a whole by tables (table.h), which is also how it is
// stored.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "euicc/applets/multi_imsi/plmn.h"
#include "euicc/usim/algorithms.h"

namespace simurgh::multi_imsi {

inline constexpr std::size_t kMostIdentities = 16, kMostRules = 64, kMostRegions = 31;

// In the order of a table's A3; those from `retry` on are the applet's own.
enum class Timer : std::uint8_t {
  observe, limited, no_service, stable, settle, min_stay, home, defer, hold, poll, data, escape, manual, quarantine_base, quarantine_max, freeze,
  retry, deaf, changed, proof, date,
};
inline constexpr std::size_t kConfigured = 16, kTimers = 21;
[[nodiscard]] const char* timer_name(Timer timer) noexcept;

using Timers = std::array<std::uint32_t, kConfigured>;  // seconds
inline constexpr Timers kDefaultTimers{120, 120, 300, 60, 90, 600, 86400, 600, 900, 30, 300, 259200, 86400, 1800, 86400, 1800};

struct KeySet {
  std::uint8_t ref = 1;
  usim::AkaParameters parameters;
  [[nodiscard]] KeySet clone() const { return {ref, parameters.clone()}; }
};

// How EF.FPLMN looks after a swap.
enum class FplmnPolicy : std::uint8_t { clear = 0, restore = 1, seed = 2, leave = 3 };

namespace flag {  // of an identity
inline constexpr std::uint8_t local = 0x01, roaming_only = 0x02, last_resort = 0x04, data_check = 0x08, disabled = 0x10, metered = 0x20, pooled = 0x40;
}
namespace rule_flag {
inline constexpr std::uint8_t exclusive = 0x01, sticky = 0x02, legal = 0x04;
}
namespace policy {
inline constexpr std::uint8_t prefer = 0x01, data_check = 0x02, sensing = 0x04, menu = 0x08, boots = 0x10, trust_unprotected = 0x20, privacy = 0x40,
                              always_mac = 0x80;
}

struct MccPreference {
  std::uint16_t mcc = 0;  // as Plmn::mcc
  std::uint8_t rank = 0;  // 0: at home there
};

struct Identity {
  std::uint8_t id = 0;  // 1..16
  std::string label;    // up to ten characters
  Bytes imsi;           // as EF.IMSI, 9 octets
  std::uint8_t mnc_length = 2;
  std::uint8_t key_set = 0;  // 0: the profile's own key
  std::vector<Pattern> allow, deny;
  std::vector<MccPreference> mcc_preferences;
  std::uint8_t priority = 0;
  std::uint8_t rats = 0;  // GSM 1, UTRAN 2, E-UTRAN 4, LTE-M 8, NB-IoT 10, NR 20; 0: not said
  std::uint16_t acc = 0;  // 0: the class of the last digit
  std::uint8_t flags = 0;
  FplmnPolicy fplmn = FplmnPolicy::clear;
  std::uint32_t valid_from = 0, valid_to = 0;  // days since 1970, 0: no limit
  // Contents of files. Empty: FF, but `smsp` and `psismsc` keep the file.
  Bytes smsp, psismsc, spn, pnn, opl, spdi, gid1, gid2, msisdn, ehplmn, hplmn_act, oplmn_act, hpplmn, suci, routing_indicator, nasconfig;
  Bytes apn, user, password;  // for who opens channels

  [[nodiscard]] std::string imsi_digits() const;
  [[nodiscard]] std::uint16_t access_classes() const;
  [[nodiscard]] bool has(std::uint8_t which) const noexcept { return (flags & which) != 0; }
  // By its scope: deny before allow, an empty allow list is everywhere. Unknown PLMNs are allowed.
  [[nodiscard]] bool serves(const Plmn& plmn) const;
  [[nodiscard]] bool dated() const noexcept { return valid_from != 0 || valid_to != 0; }
  // On this day since 1970.
  [[nodiscard]] bool valid_on(std::uint32_t day) const noexcept { return day >= valid_from && (valid_to == 0 || day <= valid_to); }
  // How far from home in the list for this country: its rank, nothing when it is not listed.
  [[nodiscard]] std::optional<std::uint8_t> rank_in(std::uint16_t mcc) const;
};

struct TimerOverride {
  Timer timer{};
  std::uint32_t seconds = 0;
};

struct Rule {
  Pattern pattern;
  Bytes ids;  // in order
  std::uint8_t flags = 0;
  std::uint16_t max_days = 0;  // 0: no limit
  std::vector<TimerOverride> timers;
};

struct Region {
  std::uint8_t number = 0;
  std::vector<std::uint16_t> mccs;
};

// REFRESH modes for terminals of this type approval code (first digits of the IMEI).
struct TerminalModes {
  std::string tac;  // digits
  Bytes modes;
};

struct Config {
  std::uint32_t version = 0;
  std::uint8_t default_id = 1, fallback_id = 0;
  std::uint8_t swaps_an_hour = 6, swaps_a_day = 24;
  std::uint8_t policy = 0;
  std::uint8_t limited_spread = 0;  // percent, up to 50, that T_lim is lengthened by the hash of the EID
  Bytes refresh_modes;              // in order; empty: by the standard choice
  std::vector<TerminalModes> terminals;
  Timers timers = kDefaultTimers;
  std::vector<Identity> identities;
  std::vector<Rule> rules;
  std::vector<Region> regions;
  std::vector<KeySet> key_sets;
  crypto::SecretBytes table_key;  // of the inner MAC, 16 octets or none
  Bytes group;                    // 16 octets or none

  [[nodiscard]] Config clone() const;
  [[nodiscard]] const Identity* find(std::uint8_t id) const noexcept;
  [[nodiscard]] const Identity* find_imsi(ByteView imsi) const noexcept;
  [[nodiscard]] const KeySet* key_set(std::uint8_t ref) const noexcept;
  [[nodiscard]] bool has(std::uint8_t which) const noexcept { return (policy & which) != 0; }
  // Rules for a PLMN, most specific first; equal ones in the order of the table.
  [[nodiscard]] std::vector<std::size_t> rules_for(const Plmn& plmn) const;
  // Seconds of a timer where this PLMN is.
  [[nodiscard]] std::uint32_t seconds(Timer timer, const Plmn& plmn) const;
};

}  // namespace simurgh::multi_imsi
