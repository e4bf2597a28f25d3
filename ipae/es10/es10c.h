// ES10c: the profiles of the card. SGP.22 v2.5 5.7.15-5.7.21.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "ipae/es10/info.h"
#include "ipae/es10/ports.h"
#include "ipae/es10/status.h"

namespace simurgh::ipae::es10c {

// One profile, by ICCID (ten octets) or by the AID of its ISD-P.
struct Iccid {
  Bytes octets;
};
struct Aid {
  Bytes octets;
};
using ProfileId = std::variant<Iccid, Aid>;

[[nodiscard]] PortResult<Bytes> get_eid(Es10Port& card);  // 16 octets

// `tags`: content of the tag list (5A, 4F, 9F70, ...); empty for the default set.
[[nodiscard]] PortResult<std::vector<ProfileInfo>> get_profiles_info(Es10Port& card, ByteView tags = {});
// Everything a list shows: the default set and notifications, owner, policy rules.
[[nodiscard]] Bytes all_profile_tags();

// catBusy applies to enable, disable and memory reset.
enum class EnableResult : std::uint8_t {
  ok = 0,
  iccid_or_aid_not_found = 1,
  profile_not_in_disabled_state = 2,
  disallowed_by_policy = 3,
  wrong_profile_reenabling = 4,
  cat_busy = 5,
  undefined_error = 127
};
enum class DisableResult : std::uint8_t {
  ok = 0,
  iccid_or_aid_not_found = 1,
  profile_not_in_enabled_state = 2,
  disallowed_by_policy = 3,
  cat_busy = 5,
  undefined_error = 127
};
enum class DeleteResult : std::uint8_t {
  ok = 0,
  iccid_or_aid_not_found = 1,
  profile_not_in_disabled_state = 2,
  disallowed_by_policy = 3,
  undefined_error = 127
};
enum class ResetResult : std::uint8_t { ok = 0, nothing_to_delete = 1, cat_busy = 5, undefined_error = 127 };
enum class SetNicknameResult : std::uint8_t { ok = 0, iccid_not_found = 1, undefined_error = 127 };

[[nodiscard]] ResultWords words(EnableResult result);
[[nodiscard]] ResultWords words(DisableResult result);
[[nodiscard]] ResultWords words(DeleteResult result);
[[nodiscard]] ResultWords words(ResetResult result);
[[nodiscard]] ResultWords words(SetNicknameResult result);

[[nodiscard]] PortResult<EnableResult> enable_profile(Es10Port& card, const ProfileId& profile, bool refresh);
[[nodiscard]] PortResult<DisableResult> disable_profile(Es10Port& card, const ProfileId& profile, bool refresh);
[[nodiscard]] PortResult<DeleteResult> delete_profile(Es10Port& card, const ProfileId& profile);
// UTF-8 of up to 64 octets; empty removes it.
[[nodiscard]] PortResult<SetNicknameResult> set_nickname(Es10Port& card, const Iccid& profile, const std::string& nickname);

struct ResetOptions {
  bool operational_profiles = false, field_loaded_test_profiles = false, default_smdp_address = false;
};
[[nodiscard]] PortResult<ResetResult> euicc_memory_reset(Es10Port& card, ResetOptions options);

}  // namespace simurgh::ipae::es10c
