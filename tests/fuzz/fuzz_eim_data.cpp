// EimConfigurationData: a list of entries for AddInitialEim. Refused: nothing has changed. Taken: what the card shows of it is strict DER that its module
// reads, and the card is associated.
#include "asn1/codec/codec.h"
#include "euicc/iot/eim_data.h"
#include "tests/fuzz/require.h"
#include "tools/bench/desk.h"

using namespace simurgh;

namespace {

const std::map<state::Key, state::Cell>& cells() {
  static const auto kCells = [] {
    bench::Desk desk;
    ecasd::Capabilities capabilities;
    capabilities.iot = ecasd::IotCapabilities{};
    return desk.new_card(capabilities);
  }();
  return kCells;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  const Bytes list(data, data + size);
  (void)iot::read_eim_data(list);
  (void)iot::eim_key(list);
  state::MemoryStore store(cells());
  const auto rng = crypto::seeded_rng(1);
  card::Card card(store, *rng);
  card.power_on();
  bench::Lpa lpa(card);
  const auto before = store.cells();
  try {
    const Bytes answer = lpa.es10(asn1::tlv(0xBF57, asn1::tlv(0xA0, list)));
    FUZZ_REQUIRE(asn1::codec::reencode("AddInitialEimResponse", answer) == answer);
    const Bytes shown = lpa.es10(from_hex("BF5500").value());
    FUZZ_REQUIRE(asn1::check_nesting(shown, 16, asn1::Lengths::der).has_value());
    const bool taken = asn1::find_child(asn1::read_only(answer, 0xBF57)->value, 0xA0).has_value();
    if (!taken) FUZZ_REQUIRE(store.cells() == before);
    if (taken) FUZZ_REQUIRE(asn1::codec::check("GetEimConfigurationDataResponse", shown).has_value());
    FUZZ_REQUIRE(taken == (shown.size() > 5));
  } catch (const bench::DeskError&) {
    FUZZ_REQUIRE(lpa.last_status() != 0x6F00);
    FUZZ_REQUIRE(store.cells() == before);
  }
  return 0;
}
