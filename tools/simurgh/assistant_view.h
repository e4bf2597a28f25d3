// What the assistant of a card remembers, for 'simurgh inspect'.
#pragma once

#include <nlohmann/json.hpp>

#include "euicc/state/transaction.h"

namespace simurgh::tool {

// Null when the card has no IPAe, or it has never run.
[[nodiscard]] nlohmann::ordered_json assistant_json(const state::Transaction& txn);
void print_assistant(const nlohmann::ordered_json& assistant);

}  // namespace simurgh::tool
