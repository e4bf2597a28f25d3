// What the network can send: the first octet chooses how deep the rest goes. 0: content of a D1 envelope to a whole card; 1: a command
// packet in an intact message; 2: a script that arrives with right keys. Every answer ends in a status word and nothing unauthenticated
// changes a cell.
#include "tests/fuzz/require.h"
#include "tools/bench/desk.h"
#include "tools/ota/messages.h"
#include "tools/ota/proof.h"
#include "tools/perso_upp/upp_builder.h"

using namespace simurgh;

namespace {

const std::map<state::Key, state::Cell>& cells() {
  static const auto kCells = [] {
    bench::Desk desk;
    perso::CardSpec spec;
    spec.roots = perso::roots_of(desk.pki());
    perso::FactoryProfile factory;
    factory.package = perso::build_profile(perso::default_recipe("8988211000000000011", "001010000000011", Bytes(16, 1), Bytes(16, 2)));
    factory.enabled = true;
    spec.profiles.push_back(std::move(factory));
    return perso::make_cells(spec, desk.rng());
  }();
  return kCells;
}

Bytes protected_packet(const ota::Tar& tar, ByteView script) {
  Bytes key(16);
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(i);
  auto kic = ota_sender::named_key("aes", 1, key);
  auto kid = ota_sender::named_key("aes", 1, key);
  const ota_sender::Security security{.spi = {.first = 0x16, .second = 0x01},
                                      .kic = kic.octet,
                                      .kid = kid.octet,
                                      .cipher_key = std::move(kic.key),
                                      .checksum_key = std::move(kid.key)};
  return ota_sender::build_packet({.tar = tar, .counter = 1, .data = to_bytes(script)}, security);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 4096) return 0;
  state::MemoryStore store(cells());
  const auto rng = crypto::seeded_rng(1);
  static card::ImageCache images;
  card::Card card(store, *rng, nullptr, &images);
  card.power_on();
  const auto send = [&](ByteView command) {
    const Bytes response = card.transmit(command);
    FUZZ_REQUIRE(response.size() >= 2 && response.size() <= 258);
    const auto sw = static_cast<unsigned>(be_value(ByteView(response).last(2)));
    FUZZ_REQUIRE(sw >> 12 == 6 || sw >> 12 == 9);
    FUZZ_REQUIRE(sw != 0x6F00);
    return response;
  };
  const ByteView rest = ByteView(data, size).subspan(1);
  switch (data[0]) {
    case 0: {
      if (rest.size() > 250) return 0;
      Bytes command{0x80, 0xC2, 0x00, 0x00, 0x00, 0xD1};
      if (rest.size() > 127) command.push_back(0x81);
      command.push_back(static_cast<std::uint8_t>(rest.size()));
      append(command, rest);
      command[4] = static_cast<std::uint8_t>(command.size() - 5);
      (void)send(command);
      break;
    }
    case 1:
      for (const Bytes& tpdu : ota_sender::deliver_tpdus(rest, {})) (void)send(ota_sender::envelope(tpdu, {}));
      FUZZ_REQUIRE(store.cells() == cells());
      break;
    case 2:
    case 3: {
      const ota::Tar tar = data[0] == 2 ? ota::Tar{0xB0, 0x01, 0x20} : ota::Tar{0x00, 0x00, 0x00};
      Bytes answer;
      for (const Bytes& tpdu : ota_sender::deliver_tpdus(protected_packet(tar, rest), {})) answer = send(ota_sender::envelope(tpdu, {}));
      FUZZ_REQUIRE(answer[answer.size() - 2] == 0x61);
      break;
    }
    default:
      break;
  }
  card.reset();
  card::Card again(store, *rng, nullptr, &images);
  FUZZ_REQUIRE(again.power_on() == card.atr());
  return 0;
}
