// What `simurgh inspect` shows of an IoT eUICC (SGP.32).
#pragma once

#include <nlohmann/json.hpp>

#include "euicc/ecasd/ecasd.h"
#include "euicc/state/transaction.h"

namespace simurgh::tool {

// Null for a consumer card.
[[nodiscard]] nlohmann::ordered_json iot_json(const ecasd::Ecasd& identity, state::Transaction& txn);
void print_iot(const nlohmann::ordered_json& iot);

}  // namespace simurgh::tool
