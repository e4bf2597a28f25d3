// What an eUICC says of itself: EUICCInfo1, EUICCInfo2, RAT, CRLs (SGP.22 v2.5 4.3, 5.7.8, 5.7.12, 5.7.22).
#include <vector>

#include "asn1/tlv.h"
#include "euicc/isdr/es10_table.h"
#include "euicc/profile/package.h"
#include "euicc/rsp/bound_package.h"
#include "euicc/rsp/certificates.h"
#include "euicc/rsp/metadata.h"

namespace simurgh::isdr {
namespace {

using asn1::TlvWriter;

constexpr std::uint64_t kAdditionalProfile = 1;      // rspCapability bit 0, a live value
constexpr std::size_t kRoomForAProfile = 32 * 1024;  // what a further profile is taken to need
constexpr std::uint16_t kVolatileMemory = 0x2000;

void put_key_lists(TlvWriter& out, const ecasd::Ecasd& ecasd) {
  {
    const auto verification = out.open(0xA9);
    for (const ecasd::TrustAnchor& anchor : ecasd.anchors) out.put(0x04, anchor.key_id);
  }
  const auto signing = out.open(0xAA);
  for (const ecasd::SigningChain& chain : ecasd.chains) out.put(0x04, chain.ci_key_id);
}

// SGP.32 v1.2 2.11, [16] and [20]. Cards of v1.0 had neither.
void put_iot_info(TlvWriter& out, const ecasd::IotCapabilities& iot, bool ipae_in_charge) {
  if (iot.version == ecasd::IotVersion::v1_0) return;
  out.put_byte(0x90, ipae_in_charge ? 1 : 0);
  const auto info = out.open(0xB4);
  {
    const auto versions = out.open(0xA0);
    const std::uint8_t version[] = {1, static_cast<std::uint8_t>(iot.version), 0};
    out.put(0x04, version);
  }
  if (iot.ecall) out.put(0x81, {});
  if (iot.fallback) out.put(0x82, {});
}

}  // namespace

Bytes encode_euicc_info2(const Context& context) {
  const ecasd::Capabilities& c = context.ecasd.capabilities;
  const std::size_t free = rsp::free_memory(context.txn, context.ecasd);
  TlvWriter out;
  {
    const auto scope = out.open(0xBF22);
    out.put(0x81, c.profile_version).put(0x82, c.svn).put(0x83, c.firmware);
    {
      TlvWriter resources;  // TS 102 226 8.2.1.7.2
      resources.put_byte(0x81, static_cast<std::uint8_t>(context.txn.owners(state::Space::profile, 0).size()));
      resources.put(0x82, be_bytes(free, 4)).put(0x83, be_bytes(kVolatileMemory, 2));
      out.put(0x84, resources.view());
    }
    out.put_bits(0x85, c.uicc_capability != 0 ? c.uicc_capability : profile::kBuiltInCapability);
    out.put(0x86, c.ts102241).put(0x87, c.globalplatform);
    const std::uint64_t live = free >= kRoomForAProfile ? c.rsp_capability : c.rsp_capability & ~kAdditionalProfile;
    out.put_bits(0x88, live);
    put_key_lists(out, context.ecasd);
    if (c.category) out.put_byte(0x8B, *c.category);
    out.put_bits(0x99, c.forbidden_ppr);
    out.put(0x04, c.pp_version).put_text(0x0C, c.sas_number);
    if (!c.platform_label.empty()) {
      const auto certification = out.open(0xAC);
      out.put_text(0x80, c.platform_label).put_text(0x81, c.discovery_base_url);
    }
    if (c.iot) put_iot_info(out, *c.iot, context.platform.ipae_in_charge());
  }
  return out.take();
}

namespace es10b {

apdu::Answer euicc_info1(Context& context, ByteView, ByteView content) {
  if (!content.empty()) return malformed("GetEuiccInfo1 takes nothing");
  TlvWriter out;
  {
    const auto scope = out.open(0xBF20);
    out.put(0x82, context.ecasd.capabilities.svn);
    put_key_lists(out, context.ecasd);
  }
  return apdu::with_data(out.take());
}

apdu::Answer euicc_info2(Context& context, ByteView, ByteView content) {
  if (!content.empty()) return malformed("GetEuiccInfo2 takes nothing");
  return apdu::with_data(encode_euicc_info2(context));
}

apdu::Answer rules_authorisation_table(Context& context, ByteView, ByteView content) {
  if (!content.empty()) return malformed("GetRAT takes nothing");
  TlvWriter out;
  {
    const auto scope = out.open(0xBF43);
    out.put(0xA0, rsp::encode_rat(context.ecasd.capabilities));
  }
  return apdu::with_data(out.take());
}

// The CRL is a CertificateList whose tag 30 automatic tagging turns into A0; both are accepted.
apdu::Answer load_crl(Context& context, ByteView, ByteView content) {
  if ((context.ecasd.capabilities.rsp_capability & 0x02) == 0) return apdu::refuse(apdu::Sw::data_not_found, "this card keeps no CRLs");
  asn1::TlvReader in(content);
  const auto list = in.next();
  if (!list || (list->tag != 0xA0 && list->tag != 0x30) || !in.at_end()) return error_code(0xBF35, 2);
  std::vector<std::uint32_t> missing;
  const rsp::CrlResult result = rsp::load_crl(asn1::tlv(0x30, list->value), context.ecasd, context.txn, missing);
  if (result != rsp::CrlResult::ok) return error_code(0xBF35, static_cast<std::uint8_t>(result));
  TlvWriter out;
  {
    const auto scope = out.open(0xBF35);
    const auto good = out.open(0xA0);
    if (!missing.empty()) {
      const auto parts = out.open(0xA0);
      for (const std::uint32_t part : missing) out.put_integer(0x02, part);
    }
  }
  return apdu::with_data(out.take());
}

apdu::Answer lpae_activation(Context&, ByteView, ByteView content) {
  if (!asn1::find_child(content, 0x80)) return malformed("LpaeActivationRequest without an option");
  return result_code(0xBF42, 1);  // notSupported: the card has no LPA of its own
}

}  // namespace es10b
}  // namespace simurgh::isdr
