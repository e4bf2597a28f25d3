#include "euicc/profile/templates.h"

#include <algorithm>

namespace simurgh::profile {
namespace {

// 2.23.143.1.2: joint-iso-itu-t, international-organizations, tca, euicc-profile, template.
constexpr std::array<std::uint8_t, 5> kBase = {0x67, 0x81, 0x0F, 0x01, 0x02};

}  // namespace

std::span<const Template> all_templates() noexcept {
  // arc, version, element, created by default, name, rows
  static const std::array kTemplates = {
      Template{1, 1, 16, true, "MF", kMfRows},
      Template{2, 1, 17, false, "DF.CD", kCdRows},
      Template{3, 1, 18, false, "DF.TELECOM", kTelecomRows},
      Template{3, 2, 18, false, "DF.TELECOM", kTelecomRows},
      Template{4, 1, 19, true, "ADF.USIM", kUsimRows},
      Template{4, 2, 19, true, "ADF.USIM", kUsimRows},
      Template{5, 1, 20, false, "USIM optional files", kOptUsimRows},
      Template{5, 2, 20, false, "USIM optional files", kOptUsimRows},
      Template{5, 3, 20, false, "USIM optional files", kOptUsimRows},
      Template{6, 1, 23, false, "DF.PHONEBOOK", kPhonebookRows},
      Template{7, 1, 24, false, "DF.GSM-ACCESS", kGsmAccessRows},
      Template{8, 1, 21, true, "ADF.ISIM", kIsimRows},
      Template{9, 1, 22, false, "ISIM optional files", kOptIsimRows},
      Template{9, 2, 22, false, "ISIM optional files", kOptIsimRows},
      Template{10, 1, 25, true, "ADF.CSIM", kCsimRows},
      Template{10, 2, 25, true, "ADF.CSIM", kCsimRows},
      Template{11, 1, 26, false, "CSIM optional files", kOptCsimRows},
      Template{11, 2, 26, false, "CSIM optional files", kOptCsimRows},
      Template{12, 1, 27, false, "DF.EAP", kEapRows},
      Template{13, 1, 28, false, "DF.5GS", k5gsRows},
      Template{13, 2, 28, false, "DF.5GS", k5gsRows},
      Template{13, 3, 28, false, "DF.5GS", k5gsRows},
      Template{13, 4, 28, false, "DF.5GS", k5gsRows},
      Template{14, 1, 29, false, "DF.SAIP", kSaipRows},
      Template{15, 1, 30, false, "DF.SNPN", kSnpnRows},
      Template{16, 1, 31, false, "DF.5G_ProSe", kProseRows},
  };
  return kTemplates;
}

const Template* find_template(ByteView oid) noexcept {
  const bool versioned = oid.size() == kBase.size() + 2;
  if ((oid.size() != kBase.size() + 1 && !versioned) || !equal(oid.first(kBase.size()), kBase)) return nullptr;
  if (versioned && oid[6] < 2) return nullptr;
  const std::uint8_t version = versioned ? oid[6] : std::uint8_t{1};
  const auto all = all_templates();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Template& t) { return t.arc == oid[5] && t.version == version; });
  return found == all.end() ? nullptr : &*found;
}

Bytes template_oid(std::uint8_t arc, std::uint8_t version) {
  Bytes oid(kBase.begin(), kBase.end());
  oid.push_back(arc);
  if (version > 1) oid.push_back(version);
  return oid;
}

}  // namespace simurgh::profile
