// Which identity should serve: rules, evidence and scores to one winner and a runner-up. A pure function, the same for the same inputs.
#pragma once

#include "euicc/applets/multi_imsi/state.h"

namespace simurgh::multi_imsi {

struct Surroundings {
  std::uint64_t now = 0;
  Plmn plmn;                    // where the terminal is, unknown: never heard
  std::vector<Plmn> seen;       // networks that said anything since the last swap
  ByteView eid;
};

struct Decision {
  std::uint8_t winner = 0;      // 0: nobody
  std::int16_t score = 0;
  std::uint8_t runner_up = 0;
  std::int16_t runner_up_score = 0;
  std::uint8_t rule = 0xFF;     // index that matched, FF: default order
  std::uint8_t kinds = 0;
  std::uint16_t excluded_ids = 0;
};

// The identities in the order of preference for a place, excluded ones too: rules from the exact PLMN to the default, countries of identities,
// the rest by score.
struct Candidate {
  std::uint8_t id = 0;
  std::int16_t score = 0;
  std::uint8_t excluded = 0;    // kinds, 0: none
};
[[nodiscard]] std::vector<Candidate> candidates(const Config& config, const State& state, const Surroundings& where);

[[nodiscard]] Decision choose(const Config& config, const State& state, Reason reason, const Surroundings& where);

// Every network of this country that was heard of refuses this identity for good.
[[nodiscard]] bool refused_everywhere(const State& state, std::uint8_t id, const Surroundings& where);

// Q(n) = min(Q_max, Q_base * 2^(n-1)), up to ten percent more or less by the card.
[[nodiscard]] std::uint32_t quarantine_seconds(const Config& config, unsigned streak, ByteView eid);
// T_lim with what the configuration spreads it by.
[[nodiscard]] std::uint32_t limited_seconds(const Config& config, const Plmn& plmn, ByteView eid);

// ---- token buckets
void refill(State& state, const Config& config, std::uint64_t now);
// `wanted`: by a person or the operator, who may exceed the budget by two swaps.
[[nodiscard]] bool may_spend(const State& state, const Config& config, bool wanted);
void spend(State& state, const Config& config);
void refund(State& state, const Config& config);

}  // namespace simurgh::multi_imsi
