// What a card tells, as text for people and as JSON with the names of the specifications.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "ipae/agent/download.h"
#include "ipae/es10/es10a.h"
#include "ipae/es10/es10b.h"

namespace simurgh::tool {

using Json = nlohmann::ordered_json;

struct ChipInfo {
  Bytes eid;
  ipae::es10a::ConfiguredAddresses addresses;
  ipae::EuiccInfo2 info;
  std::vector<ipae::es10b::AuthorisationRule> rat;
};

[[nodiscard]] Json to_json(const ChipInfo& chip);
[[nodiscard]] Json to_json(const ipae::ProfileInfo& profile);
[[nodiscard]] Json to_json(const ipae::NotificationMetadata& notification);
[[nodiscard]] Json to_json(const ipae::Delivery& delivery);
[[nodiscard]] Json to_json(const ipae::DownloadOutcome& outcome);

[[nodiscard]] std::string to_text(const ChipInfo& chip);
[[nodiscard]] std::string to_text(const std::vector<ipae::ProfileInfo>& profiles);
[[nodiscard]] std::string to_text(const std::vector<ipae::NotificationMetadata>& notifications);
// "'Name' of Provider (ICCID 89...)"
[[nodiscard]] std::string profile_title(const ipae::ProfileInfo& profile);
// The metadata to consent to, a line each.
[[nodiscard]] std::string metadata_text(const ipae::ProfileInfo& profile);

}  // namespace simurgh::tool
