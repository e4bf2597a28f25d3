// GET IDENTITY (TS 102 221 11.1.22, TS 31.102 7.5): the subscription concealed by the USIM.
#include "asn1/tlv.h"
#include "euicc/card/naa.h"
#include "euicc/usim/suci.h"

namespace simurgh::card {

using apdu::refuse;
using apdu::Sw;

namespace {

constexpr std::uint8_t kSuci = 0x01, kSuciNswo = 0x02;  // P2 b7-b1
constexpr unsigned kServiceSuci = 124, kServiceSuciByUsim = 125, kServiceNai = 130, kServiceNswo = 142;

std::optional<usim::Supi> identity(const Core& core, uicc::NodeId adf, uicc::NodeId df_5gs) {
  if (has_service(core, adf, kServiceNai)) return usim::Supi::from_nai(usable_body(core, df_5gs, 0x4F09));
  const ByteView ad = usable_body(core, adf, 0x6FAD);
  return usim::Supi::from_imsi(usable_body(core, adf, 0x6F07), ad.size() >= 4 ? ad[3] & 0x0FU : 2U);
}

}  // namespace

apdu::Answer get_identity(Core& core, ChannelState& channel, const apdu::Command& command) {
  const std::uint8_t context = command.p2 & 0x7F;
  if (command.p1 != 0 || (context != kSuci && context != kSuciNswo)) return refuse(Sw::incorrect_p1p2, "GET IDENTITY P1 P2");
  if (!command.data.empty()) return refuse(Sw::wrong_length, "GET IDENTITY with data");
  const uicc::NodeId adf = active_adf(channel);
  if (naa_kind(core, adf) != NaaKind::usim) return refuse(Sw::conditions_not_satisfied, "GET IDENTITY without an active USIM");
  if (!has_service(core, adf, kServiceSuci) || !has_service(core, adf, kServiceSuciByUsim)) {
    return refuse(Sw::conditions_not_satisfied, "services 124 and 125 are not both available");
  }
  if (context == kSuciNswo && !has_service(core, adf, kServiceNswo))
    return refuse(Sw::conditions_not_satisfied, "service 142 is not available");
  if (!core.uicc.application_pin_satisfied(adf, core.txn))
    return refuse(Sw::security_status_not_satisfied, "GET IDENTITY needs the application PIN");

  const auto& tree = core.uicc.tree();
  const uicc::NodeId df_5gs = tree.child(adf, 0x5FC0);
  // With service 125 the file lies in DF.SAIP, where no terminal reads it; a profile that has it in DF.5GS only is understood too.
  ByteView file = usable_body(core, tree.child(adf, 0x5FD0), 0x4F01);
  if (file.empty()) file = usable_body(core, df_5gs, 0x4F07);
  const auto info = file.empty() ? std::nullopt : usim::SuciCalcInfo::parse(file);
  if (!info) return refuse(Sw::conditions_not_satisfied, "EF.SUCI_Calc_Info is missing or unreadable");
  const auto choice = usim::choose_scheme(*info);
  if (!choice) return refuse(Sw::conditions_not_satisfied, "EF.SUCI_Calc_Info names no scheme that can be computed");
  const auto supi = identity(core, adf, df_5gs);
  if (!supi) return refuse(Sw::conditions_not_satisfied, "the USIM has no usable subscription identifier");

  // TS 24.501 9.11.3.4: without a routing indicator, 0.
  Bytes routing{0xF0, 0xFF};
  if (const ByteView stored = usable_body(core, df_5gs, 0x4F0A); stored.size() >= 2 && (stored[0] & 0x0F) <= 9)
    routing = to_bytes(stored.first(2));
  const auto concealed = usim::suci(*supi, *choice, routing, context == kSuciNswo, core.rng);
  if (!concealed) return refuse(Sw::conditions_not_satisfied, "the subscription identifier cannot be concealed");
  return apdu::with_data(asn1::tlv(0xA1, *concealed));
}

}  // namespace simurgh::card
