// What a recipe may say of an IoT eUICC (SGP.32). A card whose capabilities have none of it is a consumer eUICC (SGP.22).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "asn1/bytes.h"

namespace simurgh::ecasd {

enum class IotVersion : std::uint8_t { v1_0 = 0, v1_1 = 1, v1_2 = 2 };
[[nodiscard]] std::string_view version_text(IotVersion version) noexcept;  // "1.2"
[[nodiscard]] std::optional<IotVersion> parse_iot_version(std::string_view text) noexcept;

// Where the text of SGP.32 leaves a choice or was not clear: one switch each, with what this card does unless a recipe says otherwise.
struct IotChoices {
  bool unsigned_error_for_damaged_packages = true;   // 3.1.1: else 6A80, as for a package whose eimId cannot be read
  bool emergency_refused_before_eid_and_counter = true;
  bool termination_after_failed_command = false;     // processingTerminated behind a result that says no
  bool acknowledgement_ends_rollback = false;        // RemoveNotificationFromList of the granting result
  bool reset_ends_rollback = false;
  bool immediate_enable_keeps_absent = true;         // absent OID and address of a configuration keep their former value
  bool show_default_eim_members = true;              // eimIdType and eimSupportedProtocol that were left out, in GetEimConfigurationData
  bool fallback_profile_deletable = true;            // its attribute goes with it
  bool one_emergency_profile = true;                 // a second one is not installed
  bool emergency_profile_deletable = true;           // while it is not enabled
  bool notify_after_emergency = true;                // DisableEmergencyProfile makes notifications
  bool ppr1_stops_immediate_enable = true;
  bool ppr1_stops_fallback = false;                  // ExecuteFallbackMechanism and ReturnFromFallback
  bool ppr1_stops_emergency = false;
  bool sgp22_template = true;                        // E0 beside E1 in the FCI of the ISD-R
  bool default_dp_address_with_eim = true;           // SetDefaultDpAddress of the IPA while an eIM is associated
  bool consumer_capability_means_ipad = false;       // TERMINAL CAPABILITY with object 83 instead of 84 declares an IPAd
};

struct IotChoiceRow {
  std::string_view name;  // as in a recipe
  bool IotChoices::* member;
};
// In the order they are stored: append only.
[[nodiscard]] std::span<const IotChoiceRow> iot_choices() noexcept;

struct IotCapabilities {
  IotVersion version = IotVersion::v1_2;
  bool ipae = false;                        // an IoT Profile Assistant of the card's own
  bool ecall = true, fallback = true;       // of iotSpecificInfo
  bool eim_reset = true;                    // eUICCMemoryReset takes eIM configuration data
  bool immediate_enable_reset = true;       // and the immediate-enable configuration
  std::uint16_t eim_capacity = 8;           // associations
  std::uint16_t result_capacity = 16;       // package results kept for retrieval; the oldest goes
  std::uint32_t package_memory = 16 * 1024; // octets of a package, and of its results
  std::uint16_t status_while_ipae = 0x6985; // ES10 for the device while the IPAe is in charge
  IotChoices choices;

  [[nodiscard]] Bytes encode() const;
  [[nodiscard]] static std::optional<IotCapabilities> decode(ByteView encoded);
};

}  // namespace simurgh::ecasd
