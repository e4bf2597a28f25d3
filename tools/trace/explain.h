// APDUs, status words and data objects in words. Names and clauses of commands come from the tables the card dispatches from.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "asn1/bytes.h"

namespace simurgh::trace {

enum class Reading : std::uint8_t { automatic, command, response, status, tlv, fcp, proactive, terminal_response, envelope, aid };
// "apdu", "response", "sw", "tlv", "fcp", "proactive", "terminal-response", "envelope", "aid"; nothing for another word.
[[nodiscard]] std::optional<Reading> reading_of(std::string_view word) noexcept;
[[nodiscard]] std::string_view word_of(Reading reading) noexcept;

// One thing that was recognised: "82 file descriptor", its octets, what they mean, and what lies inside.
struct Node {
  std::string name;
  std::string value;    // hexadecimal; empty when the children say it all
  std::string meaning;
  std::vector<Node> children;
};

struct Explanation {
  Reading reading = Reading::tlv;  // the one that was taken
  Node node;
};

// The error is a sentence: why these octets cannot be read so. Output is bounded by the input: deep or long nestings end in hexadecimal.
[[nodiscard]] std::expected<Explanation, std::string> explain(ByteView octets, Reading as = Reading::automatic);

// Indented lines, each ended.
[[nodiscard]] std::string to_text(const Node& node);

// "SELECT", "STORE DATA GetEID": the short name of a command for a line of a trace; empty when it is none.
[[nodiscard]] std::string command_name(ByteView command);
// "9000 done", "6108: 8 octets wait for GET RESPONSE".
[[nodiscard]] std::string status_text(std::uint16_t sw);

}  // namespace simurgh::trace
