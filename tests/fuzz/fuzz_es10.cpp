// One ES10 request after another (each behind two length octets) to a card with profiles and notifications: answers are strict DER, refusals change
// nothing.
#include "asn1/tlv.h"
#include "tests/fuzz/require.h"
#include "tools/bench/desk.h"

using namespace simurgh;

namespace {

const std::map<state::Key, state::Cell>& cells() {
  static const auto kCells = [] {
    bench::Desk desk;
    state::MemoryStore store(desk.new_card());
    card::Card card(store, desk.rng());
    card.power_on();
    bench::Lpa lpa(card);
    for (const char* iccid : {"8988211000000000011", "8988211000000000029"}) (void)lpa.download(desk, desk.order(iccid));
    return store.cells();
  }();
  return kCells;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  state::MemoryStore store(cells());
  const auto rng = crypto::seeded_rng(1);
  static card::ImageCache images;
  card::Card card(store, *rng, nullptr, &images);
  card.power_on();
  bench::Lpa lpa(card);
  ByteView rest(data, size);
  while (rest.size() > 2) {
    const std::size_t length = std::min<std::size_t>(be_value(rest.first(2)), rest.size() - 2);
    const Bytes request = to_bytes(rest.subspan(2, length));
    rest = rest.subspan(2 + length);
    if (request.empty()) continue;
    const auto before = store.cells();
    try {
      const Bytes answer = lpa.es10(request);
      if (!answer.empty()) FUZZ_REQUIRE(asn1::check_nesting(answer, 16).has_value());
    } catch (const bench::DeskError&) {
      FUZZ_REQUIRE(lpa.last_status() != 0x6F00);
      FUZZ_REQUIRE(store.cells() == before);
    }
  }
  return 0;
}
