// The multi-IMSI applet of a profile as JSON: its table, which identity is in use, and why.
#pragma once

#include <nlohmann/json.hpp>

#include "euicc/gp/registry.h"
#include "euicc/state/transaction.h"

namespace simurgh::tool {

// The table of a package's instance; null when the instance is none of the applet's class or its data is no table. Keys only with `secrets`.
[[nodiscard]] nlohmann::ordered_json multi_imsi_data_json(const gp::Application& instance, bool secrets);
// What a card keeps for the instance; null when it is none of the applet's class or has not run.
[[nodiscard]] nlohmann::ordered_json multi_imsi_json(const gp::Application& instance, state::Transaction& txn, std::uint32_t owner);
// For people: the identities, the one in use and the decisions, newest last.
void print_multi_imsi(const nlohmann::ordered_json& view);

}  // namespace simurgh::tool
