// The list of profiles: GetProfilesInfo (SGP.22 v2.5 5.7.15) and listProfileInfo of eUICC packages (SGP.32 v1.2 5.13).
#pragma once

#include <cstdint>
#include <optional>

#include "euicc/profile/registry.h"

namespace simurgh::rsp {

// What a card adds to the stored metadata.
struct ProfilesView {
  bool iot = false;                       // the members and the default tag list of SGP.32
  std::optional<std::uint32_t> fallback;  // number of the profile with the fallback attribute
};

// `content` of a BF2D request; A0 with its E3 elements. Nothing: incorrectInputValues.
[[nodiscard]] std::optional<Bytes> profiles_info(const ProfilesView& view, state::Transaction& txn, ByteView content);

}  // namespace simurgh::rsp
