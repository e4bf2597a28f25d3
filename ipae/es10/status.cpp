#include "ipae/es10/status.h"

#include <array>
#include <cstdio>

namespace simurgh::ipae {
namespace {

struct Row {
  std::uint16_t sw;
  std::string_view words;
};

// ETSI TS 102 221 10.2.1 and GlobalPlatform 2.3 11.1.3, as far as an ISD-R gives them.
constexpr auto kRows = std::to_array<Row>({
    {0x9000, "done"},
    {0x6300, "authentication failed"},
    {0x6581, "memory problem"},
    {0x6700, "wrong length"},
    {0x6881, "logical channel not supported or not open"},
    {0x6882, "secure messaging not supported"},
    {0x6900, "command not allowed"},
    {0x6982, "security status not satisfied"},
    {0x6985, "conditions of use not satisfied"},
    {0x6A80, "incorrect data"},
    {0x6A81, "function not supported"},
    {0x6A82, "application or file not found"},
    {0x6A84, "not enough memory"},
    {0x6A86, "incorrect P1 or P2"},
    {0x6A88, "function or data not known to this card"},
    {0x6D00, "instruction not supported"},
    {0x6E00, "class not supported"},
    {0x6F00, "technical problem in the card"},
});

}  // namespace

std::string status_text(std::uint16_t sw) {
  std::array<char, 8> code{};
  std::snprintf(code.data(), code.size(), "%04X", static_cast<unsigned>(sw));
  for (const Row& row : kRows) {
    if (row.sw == sw) return std::string(row.words) + " (" + code.data() + ")";
  }
  if ((sw >> 8) == 0x93) return std::string("toolkit is busy (") + code.data() + ")";
  return std::string("the card refused (") + code.data() + ")";
}

std::string result_text(const ResultWords& words) {
  return std::string(words.words) + " (" + std::string(words.name) + ", code " + std::to_string(words.code) + ")";
}

}  // namespace simurgh::ipae
