#include "euicc/ecasd/iot_capabilities.h"

#include <array>

#include "asn1/tlv.h"

namespace simurgh::ecasd {
namespace {

constexpr std::uint64_t kFormat = 1;
constexpr std::uint64_t kIpae = 1, kEcall = 2, kFallback = 4, kEimReset = 8, kImmediateReset = 16;

constexpr auto kChoices = std::to_array<IotChoiceRow>({
    {"unsignedErrorForDamagedPackages", &IotChoices::unsigned_error_for_damaged_packages},
    {"emergencyRefusedBeforeEidAndCounter", &IotChoices::emergency_refused_before_eid_and_counter},
    {"terminationAfterFailedCommand", &IotChoices::termination_after_failed_command},
    {"acknowledgementEndsRollback", &IotChoices::acknowledgement_ends_rollback},
    {"resetEndsRollback", &IotChoices::reset_ends_rollback},
    {"immediateEnableKeepsAbsent", &IotChoices::immediate_enable_keeps_absent},
    {"showDefaultEimMembers", &IotChoices::show_default_eim_members},
    {"fallbackProfileDeletable", &IotChoices::fallback_profile_deletable},
    {"oneEmergencyProfile", &IotChoices::one_emergency_profile},
    {"emergencyProfileDeletable", &IotChoices::emergency_profile_deletable},
    {"notifyAfterEmergency", &IotChoices::notify_after_emergency},
    {"ppr1StopsImmediateEnable", &IotChoices::ppr1_stops_immediate_enable},
    {"ppr1StopsFallback", &IotChoices::ppr1_stops_fallback},
    {"ppr1StopsEmergency", &IotChoices::ppr1_stops_emergency},
    {"sgp22Template", &IotChoices::sgp22_template},
    {"defaultDpAddressWithEim", &IotChoices::default_dp_address_with_eim},
    {"consumerCapabilityMeansIpad", &IotChoices::consumer_capability_means_ipad},
});

constexpr std::array<std::string_view, 3> kVersions{"1.0", "1.1", "1.2"};

// The next element, which must be this one, as a number of up to `most`.
bool take(asn1::TlvReader& in, std::uint32_t tag, std::uint64_t most, std::uint64_t& out) {
  const auto element = in.required(tag);
  if (!element || element->value.size() > 8) return false;
  out = be_value(element->value);
  return out <= most;
}

}  // namespace

std::string_view version_text(IotVersion version) noexcept { return kVersions[static_cast<std::size_t>(version)]; }

std::optional<IotVersion> parse_iot_version(std::string_view text) noexcept {
  for (std::size_t i = 0; i < kVersions.size(); ++i) {
    if (kVersions[i] == text) return static_cast<IotVersion>(i);
  }
  return std::nullopt;
}

std::span<const IotChoiceRow> iot_choices() noexcept { return kChoices; }

Bytes IotCapabilities::encode() const {
  asn1::TlvWriter out;
  const auto number = [&](std::uint32_t tag, std::uint64_t value) { out.put(tag, be_bytes(value, 8)); };
  number(0x80, kFormat);
  number(0x81, static_cast<std::uint64_t>(version));
  number(0x82, (ipae ? kIpae : 0) | (ecall ? kEcall : 0) | (fallback ? kFallback : 0) | (eim_reset ? kEimReset : 0) |
                   (immediate_enable_reset ? kImmediateReset : 0));
  number(0x83, eim_capacity);
  number(0x84, result_capacity);
  number(0x85, package_memory);
  number(0x86, status_while_ipae);
  // A choice that a later version adds is unknown to older cells: they say how many they decided.
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < kChoices.size(); ++i) bits |= std::uint64_t{choices.*kChoices[i].member} << i;
  number(0x87, kChoices.size());
  number(0x88, bits);
  return out.take();
}

std::optional<IotCapabilities> IotCapabilities::decode(ByteView encoded) {
  asn1::TlvReader in(encoded);
  std::uint64_t format = 0, version = 0, flags = 0, eims = 0, results = 0, memory = 0, status = 0, count = 0, bits = 0;
  const bool good = take(in, 0x80, kFormat, format) && format == kFormat && take(in, 0x81, kVersions.size() - 1, version) &&
                    take(in, 0x82, 0xFF, flags) && take(in, 0x83, 0xFFFF, eims) && take(in, 0x84, 0xFFFF, results) &&
                    take(in, 0x85, 0xFFFFFFFF, memory) && take(in, 0x86, 0xFFFF, status) && take(in, 0x87, kChoices.size(), count) &&
                    take(in, 0x88, ~std::uint64_t{0}, bits);
  if (!good || !in.at_end()) return std::nullopt;
  IotCapabilities out;
  out.version = static_cast<IotVersion>(version);
  out.ipae = (flags & kIpae) != 0;
  out.ecall = (flags & kEcall) != 0;
  out.fallback = (flags & kFallback) != 0;
  out.eim_reset = (flags & kEimReset) != 0;
  out.immediate_enable_reset = (flags & kImmediateReset) != 0;
  out.eim_capacity = static_cast<std::uint16_t>(eims);
  out.result_capacity = static_cast<std::uint16_t>(results);
  out.package_memory = static_cast<std::uint32_t>(memory);
  out.status_while_ipae = static_cast<std::uint16_t>(status);
  for (std::size_t i = 0; i < count; ++i) out.choices.*kChoices[i].member = (bits >> i & 1) != 0;
  return out;
}

}  // namespace simurgh::ecasd
