// What the card said, in words: status words and the result codes of the ES10 functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace simurgh::ipae {

// "file or application not found (6A82)"
[[nodiscard]] std::string status_text(std::uint16_t sw);

// A result code of an ES10 function: the name in the specification's ASN.1 and a sentence part for people.
struct ResultWords {
  int code;
  std::string_view name;
  std::string_view words;
};

// "the profile is not in the disabled state (profileNotInDisabledState)"
[[nodiscard]] std::string result_text(const ResultWords& words);

}  // namespace simurgh::ipae
