#include "ipae/agent/activation_code.h"

#include <algorithm>
#include <vector>

#include "euicc/crypto/x509.h"

namespace simurgh::ipae {

std::expected<ActivationCode, std::string> parse_activation_code(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  if (text.size() > 1024) return std::unexpected("it is too long");
  if (text.size() >= 4 && (text.substr(0, 4) == "LPA:" || text.substr(0, 4) == "lpa:")) text.remove_prefix(4);

  std::vector<std::string_view> fields;
  for (std::size_t start = 0;;) {
    const std::size_t end = text.find('$', start);
    fields.push_back(text.substr(start, end == std::string_view::npos ? end : end - start));
    if (end == std::string_view::npos) break;
    start = end + 1;
  }
  if (fields[0] != "1") return std::unexpected("it does not start with 'LPA:1$'; only format 1 is known");
  if (fields.size() < 3) return std::unexpected("it needs an SM-DP+ address and a matching ID: LPA:1$ADDRESS$MATCHING-ID");

  ActivationCode code;
  const auto server = ServerAddress::parse(fields[1]);
  if (!server) return std::unexpected("its SM-DP+ address is no host name");
  code.server = *server;
  // Letters, digits and '-' by the standard; servers in use are freer, so only what no token can hold is refused.
  if (fields[2].size() > 255 || !std::all_of(fields[2].begin(), fields[2].end(), [](char c) { return c > 0x20 && c < 0x7F; })) {
    return std::unexpected("its matching ID holds a character that none can have");
  }
  code.matching_id = fields[2];
  if (fields.size() > 3 && !fields[3].empty()) {
    code.smdp_oid = crypto::oid_content(fields[3]);
    if (!code.smdp_oid) return std::unexpected("its SM-DP+ OID is malformed");
  }
  if (fields.size() > 4 && !fields[4].empty()) {
    if (fields[4] != "1") return std::unexpected("its confirmation code flag is neither 1 nor absent");
    code.confirmation_code_required = true;
  }
  return code;
}

}  // namespace simurgh::ipae
