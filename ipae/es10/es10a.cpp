#include "ipae/es10/es10a.h"

#include "ipae/es10/call.h"

namespace simurgh::ipae::es10a {

PortResult<ConfiguredAddresses> get_euicc_configured_addresses(Es10Port& card) {
  const std::string function = "GetEuiccConfiguredAddresses";
  const auto response = call(card, function, asn1::tlv(0xBF3C, {}));
  if (!response) return std::unexpected(response.error());
  asn1::TlvReader in(asn1::read_only(*response, 0xBF3C)->value);
  const auto dp = in.optional(0x80);
  if (!dp) return std::unexpected(malformed(function, dp.error()));
  const auto ds = in.required(0x81);
  if (!ds) return std::unexpected(malformed(function, ds.error()));
  ConfiguredAddresses addresses;
  if (*dp) addresses.default_dp_address = to_text((*dp)->value);
  addresses.root_ds_address = to_text(ds->value);
  return addresses;
}

ResultWords words(SetDefaultDpAddressResult result) {
  if (result == SetDefaultDpAddressResult::ok) return {0, "ok", "done"};
  return {static_cast<int>(result), "undefinedError", "the card gives no reason"};
}

PortResult<SetDefaultDpAddressResult> set_default_dp_address(Es10Port& card, const std::string& address) {
  const auto code = call_for_code(card, "SetDefaultDpAddress", asn1::tlv(0xBF3F, asn1::tlv(0x80, text_view(address))));
  if (!code) return std::unexpected(code.error());
  return static_cast<SetDefaultDpAddressResult>(*code);
}

}  // namespace simurgh::ipae::es10a
