// StoreMetadata and UpdateMetadata (SGP.22 v2.5 5.5.3, 5.4.1) and the policy rules they may carry (2.9).
#pragma once

#include <optional>

#include "euicc/ecasd/ecasd.h"
#include "euicc/profile/registry.h"
#include "euicc/rsp/notifications.h"

namespace simurgh::rsp {

inline constexpr std::uint64_t kPprUpdateControl = 1, kPpr1 = 2, kPpr2 = 4;  // named bits of PprIds

// One complete BF25. Sizes count octets; unknown elements are skipped and not kept, and those of SGP.32 are known to an IoT card only.
[[nodiscard]] std::optional<profile::Metadata> parse_metadata(ByteView bf25, bool iot = false);
// Why this card cannot take the profile, in the order ICCID, class, policy rules; nothing: it can.
[[nodiscard]] std::optional<ErrorReason> refuse_metadata(const profile::Metadata& metadata, const ecasd::Ecasd& ecasd, state::Transaction& txn);
// BF2A applied to the metadata of the enabled profile; false: the whole update is refused.
[[nodiscard]] bool update_metadata(profile::Metadata& metadata, ByteView bf2a);

// The rows of the Rules Authorisation Table as GetRAT gives them (5.7.22), without the tag around them.
[[nodiscard]] Bytes encode_rat(const ecasd::Capabilities& capabilities);
// An operator rule matches (2.9.2.2): nibble E is any digit; gid absent matches absent, empty matches all, else equal.
[[nodiscard]] bool operator_matches(const ecasd::RatRow::Operator& rule, const profile::ProfileOwner& owner);

}  // namespace simurgh::rsp
