// Any octets as the cells of a card: a damaged image, registry entry or identity is refused or used, never a crash.
#include "euicc/profile/image.h"
#include "euicc/profile/registry.h"
#include "tests/fuzz/require.h"

using namespace simurgh;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  if (const auto image = profile::ProfileImage::decode(input)) {
    const Bytes again = image->encode();
    const auto back = profile::ProfileImage::decode(again);
    FUZZ_REQUIRE(back && back->encode() == again);
  }
  if (const auto entry = profile::ProfileEntry::decode(1, input)) {
    const Bytes again = entry->encode();
    const auto back = profile::ProfileEntry::decode(1, again);
    FUZZ_REQUIRE(back && back->encode() == again);
  }
  return 0;
}
