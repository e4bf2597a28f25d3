// The way back from an enable with rollbackFlag (SGP.32 v1.2 3.4.4, 5.9.16).
#pragma once

#include <cstdint>
#include <optional>

#include "euicc/iot/context.h"
#include "euicc/iot/results.h"

namespace simurgh::iot {

struct RollbackAuthorisation {
  std::uint32_t former = 0;           // number of the profile to go back to
  ResultHead head;                    // of the granting package
  Signer signer;
  std::uint32_t result = 0;           // its sequence number
  std::uint32_t first = 0, last = 0;  // notifications that the switch made; 0 0 until it happens

  [[nodiscard]] Bytes encode() const;
  [[nodiscard]] static std::optional<RollbackAuthorisation> decode(ByteView encoded);
};

[[nodiscard]] std::optional<RollbackAuthorisation> rollback_authorisation(const state::Transaction& txn);
void clear_rollback(state::Transaction& txn);
// A switch has happened: if an authorisation waits for its notifications these are they.
void note_switch(state::Transaction& txn, std::uint32_t first, std::uint32_t last);

enum class RollbackCode : std::uint8_t { ok = 0, not_allowed = 1, cat_busy = 5, command_error = 7, undefined = 127 };
struct RollbackAnswer {
  RollbackCode code = RollbackCode::ok;
  Bytes result;  // BF51, with ok
};
[[nodiscard]] RollbackAnswer roll_back(const Context& context, bool refresh);

}  // namespace simurgh::iot
