// What an IPA may do to profiles by itself (SGP.32 v1.2 5.9): immediate enabling, emergency, fallback; and what it asks about the enabled one.
#include "asn1/tlv.h"
#include "euicc/iot/associations.h"
#include "euicc/iot/emergency.h"
#include "euicc/iot/fallback.h"
#include "euicc/iot/immediate_enable.h"
#include "euicc/isdr/es10_table.h"
#include "euicc/profile/image.h"

namespace simurgh::isdr::es10b {
namespace {

template <typename Code>
apdu::Answer answer(std::uint32_t tag, Code code) {
  return result_code(tag, static_cast<std::uint8_t>(code));
}

// 80 refreshFlag, the only member of these requests.
std::optional<bool> read_refresh(ByteView content) {
  const auto flag = asn1::TlvReader(content).required(0x80);
  if (!flag || flag->value.size() != 1) return std::nullopt;
  return flag->value[0] != 0;
}

bool any_eim(Context& context) { return !iot::Associations(context.txn, context.ecasd).all().empty(); }

}  // namespace

apdu::Answer configure_immediate_enable(Context& context, ByteView, ByteView content) {
  constexpr std::uint32_t kTag = 0xBF59;
  if (any_eim(context)) return answer(kTag, iot::ConfigureCode::already_associated);
  const iot::ConfigureCode code = iot::configure_immediate_enable(iot_context(context), content);
  if (code == iot::ConfigureCode::command_error) return malformed("ConfigureImmediateProfileEnabling cannot be read");
  return answer(kTag, code);
}

apdu::Answer immediate_enable(Context& context, ByteView, ByteView content) {
  const auto refresh = read_refresh(content);
  if (!refresh) return malformed("ImmediateEnable cannot be read");
  const iot::ImmediateEnableCode code = iot::immediate_enable(iot_context(context), context.installed, *refresh);
  if (code == iot::ImmediateEnableCode::ok) context.installed.reset();
  return answer(0xBF5A, code);
}

apdu::Answer enable_using_dd(Context& context, ByteView, ByteView) {
  const iot::ImmediateEnableCode code = iot::immediate_enable(iot_context(context), context.installed, true);
  if (code == iot::ImmediateEnableCode::ok) context.installed.reset();
  return answer(0xBF5A, code);
}

apdu::Answer enable_emergency_profile(Context& context, ByteView, ByteView content) {
  const auto refresh = read_refresh(content);
  if (!refresh) return malformed("EnableEmergencyProfile cannot be read");
  return answer(0xBF5B, iot::enable_emergency(iot_context(context), *refresh));
}

apdu::Answer disable_emergency_profile(Context& context, ByteView, ByteView content) {
  const auto refresh = read_refresh(content);
  if (!refresh) return malformed("DisableEmergencyProfile cannot be read");
  return answer(0xBF5C, iot::disable_emergency(iot_context(context), *refresh));
}

apdu::Answer execute_fallback(Context& context, ByteView, ByteView content) {
  const auto refresh = read_refresh(content);
  if (!refresh) return malformed("ExecuteFallbackMechanism cannot be read");
  return answer(0xBF5D, iot::execute_fallback(iot_context(context), *refresh));
}

apdu::Answer return_from_fallback(Context& context, ByteView, ByteView content) {
  const auto refresh = read_refresh(content);
  if (!refresh) return malformed("ReturnFromFallback cannot be read");
  return answer(0xBF5E, iot::return_from_fallback(iot_context(context), *refresh));
}

apdu::Answer connectivity_parameters(Context& context, ByteView, ByteView content) {
  constexpr std::uint32_t kTag = 0xBF5F;
  constexpr std::uint8_t kNotAvailable = 1;
  if (!asn1::TlvReader(content).skip_rest()) return malformed("GetConnectivityParameters cannot be read");
  const auto enabled = profile::Registry(context.txn).enabled();
  const Bytes* cell = enabled ? context.txn.find({state::Space::profile, enabled->number, 1}) : nullptr;
  const auto image = cell == nullptr ? std::nullopt : profile::ProfileImage::decode(*cell);
  if (!image || image->header.connectivity.empty()) return error_code(kTag, kNotAvailable);
  return apdu::with_data(asn1::tlv(kTag, asn1::tlv(0xA0, asn1::tlv(0x81, image->header.connectivity))));
}

apdu::Answer iot_set_default_dp_address(Context& context, ByteView, ByteView content) {
  constexpr std::uint32_t kTag = 0xBF65;
  const auto address = asn1::TlvReader(content).required(0x80);
  if (!address) return malformed("SetDefaultDpAddress cannot be read");
  const bool permitted = context.ecasd.capabilities.iot->choices.default_dp_address_with_eim || !any_eim(context);
  return result_code(kTag, permitted && rsp::set_default_dp_address(context.txn, address->value) ? 0 : 127);
}

apdu::Answer ipae_activation(Context& context, ByteView, ByteView content) {
  constexpr std::uint64_t kActivate = 1;
  const auto option = asn1::TlvReader(content).required(0x80);
  const auto bits = option ? asn1::named_bits(*option) : std::unexpected(asn1::ParseError{"", 0});
  if (!bits) return malformed("IpaeActivation cannot be read");
  if (!context.ecasd.capabilities.iot->ipae) return result_code(0xBF42, 1);  // notSupported
  if ((*bits & kActivate) != 0) context.platform.activate_ipae();
  return result_code(0xBF42, 0);
}

}  // namespace simurgh::isdr::es10b
