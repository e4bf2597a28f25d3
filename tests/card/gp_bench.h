// A card whose MNO-SD has keys of SCP02 (version 20), SCP03 (30) and SCP80 (01), and a host that talks to its domains.
#pragma once

#include "tests/card/bench_card.h"
#include "tools/bench/scp_host.h"
#include "tools/perso_upp/upp_builder.h"

namespace simurgh::test {

inline constexpr const char* kMnoSd = "A000000151000000";
inline constexpr const char* kSdPackage = "A0000001515350";
inline constexpr const char* kSdClass = "A000000151535041";
inline constexpr const char* kSsd = "A00000055910100042";

// A load file data block: Header and Applet components of a CAP file that names the module A0000009990102.
inline constexpr const char* kLoadFile = "C41B" "01000ADECAFFED010204000105" "03000B0107A00000099901020010";
inline constexpr const char* kLoadFileAid = "A00000099901";
inline constexpr const char* kModule = "A0000009990102";

inline Bytes hex(const std::string& text) { return from_hex(text).value(); }
inline std::string lv(const std::string& text) {
  const Bytes octets = hex(text);
  return to_hex(Bytes{static_cast<std::uint8_t>(octets.size())}) + text;
}
// CLA INS P1 P2 with its data behind Lc.
inline std::string command(const std::string& header, const std::string& data) { return header + lv(data); }

inline perso::ProfileRecipe gp_recipe() {
  auto recipe = perso::default_recipe(kIccid1, "001010000000001", Bytes(16, 1), Bytes(16, 2));
  const std::uint8_t usages[] = {0x18, 0x14, 0x48};
  for (std::uint8_t identifier = 1; identifier <= 3; ++identifier) {
    recipe.mno_sd.keys.push_back({.version = 0x20, .identifier = identifier, .type = 0x80, .usage = usages[identifier - 1],
                                  .value = hex("404142434445464748494A4B4C4D4E4F")});
  }
  return recipe;
}

inline std::map<state::Key, state::Cell> gp_cells() {
  static const auto kCells = [] {
    bench::Desk desk(7);
    perso::CardSpec spec;
    spec.roots = perso::roots_of(desk.pki());
    perso::FactoryProfile factory;
    factory.package = perso::build_profile(gp_recipe());
    factory.enabled = true;
    spec.profiles.push_back(std::move(factory));
    return perso::make_cells(spec, desk.rng());
  }();
  return kCells;
}

struct GpCard {
  explicit GpCard(std::map<state::Key, state::Cell> cells = gp_cells(), const card::Applets* applets = nullptr)
      : store(std::move(cells)), card(store, *rng, nullptr, nullptr, applets), link(card) {
    card.power_on();
  }
  std::unique_ptr<crypto::Rng> rng = crypto::seeded_rng(11);
  FaultyStore store;
  card::Card card;
  bench::Lpa link;
  std::unique_ptr<bench::ScpHost> host;
  std::uint8_t channel = 0;

  // Data and status word, 61xx followed.
  std::string apdu(const std::string& text) {
    const Bytes data = link.transmit(hex(text));
    return to_hex(data) + to_hex(be_bytes(link.last_status(), 2));
  }
  std::string select(const std::string& aid) { return apdu("0" + std::to_string(channel) + "A40400" + lv(aid)); }

  bench::ScpHost scp03(std::uint8_t version = 0x30) const {
    const Bytes key = hex("000102030405060708090A0B0C0D0E0F");
    return {bench::ScpHost::Protocol::scp03, version, key, key, key};
  }
  bench::ScpHost scp02(std::uint8_t version = 0x20) const {
    const Bytes key = hex("404142434445464748494A4B4C4D4E4F");
    return {bench::ScpHost::Protocol::scp02, version, key, key, key};
  }
  // Selects the domain and opens a session with its keys.
  void open(bench::ScpHost with, std::uint8_t level, const std::string& aid = kMnoSd) {
    REQUIRE(select(aid).ends_with("9000"));
    reopen(std::move(with), level);
  }
  void reopen(bench::ScpHost with, std::uint8_t level, const std::string& challenge = "0102030405060708") {
    host = std::make_unique<bench::ScpHost>(std::move(with));
    Bytes initialize = host->initialize_update(hex(challenge));
    initialize[0] = static_cast<std::uint8_t>(initialize[0] | channel);
    const Bytes response = link.transmit(initialize);
    REQUIRE(link.last_status() == 0x9000);
    REQUIRE(link.transmit(host->external_authenticate(response, level, channel)).empty());
    REQUIRE(link.last_status() == 0x9000);
  }
  // A plain command in the session's protection: plain data and status word.
  std::string wrapped(const std::string& plain) {
    const Bytes data = link.transmit(host->wrap(hex(plain)));
    return to_hex(host->unwrap(data, link.last_status())) + to_hex(be_bytes(link.last_status(), 2));
  }
  // The refusal, after which nothing that is stored is another.
  std::string refused(const std::string& plain) {
    const auto before = store.cells();
    const std::string answer = wrapped(plain);
    CHECK(same_cells(store.cells(), before));
    return answer;
  }
  // An SSD below the selected domain, selectable.
  std::string install_domain(const std::string& aid = kSsd, const std::string& privileges = "800000") {
    return wrapped(command("80E60C00", lv(kSdPackage) + lv(kSdClass) + lv(aid) + lv(privileges) + "02C900" + "00"));
  }
  std::string load_sample() {
    const std::string begun = wrapped(command("80E60200", lv(kLoadFileAid) + "00000000"));
    if (begun != "009000") return begun;
    const std::string file = kLoadFile;
    const std::string first = wrapped(command("80E80000", file.substr(0, 20)));
    if (first != "9000") return first;
    return wrapped(command("80E88001", file.substr(20)));
  }
};

}  // namespace simurgh::test
