// What the SM-DP+ tells the operator's server by itself: HandleDownloadProgressInfo (SGP.22 v2.5 5.3.5), over http, or https with both
// sides showing a certificate.
#pragma once

#include <optional>
#include <string>

#include "tools/perso/pki.h"

namespace simurgh::smdp {

struct OperatorTarget {
  std::string url;
  std::optional<crypto::Certificate> ca;        // https: the issuer of the server's certificate; those the system trusts without it
  std::optional<perso::Identity> identity;  // https: shown when the server asks
};

// A sentence when the URL cannot be used, else nothing.
[[nodiscard]] std::optional<std::string> bad_url(const std::string& url);
// One POST of JSON with a short limit of time, its answer thrown away. Nothing when it arrived, else why not.
[[nodiscard]] std::optional<std::string> post_json(const OperatorTarget& target, const std::string& body);

}  // namespace simurgh::smdp
