// What a card tells about itself and its profiles. SGP.22 v2.5 4.3, 5.7.8, 5.7.15, 5.7.9, 5.5.3.
//
// Unknown elements are skipped (extensibility implied); of an element that comes twice the first counts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "asn1/tlv.h"

namespace simurgh::ipae {

struct EuiccInfo1 {
  Bytes raw;  // the BF20 DO as it arrived: ES9+ carries it on
  Bytes svn;
  std::vector<Bytes> ci_keys_for_verification, ci_keys_for_signing;
};

struct EuiccInfo2 {
  Bytes raw;
  Bytes profile_version, svn, firmware_version;
  std::optional<std::uint64_t> installed_applications, free_non_volatile, free_volatile;  // extCardResource, octets
  std::uint64_t uicc_capability = 0;                                                      // named bit n is bit n
  Bytes javacard_version, globalplatform_version;
  std::uint64_t rsp_capability = 0;
  std::vector<Bytes> ci_keys_for_verification, ci_keys_for_signing;
  std::optional<unsigned> category;  // 1 basic, 2 medium, 3 contactless
  std::optional<std::uint64_t> forbidden_policy_rules;
  Bytes pp_version;
  std::string sas_accreditation_number;
  std::string platform_label, discovery_base_url;
  std::optional<std::uint64_t> tre_properties;
  std::string tre_product_reference;
  std::vector<Bytes> additional_profile_versions;
};

[[nodiscard]] asn1::Parsed<EuiccInfo1> parse_euicc_info1(ByteView bf20);
[[nodiscard]] asn1::Parsed<EuiccInfo2> parse_euicc_info2(ByteView bf22);

// Names of the bits set in uiccCapability, rspCapability, PprIds; a bit without a name prints as "bit n".
[[nodiscard]] std::vector<std::string> uicc_capability_names(std::uint64_t bits);
[[nodiscard]] std::vector<std::string> rsp_capability_names(std::uint64_t bits);
[[nodiscard]] std::vector<std::string> policy_rule_names(std::uint64_t bits);
[[nodiscard]] std::string category_name(unsigned category);

enum class ProfileState : std::uint8_t { disabled = 0, enabled = 1 };
enum class ProfileClass : std::uint8_t { test = 0, provisioning = 1, operational = 2 };
enum class IconType : std::uint8_t { jpg = 0, png = 1 };
[[nodiscard]] std::string profile_class_name(ProfileClass profile_class);

constexpr std::uint64_t kPprUpdateControl = 1U << 0, kPpr1 = 1U << 1, kPpr2 = 1U << 2;

struct OperatorId {
  Bytes mcc_mnc;
  std::optional<Bytes> gid1, gid2;
  bool operator==(const OperatorId&) const = default;
};

// NotificationEvent
enum class Event : std::uint8_t { install = 0, enable = 1, disable = 2, remove = 3 };
[[nodiscard]] std::string event_names(std::uint64_t bits);  // "enable, disable"

struct NotificationConfiguration {
  std::uint64_t events = 0;
  std::string address;
  bool operator==(const NotificationConfiguration&) const = default;
};

// ProfileInfo (E3) and StoreMetadataRequest (BF25) share their elements.
struct ProfileInfo {
  Bytes iccid;
  Bytes aid;  // of the ISD-P; empty in metadata
  std::optional<ProfileState> state;
  std::string nickname, service_provider, name;
  std::optional<IconType> icon_type;
  Bytes icon;
  ProfileClass profile_class = ProfileClass::operational;
  std::vector<NotificationConfiguration> notifications;
  std::optional<OperatorId> owner;
  Bytes dp_proprietary_data;  // B8 with its tag
  std::uint64_t policy_rules = 0;
};

// Children of an E3 or BF25.
[[nodiscard]] asn1::Parsed<ProfileInfo> parse_profile_fields(ByteView content);
// StoreMetadataRequest: ICCID of ten octets, names present.
[[nodiscard]] asn1::Parsed<ProfileInfo> parse_metadata(ByteView bf25);

struct NotificationMetadata {
  std::uint64_t sequence = 0;
  std::uint64_t events = 0;
  std::string address;
  Bytes iccid;  // empty when absent
};

[[nodiscard]] asn1::Parsed<NotificationMetadata> parse_notification_metadata(const asn1::Tlv& bf2f);

struct InstallationFailure {
  unsigned command = 0;  // bppCommandId
  unsigned reason = 0;   // errorReason
  Bytes sima_response;
};

// ProfileInstallationResult (BF37)
struct InstallationResult {
  Bytes raw;
  Bytes transaction_id;
  NotificationMetadata notification;
  Bytes smdp_oid;
  Bytes aid;  // of the new ISD-P, empty on failure
  std::optional<InstallationFailure> failure;
};

[[nodiscard]] asn1::Parsed<InstallationResult> parse_installation_result(ByteView bf37);
// "configureISDP"
[[nodiscard]] std::string bpp_command_name(unsigned command);
// Name of the specification and words: "there is no room for the profile (installFailedDueToInsufficientMemoryForProfile, code 10)"
[[nodiscard]] std::string error_reason_text(unsigned reason);
// "bad-values in element 7", from the PEStatus list; empty when it tells nothing.
[[nodiscard]] std::string sima_response_text(ByteView sima_response);

// PendingNotification: BF37 or the 30 of an OtherSignedNotification.
struct PendingNotification {
  Bytes raw;  // what the server verifies
  NotificationMetadata metadata;
  bool installation_result = false;
};

[[nodiscard]] asn1::Parsed<PendingNotification> parse_pending_notification(const asn1::Tlv& element);

}  // namespace simurgh::ipae
