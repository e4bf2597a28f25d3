// How a bound profile package is cut for the card. SGP.22 v2.5 2.5.5, 3.1.3.3.
#pragma once

#include <vector>

#include "asn1/tlv.h"

namespace simurgh::ipae {

struct BoundPackage {
  // One ES10 command each, in order; views into the package given to cut_bound_package.
  std::vector<ByteView> segments;
  // Plaintext of the 88 TLVs without their MACs, concatenated: the BF25 that the card will store. Not verified here.
  Bytes metadata;
  Bytes transaction_id;  // of InitialiseSecureChannel
};

// BF36 { BF23, A0, A1, [A2], A3 } and nothing else; every TLV in them whole.
[[nodiscard]] asn1::Parsed<BoundPackage> cut_bound_package(ByteView bf36);

}  // namespace simurgh::ipae
