#include "ipae/es10/status.h"

#include "asn1/bytes.h"
#include "euicc/apdu/sw.h"

namespace simurgh::ipae {

std::string status_text(std::uint16_t sw) {
  return std::string(apdu::describe(static_cast<apdu::Sw>(sw))) + " (" + to_hex(be_bytes(sw, 2)) + ")";
}

std::string result_text(const ResultWords& words) {
  return std::string(words.words) + " (" + std::string(words.name) + ", code " + std::to_string(words.code) + ")";
}

}  // namespace simurgh::ipae
