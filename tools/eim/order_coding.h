// Orders as scripts write them (JSON) as the octets of commands. An order that cannot be coded is refused when it is made, not when a card
// comes for it.
#pragma once

#include <expected>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "tools/eim/eim_store.h"
#include "tools/eim/package.h"

namespace simurgh::eim {

using Json = nlohmann::ordered_json;

template <typename T>
using Coded = std::expected<T, std::string>;  // the error: what is wrong, for people

// {"enable":{"iccid":..,"rollback":true}}, {"listProfileInfo":{..}} ... -> Psmo
[[nodiscard]] Coded<Bytes> encode_psmo(const Json& command);
// {"addEim":{"eimConfigurationData":"30.."}}, {"deleteEim":{"eimId":..}} ... -> Eco
[[nodiscard]] Coded<Bytes> encode_eco(const Json& command);
// The list under "psmo" or "eco" of an order, one command or more.
[[nodiscard]] Coded<Bytes> encode_commands(Facility facility, const Json& order);
// {"edr":{"tagList":"BF20..","euiccCiPKId":..,"searchCriteria":..}}; the transaction id is the caller's to add
[[nodiscard]] Coded<DataRequest> read_data_request(const Json& order);
// {"download":{"activationCode":..}} (also without the outer member), {"defaultSmdp":true}, {"smds":"address"}, {"indirect":true}
struct DownloadOrder {
  Trigger trigger;
  std::string activation_code;  // also when the trigger leaves it out
  bool enable = false, rollback = false;  // what follows a successful download
};
[[nodiscard]] Coded<DownloadOrder> read_download(const Json& order);
// Nothing wrong with the order, as far as can be told before a card sees it; the error otherwise.
[[nodiscard]] Coded<void> check_order(Facility facility, const Json& order);

}  // namespace simurgh::eim
