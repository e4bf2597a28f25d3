#include "euicc/applets/multi_imsi/config.h"

#include <algorithm>

namespace simurgh::multi_imsi {

const char* timer_name(Timer timer) noexcept {
  static constexpr std::array<const char*, kTimers> kNames{"T_obs", "T_lim", "T_nosvc", "T_stable", "T_settle", "T_min_stay", "T_home",
                                                           "T_defer", "T_hold", "T_poll", "T_data", "T_escape", "T_manual", "Q_base",
                                                           "Q_max", "T_freeze", "T_retry", "T_deaf", "T_changed", "T_proof", "T_date"};
  return kNames[static_cast<std::size_t>(timer)];
}

// TS 31.102 4.2.2: length, then digits with the parity in the low nibble of the first octet.
std::string Identity::imsi_digits() const {
  std::string out;
  for (std::size_t i = 1; i < imsi.size() && i <= imsi[0]; ++i) {
    if (i > 1 && (imsi[i] & 0x0F) <= 9) out.push_back(static_cast<char>('0' + (imsi[i] & 0x0F)));
    if (imsi[i] >> 4 <= 9) out.push_back(static_cast<char>('0' + (imsi[i] >> 4)));
  }
  return out;
}

std::uint16_t Identity::access_classes() const {
  if (acc != 0) return acc;
  const std::string digits = imsi_digits();
  return digits.empty() ? std::uint16_t{1} : static_cast<std::uint16_t>(1U << (digits.back() - '0'));
}

bool Identity::serves(const Plmn& plmn) const {
  if (!plmn.known()) return true;
  const auto named = [&](const std::vector<Pattern>& list) {
    return std::ranges::any_of(list, [&](const Pattern& pattern) { return pattern.matches(plmn); });
  };
  if (named(deny)) return false;
  return allow.empty() || named(allow);
}

std::optional<std::uint8_t> Identity::rank_in(std::uint16_t mcc) const {
  for (const MccPreference& preference : mcc_preferences) {
    if (preference.mcc == mcc) return preference.rank;
  }
  return std::nullopt;
}

Config Config::clone() const {
  Config out;
  out.version = version;
  out.default_id = default_id;
  out.fallback_id = fallback_id;
  out.swaps_an_hour = swaps_an_hour;
  out.swaps_a_day = swaps_a_day;
  out.policy = policy;
  out.limited_spread = limited_spread;
  out.refresh_modes = refresh_modes;
  out.terminals = terminals;
  out.timers = timers;
  out.identities = identities;
  out.rules = rules;
  out.regions = regions;
  for (const KeySet& set : key_sets) out.key_sets.push_back(set.clone());
  out.table_key = table_key.clone();
  out.group = group;
  return out;
}

const Identity* Config::find(std::uint8_t id) const noexcept {
  const auto found = std::ranges::find(identities, id, &Identity::id);
  return found == identities.end() ? nullptr : &*found;
}

const Identity* Config::find_imsi(ByteView imsi) const noexcept {
  const auto found = std::ranges::find_if(identities, [&](const Identity& identity) { return equal(identity.imsi, imsi); });
  return found == identities.end() ? nullptr : &*found;
}

const KeySet* Config::key_set(std::uint8_t ref) const noexcept {
  const auto found = std::ranges::find(key_sets, ref, &KeySet::ref);
  return found == key_sets.end() ? nullptr : &*found;
}

std::vector<std::size_t> Config::rules_for(const Plmn& plmn) const {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const Pattern& pattern = rules[i].pattern;
    bool fits = pattern.matches(plmn);
    if (pattern.is_region()) {
      const auto region = std::ranges::find(regions, pattern.octets[0], &Region::number);
      fits = region != regions.end() && plmn.known() && std::ranges::find(region->mccs, plmn.mcc()) != region->mccs.end();
    }
    if (fits) out.push_back(i);
  }
  std::ranges::stable_sort(out, std::ranges::greater{}, [&](std::size_t i) { return rules[i].pattern.specificity(); });
  return out;
}

std::uint32_t Config::seconds(Timer timer, const Plmn& plmn) const {
  for (const std::size_t i : rules_for(plmn)) {
    for (const TimerOverride& own : rules[i].timers) {
      if (own.timer == timer) return own.seconds;
    }
  }
  const auto index = static_cast<std::size_t>(timer);
  return index < kConfigured ? timers[index] : 0;
}

}  // namespace simurgh::multi_imsi
