#include "ipae/es10/es10c.h"

#include <array>

#include "ipae/es10/call.h"

namespace simurgh::ipae::es10c {
namespace {

Bytes id_do(const ProfileId& profile) {
  if (const auto* aid = std::get_if<Aid>(&profile)) return asn1::tlv(0x4F, aid->octets);
  return asn1::tlv(0x5A, std::get<Iccid>(profile).octets);
}

// { A0 { id }, 81 refreshFlag }: an untagged CHOICE is wrapped explicitly (SGP.22 v2.5 5.7.16)
Bytes switch_request(std::uint32_t tag, const ProfileId& profile, bool refresh) {
  asn1::TlvWriter out;
  {
    auto outer = out.open(tag);
    out.put(0xA0, id_do(profile)).put_byte(0x81, refresh ? 0xFF : 0x00);
  }
  return out.take();
}

ResultWords find_words(std::span<const ResultWords> rows, int code) {
  for (const ResultWords& row : rows) {
    if (row.code == code) return row;
  }
  return {code, "unknown", "the card gives a code without a meaning"};
}

constexpr ResultWords kOk{0, "ok", "done"};
constexpr ResultWords kNotFound{1, "iccidOrAidNotFound", "the card has no such profile"};
constexpr ResultWords kNotDisabled{2, "profileNotInDisabledState", "the profile is enabled"};
constexpr ResultWords kPolicy{3, "disallowedByPolicy", "a policy rule of a profile forbids it"};
constexpr ResultWords kBusy{5, "catBusy", "the card is busy with a toolkit session"};
constexpr ResultWords kUndefined{127, "undefinedError", "the card gives no reason"};

}  // namespace

ResultWords words(EnableResult result) {
  static constexpr auto kRows = std::to_array<ResultWords>(
      {kOk,
       kNotFound,
       kNotDisabled,
       kPolicy,
       {4, "wrongProfileReenabling", "after a test profile only the profile that was enabled before it may come back"},
       kBusy,
       kUndefined});
  return find_words(kRows, static_cast<int>(result));
}

ResultWords words(DisableResult result) {
  static constexpr auto kRows = std::to_array<ResultWords>(
      {kOk, kNotFound, {2, "profileNotInEnabledState", "the profile is not enabled"}, kPolicy, kBusy, kUndefined});
  return find_words(kRows, static_cast<int>(result));
}

ResultWords words(DeleteResult result) {
  static constexpr auto kRows = std::to_array<ResultWords>({kOk, kNotFound, kNotDisabled, kPolicy, kUndefined});
  return find_words(kRows, static_cast<int>(result));
}

ResultWords words(ResetResult result) {
  static constexpr auto kRows = std::to_array<ResultWords>({kOk, {1, "nothingToDelete", "there was nothing to delete"}, kBusy, kUndefined});
  return find_words(kRows, static_cast<int>(result));
}

ResultWords words(SetNicknameResult result) {
  static constexpr auto kRows = std::to_array<ResultWords>({kOk, {1, "iccidNotFound", "the card has no such profile"}, kUndefined});
  return find_words(kRows, static_cast<int>(result));
}

PortResult<Bytes> get_eid(Es10Port& card) {
  const Bytes tag{0x5A};
  const auto response = call(card, "GetEUICCData", asn1::tlv(0xBF3E, asn1::tlv(0x5C, tag)));
  if (!response) return std::unexpected(response.error());
  asn1::TlvReader in(asn1::read_only(*response, 0xBF3E)->value);
  const auto eid = in.required(0x5A);
  if (!eid) return std::unexpected(malformed("GetEUICCData", eid.error()));
  if (eid->value.size() != 16) return std::unexpected(malformed("GetEUICCData", {"an EID has 16 octets", 0}));
  return to_bytes(eid->value);
}

Bytes all_profile_tags() { return {0x5A, 0x4F, 0x9F, 0x70, 0x90, 0x91, 0x92, 0x93, 0x94, 0x95, 0xB6, 0xB7, 0x99}; }

PortResult<std::vector<ProfileInfo>> get_profiles_info(Es10Port& card, ByteView tags) {
  const Bytes filter = tags.empty() ? Bytes{} : asn1::tlv(0x5C, tags);
  const auto list = call_for_list(card, "GetProfilesInfo", asn1::tlv(0xBF2D, filter));
  if (!list) return std::unexpected(list.error());
  std::vector<ProfileInfo> out;
  asn1::TlvReader in(*list);
  while (!in.at_end()) {
    const auto element = in.required(0xE3);
    if (!element) return std::unexpected(malformed("GetProfilesInfo", element.error()));
    auto profile = parse_profile_fields(element->value);
    if (!profile) return std::unexpected(malformed("GetProfilesInfo", profile.error()));
    out.push_back(*std::move(profile));
  }
  return out;
}

PortResult<EnableResult> enable_profile(Es10Port& card, const ProfileId& profile, bool refresh) {
  const auto code = call_for_code(card, "EnableProfile", switch_request(0xBF31, profile, refresh));
  if (!code) return std::unexpected(code.error());
  return static_cast<EnableResult>(*code);
}

PortResult<DisableResult> disable_profile(Es10Port& card, const ProfileId& profile, bool refresh) {
  const auto code = call_for_code(card, "DisableProfile", switch_request(0xBF32, profile, refresh));
  if (!code) return std::unexpected(code.error());
  return static_cast<DisableResult>(*code);
}

PortResult<DeleteResult> delete_profile(Es10Port& card, const ProfileId& profile) {
  // DeleteProfileRequest is the CHOICE itself: nothing around the id (SGP.22 v2.5 5.7.18)
  const auto code = call_for_code(card, "DeleteProfile", asn1::tlv(0xBF33, id_do(profile)));
  if (!code) return std::unexpected(code.error());
  return static_cast<DeleteResult>(*code);
}

PortResult<SetNicknameResult> set_nickname(Es10Port& card, const Iccid& profile, const std::string& nickname) {
  asn1::TlvWriter out;
  {
    auto outer = out.open(0xBF29);
    out.put(0x5A, profile.octets).put_text(0x90, nickname);
  }
  const auto code = call_for_code(card, "SetNickname", out.view());
  if (!code) return std::unexpected(code.error());
  return static_cast<SetNicknameResult>(*code);
}

PortResult<ResetResult> euicc_memory_reset(Es10Port& card, ResetOptions options) {
  const std::uint64_t bits =
      (options.operational_profiles ? 1U : 0U) | (options.field_loaded_test_profiles ? 2U : 0U) | (options.default_smdp_address ? 4U : 0U);
  const auto code = call_for_code(card, "eUICCMemoryReset", asn1::tlv(0xBF34, asn1::tlv(0x82, asn1::named_bits_content(bits))));
  if (!code) return std::unexpected(code.error());
  return static_cast<ResetResult>(*code);
}

}  // namespace simurgh::ipae::es10c
