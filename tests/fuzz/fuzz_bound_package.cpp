// A real bound package, bent as the input says (position and value, three octets each; the first octet chooses the size of slices): the card installs
// the package only when nothing was bent, and otherwise answers a signed error or goes on waiting.
#include "asn1/tlv.h"
#include "tests/fuzz/require.h"
#include "tools/bench/desk.h"

using namespace simurgh;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  static bench::Desk desk;
  static const auto cells = desk.new_card();
  state::MemoryStore store(cells);
  card::Card card(store, desk.rng());
  card.power_on();
  bench::Lpa lpa(card);
  const Bytes whole = lpa.bound_package(desk, desk.order("8988211000000000011"));
  Bytes package = whole;
  for (std::size_t i = 1; i + 2 < size; i += 3) {
    const std::size_t at = (std::size_t{data[i]} << 8 | data[i + 1]) % package.size();
    package[at] = static_cast<std::uint8_t>(package[at] ^ data[i + 2]);
  }
  const std::size_t slice = std::size_t{data[0]} * 8 + 3;
  Bytes result;
  try {
    for (std::size_t at = 0; at < package.size() && result.empty(); at += slice) {
      result = lpa.es10(ByteView(package).subspan(at, std::min(slice, package.size() - at)));
    }
  } catch (const bench::DeskError&) {
    FUZZ_REQUIRE(lpa.last_status() != 0x6F00);
    return 0;
  }
  if (result.empty()) return 0;
  FUZZ_REQUIRE(asn1::check_nesting(result, 8, asn1::Lengths::der).has_value());
  FUZZ_REQUIRE(bench::installed(result) == (package == whole));
  FUZZ_REQUIRE(store.cells().contains({state::Space::profile, 0, 0}) == (package == whole) || package != whole);
  return 0;
}
