// What an SM-DP+ or SM-DS says when it refuses: subject and reason codes of SGP.22 v2.5 5.2.6, in words and with advice.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace simurgh::ipae {

struct StatusCode {
  std::string_view subject, reason;
  std::string_view words;
  std::string_view advice;  // what to try; may be empty
};

[[nodiscard]] std::span<const StatusCode> status_codes();
// The row, or null for a pair this table does not know.
[[nodiscard]] const StatusCode* find_status_code(std::string_view subject, std::string_view reason);
// "the matching ID is refused"; for an unknown pair the subject and the reason each in words as far as known.
[[nodiscard]] std::string status_code_text(std::string_view subject, std::string_view reason);

}  // namespace simurgh::ipae
