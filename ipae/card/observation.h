// What the assistant of a card tells whoever asks: GET DATA DF71 while the ISD-R is selected, on any channel, also while the device itself is no
// assistant. Nothing in it is secret.
#pragma once

#include "ipae/card/record.h"

namespace simurgh::ipae {

inline constexpr std::uint16_t kObservationTag = 0xDF71;

// DF71 { 80 the record, 81 how many profiles are on the card, 82 how many notifications wait for delivery }
struct Observation {
  Record record;
  std::size_t profiles = 0, owed = 0;

  // Nothing on a card whose assistant has not run.
  [[nodiscard]] static std::optional<Observation> of(state::Transaction& txn);
  [[nodiscard]] Bytes encode() const;
  // Nothing when the octets are none.
  [[nodiscard]] static std::optional<Observation> decode(ByteView encoded);
};

}  // namespace simurgh::ipae
