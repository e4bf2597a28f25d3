// ES10a, SGP.22 v2.5 5.7.3 and 5.7.4.
#include "asn1/tlv.h"
#include "euicc/isdr/es10_table.h"
#include "euicc/rsp/switching.h"

namespace simurgh::isdr::es10a {

apdu::Answer configured_addresses(Context& context, ByteView, ByteView content) {
  if (!content.empty()) return malformed("GetEuiccConfiguredAddresses takes nothing");
  const std::string address = rsp::default_dp_address(context.txn, context.ecasd);
  asn1::TlvWriter out;
  {
    const auto scope = out.open(0xBF3C);
    if (!address.empty()) out.put_text(0x80, address);
    out.put_text(0x81, context.ecasd.capabilities.root_ds_address);
  }
  return apdu::with_data(out.take());
}

apdu::Answer set_default_dp_address(Context& context, ByteView, ByteView content) {
  const auto address = asn1::read_only(content, 0x80);
  if (!address) return malformed("SetDefaultDpAddress cannot be read");
  return result_code(0xBF3F, rsp::set_default_dp_address(context.txn, address->value) ? 0 : 127);
}

}  // namespace simurgh::isdr::es10a
