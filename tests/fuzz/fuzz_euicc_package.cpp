// eUICC packages to a card with an associated eIM. The first octet says what the rest is: a package as it comes, a list of PSMOs or of eCOs that the eIM
// signs, or the whole signed part. Answers are strict DER; what is not accepted changes nothing; what is accepted has a signed result.
#include "asn1/codec/codec.h"
#include "tests/fuzz/require.h"
#include "tests/support/test_eim.h"
#include "tools/bench/desk.h"

using namespace simurgh;

namespace {

struct World {
  std::map<state::Key, state::Cell> cells;
  std::optional<test::TestEim> eim;
  std::optional<ecasd::Ecasd> identity;
};

const World& world() {
  static const World kWorld = [] {
    World out;
    bench::Desk desk;
    ecasd::Capabilities capabilities;
    capabilities.iot = ecasd::IotCapabilities{};
    state::MemoryStore store(desk.new_card(capabilities));
    card::Card card(store, desk.rng());
    card.power_on();
    bench::Lpa lpa(card);
    const Bytes iot = from_hex("9F7B01FF9F6701FF").value();
    (void)lpa.download(desk, desk.order("8988211000000000011", iot));
    (void)lpa.download(desk, desk.order("8988211000000000029"));
    out.eim.emplace("e", crypto::EcPrivateKey::generate(crypto::Curve::nist_p256, desk.rng()));
    (void)lpa.es10(out.eim->add_initial());
    out.eim->token = 1;
    out.eim->counter = 40;
    out.cells = store.cells();
    const state::Transaction txn(store);
    out.identity = ecasd::Ecasd::load(txn);
    return out;
  }();
  return kWorld;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1 || size > 4096) return 0;
  const ByteView rest(data + 1, size - 1);
  state::MemoryStore store(world().cells);
  const auto rng = crypto::seeded_rng(1);
  static card::ImageCache images;
  card::Card card(store, *rng, nullptr, &images);
  card.power_on();
  bench::Lpa lpa(card);
  test::TestEim eim = *world().eim;
  Bytes package;
  switch (data[0] % 4) {
    case 0: package = asn1::tlv(0xBF51, rest); break;
    case 1: package = eim.psmos(world().identity->eid, rest); break;
    case 2: package = eim.ecos(world().identity->eid, rest); break;
    default: package = eim.sign(asn1::tlv(0x30, rest)); break;
  }
  const auto before = store.cells();
  try {
    const Bytes answer = lpa.es10(package);
    FUZZ_REQUIRE(asn1::check_nesting(answer, 16, asn1::Lengths::der).has_value());
    const auto result = eim.read(answer, world().identity->chains.front().key.public_key());
    FUZZ_REQUIRE(result.kind == 'U' || result.verified);
    if (result.kind != 'R') FUZZ_REQUIRE(store.cells() == before);
    if (result.kind == 'R') {
      FUZZ_REQUIRE(asn1::codec::reencode("EuiccPackageResult", answer) == answer);
      FUZZ_REQUIRE(to_hex(lpa.es10(from_hex("BF2B04A0028200").value())).ends_with(to_hex(answer)));
      // The same package again is a replay, unless it changed its own association.
      const auto executed = store.cells();
      try {
        const auto again = eim.read(lpa.es10(package), world().identity->chains.front().key.public_key());
        if (again.kind != 'R') FUZZ_REQUIRE(store.cells() == executed);
        if (data[0] % 4 == 1) FUZZ_REQUIRE(again.kind == 'S');
      } catch (const bench::DeskError&) {
        FUZZ_REQUIRE(false);
      }
    }
  } catch (const bench::DeskError&) {
    FUZZ_REQUIRE(lpa.last_status() != 0x6F00);
    FUZZ_REQUIRE(store.cells() == before);
  }
  return 0;
}
