// What cards and IPAs answer, as the JSON of an order's outcome: names of results and codes as in the ASN.1 of SGP.32.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "asn1/tlv.h"
#include "tools/eim/eim_store.h"

namespace simurgh::eim {

using Json = nlohmann::ordered_json;

// The list of EuiccResultData (content of the 30 in a package result), one entry an element.
// `order`: who asked by the name configureAutoEnable of v1.0 looks for the result under that.
[[nodiscard]] Json results_outcome(ByteView list, const std::string& order = {});
// euiccPackageErrorCode of a signed error
[[nodiscard]] const char* package_error_name(std::uint64_t code) noexcept;
// BF2D of a listProfileInfo: nothing when it is an error or malformed.
[[nodiscard]] std::optional<std::vector<Profile>> profiles_in(ByteView list_result);
// Data of an IPA (content of BF52's A0)
[[nodiscard]] Json data_outcome(ByteView content);
[[nodiscard]] const char* data_error_name(std::uint64_t code) noexcept;

// What a ProfileInstallationResult says (BF37).
struct Installation {
  Bytes transaction, iccid, smdp_oid;
  std::string address;         // of the SM-DP+
  std::int64_t sequence = 0;
  bool installed = false;
  unsigned command = 0, reason = 0;  // of an error
  ByteView signed_part, signature;
};
[[nodiscard]] std::optional<Installation> read_installation(ByteView bf37);
[[nodiscard]] Json installation_outcome(const Installation& installation);

// NotificationMetadata (BF2F)
struct Event {
  std::int64_t sequence = 0;
  std::string event, address;
  Bytes iccid;
};
[[nodiscard]] std::optional<Event> read_event(ByteView content);

}  // namespace simurgh::eim
