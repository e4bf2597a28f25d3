// A look at JSON before it is parsed.
#pragma once

#include <string_view>

namespace simurgh::ipae {

// Objects and arrays outside strings nest no deeper than `most`: a body of brackets must cost no memory. Messages of ES9+ and ESipa nest four deep.
[[nodiscard]] bool shallow_json(std::string_view text, int most = 16);

}  // namespace simurgh::ipae
