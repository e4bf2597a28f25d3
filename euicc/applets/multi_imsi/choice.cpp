#include "euicc/applets/multi_imsi/choice.h"

#include <algorithm>

namespace simurgh::multi_imsi {
namespace {

constexpr std::uint64_t kRecent = 7 * 86400;

// FNV-1a: spreads cards, protects nothing.
std::uint32_t spread(ByteView eid, unsigned salt) {
  std::uint32_t hash = 2166136261U;
  for (const std::uint8_t octet : eid) hash = (hash ^ octet) * 16777619U;
  return (hash ^ salt) * 16777619U;
}

bool local(const Identity& identity, std::uint16_t mcc) { return identity.has(flag::local) || identity.rank_in(mcc) == std::uint8_t{0}; }

std::int16_t score_of(const Identity& identity, const State& state, const Surroundings& where) {
  int score = 0;
  const std::uint16_t mcc = where.plmn.known() ? where.plmn.mcc() : std::uint16_t{0};
  if (local(identity, mcc)) score += 40;
  if (where.plmn.known()) {
    if (const IdentityState* own = state.find(identity.id)) {
      if (own->last_ok_plmn == where.plmn && own->last_ok + kRecent > where.now) score += 30;
      if (std::ranges::any_of(own->countries, [&](const CountryDays& country) { return country.mcc == mcc; })) score += 10;
    }
    if (const Pair* pair = state.pair(identity.id, where.plmn); pair != nullptr && pair->expires > where.now) {
      if (pair->outcome == Pair::Outcome::soft) score -= 20 * std::min<int>(pair->count, 10);
      if (pair->outcome == Pair::Outcome::hard) score -= 1000;
    }
  }
  if (identity.has(flag::metered)) score -= 5;
  score -= identity.priority;
  return static_cast<std::int16_t>(score);
}

// Limits of days count only where somebody at home there can take over.
bool over_days(const Config& config, const State& state, const Identity& identity, const Surroundings& where) {
  if (!where.plmn.known() || local(identity, where.plmn.mcc())) return false;
  for (const std::size_t i : config.rules_for(where.plmn)) {
    const Rule& rule = config.rules[i];
    if (rule.max_days == 0 || state.days_in(identity.id, where.plmn.mcc()) < rule.max_days) continue;
    return std::ranges::any_of(config.identities, [&](const Identity& other) {
      return other.id != identity.id && !other.has(flag::disabled) && local(other, where.plmn.mcc());
    });
  }
  return false;
}

std::uint8_t exclusions(const Config& config, const State& state, const Identity& identity, const Surroundings& where) {
  std::uint8_t out = 0;
  if (identity.has(flag::disabled) || !identity.serves(where.plmn)) out |= excluded::disabled;
  if (identity.has(flag::roaming_only) && where.plmn.known() && identity.rank_in(where.plmn.mcc()) == std::uint8_t{0}) out |= excluded::disabled;
  for (const std::size_t i : config.rules_for(where.plmn)) {
    const Rule& rule = config.rules[i];
    if ((rule.flags & rule_flag::exclusive) != 0 && std::ranges::find(rule.ids, identity.id) == rule.ids.end()) out |= excluded::disabled;
  }
  if (const IdentityState* own = state.find(identity.id); own != nullptr && own->quarantined_until > where.now) out |= excluded::quarantine;
  if (refused_everywhere(state, identity.id, where)) out |= excluded::pair;
  if (identity.rats != 0 && state.rats != 0 && (identity.rats & state.rats) == 0) out |= excluded::rat;
  if (over_days(config, state, identity, where)) out |= excluded::legal;
  if (state.wall != 0 && !identity.valid_on(state.day(where.now))) out |= excluded::date;
  return out;
}

// An identity that works on both sides of a border outranks rules that are not sticky.
const Identity* both_sides(const Config& config, const State& state, const Surroundings& where) {
  if (state.alternations == 0 || state.countries.size() < 2 || !where.plmn.known()) return nullptr;
  for (const std::size_t i : config.rules_for(where.plmn)) {
    if ((config.rules[i].flags & rule_flag::sticky) != 0) return nullptr;
  }
  for (const Identity& identity : config.identities) {
    const IdentityState* own = state.find(identity.id);
    if (own == nullptr) continue;
    const auto worked = [&](std::uint16_t mcc) {
      return std::ranges::any_of(own->countries, [&](const CountryDays& country) { return country.mcc == mcc; });
    };
    if (worked(state.countries[0]) && worked(state.countries[1])) return &identity;
  }
  return nullptr;
}

}  // namespace

bool refused_everywhere(const State& state, std::uint8_t id, const Surroundings& where) {
  bool any = false;
  const auto look = [&](const Plmn& plmn) {
    if (!plmn.known() || (where.plmn.known() && plmn.mcc() != where.plmn.mcc())) return true;
    any = true;
    return state.hard(id, plmn, where.now);
  };
  if (!look(where.plmn)) return false;
  for (const Plmn& plmn : where.seen) {
    if (!look(plmn)) return false;
  }
  return any;
}

std::vector<Candidate> candidates(const Config& config, const State& state, const Surroundings& where) {
  std::vector<Candidate> out;
  const auto add = [&](const Identity* identity) {
    if (identity == nullptr || std::ranges::find(out, identity->id, &Candidate::id) != out.end()) return;
    out.push_back({identity->id, score_of(*identity, state, where), exclusions(config, state, *identity, where)});
  };
  add(both_sides(config, state, where));
  const auto rules = config.rules_for(where.plmn);
  const auto by_rules = [&](bool countries) {
    for (const std::size_t i : rules) {
      if ((config.rules[i].pattern.specificity() >= 3) != countries) continue;
      for (const std::uint8_t id : config.rules[i].ids) add(config.find(id));
    }
  };
  by_rules(true);
  if (where.plmn.known()) {
    std::vector<std::pair<std::uint8_t, const Identity*>> ranked;
    for (const Identity& identity : config.identities) {
      if (const auto rank = identity.rank_in(where.plmn.mcc())) ranked.emplace_back(*rank, &identity);
    }
    std::ranges::stable_sort(ranked, {}, [](const auto& entry) { return entry.first; });
    for (const auto& [rank, identity] : ranked) add(identity);
  } else {
    // Nothing is known: the identity the profile was personalised with.
    if (rules.empty()) add(config.find(config.default_id));
  }
  by_rules(false);
  std::vector<const Identity*> rest;
  for (const Identity& identity : config.identities) {
    if (identity.id != config.fallback_id && !identity.has(flag::last_resort)) rest.push_back(&identity);
  }
  std::ranges::stable_sort(rest, [&](const Identity* a, const Identity* b) {
    const auto left = score_of(*a, state, where), right = score_of(*b, state, where);
    return left != right ? left > right : a->id < b->id;
  });
  for (const Identity* identity : rest) add(identity);
  for (const Identity& identity : config.identities) {
    if (identity.has(flag::last_resort)) add(&identity);
  }
  add(config.find(config.fallback_id));
  return out;
}

Decision choose(const Config& config, const State& state, Reason reason, const Surroundings& where) {
  Decision out;
  const auto order = candidates(config, state, where);
  if (const auto rules = config.rules_for(where.plmn); !rules.empty()) out.rule = static_cast<std::uint8_t>(rules.front());
  const auto set = [&](const Candidate& candidate) {
    if (out.winner == 0) {
      out.winner = candidate.id;
      out.score = candidate.score;
    } else if (out.runner_up == 0) {
      out.runner_up = candidate.id;
      out.runner_up_score = candidate.score;
    }
  };
  for (const Candidate& candidate : order) {
    if (candidate.excluded == 0) continue;
    out.kinds |= candidate.excluded;
    out.excluded_ids = static_cast<std::uint16_t>(out.excluded_ids | 1U << (candidate.id - 1));
  }
  const bool preference = reason == Reason::prefer || reason == Reason::ota;
  if (preference) {
    for (const Candidate& candidate : order) {
      if (candidate.excluded == 0) set(candidate);
    }
    // Nothing better than what works: stay.
    if (out.winner == 0 && config.find(state.active) != nullptr) out.winner = state.active;
    return out;
  }
  // Away from the identity in use, which is the last of those that are left.
  for (const Candidate& candidate : order) {
    if (candidate.excluded == 0 && candidate.id != state.active) set(candidate);
  }
  const auto with_active = [&] {
    for (const Candidate& candidate : order) {
      if (candidate.excluded == 0 && candidate.id == state.active) set(candidate);
    }
  };
  if (out.winner != 0) {
    with_active();
    return out;
  }
  // The last resort is never out of use for longer than an hour.
  if (const Identity* last = config.find(config.fallback_id); last != nullptr && last->id != state.active && !last->has(flag::disabled)) {
    const IdentityState* own = state.find(last->id);
    if (own == nullptr || own->last_tried + 3600 <= where.now || own->quarantined_until <= where.now) {
      set({last->id, score_of(*last, state, where), 0});
      with_active();
      return out;
    }
  }
  with_active();
  if (out.winner != 0) return out;
  if (reason != Reason::hold) return out;
  // After a hold: whose time out of use ends first, then who was tried longest ago.
  const Candidate* best = nullptr;
  const auto key = [&](const Candidate& candidate) {
    const IdentityState* own = state.find(candidate.id);
    return own == nullptr ? std::pair<std::uint64_t, std::uint64_t>{0, 0} : std::pair{own->last_tried, own->quarantined_until};
  };
  for (const Candidate& candidate : order) {
    if ((candidate.excluded & (excluded::disabled | excluded::date)) != 0 || candidate.id == state.active) continue;
    if (best == nullptr || key(candidate) < key(*best)) best = &candidate;
  }
  if (best != nullptr) set(*best);
  return out;
}

std::uint32_t quarantine_seconds(const Config& config, unsigned streak, ByteView eid) {
  const std::uint64_t base = config.timers[static_cast<std::size_t>(Timer::quarantine_base)];
  const std::uint64_t most = config.timers[static_cast<std::size_t>(Timer::quarantine_max)];
  const unsigned steps = std::min(streak == 0 ? 0U : streak - 1, 20U);
  const std::uint64_t seconds = std::min(most, base << steps);
  const std::uint64_t percent = 90 + spread(eid, streak) % 21;
  return static_cast<std::uint32_t>(std::min(most, seconds * percent / 100));
}

std::uint32_t limited_seconds(const Config& config, const Plmn& plmn, ByteView eid) {
  const std::uint64_t seconds = config.seconds(Timer::limited, plmn);
  if (config.limited_spread == 0) return static_cast<std::uint32_t>(seconds);
  return static_cast<std::uint32_t>(seconds + seconds * (spread(eid, 0) % (config.limited_spread + 1U)) / 100);
}

void refill(State& state, const Config&, std::uint64_t now) {
  const auto passed = static_cast<std::int64_t>(now - std::min(now, state.levels_at));
  state.levels_at = now;
  state.hour_level = std::min<std::int64_t>(3600, state.hour_level + passed);
  state.day_level = std::min<std::int64_t>(86400, state.day_level + passed);
}

namespace {

std::int64_t hour_cost(const Config& config) { return config.swaps_an_hour == 0 ? 3601 : 3600 / config.swaps_an_hour; }
std::int64_t day_cost(const Config& config) { return config.swaps_a_day == 0 ? 86401 : 86400 / config.swaps_a_day; }

}  // namespace

bool may_spend(const State& state, const Config& config, bool wanted) {
  const std::int64_t credit = wanted ? 2 : 0;
  return state.hour_level + credit * hour_cost(config) >= hour_cost(config) && state.day_level + credit * day_cost(config) >= day_cost(config);
}

void spend(State& state, const Config& config) {
  state.hour_level -= hour_cost(config);
  state.day_level -= day_cost(config);
}

void refund(State& state, const Config& config) {
  state.hour_level = std::min<std::int64_t>(3600, state.hour_level + hour_cost(config));
  state.day_level = std::min<std::int64_t>(86400, state.day_level + day_cost(config));
}

}  // namespace simurgh::multi_imsi
