// Any octets as a profile package: one feed and cut feeds give the same verdict and the same profile; an installed image reads back as it was.
#include "euicc/profile/package.h"

#include "asn1/tlv.h"
#include "tests/fuzz/require.h"

using namespace simurgh;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  profile::PackageInterpreter whole;
  (void)whole.feed(input);
  const bool installed = whole.finish();
  FUZZ_REQUIRE(installed == (whole.complete() && !whole.aborted()));
  FUZZ_REQUIRE(asn1::check_nesting(whole.euicc_response(), 8, asn1::Lengths::der).has_value());

  profile::PackageInterpreter cut;
  std::size_t step = size % 7 + 1;
  for (ByteView rest = input; !rest.empty(); step = step % 253 + 1) {
    const std::size_t taken = std::min(step, rest.size());
    if (!cut.feed(rest.first(taken))) break;
    rest = rest.subspan(taken);
  }
  FUZZ_REQUIRE(cut.finish() == installed);
  FUZZ_REQUIRE(cut.result() == whole.result());
  if (!installed) return 0;
  const Bytes encoded = whole.take().encode();
  FUZZ_REQUIRE(cut.take().encode() == encoded);
  const auto back = profile::ProfileImage::decode(encoded);
  FUZZ_REQUIRE(back && back->encode() == encoded);
  return 0;
}
