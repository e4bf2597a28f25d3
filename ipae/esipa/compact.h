// Shortened forms of what the card signed, for an eIM that can rebuild the full ones. SGP.32 v1.2, compact alternatives of 6.5.
//
// Signatures stay those of the full forms. Whatever could not be rebuilt octet for octet is returned as it came.
#pragma once

#include "asn1/tlv.h"

namespace simurgh::ipae::esipa {

// BF38. `eim_made_ctx_params1`: the eIM gave them, so it knows them.
[[nodiscard]] Bytes compact_authenticate_response(ByteView bf38, bool eim_made_ctx_params1);
// BF21. `bpp_otpk`: of smdpSigned2; the card's key is left out when it is this one.
[[nodiscard]] Bytes compact_download_response(ByteView bf21, ByteView bpp_otpk);
// Content of BF41.
[[nodiscard]] Bytes compact_cancel_outcome(ByteView content);
// BF37 or 30.
[[nodiscard]] Bytes compact_notification(ByteView pending, ByteView eid);

}  // namespace simurgh::ipae::esipa
