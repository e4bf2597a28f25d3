// The full forms of what an IPA shortens to save octets (SGP.32 v1.2, compact alternatives). Signatures are those of the full forms, so each
// must come out as the card had it, octet for octet; nothing when a part is not known here.
#pragma once

#include <optional>
#include <string>

#include "asn1/bytes.h"

namespace simurgh::eim {

struct CompactContext {
  Bytes transaction_id;              // of the SM-DP+'s session
  std::string server_address;        // in serverSigned1
  Bytes server_challenge;
  Bytes euicc_info2;                 // BF22
  Bytes ctx_params1;                 // A0: what the eIM had given; may be empty
  Bytes euicc_certificate, eum_certificate;
  Bytes bpp_euicc_otpk;              // content of smdpSigned2's 5F49; may be empty
  Bytes smdp_oid;                    // OID content
  Bytes iccid;                       // of the profile, ten octets
};

// BF38 { A2 .. } -> BF38 { A0 .. }; other forms come back as they are.
[[nodiscard]] std::optional<Bytes> full_authenticate_response(ByteView bf38, const CompactContext& context);
// BF21 { A2 .. } -> BF21 { A0 .. }
[[nodiscard]] std::optional<Bytes> full_download_response(ByteView bf21, const CompactContext& context);
// Content of BF41's A1 -> BF41 { A0 .. | 81 .. }
[[nodiscard]] std::optional<Bytes> full_cancel_response(ByteView outcome, const CompactContext& context);
// A0 -> BF37
[[nodiscard]] std::optional<Bytes> full_installation_result(ByteView compact, const CompactContext& context);
// A1 -> 30
[[nodiscard]] std::optional<Bytes> full_other_notification(ByteView compact, const CompactContext& context);
// The session a compact installation result belongs to.
[[nodiscard]] std::optional<Bytes> transaction_of(ByteView compact_result);

}  // namespace simurgh::eim
