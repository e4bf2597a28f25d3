// A CoAP datagram: refused, or read into what encodes again to an equal message. Block options likewise.
#include <algorithm>

#include "ipae/coap/message.h"
#include "tests/fuzz/require.h"

using namespace simurgh;
using namespace simurgh::ipae::coap;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  if (const auto block = decode_block(input)) {
    FUZZ_REQUIRE(block->number <= kLastBlock && block->szx <= 6 && decode_block(encode_block(*block)) == block);
  }
  const auto message = decode(input);
  if (!message) {
    FUZZ_REQUIRE(!message.error().empty());
    return 0;
  }
  FUZZ_REQUIRE(message->token.size() <= 8);
  FUZZ_REQUIRE(std::ranges::is_sorted(message->options, {}, &Option::number));
  const Bytes again = encode(*message);
  FUZZ_REQUIRE(equal(again, input));  // there is one coding of each message
  FUZZ_REQUIRE(decode(again) == message);
  for (const Option& one : message->options) {
    FUZZ_REQUIRE(message->find(one.number) != nullptr);
    (void)message->number(one.number);
  }
  FUZZ_REQUIRE(!code_text(message->code).empty());
  return 0;
}
