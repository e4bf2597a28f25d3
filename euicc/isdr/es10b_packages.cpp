// eUICC packages at the ISD-R: LoadEuiccPackage, ProfileRollback, GetCerts (SGP.32 v1.2 5.9).
#include <algorithm>

#include "asn1/tlv.h"
#include "euicc/iot/package.h"
#include "euicc/iot/rollback.h"
#include "euicc/isdr/es10_table.h"
#include "euicc/isdr/session.h"

namespace simurgh::isdr {

iot::Context iot_context(Context& context) {
  // A call from inside the card is part of what runs in the toolkit and is not stopped by it.
  const bool busy = context.caller == Caller::device && context.platform.toolkit_busy();
  return {context.txn, context.ecasd, context.platform, busy};
}

namespace es10b {
namespace {

// The members of a certificate: an implicit tag takes the place of its 30.
ByteView members_of(ByteView certificate) {
  const auto whole = asn1::read_only(certificate, 0x30);
  return whole ? whole->value : ByteView{};
}

}  // namespace

apdu::Answer load_euicc_package(Context& context, ByteView, ByteView content) {
  auto outcome = iot::load_package(iot_context(context), content);
  if (!outcome) return std::unexpected(outcome.error());
  if (outcome->profile_deleted) end_load(context);
  return apdu::with_data(std::move(outcome->result));
}

apdu::Answer profile_rollback(Context& context, ByteView, ByteView content) {
  const auto refresh = asn1::TlvReader(content).required(0x80);
  if (!refresh || refresh->value.size() != 1) return malformed("ProfileRollback cannot be read");
  const iot::RollbackAnswer rolled = iot::roll_back(iot_context(context), refresh->value[0] != 0);
  asn1::TlvWriter out;
  {
    // eUICCPackageResult has a tag of its own, so the code keeps its universal one.
    const auto scope = out.open(0xBF58);
    out.put_byte(0x02, static_cast<std::uint8_t>(rolled.code)).raw(rolled.result);
  }
  return apdu::with_data(out.take());
}

apdu::Answer get_certs(Context& context, ByteView, ByteView content) {
  asn1::TlvReader in(content);
  const auto asked = in.optional(0x80);
  if (!asked || !in.skip_rest()) return malformed("GetCerts cannot be read");
  const auto& chains = context.ecasd.chains;
  // The beginning of a key identifier is enough to name it.
  const auto chain = std::ranges::find_if(chains, [&](const ecasd::SigningChain& candidate) {
    if (!*asked) return true;
    const ByteView prefix = (*asked)->value;
    return !prefix.empty() && prefix.size() <= candidate.ci_key_id.size() && equal(prefix, ByteView(candidate.ci_key_id).first(prefix.size()));
  });
  if (chain == chains.end()) return error_code(0xBF56, 1);  // invalidCiPKId
  asn1::TlvWriter out;
  {
    const auto scope = out.open(0xBF56);
    const auto certificates = out.open(0xA0);
    out.put(0xA5, members_of(chain->eum_certificate)).put(0xA6, members_of(chain->euicc_certificate));
  }
  return apdu::with_data(out.take());
}

}  // namespace es10b
}  // namespace simurgh::isdr
