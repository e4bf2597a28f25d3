#include "euicc/isdr/es10_table.h"

#include <algorithm>
#include <array>

#include "asn1/tlv.h"

namespace simurgh::isdr {
namespace {

using enum Interface;

constexpr auto kEs10 = std::to_array<Es10Row>({
    {0xBF20, "GetEuiccInfo1", es10b, kBoth, Effect::none, &es10b::euicc_info1, "SGP.22 v2.5 5.7.8"},
    {0xBF21, "PrepareDownload", es10b, kBoth, Effect::persist, &es10b::prepare_download, "SGP.22 v2.5 5.7.5"},
    {0xBF22, "GetEuiccInfo2", es10b, kBoth, Effect::none, &es10b::euicc_info2, "SGP.22 v2.5 5.7.8"},
    {0xBF28, "ListNotification", es10b, kBoth, Effect::none, &es10b::list_notification, "SGP.22 v2.5 5.7.9"},
    {0xBF29, "SetNickname", es10c, kConsumer, Effect::persist, &es10c::set_nickname, "SGP.22 v2.5 5.7.21"},
    {0xBF2B, "RetrieveNotificationsList", es10b, kBoth, Effect::none, &es10b::retrieve_notifications_list, "SGP.22 v2.5 5.7.10"},
    {0xBF2D, "GetProfilesInfo", es10c, kBoth, Effect::none, &es10c::profiles_info, "SGP.22 v2.5 5.7.15"},
    {0xBF2E, "GetEUICCChallenge", es10b, kBoth, Effect::session, &es10b::euicc_challenge, "SGP.22 v2.5 5.7.7"},
    {0xBF30, "RemoveNotificationFromList", es10b, kBoth, Effect::persist, &es10b::remove_notification, "SGP.22 v2.5 5.7.11"},
    {0xBF31, "EnableProfile", es10c, kConsumer, Effect::persist, &es10c::enable_profile, "SGP.22 v2.5 5.7.16"},
    {0xBF32, "DisableProfile", es10c, kConsumer, Effect::persist, &es10c::disable_profile, "SGP.22 v2.5 5.7.17"},
    {0xBF33, "DeleteProfile", es10c, kConsumer, Effect::persist, &es10c::delete_profile, "SGP.22 v2.5 5.7.18"},
    {0xBF34, "eUICCMemoryReset", es10c, kConsumer, Effect::persist, &es10c::euicc_memory_reset, "SGP.22 v2.5 5.7.19"},
    {0xBF34, "eUICCMemoryReset", es10b, kIot10, Effect::persist, &es10b::iot_memory_reset_v10, "SGP.32 v1.0 5.9"},
    {0xBF35, "LoadCRL", es10b, kBoth, Effect::persist, &es10b::load_crl, "SGP.22 v2.5 5.7.12"},
    {0xBF36, "LoadBoundProfilePackage", es10b, kBoth, Effect::persist, &es10b::load_bound_profile_package, "SGP.22 v2.5 5.7.6"},
    {0xBF38, "AuthenticateServer", es10b, kBoth, Effect::session, &es10b::authenticate_server, "SGP.22 v2.5 5.7.13"},
    {0xBF3C, "GetEuiccConfiguredAddresses", es10a, kBoth, Effect::none, &es10a::configured_addresses, "SGP.22 v2.5 5.7.3"},
    {0xBF3E, "GetEUICCData", es10c, kBoth, Effect::none, &es10c::euicc_data, "SGP.22 v2.5 5.7.20"},
    {0xBF3F, "SetDefaultDpAddress", es10a, kConsumer | kIot10, Effect::persist, &es10a::set_default_dp_address, "SGP.22 v2.5 5.7.4"},
    {0xBF41, "CancelSession", es10b, kBoth, Effect::session, &es10b::cancel_session, "SGP.22 v2.5 5.7.14"},
    {0xBF42, "LpaeActivation", start, kConsumer, Effect::none, &es10b::lpae_activation, "SGP.22 v2.5 5.7.1"},
    {0xBF42, "IpaeActivation", start, kIotLater, Effect::session, &es10b::ipae_activation, "SGP.32 v1.2 3.8"},
    {0xBF43, "GetRAT", es10b, kBoth, Effect::none, &es10b::rules_authorisation_table, "SGP.22 v2.5 5.7.22"},
    {0xBF51, "LoadEuiccPackage", es10b, kIot, Effect::persist, &es10b::load_euicc_package, "SGP.32 v1.2 5.9"},
    {0xBF55, "GetEimConfigurationData", es10b, kIot, Effect::none, &es10b::eim_configuration_data, "SGP.32 v1.2 5.9"},
    {0xBF56, "GetCerts", es10b, kIot, Effect::none, &es10b::get_certs, "SGP.32 v1.2 5.9"},
    {0xBF57, "AddInitialEim", es10b, kIot, Effect::persist, &es10b::add_initial_eim, "SGP.32 v1.2 5.9"},
    {0xBF58, "ProfileRollback", es10b, kIot, Effect::persist, &es10b::profile_rollback, "SGP.32 v1.2 5.9.16"},
    {0xBF59, "ConfigureImmediateProfileEnabling", es10b, kIot, Effect::persist, &es10b::configure_immediate_enable, "SGP.32 v1.2 5.9"},
    {0xBF5A, "EnableUsingDD", es10b, kIot10, Effect::persist, &es10b::enable_using_dd, "SGP.32 v1.0 5.9"},
    {0xBF5A, "ImmediateEnable", es10b, kIotLater, Effect::persist, &es10b::immediate_enable, "SGP.32 v1.2 5.9"},
    {0xBF5B, "EnableEmergencyProfile", es10b, kIotLater, Effect::persist, &es10b::enable_emergency_profile, "SGP.32 v1.2 5.9"},
    {0xBF5C, "DisableEmergencyProfile", es10b, kIotLater, Effect::persist, &es10b::disable_emergency_profile, "SGP.32 v1.2 5.9"},
    {0xBF5D, "ExecuteFallbackMechanism", es10b, kIotLater, Effect::persist, &es10b::execute_fallback, "SGP.32 v1.2 5.9"},
    {0xBF5E, "ReturnFromFallback", es10b, kIotLater, Effect::persist, &es10b::return_from_fallback, "SGP.32 v1.2 5.9"},
    {0xBF5F, "GetConnectivityParameters", es10b, kIotLater, Effect::none, &es10b::connectivity_parameters, "SGP.32 v1.2 5.9"},
    {0xBF64, "eUICCMemoryReset", es10b, kIotLater, Effect::persist, &es10b::iot_memory_reset, "SGP.32 v1.2 5.9"},
    {0xBF65, "SetDefaultDpAddress", es10b, kIotLater, Effect::persist, &es10b::iot_set_default_dp_address, "SGP.32 v1.2 5.9"},
});

constexpr bool ascending() {
  for (std::size_t i = 1; i < kEs10.size(); ++i) {
    if (kEs10[i - 1].tag > kEs10[i].tag || (kEs10[i - 1].tag == kEs10[i].tag && (kEs10[i - 1].kinds & kEs10[i].kinds) != 0)) return false;
  }
  return true;
}
static_assert(ascending(), "rows are sorted by tag, each tag once for every kind of card");

}  // namespace

std::span<const Es10Row> es10_table() noexcept { return kEs10; }

const Es10Row* find_es10(std::uint32_t tag, Kinds card) noexcept {
  for (auto at = std::ranges::lower_bound(kEs10, tag, {}, &Es10Row::tag); at != kEs10.end() && at->tag == tag; ++at) {
    if ((at->kinds & card) != 0) return &*at;
  }
  return nullptr;
}

std::string es10_name(std::uint32_t tag) {
  std::string out;
  for (const Es10Row& row : kEs10) {
    if (row.tag != tag || out == row.name) continue;
    out += (out.empty() ? "" : " or ") + std::string(row.name);
  }
  return out;
}

Kinds kind_of(const ecasd::Capabilities& card) noexcept {
  return card.iot ? static_cast<Kinds>(kIot10 << static_cast<unsigned>(card.iot->version)) : kConsumer;
}

std::string kinds_text(Kinds kinds) {
  const Kinds iot = kinds & kIot;
  std::string out = (kinds & kConsumer) != 0 ? "SGP.22" : "";
  if (iot == 0) return out;
  if (!out.empty()) out += ", ";
  return out + (iot == kIot ? "SGP.32" : iot == kIotLater ? "SGP.32 since v1.1" : "SGP.32 v1.0");
}

apdu::Answer result_code(std::uint32_t tag, std::uint8_t code) {
  asn1::TlvWriter out;
  {
    const auto scope = out.open(tag);
    out.put_byte(0x80, code);
  }
  return apdu::with_data(out.take());
}

apdu::Answer error_code(std::uint32_t tag, std::uint8_t code) {
  asn1::TlvWriter out;
  {
    const auto scope = out.open(tag);
    out.put_byte(0x81, code);
  }
  return apdu::with_data(out.take());
}

std::unexpected<apdu::Error> malformed(const char* why) { return apdu::refuse(apdu::Sw::incorrect_data, why); }

}  // namespace simurgh::isdr
