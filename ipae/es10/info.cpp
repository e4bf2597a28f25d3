#include "ipae/es10/info.h"

#include <array>
#include <set>
#include <string_view>

#include "ipae/es10/status.h"

namespace simurgh::ipae {
namespace {

using asn1::Parsed;
using asn1::ParseError;
using asn1::Tlv;
using asn1::TlvReader;

// Runs `take` over the children of `content`, each tag once.
template <typename Take>
Parsed<std::size_t> each_once(ByteView content, Take&& take) {
  TlvReader in(content);
  std::set<std::uint32_t> seen;
  while (!in.at_end()) {
    const std::size_t at = in.offset();
    const auto element = in.next();
    if (!element) return std::unexpected(element.error());
    if (!seen.insert(element->tag).second) continue;
    if (const char* wrong = take(*element)) return std::unexpected(ParseError{wrong, at});
  }
  return in.offset();
}

const char* take_number(const Tlv& element, std::uint64_t& out) {
  const auto value = asn1::unsigned_value(element);
  if (!value) return value.error().what;
  out = *value;
  return nullptr;
}

const char* take_bits(const Tlv& element, std::uint64_t& out) {
  const auto bits = asn1::named_bits(element);
  if (!bits) return bits.error().what;
  out = *bits;
  return nullptr;
}

const char* take_bits(const Tlv& element, std::optional<std::uint64_t>& out) {
  std::uint64_t bits = 0;
  const char* wrong = take_bits(element, bits);
  if (wrong == nullptr) out = bits;
  return wrong;
}

const char* take_bytes(const Tlv& element, Bytes& out) {
  out = to_bytes(element.value);
  return nullptr;
}

const char* take_text(const Tlv& element, std::string& out) {
  out = to_text(element.value);
  return nullptr;
}

// SEQUENCE OF OCTET STRING
const char* take_octet_strings(const Tlv& list, std::vector<Bytes>& out) {
  TlvReader in(list.value);
  while (!in.at_end()) {
    const auto element = in.required(0x04);
    if (!element) return element.error().what;
    out.push_back(to_bytes(element->value));
  }
  return nullptr;
}

// extCardResource: an OCTET STRING with the TLVs of ETSI TS 102 226 8.2.1.7.2
const char* take_resources(const Tlv& element, EuiccInfo2& info) {
  const auto done = each_once(element.value, [&](const Tlv& child) -> const char* {
    // Plain binary numbers there, not INTEGERs: the top bit is no sign.
    const auto binary = [&](std::optional<std::uint64_t>& out) -> const char* {
      if (child.value.size() > 8) return "card resource too long";
      out = be_value(child.value);
      return nullptr;
    };
    switch (child.tag) {
      case 0x81:
        return binary(info.installed_applications);
      case 0x82:
        return binary(info.free_non_volatile);
      case 0x83:
        return binary(info.free_volatile);
      default:
        return nullptr;
    }
  });
  return done ? nullptr : done.error().what;
}

const char* take_owner(const Tlv& element, std::optional<OperatorId>& out) {
  OperatorId owner;
  const auto done = each_once(element.value, [&](const Tlv& child) -> const char* {
    switch (child.tag) {
      case 0x80:
        return take_bytes(child, owner.mcc_mnc);
      case 0x81:
        owner.gid1 = to_bytes(child.value);
        return nullptr;
      case 0x82:
        owner.gid2 = to_bytes(child.value);
        return nullptr;
      default:
        return nullptr;
    }
  });
  if (!done) return done.error().what;
  if (owner.mcc_mnc.size() != 3) return "mccMnc has three octets";
  out = std::move(owner);
  return nullptr;
}

const char* take_configuration(const Tlv& list, std::vector<NotificationConfiguration>& out) {
  TlvReader in(list.value);
  while (!in.at_end()) {
    const auto row = in.required(0x30);
    if (!row) return row.error().what;
    NotificationConfiguration configuration;
    const auto done = each_once(row->value, [&](const Tlv& child) -> const char* {
      switch (child.tag) {
        case 0x80:
          return take_bits(child, configuration.events);
        case 0x81:
          return take_text(child, configuration.address);
        default:
          return nullptr;
      }
    });
    if (!done) return done.error().what;
    out.push_back(std::move(configuration));
  }
  return nullptr;
}

template <typename Enum>
const char* take_enum(const Tlv& element, std::uint64_t highest, Enum& out) {
  std::uint64_t value = 0;
  if (const char* wrong = take_number(element, value)) return wrong;
  if (value > highest) return "value without a meaning";
  out = static_cast<Enum>(value);
  return nullptr;
}

void bit_names(std::uint64_t bits, std::span<const std::string_view> names, std::vector<std::string>& out) {
  for (unsigned bit = 0; bit < 64; ++bit) {
    if ((bits >> bit & 1) == 0) continue;
    out.push_back(bit < names.size() ? std::string(names[bit]) : "bit " + std::to_string(bit));
  }
}

}  // namespace

asn1::Parsed<EuiccInfo1> parse_euicc_info1(ByteView bf20) {
  const auto outer = asn1::read_only(bf20, 0xBF20);
  if (!outer) return std::unexpected(outer.error());
  EuiccInfo1 info;
  info.raw = to_bytes(bf20);
  const auto done = each_once(outer->value, [&](const Tlv& element) -> const char* {
    switch (element.tag) {
      case 0x82:
        return take_bytes(element, info.svn);
      case 0xA9:
        return take_octet_strings(element, info.ci_keys_for_verification);
      case 0xAA:
        return take_octet_strings(element, info.ci_keys_for_signing);
      default:
        return nullptr;
    }
  });
  if (!done) return std::unexpected(done.error());
  return info;
}

asn1::Parsed<EuiccInfo2> parse_euicc_info2(ByteView bf22) {
  const auto outer = asn1::read_only(bf22, 0xBF22);
  if (!outer) return std::unexpected(outer.error());
  EuiccInfo2 info;
  info.raw = to_bytes(bf22);
  const auto done = each_once(outer->value, [&](const Tlv& element) -> const char* {
    switch (element.tag) {
      case 0x81:
        return take_bytes(element, info.profile_version);
      case 0x82:
        return take_bytes(element, info.svn);
      case 0x83:
        return take_bytes(element, info.firmware_version);
      case 0x84:
        return take_resources(element, info);
      case 0x85:
        return take_bits(element, info.uicc_capability);
      case 0x86:
        return take_bytes(element, info.javacard_version);
      case 0x87:
        return take_bytes(element, info.globalplatform_version);
      case 0x88:
        return take_bits(element, info.rsp_capability);
      case 0xA9:
        return take_octet_strings(element, info.ci_keys_for_verification);
      case 0xAA:
        return take_octet_strings(element, info.ci_keys_for_signing);
      case 0x8B:
      case 0xAB: {  // some cards tag it as constructed
        std::uint64_t category = 0;
        if (const char* wrong = take_number(element, category)) return wrong;
        info.category = static_cast<unsigned>(category & 0xFF);
        return nullptr;
      }
      case 0x99:
        return take_bits(element, info.forbidden_policy_rules);
      case 0x04:
        return take_bytes(element, info.pp_version);
      case 0x0C:
        return take_text(element, info.sas_accreditation_number);
      case 0xAC: {
        const auto inner = each_once(element.value, [&](const Tlv& child) -> const char* {
          if (child.tag == 0x80) return take_text(child, info.platform_label);
          if (child.tag == 0x81) return take_text(child, info.discovery_base_url);
          return nullptr;
        });
        return inner ? nullptr : inner.error().what;
      }
      case 0x8D:
        return take_bits(element, info.tre_properties);
      case 0x8E:
        return take_text(element, info.tre_product_reference);
      case 0xAF:
        return take_octet_strings(element, info.additional_profile_versions);
      default:
        return nullptr;
    }
  });
  if (!done) return std::unexpected(done.error());
  return info;
}

std::vector<std::string> uicc_capability_names(std::uint64_t bits) {
  // SGP.22 v2.5 4.3, UICCCapability of the Trusted Connectivity Alliance's package specification
  static constexpr auto kNames = std::to_array<std::string_view>({"contactlessSupport",
                                                                  "usimSupport",
                                                                  "isimSupport",
                                                                  "csimSupport",
                                                                  "akaMilenage",
                                                                  "akaCave",
                                                                  "akaTuak128",
                                                                  "akaTuak256",
                                                                  "usimTestAlgorithm",
                                                                  "rfu2",
                                                                  "gbaAuthenUsim",
                                                                  "gbaAuthenISim",
                                                                  "mbmsAuthenUsim",
                                                                  "eapClient",
                                                                  "javacard",
                                                                  "multos",
                                                                  "multipleUsimSupport",
                                                                  "multipleIsimSupport",
                                                                  "multipleCsimSupport",
                                                                  "berTlvFileSupport",
                                                                  "dfLinkSupport",
                                                                  "catTp",
                                                                  "getIdentity",
                                                                  "profile-a-x25519",
                                                                  "profile-b-p256",
                                                                  "suciCalculatorApi",
                                                                  "dns-resolution",
                                                                  "scp11ac",
                                                                  "scp11c-authorization-mechanism",
                                                                  "s16mode",
                                                                  "eaka",
                                                                  "iotminimal"});
  std::vector<std::string> out;
  bit_names(bits, kNames, out);
  return out;
}

std::vector<std::string> rsp_capability_names(std::uint64_t bits) {
  static constexpr auto kNames = std::to_array<std::string_view>({"additionalProfile", "crlSupport", "rpmSupport", "testProfileSupport",
                                                                  "deviceInfoExtensibilitySupport", "serviceSpecificDataSupport"});
  std::vector<std::string> out;
  bit_names(bits, kNames, out);
  return out;
}

std::vector<std::string> policy_rule_names(std::uint64_t bits) {
  static constexpr auto kNames = std::to_array<std::string_view>({"pprUpdateControl", "ppr1", "ppr2", "ppr3"});
  std::vector<std::string> out;
  bit_names(bits, kNames, out);
  return out;
}

std::string category_name(unsigned category) {
  static constexpr auto kNames = std::to_array<std::string_view>({"other", "basicEuicc", "mediumEuicc", "contactlessEuicc"});
  return category < kNames.size() ? std::string(kNames[category]) : "category " + std::to_string(category);
}

std::string profile_class_name(ProfileClass profile_class) {
  switch (profile_class) {
    case ProfileClass::test:
      return "test";
    case ProfileClass::provisioning:
      return "provisioning";
    case ProfileClass::operational:
      break;
  }
  return "operational";
}

std::string event_names(std::uint64_t bits) {
  static constexpr auto kNames = std::to_array<std::string_view>({"install", "enable", "disable", "delete"});
  std::vector<std::string> names;
  bit_names(bits, kNames, names);
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

asn1::Parsed<ProfileInfo> parse_profile_fields(ByteView content) {
  ProfileInfo profile;
  const auto done = each_once(content, [&](const Tlv& element) -> const char* {
    switch (element.tag) {
      case 0x5A:
        return take_bytes(element, profile.iccid);
      case 0x4F:
        return take_bytes(element, profile.aid);
      case 0x9F70: {
        ProfileState state{};
        if (const char* wrong = take_enum(element, 1, state)) return wrong;
        profile.state = state;
        return nullptr;
      }
      case 0x90:
        return take_text(element, profile.nickname);
      case 0x91:
        return take_text(element, profile.service_provider);
      case 0x92:
        return take_text(element, profile.name);
      case 0x93: {
        IconType type{};
        if (const char* wrong = take_enum(element, 1, type)) return wrong;
        profile.icon_type = type;
        return nullptr;
      }
      case 0x94:
        return take_bytes(element, profile.icon);
      case 0x95:
        return take_enum(element, 2, profile.profile_class);
      case 0xB6:
        return take_configuration(element, profile.notifications);
      case 0xB7:
        return take_owner(element, profile.owner);
      case 0xB8:
        profile.dp_proprietary_data = to_bytes(element.raw);
        return nullptr;
      case 0x99:
        return take_bits(element, profile.policy_rules);
      default:
        return nullptr;
    }
  });
  if (!done) return std::unexpected(done.error());
  return profile;
}

asn1::Parsed<ProfileInfo> parse_metadata(ByteView bf25) {
  const auto outer = asn1::read_only(bf25, 0xBF25);
  if (!outer) return std::unexpected(outer.error());
  auto profile = parse_profile_fields(outer->value);
  if (profile && profile->iccid.size() != 10) return std::unexpected(ParseError{"metadata without an ICCID of ten octets", 0});
  return profile;
}

asn1::Parsed<NotificationMetadata> parse_notification_metadata(const Tlv& bf2f) {
  if (bf2f.tag != 0xBF2F) return std::unexpected(ParseError{"no NotificationMetadata", 0});
  NotificationMetadata metadata;
  bool sequence = false, events = false, address = false;
  const auto done = each_once(bf2f.value, [&](const Tlv& element) -> const char* {
    switch (element.tag) {
      case 0x80:
        sequence = true;
        return take_number(element, metadata.sequence);
      case 0x81:
        events = true;
        return take_bits(element, metadata.events);
      case 0x0C:
        address = true;
        return take_text(element, metadata.address);
      case 0x5A:
        return take_bytes(element, metadata.iccid);
      default:
        return nullptr;
    }
  });
  if (!done) return std::unexpected(done.error());
  if (!sequence || !events || !address) return std::unexpected(ParseError{"incomplete NotificationMetadata", 0});
  return metadata;
}

asn1::Parsed<InstallationResult> parse_installation_result(ByteView bf37) {
  const auto outer = asn1::read_only(bf37, 0xBF37);
  if (!outer) return std::unexpected(outer.error());
  TlvReader in(outer->value);
  const auto data = in.required(0xBF27);
  if (!data) return std::unexpected(data.error());
  const auto signature = in.required(0x5F37);
  if (!signature) return std::unexpected(signature.error());

  InstallationResult result;
  result.raw = to_bytes(bf37);
  bool metadata = false, final_result = false;
  const auto done = each_once(data->value, [&](const Tlv& element) -> const char* {
    switch (element.tag) {
      case 0x80:
        return take_bytes(element, result.transaction_id);
      case 0xBF2F: {
        auto parsed = parse_notification_metadata(element);
        if (!parsed) return parsed.error().what;
        result.notification = *std::move(parsed);
        metadata = true;
        return nullptr;
      }
      case 0x06:
        return take_bytes(element, result.smdp_oid);
      case 0xA2: {
        TlvReader choice(element.value);
        const auto chosen = choice.next();
        if (!chosen) return chosen.error().what;
        if (chosen->tag != 0xA0 && chosen->tag != 0xA1) return "finalResult is neither success nor error";
        final_result = true;
        if (chosen->tag == 0xA1) result.failure.emplace();
        const auto inner = each_once(chosen->value, [&](const Tlv& child) -> const char* {
          std::uint64_t number = 0;
          if (!result.failure) return child.tag == 0x4F ? take_bytes(child, result.aid) : nullptr;
          if (child.tag == 0x82) return take_bytes(child, result.failure->sima_response);
          if (child.tag != 0x80 && child.tag != 0x81) return nullptr;
          if (const char* wrong = take_number(child, number)) return wrong;
          (child.tag == 0x80 ? result.failure->command : result.failure->reason) = static_cast<unsigned>(number & 0xFFFF);
          return nullptr;
        });
        return inner ? nullptr : inner.error().what;
      }
      default:
        return nullptr;
    }
  });
  if (!done) return std::unexpected(done.error());
  if (!metadata || !final_result) return std::unexpected(ParseError{"incomplete ProfileInstallationResult", 0});
  return result;
}

std::string bpp_command_name(unsigned command) {
  static constexpr auto kNames = std::to_array<std::string_view>(
      {"initialiseSecureChannel", "configureISDP", "storeMetadata", "storeMetadata2", "replaceSessionKeys", "loadProfileElements"});
  return command < kNames.size() ? std::string(kNames[command]) : "command " + std::to_string(command);
}

std::string error_reason_text(unsigned reason) {
  // SGP.22 v2.5 2.5.6 and 5.5
  static constexpr auto kRows = std::to_array<ResultWords>({
      {1, "incorrectInputValues", "a value in a well protected command is wrong"},
      {2, "invalidSignature", "the signature of the SM-DP+ over the key agreement is wrong"},
      {3, "invalidTransactionId", "the package belongs to another session"},
      {4, "unsupportedCrtValues", "the card does not support the key type of the package"},
      {5, "unsupportedRemoteOperationType", "the card does not support this kind of operation"},
      {6, "unsupportedProfileClass", "the card takes no profile of this class"},
      {7, "scp03tStructureError", "the protected package is malformed"},
      {8, "scp03tSecurityError", "a MAC of the package is wrong"},
      {9, "installFailedDueToIccidAlreadyExistsOnEuicc", "a profile with this ICCID is on the card already"},
      {10, "installFailedDueToInsufficientMemoryForProfile", "there is no room for the profile"},
      {11, "installFailedDueToInterruption", "the installation was interrupted"},
      {12, "installFailedDueToPEProcessingError", "the card could not install an element of the package"},
      {13, "installFailedDueToDataMismatch", "metadata and package do not belong together"},
      {14, "testProfileInstallFailedDueToInvalidNaaKey", "a test profile must carry a test key"},
      {15, "pprNotAllowed", "the card's rules do not allow the profile's policy rules"},
      {31, "installFailedDueToInsufficientMinimumSecurityLevel", "the card's security level is too low for the profile"},
      {32, "installFailedDueToServerAddressAbsentInEuiccAllowList", "the card does not take profiles from this server"},
      {127, "installFailedDueToUnknownError", "the card gives no reason"},
  });
  for (const ResultWords& row : kRows) {
    if (row.code == static_cast<int>(reason)) return result_text(row);
  }
  return "error reason " + std::to_string(reason);
}

std::string sima_response_text(ByteView sima_response) {
  // EUICCResponse ::= SEQUENCE { peStatus [0] SEQUENCE OF PEStatus, ... }; PEStatus { 80 status, 81 identification number }
  static constexpr auto kNames = std::to_array<std::string_view>(
      {"ok", "pe-not-supported", "memory-failure", "bad-values", "not-enough-memory", "invalid-request-format", "invalid-parameter",
       "runtime-not-supported", "lib-not-supported", "template-not-supported", "feature-not-supported", "pin-code-missing"});
  TlvReader responses(sima_response);
  while (!responses.at_end()) {
    const auto response = responses.next();
    if (!response) break;
    const auto list = asn1::find_child(response->value, 0xA0);
    if (!list) continue;
    TlvReader rows(list->value);
    while (!rows.at_end()) {
      const auto row = rows.next();
      if (!row) break;
      const auto status = asn1::find_child(row->value, 0x80);
      if (!status) continue;
      const auto code = asn1::unsigned_value(*status);
      if (!code || *code == 0) continue;
      std::string text = *code == 31             ? "unsupported-profile-version"
                         : *code < kNames.size() ? std::string(kNames[*code])
                                                 : "status " + std::to_string(*code);
      if (const auto number = asn1::find_child(row->value, 0x81)) {
        if (const auto element = asn1::unsigned_value(*number)) text += " in element " + std::to_string(*element);
      }
      return text;
    }
  }
  return {};
}

asn1::Parsed<PendingNotification> parse_pending_notification(const Tlv& element) {
  PendingNotification pending;
  pending.raw = to_bytes(element.raw);
  if (element.tag == 0xBF37) {
    auto result = parse_installation_result(element.raw);
    if (!result) return std::unexpected(result.error());
    pending.metadata = std::move(result->notification);
    pending.installation_result = true;
    return pending;
  }
  if (element.tag != 0x30) return std::unexpected(ParseError{"neither installation result nor signed notification", 0});
  TlvReader in(element.value);
  const auto tbs = in.required(0xBF2F);
  if (!tbs) return std::unexpected(tbs.error());
  auto metadata = parse_notification_metadata(*tbs);
  if (!metadata) return std::unexpected(metadata.error());
  pending.metadata = *std::move(metadata);
  return pending;
}

}  // namespace simurgh::ipae
