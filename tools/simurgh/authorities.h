// The issuers that --ca names.
#pragma once

#include <string>
#include <vector>

#include "asn1/bytes.h"

namespace simurgh::tool {

// Appends certificates in DER. A file is taken as it is; of a folder, such as `simurgh pki` makes, only the self-signed CAs. Throws Failure when
// there is none.
void add_authorities(const std::string& path, std::vector<Bytes>& out);

}  // namespace simurgh::tool
