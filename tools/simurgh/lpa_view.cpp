#include "tools/simurgh/lpa_view.h"

#include <iomanip>
#include <sstream>

#include "ipae/es10/identifiers.h"
#include "ipae/es9/base64.h"

namespace simurgh::tool {
namespace {

using namespace ipae;

Json hex_list(const std::vector<Bytes>& values) {
  Json out = Json::array();
  for (const Bytes& value : values) out.push_back(to_hex(value));
  return out;
}

Json version_or_null(const Bytes& version) { return version.empty() ? Json() : Json(version_text(version)); }

Json to_json(const OperatorId& id) {
  Json out{{"mccMnc", plmn_text(id.mcc_mnc)}};
  if (id.gid1) out["gid1"] = to_hex(*id.gid1);
  if (id.gid2) out["gid2"] = to_hex(*id.gid2);
  return out;
}

const char* state_name(const ProfileInfo& profile) { return profile.state == ProfileState::enabled ? "enabled" : "disabled"; }

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out.empty() ? "none" : out;
}

// Columns as wide as their widest cell; code points are counted, not octets.
class Table {
 public:
  explicit Table(std::vector<std::string> head) { rows_.push_back(std::move(head)); }
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  [[nodiscard]] std::string text() const {
    std::vector<std::size_t> widths(rows_.front().size());
    for (const auto& row : rows_) {
      for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
    }
    std::string out;
    for (const auto& row : rows_) {
      std::string line;
      for (std::size_t i = 0; i < row.size(); ++i) {
        line += row[i];
        if (i + 1 < row.size()) line += std::string(widths[i] - width(row[i]) + 2, ' ');
      }
      out += line + '\n';
    }
    return out;
  }

 private:
  static std::size_t width(const std::string& text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
  }
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace

Json to_json(const ChipInfo& chip) {
  const EuiccInfo2& info = chip.info;
  Json resource;
  if (info.installed_applications) resource["installedApplication"] = *info.installed_applications;
  if (info.free_non_volatile) resource["freeNonVolatileMemory"] = *info.free_non_volatile;
  if (info.free_volatile) resource["freeVolatileMemory"] = *info.free_volatile;
  Json euicc_info2{
      {"profileVersion", version_or_null(info.profile_version)},
      {"svn", version_or_null(info.svn)},
      {"euiccFirmwareVer", version_or_null(info.firmware_version)},
      {"extCardResource", resource},
      {"uiccCapability", uicc_capability_names(info.uicc_capability)},
      {"ts102241Version", version_or_null(info.javacard_version)},
      {"globalplatformVersion", version_or_null(info.globalplatform_version)},
      {"rspCapability", rsp_capability_names(info.rsp_capability)},
      {"euiccCiPKIdListForVerification", hex_list(info.ci_keys_for_verification)},
      {"euiccCiPKIdListForSigning", hex_list(info.ci_keys_for_signing)},
      {"euiccCategory", info.category ? Json(category_name(*info.category)) : Json()},
      {"forbiddenProfilePolicyRules", info.forbidden_policy_rules ? Json(policy_rule_names(*info.forbidden_policy_rules)) : Json()},
      {"ppVersion", version_or_null(info.pp_version)},
      {"sasAcreditationNumber", printable(info.sas_accreditation_number)}};
  if (!info.platform_label.empty() || !info.discovery_base_url.empty()) {
    euicc_info2["certificationDataObject"] = {{"platformLabel", printable(info.platform_label)},
                                              {"discoveryBaseURL", printable(info.discovery_base_url)}};
  }
  Json rat = Json::array();
  for (const es10b::AuthorisationRule& rule : chip.rat) {
    Json operators = Json::array();
    for (const OperatorId& id : rule.operators) operators.push_back(to_json(id));
    rat.push_back(
        {{"pprIds", policy_rule_names(rule.policy_rules)}, {"allowedOperators", operators}, {"consentRequired", rule.consent_required}});
  }
  return {{"eidValue", eid_text(chip.eid)},
          {"euiccConfiguredAddresses",
           {{"defaultDpAddress", chip.addresses.default_dp_address ? Json(printable(*chip.addresses.default_dp_address)) : Json()},
            {"rootDsAddress", printable(chip.addresses.root_ds_address)}}},
          {"euiccInfo2", euicc_info2},
          {"rulesAuthorisationTable", rat}};
}

Json to_json(const ProfileInfo& profile) {
  Json out{{"iccid", iccid_text(profile.iccid)}};
  if (!profile.aid.empty()) out["isdpAid"] = to_hex(profile.aid);
  if (profile.state) out["profileState"] = state_name(profile);
  if (!profile.nickname.empty()) out["profileNickname"] = printable(profile.nickname);
  out["serviceProviderName"] = printable(profile.service_provider);
  out["profileName"] = printable(profile.name);
  out["profileClass"] = profile_class_name(profile.profile_class);
  if (profile.icon_type && !profile.icon.empty()) {
    out["iconType"] = *profile.icon_type == IconType::jpg ? "jpg" : "png";
    out["icon"] = base64_encode(profile.icon);
  }
  if (profile.owner) out["profileOwner"] = to_json(*profile.owner);
  if (profile.policy_rules != 0) out["profilePolicyRules"] = policy_rule_names(profile.policy_rules);
  if (!profile.notifications.empty()) {
    Json list = Json::array();
    for (const NotificationConfiguration& row : profile.notifications) {
      list.push_back({{"profileManagementOperation", event_names(row.events)}, {"notificationAddress", printable(row.address)}});
    }
    out["notificationConfigurationInfo"] = list;
  }
  return out;
}

Json to_json(const NotificationMetadata& notification) {
  Json out{{"seqNumber", notification.sequence},
           {"profileManagementOperation", event_names(notification.events)},
           {"notificationAddress", printable(notification.address)}};
  if (!notification.iccid.empty()) out["iccid"] = iccid_text(notification.iccid);
  return out;
}

Json to_json(const Delivery& delivery) {
  Json out = to_json(delivery.notification);
  out["delivered"] = delivery.delivered;
  out["removed"] = delivery.removed;
  if (delivery.problem) out["problem"] = sentence(*delivery.problem);
  return out;
}

Json to_json(const DownloadOutcome& outcome) {
  return {{"profile", to_json(outcome.profile)},
          {"seqNumber", outcome.result.notification.sequence},
          {"notification", to_json(outcome.notification)},
          {"packageOctets", outcome.package_octets},
          {"segments", outcome.segments}};
}

std::string to_text(const ChipInfo& chip) {
  const EuiccInfo2& info = chip.info;
  std::ostringstream out;
  const auto line = [&](const char* name, const std::string& value) {
    if (!value.empty()) out << std::left << std::setw(24) << name << value << '\n';
  };
  const auto kib = [](const std::optional<std::uint64_t>& octets) { return octets ? std::to_string(*octets) + " octets" : std::string(); };
  line("EID", eid_text(chip.eid));
  line("Default SM-DP+", chip.addresses.default_dp_address ? printable(*chip.addresses.default_dp_address) : "none");
  line("Root SM-DS", printable(chip.addresses.root_ds_address));
  line("SGP.22 version", version_text(info.svn));
  line("Profile packages", version_text(info.profile_version));
  line("Firmware", version_text(info.firmware_version));
  line("Free memory", kib(info.free_non_volatile));
  line("Free volatile memory", kib(info.free_volatile));
  line("Java Card", version_text(info.javacard_version));
  line("GlobalPlatform", version_text(info.globalplatform_version));
  line("UICC capabilities", joined(uicc_capability_names(info.uicc_capability)));
  line("RSP capabilities", joined(rsp_capability_names(info.rsp_capability)));
  for (const Bytes& key : info.ci_keys_for_verification) line("CI key, verification", to_hex(key));
  for (const Bytes& key : info.ci_keys_for_signing) line("CI key, signing", to_hex(key));
  if (info.category) line("Category", category_name(*info.category));
  if (info.forbidden_policy_rules) line("Forbidden policy rules", joined(policy_rule_names(*info.forbidden_policy_rules)));
  line("Protection profile", version_text(info.pp_version));
  line("SAS accreditation", printable(info.sas_accreditation_number));
  line("Platform", printable(info.platform_label));
  for (const es10b::AuthorisationRule& rule : chip.rat) {
    std::string operators;
    for (const OperatorId& id : rule.operators) operators += (operators.empty() ? "" : ", ") + plmn_text(id.mcc_mnc);
    line("Policy rules allowed",
         joined(policy_rule_names(rule.policy_rules)) + " for " + operators + (rule.consent_required ? ", with consent" : ""));
  }
  return out.str();
}

std::string to_text(const std::vector<ProfileInfo>& profiles) {
  if (profiles.empty()) return "No profiles.\n";
  Table table({"ICCID", "STATE", "CLASS", "NICKNAME", "PROVIDER", "NAME"});
  for (const ProfileInfo& p : profiles) {
    table.add({iccid_text(p.iccid), state_name(p), profile_class_name(p.profile_class), p.nickname.empty() ? "-" : printable(p.nickname),
               printable(p.service_provider), printable(p.name)});
  }
  return table.text();
}

std::string to_text(const std::vector<NotificationMetadata>& notifications) {
  if (notifications.empty()) return "No notifications.\n";
  Table table({"NUMBER", "EVENT", "ICCID", "ADDRESS"});
  for (const NotificationMetadata& n : notifications) {
    table.add({std::to_string(n.sequence), event_names(n.events), n.iccid.empty() ? "-" : iccid_text(n.iccid), printable(n.address)});
  }
  return table.text();
}

std::string profile_title(const ProfileInfo& profile) {
  const std::string& name = profile.nickname.empty() ? profile.name : profile.nickname;
  std::string out = "'" + printable(name) + "'";
  if (!profile.service_provider.empty()) out += " of " + printable(profile.service_provider);
  return out + " (ICCID " + iccid_text(profile.iccid) + ")";
}

std::string metadata_text(const ProfileInfo& profile) {
  std::string out = "Profile   " + printable(profile.name) + "\nProvider  " + printable(profile.service_provider) + "\nICCID     " +
                    iccid_text(profile.iccid) + "\nClass     " + profile_class_name(profile.profile_class) + '\n';
  if (profile.owner) out += "Owner     " + plmn_text(profile.owner->mcc_mnc) + '\n';
  if ((profile.policy_rules & kPpr1) != 0) out += "Rule      ppr1: once enabled, it cannot be disabled\n";
  if ((profile.policy_rules & kPpr2) != 0) out += "Rule      ppr2: it cannot be deleted\n";
  return out;
}

}  // namespace simurgh::tool
