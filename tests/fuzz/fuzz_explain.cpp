// Any octets to every reading of explain, and as both halves of a recorded exchange: never a crash, output in proportion to the input.
#include "tests/fuzz/require.h"
#include "tools/trace/explain.h"
#include "tools/trace/redaction.h"

using namespace simurgh;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes octets(data, data + size);
  for (int reading = 0; reading <= static_cast<int>(trace::Reading::aid); ++reading) {
    const auto explained = trace::explain(octets, static_cast<trace::Reading>(reading));
    if (explained) FUZZ_REQUIRE(trace::to_text(explained->node).size() <= 4096 + size * 200);
  }
  trace::Redaction redaction;
  const std::size_t cut = size == 0 ? 0 : data[0] % size;
  const ByteView command = ByteView(octets).first(cut), response = ByteView(octets).subspan(cut);
  for (int i = 0; i < 2; ++i) {
    const trace::Secrets secrets = redaction.exchange(command, response);
    FUZZ_REQUIRE(trace::starred(command, secrets.command).size() == command.size() * 2);
    FUZZ_REQUIRE(trace::zeroed(response, secrets.response).size() == response.size());
  }
  return 0;
}
