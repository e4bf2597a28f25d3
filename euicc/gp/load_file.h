// What is read of a load file data block: the AIDs of its applets. Code is kept and never executed.
#pragma once

#include <vector>

#include "asn1/bytes.h"

namespace simurgh::gp {

// AIDs in the Applet component (tag 03) of a CAP file's components in a row (Java Card VM specification 6.1, 6.5). Empty when the octets are
// no such thing or name none.
[[nodiscard]] std::vector<Bytes> modules_of(ByteView load_file_data_block);

}  // namespace simurgh::gp
