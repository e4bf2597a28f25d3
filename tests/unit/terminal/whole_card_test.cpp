// The terminal at a whole card: profiles switched by REFRESH, PINs, files.
#include "tests/card/bench_card.h"
#include "tests/unit/terminal/fake_world.h"
#include "tools/perso_upp/upp_builder.h"

using namespace simurgh;
using namespace simurgh::test;

namespace {

bench::Desk& desk() {
  static bench::Desk shared;
  return shared;
}

class BenchLink final : public terminal::Link {
 public:
  explicit BenchLink(BenchCard& bench) : bench_(bench) {}
  Bytes transmit(ByteView command) override { return bench_.card.transmit(command); }
  Bytes reset() override {
    ++resets;
    return bench_.card.reset();
  }
  unsigned resets = 0;

 private:
  BenchCard& bench_;
};

struct Station {
  explicit Station(terminal::TerminalOptions options = {}) : link(bench) {
    if (options.capabilities.profile.octets().empty()) options.capabilities = *terminal::built_in_capabilities("phone");
    terminal = std::make_unique<terminal::Terminal>(
        terminal::Terminal::Parts{.link = link, .clock = clock, .network = network, .user = user, .journal = {}}, std::move(options));
  }
  void install(const std::string& iccid, const Bytes& upp = {}) { REQUIRE(bench::installed(bench.lpa.download(desk(), desk().order(iccid, {}, upp)))); }
  // As an LPA does through the terminal: the last status word may announce a REFRESH.
  void es10(const std::string& command) {
    REQUIRE(terminal->send(*from_hex("00A4040010A0000005591010FFFFFFFF8900000100")).ok());
    const Bytes data = *from_hex(command);
    REQUIRE(terminal->send(concat({*from_hex("80E29100"), Bytes{static_cast<std::uint8_t>(data.size())}, data})).ok());
    terminal->settle();
  }

  BenchCard bench{desk()};
  BenchLink link;
  terminal::VirtualClock clock;
  FakeNetwork network;
  terminal::ScriptedUser user;
  std::unique_ptr<terminal::Terminal> terminal;
};

Bytes package(const std::string& iccid, const std::string& pin) {
  perso::ProfileRecipe recipe = perso::default_recipe(iccid, "001010000000011", Bytes(16, 0x11), Bytes(16, 0x22));
  recipe.pin1.value = pin;
  recipe.pin1.enabled = true;
  return perso::build_profile(recipe);
}

}  // namespace

TEST_CASE("A card without an enabled profile powers up, and has no USIM", "[terminal][card]") {
  for (const auto kind : {terminal::PowerUp::minimal, terminal::PowerUp::phone, terminal::PowerUp::nbiot}) {
    terminal::TerminalOptions options;
    options.power_up = kind;
    Station station(std::move(options));
    REQUIRE(station.terminal->power_up());
    REQUIRE(station.terminal->facts().usim.empty());
    REQUIRE(station.terminal->facts().imsi().empty());
  }
}

TEST_CASE("Enabling with refresh shows the new profile after a reset, where the terminal does not know profile state change", "[terminal][card]") {
  terminal::TerminalOptions options;
  options.capabilities = *terminal::built_in_capabilities("phone");
  options.capabilities.profile.set(34, 6, false);
  Station station(std::move(options));
  station.install(kIccid1);
  REQUIRE(station.terminal->power_up());
  station.es10(enable(kIccid1, true));
  REQUIRE(station.link.resets == 2);
  REQUIRE(station.terminal->facts().iccid() == kIccid1);
  REQUIRE(station.terminal->facts().imsi().size() == 15);
}

TEST_CASE("Enabling with refresh shows the new profile at once, where the terminal knows profile state change", "[terminal][card]") {
  terminal::TerminalOptions options;
  options.power_up = terminal::PowerUp::phone;
  Station station(std::move(options));
  station.install(kIccid1);
  station.install(kIccid2);
  REQUIRE(station.terminal->power_up());
  station.es10(enable(kIccid1, true));
  REQUIRE(station.terminal->facts().iccid() == kIccid1);
  station.es10(enable(kIccid2, true));
  REQUIRE(station.terminal->facts().iccid() == kIccid2);
  station.es10(disable(kIccid2, true));
  REQUIRE(station.terminal->facts().usim.empty());
  REQUIRE(station.link.resets == 1);
  REQUIRE(station.terminal->resets() == 3);
}

TEST_CASE("A profile with PIN1 says what is needed, counts down, blocks, and opens with the right PIN", "[terminal][card]") {
  using Kind = terminal::Problem::Kind;
  const auto powered = [](Station& station, const std::string& pin) {
    terminal::TerminalOptions options;
    options.capabilities = *terminal::built_in_capabilities("minimal");
    options.pin = pin;
    terminal::Terminal terminal({.link = station.link, .clock = station.clock, .network = station.network, .user = station.user, .journal = {}}, std::move(options));
    auto up = terminal.power_up();
    if (up) REQUIRE(terminal.facts().imsi() == "001010000000011");
    return up;
  };
  Station station;
  station.install(kIccid1, package(kIccid1, "1234"));
  REQUIRE(station.bench.es10(enable(kIccid1)) == "BF3103800100");
  REQUIRE(powered(station, "1234"));
  auto up = powered(station, "");
  REQUIRE(up.error().kind == Kind::pin_needed);
  REQUIRE(up.error().what == "the card asks for PIN1 (3 tries left); give it with --pin");
  up = powered(station, "9999");
  REQUIRE(up.error().kind == Kind::pin_wrong);
  REQUIRE(up.error().what == "PIN1 is wrong, 2 tries left");
  REQUIRE(powered(station, "9999").error().kind == Kind::pin_wrong);
  REQUIRE(powered(station, "9999").error().kind == Kind::pin_blocked);
  up = powered(station, "1234");
  REQUIRE(up.error().kind == Kind::pin_blocked);
  REQUIRE(up.error().what.starts_with("PIN1 is blocked; unblock it with the PUK ("));
}
