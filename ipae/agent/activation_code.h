// Activation codes as printed or scanned. SGP.22 v2.5 4.1.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "asn1/bytes.h"
#include "ipae/es9/client.h"

namespace simurgh::ipae {

struct ActivationCode {
  ServerAddress server;
  std::string matching_id;        // may be empty
  std::optional<Bytes> smdp_oid;  // content octets of the OID that CERT.DPauth must carry
  bool confirmation_code_required = false;
};

// "LPA:1$SMDP.EXAMPLE.COM$MATCHING-ID[$OID[$1]]", the prefix optional, fields after the fifth ignored. The error is a sentence part.
[[nodiscard]] std::expected<ActivationCode, std::string> parse_activation_code(std::string_view text);

}  // namespace simurgh::ipae
