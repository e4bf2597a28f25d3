// The JSON binding of ESipa as a translation: what an assistant says and hears stays DER. SGP.32 v1.2 6.4 (members as far as they are
// known).
#pragma once

#include <string>

#include "ipae/esipa/exchange.h"

namespace simurgh::ipae::esipa {

// A request of ours. An error only for octets that are no message of the function.
[[nodiscard]] asn1::Parsed<std::string> json_request(Function function, ByteView message);
// The eIM's answer. A status that is no success is an error in words.
[[nodiscard]] EsipaResult<Bytes> json_answer(Function function, ByteView body);

}  // namespace simurgh::ipae::esipa
