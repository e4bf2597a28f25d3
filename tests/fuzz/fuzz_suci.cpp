// Files that a USIM computes from: EF.SUCI_Calc_Info, EF.IMSI, EF.SUPI_NAI, EF.GBABP, EF.GBANL, and the data of the GBA context. What is
// read is consistent, and what is computed fits an answer.
#include "euicc/usim/gba.h"
#include "euicc/usim/suci.h"
#include "tests/fuzz/require.h"

using namespace simurgh;

namespace {

void identities(ByteView file) {
  const auto rng = crypto::seeded_rng(1);
  const Bytes routing{0xF0, 0xFF};
  usim::SuciChoice choice;
  if (const auto info = usim::SuciCalcInfo::parse(file)) {
    const auto chosen = usim::choose_scheme(*info);
    if (chosen) choice = *chosen;
    FUZZ_REQUIRE(!chosen || chosen->scheme == usim::SuciScheme::null || !chosen->key.empty());
  }
  for (const unsigned digits : {2U, 3U}) {
    const auto supi = usim::Supi::from_imsi(file, digits);
    if (!supi) continue;
    FUZZ_REQUIRE(supi->mcc.size() == 3 && supi->mnc.size() == digits && !supi->msin.empty() && supi->msin.size() <= 10);
    for (const bool nswo : {false, true}) {
      const auto out = usim::suci(*supi, choice, routing, nswo, *rng);
      FUZZ_REQUIRE(out && out->size() <= 250);
    }
  }
  if (const auto supi = usim::Supi::from_nai(file)) {
    const auto out = usim::suci(*supi, choice, routing, false, *rng);
    FUZZ_REQUIRE(!out || out->size() <= 250);
  }
}

void bootstrapping(ByteView data) {
  if (const auto challenge = usim::parse_bootstrap(data)) FUZZ_REQUIRE(challenge->rand.size() == 16 && challenge->autn.size() == 16);
  if (const auto request = usim::parse_naf(data)) FUZZ_REQUIRE(request->naf_id.size() + request->impi.size() + 3 == data.size());
  FUZZ_REQUIRE(usim::transaction_identifier(data).size() <= data.size());
  if (data.size() < 2) return;
  const std::size_t record = data[0] % 40 + 1U;
  const ByteView list = data.subspan(1, (data.size() - 1) / record * record);
  const ByteView naf = data.first(std::min<std::size_t>(data.size(), 8));
  const auto changed = usim::with_naf(list, record, naf, {});
  FUZZ_REQUIRE(!changed || changed->size() == list.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input(data, data + size);  // exact-size block
  identities(input);
  bootstrapping(input);
  return 0;
}
