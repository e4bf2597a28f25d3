#include "euicc/profile/elements.h"

#include <algorithm>
#include <array>

namespace simurgh::profile {
namespace {

constexpr std::uint8_t service(Service which) { return static_cast<std::uint8_t>(which); }

constexpr auto kElements = std::to_array<ElementRow>({
    // n, name, handler, repeat, needs, service, type in the PEDefinitions module (SAIP 3.3) and last arcs of its template
    {0, "header", &process_header, Repeat::once, Needs::nothing, kNoService, "ProfileHeader"},
    {1, "genericFileManagement", &process_generic_file_management, Repeat::any, Needs::nothing, kNoService, "PE-GenericFileManagement"},
    {2, "pinCodes", &process_pin_codes, Repeat::any, Needs::mf, kNoService, "PE-PINCodes"},
    {3, "pukCodes", &process_puk_codes, Repeat::once, Needs::mf, kNoService, "PE-PUKCodes"},
    {4, "akaParameter", &process_aka, Repeat::any, Needs::adf, kNoService, "PE-AKAParameter"},
    {5, "cdmaParameter", &process_cdma, Repeat::once_per_application, Needs::csim, service(Service::cave), "PE-CDMAParameter"},
    {6, "securityDomain", &process_security_domain, Repeat::any, Needs::mf, kNoService, "PE-SecurityDomain"},
    {7, "rfm", &process_rfm, Repeat::any, Needs::domain, kNoService, "PE-RFM"},
    {8, "application", &process_application, Repeat::any, Needs::domain, service(Service::javacard), "PE-Application"},
    {9, "nonStandard", &process_non_standard, Repeat::any, Needs::nothing, kNoService, "PE-NonStandard"},
    {10, "end", &process_end, Repeat::once, Needs::mf, kNoService, "PE-End"},
    {11, "rfu1", &process_dummy, Repeat::any, Needs::nothing, kNoService, "PE-Dummy"},
    {12, "rfu2", &process_dummy, Repeat::any, Needs::nothing, kNoService, "PE-Dummy"},
    {13, "rfu3", &process_dummy, Repeat::any, Needs::nothing, kNoService, "PE-Dummy"},
    {14, "rfu4", &process_dummy, Repeat::any, Needs::nothing, kNoService, "PE-Dummy"},
    {15, "rfu5", &process_dummy, Repeat::any, Needs::nothing, kNoService, "PE-Dummy"},
    {16, "mf", &process_template, Repeat::once, Needs::no_mf, kNoService, "PE-MF, template 2.1"},
    {17, "cd", &process_template, Repeat::once, Needs::mf, kNoService, "PE-CD, template 2.2"},
    {18, "telecom", &process_template, Repeat::once, Needs::mf, kNoService, "PE-TELECOM, template 2.3"},
    {19, "usim", &process_template, Repeat::any, Needs::mf, service(Service::usim), "PE-USIM, template 2.4"},
    {20, "opt-usim", &process_template, Repeat::once_per_application, Needs::usim, service(Service::usim), "PE-OPT-USIM, template 2.5"},
    {21, "isim", &process_template, Repeat::any, Needs::mf, service(Service::isim), "PE-ISIM, template 2.8"},
    {22, "opt-isim", &process_template, Repeat::once_per_application, Needs::isim, service(Service::isim), "PE-OPT-ISIM, template 2.9"},
    {23, "phonebook", &process_template, Repeat::once_per_application, Needs::usim, kNoService, "PE-PHONEBOOK, template 2.6"},
    {24, "gsm-access", &process_template, Repeat::once_per_application, Needs::usim, kNoService, "PE-GSM-ACCESS, template 2.7"},
    {25, "csim", &process_template, Repeat::any, Needs::mf, service(Service::csim), "PE-CSIM, template 2.10"},
    {26, "opt-csim", &process_template, Repeat::once_per_application, Needs::csim, service(Service::csim), "PE-OPT-CSIM, template 2.11"},
    {27, "eap", &process_template, Repeat::any, Needs::adf, service(Service::eap), "PE-EAP, template 2.12"},
    {28, "df-5gs", &process_template, Repeat::once_per_application, Needs::usim, kNoService, "PE-DF-5GS, template 2.13"},
    {29, "df-saip", &process_template, Repeat::once_per_application, Needs::usim, kNoService, "PE-DF-SAIP, template 2.14"},
    {30, "df-snpn", &process_template, Repeat::once_per_application, Needs::usim, kNoService, "PE-DF-SNPN, template 2.15"},
    {31, "df-5gprose", &process_template, Repeat::once_per_application, Needs::usim, kNoService, "PE-DF-5GPROSE, template 2.16"},
    {32, "iot", &process_iot, Repeat::once, Needs::nothing, kNoService, "PE-IoT, template 2.17"},
    {33, "opt-iot", &process_iot, Repeat::once, Needs::nothing, kNoService, "PE-OPT-IoT, template 2.18"},
});

static_assert([] {
  for (std::size_t i = 0; i < kElements.size(); ++i)
    if (kElements[i].number != i) return false;
  return true;
}());

}  // namespace

std::span<const ElementRow> all_elements() noexcept { return kElements; }

std::optional<std::uint8_t> element_number(std::uint32_t tag) noexcept {
  if (tag >= 0xA0 && tag < 0xBF) return static_cast<std::uint8_t>(tag - 0xA0);
  if (tag >= 0xBF1F && tag <= 0xBF7F) return static_cast<std::uint8_t>(tag - 0xBF00);
  return std::nullopt;
}

const ElementRow* find_element(std::uint32_t tag) noexcept {
  const auto number = element_number(tag);
  return number && *number < kElements.size() ? &kElements[*number] : nullptr;
}

Outcome<void> process_dummy(Session&, const Element&) { return refuse(PeStatus::pe_not_supported, "element reserved for future use"); }

Outcome<void> process_non_standard(Session&, const Element& element) {
  if (!asn1::find_child(element.members, 0x81)) return malformed("nonStandard without issuer");
  return refuse(PeStatus::pe_not_supported, "element of another issuer");
}

Outcome<void> process_iot(Session&, const Element&) {
  return refuse(PeStatus::feature_not_supported, "IoT minimal profiles are not supported");
}

}  // namespace simurgh::profile
