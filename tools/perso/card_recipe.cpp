#include <algorithm>

#include "tools/perso/iot_recipe.h"
#include "tools/perso/recipe_fields.h"

namespace simurgh::perso {
namespace {

using namespace recipe;

constexpr std::initializer_list<const char*> kPpr = {"pprUpdateControl", "ppr1", "ppr2"};
constexpr std::initializer_list<const char*> kEvents = {"install", "enable", "disable", "delete"};
constexpr std::initializer_list<const char*> kRsp = {"additionalProfile", "crlSupport", "rpmSupport", "testProfileSupport",
                                                     "deviceInfoExtensibilitySupport", "serviceSpecificDataSupport"};
constexpr std::initializer_list<const char*> kUicc = {
    "contactlessSupport", "usimSupport",   "isimSupport",   "csimSupport",     "akaMilenage",        "akaCave",
    "akaTuak128",         "akaTuak256",    "usimTestAlgorithm", "rfu2",        "gbaAuthenUsim",      "gbaAuthenISim",
    "mbmsAuthenUsim",     "eapClient",     "javacard",      "multos",          "multipleUsimSupport", "multipleIsimSupport",
    "multipleCsimSupport", "berTlvFileSupport", "dfLinkSupport", "catTp",      "getIdentity",        "profile-a-x25519",
    "profile-b-p256",     "suciCalculatorApi", "dns-resolution", "scp11ac",    "scp11c-authorization-mechanism", "s16mode", "eaka", "iotminimal"};

// MCC and MNC digits, x for any: "00101", "xxxxxx" (TS 24.008 coding, E for any).
Bytes mcc_mnc(const std::string& value, const std::string& key) {
  if (value.size() != 5 && value.size() != 6) fail("'" + key + "' takes MCC and MNC such as 00101 or xxxxxx");
  std::array<unsigned, 6> d{};
  for (std::size_t i = 0; i < 6; ++i) {
    if (i >= value.size()) {
      d[i] = 0x0F;
    } else if (value[i] == 'x') {
      d[i] = 0x0E;
    } else if (value[i] >= '0' && value[i] <= '9') {
      d[i] = static_cast<unsigned>(value[i] - '0');
    } else {
      fail("'" + key + "' takes digits and x");
    }
  }
  return {static_cast<std::uint8_t>(d[1] << 4 | d[0]), static_cast<std::uint8_t>(d[5] << 4 | d[2]), static_cast<std::uint8_t>(d[4] << 4 | d[3])};
}

ecasd::RatRow rat_row(const YAML::Node& node) {
  ecasd::RatRow out;
  each(node, "a row of 'rat'", [&](const std::string& key, const YAML::Node& value) {
    if (key == "ppr") {
      out.ppr_ids = bits(value, key, kPpr);
    } else if (key == "consent") {
      out.consent_required = flag(value, key);
    } else if (key == "operators") {
      if (!value.IsSequence()) fail("'operators' takes a list");
      for (const auto& item : value) {
        ecasd::RatRow::Operator allowed;
        each(item, "an operator", [&](const std::string& field, const YAML::Node& content) {
          if (field == "mccMnc") {
            allowed.mcc_mnc = mcc_mnc(text(content, field), field);
          } else if (field == "gid1") {
            allowed.gid1 = hex(content, field);
          } else if (field == "gid2") {
            allowed.gid2 = hex(content, field);
          } else {
            fail("an operator does not know '" + field + "'");
          }
        });
        if (allowed.mcc_mnc.empty()) fail("an operator needs 'mccMnc'");
        out.allowed.push_back(std::move(allowed));
      }
    } else {
      fail("a row of 'rat' does not know '" + key + "'");
    }
  });
  return out;
}

Bytes swapped_iccid(const std::string& value) {
  if (value.size() < 18 || value.size() > 20 || value.find_first_not_of("0123456789") != std::string::npos) fail("'iccid' takes 18 to 20 digits");
  Bytes out(10, 0xFF);
  for (std::size_t i = 0; i < value.size(); ++i) {
    const auto digit = static_cast<std::uint8_t>(value[i] - '0');
    std::uint8_t& octet = out[i / 2];
    octet = static_cast<std::uint8_t>(i % 2 == 0 ? (octet & 0xF0) | digit : (octet & 0x0F) | digit << 4);
  }
  return out;
}

FactoryProfile profile_of(const YAML::Node& node) {
  FactoryProfile factory;
  profile::Metadata& out = factory.metadata;
  each(node, "an entry of 'profiles'", [&](const std::string& key, const YAML::Node& value) {
    if (key == "iccid") {
      out.iccid = swapped_iccid(text(value, key));
    } else if (key == "provider") {
      out.service_provider_name = text(value, key);
    } else if (key == "name") {
      out.profile_name = text(value, key);
    } else if (key == "class") {
      const std::string kind = text(value, key);
      if (kind == "test") {
        out.profile_class = profile::ProfileClass::test;
      } else if (kind == "provisioning") {
        out.profile_class = profile::ProfileClass::provisioning;
      } else if (kind != "operational") {
        fail("'class' is test, provisioning or operational");
      }
    } else if (key == "enabled") {
      factory.enabled = flag(value, key);
    } else if (key == "ecallIndication") {
      out.ecall_indication = flag(value, key);
    } else if (key == "fallbackAllowed") {
      out.fallback_allowed = flag(value, key);
    } else if (key == "fallbackAttribute") {
      factory.fallback = flag(value, key);
    } else if (key == "ppr") {
      out.ppr = bits(value, key, kPpr);
    } else if (key == "owner") {
      out.owner = profile::ProfileOwner{.mcc_mnc = mcc_mnc(text(value, key), key), .gid1 = {}, .gid2 = {}};
    } else if (key == "notifications") {
      each(value, "'notifications'", [&](const std::string& address, const YAML::Node& events) {
        out.notifications.push_back({bits(events, address, kEvents), address});
      });
    } else {
      fail("an entry of 'profiles' does not know '" + key + "'");
    }
  });
  return factory;
}

void capability(const std::string& key, const YAML::Node& value, CardRecipe& out, const Pki* pki) {
  ecasd::Capabilities& c = out.capabilities;
  if (key == "profileVersion") c.profile_version = version(value, key);
  else if (key == "svn") c.svn = version(value, key);
  else if (key == "firmware") c.firmware = version(value, key);
  else if (key == "ts102241Version") c.ts102241 = version(value, key);
  else if (key == "globalplatformVersion") c.globalplatform = version(value, key);
  else if (key == "ppVersion") c.pp_version = version(value, key);
  else if (key == "uiccCapability") c.uicc_capability = bits(value, key, kUicc);
  else if (key == "rspCapability") c.rsp_capability = bits(value, key, kRsp);
  else if (key == "category") c.category = static_cast<std::uint8_t>(number(value, key, 3));
  else if (key == "forbiddenProfilePolicyRules") c.forbidden_ppr = bits(value, key, kPpr);
  else if (key == "sasAccreditationNumber") c.sas_number = text(value, key);
  else if (key == "platformLabel") c.platform_label = text(value, key);
  else if (key == "discoveryBaseUrl") c.discovery_base_url = text(value, key);
  else if (key == "defaultDpAddress") c.default_dp_address = text(value, key);
  else if (key == "rootDsAddress") c.root_ds_address = text(value, key);
  else if (key == "memory") c.free_memory = static_cast<std::uint32_t>(number(value, key, 64U << 20));
  else if (key == "requireTerminalCapability") c.require_terminal_capability = flag(value, key);
  else if (key == "provisioningClass") c.provisioning_class = flag(value, key);
  else if (key == "testClass") c.test_class = flag(value, key);
  else if (key == "ppr1OnlyFirst") c.ppr1_only_first = flag(value, key);
  else if (key == "efDirWithoutProfile") c.bare_ef_dir = flag(value, key);
  else if (key == "isdrAid") c.isdr_aid = hex(value, key);
  else if (key == "atr") c.atr = hex(value, key);
  else if (key == "notificationCapacity") c.notification_capacity = static_cast<std::uint16_t>(std::max<std::uint64_t>(1, number(value, key, 1000)));
  else if (key == "iot") read_iot_recipe(value, pki, out);
  else if (key == "isdrAliases" || key == "rat" || key == "profiles") {
    if (!value.IsSequence()) fail("'" + key + "' takes a list");
    for (const auto& item : value) {
      if (key == "rat") {
        c.rat.push_back(rat_row(item));
      } else if (key == "isdrAliases") {
        c.isdr_aliases.push_back(hex(item, key));
      } else {
        out.profiles.push_back(profile_of(item));
      }
    }
  } else {
    fail("'" + key + "' is not known; see simurgh(1) for the keys");
  }
}

}  // namespace

CardRecipe parse_card_recipe(const std::string& yaml, const Pki* pki) {
  CardRecipe out;
  try {
    const YAML::Node root = YAML::Load(yaml);
    if (root.IsNull()) return out;
    each(root, "the recipe", [&](const std::string& key, const YAML::Node& value) { capability(key, value, out, pki); });
  } catch (const YAML::Exception& wrong) {
    fail(wrong.what());
  }
  if (!out.capabilities.isdr_aid.empty() && (out.capabilities.isdr_aid.size() < 5 || out.capabilities.isdr_aid.size() > 16)) fail("'isdrAid' has 5 to 16 octets");
  if (!out.capabilities.atr.empty() && (out.capabilities.atr.size() < 2 || out.capabilities.atr.size() > 33)) fail("'atr' has 2 to 33 octets");
  return out;
}

}  // namespace simurgh::perso
