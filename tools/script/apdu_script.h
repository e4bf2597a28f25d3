// APDU scripts as text; the same file replays in a test, with `simurgh apdu --script` and in a bug report.
//
//   # comment
//   reset                     cold reset; `< 3B..` after it compares the ATR
//   > 00A40004023F00          command
//   < 61xx                    expected response; xx is any octet, .. at the end is any rest; a command without `<` expects nothing
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "asn1/bytes.h"

namespace simurgh::script {

struct Step {
  std::size_t line = 0;
  bool reset = false;
  Bytes command;
  std::optional<std::string> expected;  // upper case, without white space
};

struct ScriptError {
  std::size_t line = 0;
  std::string what;
};

struct Script {
  std::vector<Step> steps;
  std::optional<ScriptError> error;  // the first line that cannot be read
};

[[nodiscard]] Script parse(std::string_view text);
// Does the response fit "6A82", "61XX", "DB08.."?
[[nodiscard]] bool matches(std::string_view expected, ByteView response);

struct Mismatch {
  std::size_t line = 0;
  std::string expected, got;
};

struct Link {
  std::function<Bytes()> reset;
  std::function<Bytes(ByteView)> transmit;
};

// Runs to the first mismatch. `seen` is told every exchange.
[[nodiscard]] std::optional<Mismatch> replay(const Script& script, const Link& link,
                                             const std::function<void(const Step&, ByteView response)>& seen = {});

}  // namespace simurgh::script
