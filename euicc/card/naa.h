// Network access applications as the card's commands see them: which one a channel has active, its key, its service table.
#pragma once

#include "euicc/card/core.h"

namespace simurgh::card {

enum class NaaKind : std::uint8_t { none, usim, isim, csim };

// By the AID: RID of 3GPP with application code 1002 or 1004 (TS 101 220 annex E), RID of 3GPP2 with 1002.
[[nodiscard]] NaaKind naa_kind(const Core& core, uicc::NodeId adf);
// What the channel has active, kNoNode when that is no application with files.
[[nodiscard]] uicc::NodeId active_adf(const ChannelState& channel);
[[nodiscard]] uicc::NodeId first_usim(const Core& core);
// The key of an ADF, null: none.
[[nodiscard]] const profile::AkaBinding* binding_of(const Core& core, uicc::NodeId adf);
// Service `number` of EF.UST of a USIM or EF.IST of an ISIM; false for any other application.
[[nodiscard]] bool has_service(const Core& core, uicc::NodeId adf, unsigned number);
// The content of a child of a directory; empty when there is none or it is not activated.
[[nodiscard]] ByteView usable_body(const Core& core, uicc::NodeId directory, std::uint16_t fid);

// authenticate.cpp: SRES and Kc for a RAND of 16 octets, counted where the profile limits authentications.
[[nodiscard]] apdu::Result<usim::GsmKeys> run_gsm(Core& core, uicc::NodeId adf, ByteView rand);

}  // namespace simurgh::card
