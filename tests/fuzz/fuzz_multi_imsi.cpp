// What reaches the multi-IMSI applet from outside; the first octet chooses. 0: a table in a secured packet, 1: one from anywhere, 2: the package's
// data; 3: a stored state; 4: evidence and time for the machine; 5: envelopes, TERMINAL RESPONSEs and updates at a card with the applet. What is
// refused has changed nothing, what is stored reads as it was, and the card always has one whole identity.
#include "euicc/applets/multi_imsi/applet.h"
#include "euicc/applets/multi_imsi/store.h"
#include "euicc/card/card.h"
#include "tests/fuzz/require.h"
#include "tools/perso/card_maker.h"
#include "tools/perso_upp/multi_imsi_recipe.h"

using namespace simurgh;
using namespace simurgh::multi_imsi;

namespace {

perso::ProfileRecipe subscription() { return perso::default_recipe("8988211000000000011", "001010000000011", Bytes(16, 1), Bytes(16, 2)); }

Config three() {
  Config out;
  out.version = 1;
  out.policy = policy::prefer | policy::sensing | policy::menu | policy::boots;
  out.table_key = crypto::SecretBytes(Bytes(16, 0x0A));
  out.identities.push_back(perso::own_identity(subscription()));
  for (const std::uint8_t id : {std::uint8_t{2}, std::uint8_t{3}}) {
    Identity identity;
    identity.id = id;
    identity.imsi = {0x08, 0x99, 0x99, 0x07, 0x00, 0x00, 0x00, 0x00, static_cast<std::uint8_t>(id << 4)};
    identity.key_set = id;
    if (id == 3) identity.valid_from = 20513;  // 2026-03-01
    out.identities.push_back(identity);
    KeySet set;
    set.ref = id;
    set.parameters.key = crypto::SecretBytes(Bytes(16, id));
    set.parameters.opc = crypto::SecretBytes(Bytes(16, id));
    out.key_sets.push_back(std::move(set));
  }
  return out;
}

const card::Applets& applets() {
  static const card::Applets kApplets = [] {
    card::Applets out;
    out.add(multi_imsi::row());
    return out;
  }();
  return kApplets;
}

const std::map<state::Key, state::Cell>& cells() {
  static const auto kCells = [] {
    const auto rng = crypto::seeded_rng(1);
    perso::PkiSpec pki;
    pki.not_before = 1750000000;
    perso::CardSpec spec;
    spec.roots = perso::roots_of(perso::make_pki(pki, *rng));
    perso::FactoryProfile factory;
    perso::ProfileRecipe recipe = subscription();
    recipe.applications.push_back(perso::multi_imsi_application(three()));
    recipe.files = perso::multi_imsi_log_files();
    factory.package = perso::build_profile(recipe);
    factory.enabled = true;
    spec.profiles.push_back(std::move(factory));
    return perso::make_cells(spec, *rng);
  }();
  return kCells;
}

void table(ByteView octets, const Origin& origin) {
  const Config config = three();
  const Bytes before = write_table(config), eid(16, 0x11);
  const auto applied = apply_table(config, octets, origin, {.eid = eid, .plmn = {}});
  FUZZ_REQUIRE(write_table(config) == before);
  if (!applied) return;
  const Bytes stored = write_table(applied->config);
  const auto again = apply_table(Config{}, stored, {}, {});
  if (!applied->changed) return;
  FUZZ_REQUIRE(again.has_value());
  FUZZ_REQUIRE(write_table(again->config) == stored);
  FUZZ_REQUIRE(!applied->config.identities.empty());
  FUZZ_REQUIRE(origin.kind == Origin::Kind::trusted || applied->config.version > config.version);
  FUZZ_REQUIRE(origin.kind != Origin::Kind::open);  // nobody guesses the MAC
}

void stored_state(ByteView octets) {
  if (const auto state = State::decode(octets)) FUZZ_REQUIRE(State::decode(state->encode()).has_value());
}

// Five octets an input: event, detail, network, area, seconds.
void machine(ByteView octets) {
  const Config config = three();
  State state = first_state(config, config.identities[0].imsi);
  Volatile v;
  Terminal terminal;
  Gate gate;
  const Bytes eid(16, 0x11);
  std::uint64_t now = 0;
  for (; octets.size() >= 5; octets = octets.subspan(5)) {
    now += octets[4] * 16ULL;
    Input input;
    input.event = static_cast<Event>(octets[0] % kEvents);
    input.cause = octets[1];
    input.timer = static_cast<Timer>(octets[1] % kTimers);
    input.id = octets[1] % 5;
    input.pin = (octets[3] & 1) != 0;
    input.wake = (octets[3] & 2) != 0;
    input.result = octets[1];
    input.wall = 1772323200 + octets[1] * 3600U;
    input.area = octets[3];
    input.access = octets[2] & 0x0F;
    input.mobility = static_cast<Mobility>(octets[2] >> 6);
    if (octets[2] != 0) input.plmn = Plmn({0x99, static_cast<std::uint8_t>(0xF0 | octets[2] % 3), 0x07});
    gate.session = (octets[3] & 4) != 0;
    gate.proving = (octets[3] & 8) != 0;
    if (input.event == Event::reset) v = {};
    Machine step(config, state, v, terminal, gate, eid, now);
    (void)step.step(input);
    for (const Errand& errand : step.errands()) {
      if (errand.kind != Errand::Kind::commit) continue;
      committed(config, state, now);
      begin_stay(v, now);
    }
    FUZZ_REQUIRE(v.phase != Phase::decide);
    FUZZ_REQUIRE(config.find(state.active) != nullptr);
    FUZZ_REQUIRE(state.pending == 0 || config.find(state.pending) != nullptr);
    FUZZ_REQUIRE(state.ring.size() <= 16 && state.pairs.size() <= kMostPairs);
    FUZZ_REQUIRE(state.hour_level >= -2 * 3600 && state.day_level >= -2 * 86400);
    // A gate that is closed for a proof lets nothing through before its time.
    if (gate.proving && v.phase == Phase::swap && !v.deferred && !v.asked) FUZZ_REQUIRE(false);
    const auto again = State::decode(state.encode());
    FUZZ_REQUIRE(again && again->encode() == state.encode());
  }
}

void card_with_applet(ByteView octets) {
  state::MemoryStore store(cells());
  const auto rng = crypto::seeded_rng(1);
  static card::ImageCache images;
  card::Card card(store, *rng, nullptr, &images, &applets());
  card.power_on();
  const auto send = [&](ByteView command) {
    Bytes response = card.transmit(command);
    FUZZ_REQUIRE(response.size() >= 2 && response.size() <= 258);
    FUZZ_REQUIRE(!(response[response.size() - 2] == 0x6F && response.back() == 0x00));
    return response;
  };
  const auto with = [](std::initializer_list<std::uint8_t> header, ByteView data) {
    Bytes out(header);
    out.push_back(static_cast<std::uint8_t>(data.size()));
    append(out, data);
    return out;
  };
  (void)send(with({0x80, 0x10, 0x00, 0x00}, Bytes(40, 0xFF)));
  (void)send(with({0x00, 0xA4, 0x04, 0x0C}, Bytes{0xA0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x02}));
  Bytes details{0x81, 0x03, 0x01, 0x01, 0x04, 0x82, 0x02, 0x82, 0x81};
  while (!octets.empty()) {
    const std::size_t length = std::min<std::size_t>(octets[0] % 250, octets.size() - 1);
    const Bytes step = to_bytes(octets.subspan(1, length));
    octets = octets.subspan(1 + length);
    Bytes response{0x90, 0x00};
    if (step.empty()) {
      response = send(Bytes{0x80, 0xF2, 0x00, 0x0C, 0x00});
    } else {
      const ByteView body = ByteView(step).subspan(1);
      switch (step[0] % 8) {
        case 0:
          card.reset();
          (void)send(with({0x80, 0x10, 0x00, 0x00}, body.empty() ? ByteView(Bytes(40, 0xFF)) : body));
          (void)send(with({0x00, 0xA4, 0x04, 0x0C}, Bytes{0xA0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x02}));
          break;
        case 1: {  // the answer to what was fetched
          const Bytes answer = concat({details, body});
          response = send(with({0x80, 0x14, 0x00, 0x00}, ByteView(answer).first(std::min<std::size_t>(answer.size(), 255))));
          break;
        }
        case 2: response = send(with({0x80, 0xC2, 0x00, 0x00}, body)); break;
        case 3:  // a timer or the menu
          response = send(with({0x80, 0xC2, 0x00, 0x00}, Bytes{0xD7, 0x0C, 0x82, 0x02, 0x82, 0x81, 0xA4, 0x01, 0x01, 0xA5, 0x03, 0x00, 0x00, 0x00}));
          break;
        case 4:
          if (body.size() < 2) break;
          (void)send(with({0x00, 0xA4, 0x00, 0x0C}, body.first(2)));
          break;
        case 5: response = send(with({0x00, 0xD6, 0x00, 0x00}, body)); break;
        case 6: response = send(with({0x00, 0x88, 0x00, 0x81}, body)); break;
        default: response = send(Bytes{0x80, 0xF2, 0x02, 0x0C, 0x00}); break;
      }
    }
    if (response.size() == 2 && response[0] == 0x91) {
      const Bytes command = send(Bytes{0x80, 0x12, 0x00, 0x00, response[1]});
      if (command.size() > 9 && command[0] == 0xD0) {
        const std::size_t at = command[1] == 0x81 ? 3 : 2;
        std::copy_n(command.begin() + static_cast<std::ptrdiff_t>(at), 5, details.begin());
      }
    }
  }
  card::Card again(store, *rng, nullptr, &images, &applets());
  FUZZ_REQUIRE(again.power_on() == card.atr());
  state::Transaction txn(store);
  const Config config = three();
  for (const auto& [key, cell] : store.cells()) {
    if (key.space != state::Space::applet) continue;
    const State state = Store(txn, key.owner, instance_aid()).state();
    FUZZ_REQUIRE(config.find(state.active) != nullptr);
    FUZZ_REQUIRE(state.pending == 0);  // a reset commits or gives up
    const auto selected = txn.find({state::Space::aka, key.owner, 0x30000});
    FUZZ_REQUIRE((selected == nullptr) == (config.find(state.active)->key_set == 0));
    break;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 4096) return 0;
  const Bytes rest = to_bytes(ByteView(data, size).subspan(1));  // exact-size block
  switch (data[0]) {
    case 0: table(rest, {.kind = Origin::Kind::secured, .key_encryption = {}}); break;
    case 1: table(rest, {.kind = Origin::Kind::open, .key_encryption = {}}); break;
    case 2: table(rest, {}); break;
    case 3: stored_state(rest); break;
    case 4: machine(rest); break;
    case 5: card_with_applet(rest); break;
    default: break;
  }
  return 0;
}
