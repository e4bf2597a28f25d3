// Any octets through the TLV reader: elements lie inside the input, tile it without gaps, and what the writer makes of them reads back.
#include "asn1/tlv.h"
#include "tests/fuzz/require.h"

using namespace simurgh;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  asn1::TlvReader reader(input);
  std::size_t position = 0;
  while (!reader.at_end()) {
    const std::size_t before = reader.offset();
    const auto element = reader.next();
    if (!element) {
      FUZZ_REQUIRE(reader.offset() == before);
      break;
    }
    FUZZ_REQUIRE(element->raw.data() == data + position);
    FUZZ_REQUIRE(element->value.data() + element->value.size() == element->raw.data() + element->raw.size());
    position += element->raw.size();
    FUZZ_REQUIRE(reader.offset() == position);
    const Bytes again = asn1::tlv(element->tag, element->value);
    const auto back = asn1::read_only(again, element->tag, asn1::Lengths::der);
    FUZZ_REQUIRE(back && equal(back->value, element->value));
    if (const auto number = asn1::unsigned_value(*element)) {
      const auto shortest = asn1::integer_content(*number);
      FUZZ_REQUIRE(shortest.size() <= element->value.size());
    }
    if (const auto mask = asn1::named_bits(*element)) {
      const Bytes bits = asn1::tlv(0x03, asn1::named_bits_content(*mask));
      FUZZ_REQUIRE(asn1::named_bits(*asn1::read_only(bits, 0x03)) == *mask);
    }
  }
  // DER is a part of BER.
  if (asn1::check_nesting(input, 16, asn1::Lengths::der)) FUZZ_REQUIRE(asn1::check_nesting(input, 16).has_value());
  return 0;
}
