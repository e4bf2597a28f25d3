// Any octets as every message of asn1/modules: what decodes encodes, and that decodes and encodes again to the same octets; the rest is refused.
#include "asn1/codec/codec.h"
#include "tests/fuzz/require.h"

using namespace simurgh;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  for (const std::string_view message : asn1::codec::messages()) {
    const auto once = asn1::codec::reencode(message, input);
    FUZZ_REQUIRE(once.has_value() == asn1::codec::check(message, input).has_value());
    if (!once) continue;
    FUZZ_REQUIRE(asn1::check_nesting(*once, 32).has_value());
    const auto twice = asn1::codec::reencode(message, *once);
    FUZZ_REQUIRE(twice && *twice == *once);
    // An object identifier can be malformed inside: then there is no text.
    (void)asn1::codec::to_xml(message, input);
  }
  return 0;
}
