// One ES10 function: send the request, take the response with the same tag.
#pragma once

#include "asn1/tlv.h"
#include "ipae/es10/ports.h"

namespace simurgh::ipae {

[[nodiscard]] PortError malformed(const std::string& function, const asn1::ParseError& error);

// The whole response DO; an error when its outer tag is not the request's.
[[nodiscard]] PortResult<Bytes> call(Es10Port& card, const std::string& function, ByteView request);

// Response of the form { 80 INTEGER }: the result code, 255 for anything larger.
[[nodiscard]] PortResult<unsigned> call_for_code(Es10Port& card, const std::string& function, ByteView request);

// Response of the form CHOICE { A0 list | 81 INTEGER error }: the content of A0. The error becomes a PortError that names the code,
// except those listed in `empty_codes`, which mean an empty list.
[[nodiscard]] PortResult<Bytes> call_for_list(Es10Port& card, const std::string& function, ByteView request,
                                              std::initializer_list<unsigned> empty_codes = {});

}  // namespace simurgh::ipae
