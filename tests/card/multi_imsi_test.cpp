// The multi-IMSI applet in a profile of a whole card: by APDU as a terminal sends them, over the air, and with power that goes at any write.
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "euicc/applets/multi_imsi/applet.h"
#include "euicc/applets/multi_imsi/store.h"
#include "euicc/card/card.h"
#include "euicc/crypto/symmetric.h"
#include "euicc/usim/aka.h"
#include "tests/support/faulty_store.h"
#include "tests/support/paths.h"
#include "tools/ota/messages.h"
#include "tools/ota/packet.h"
#include "tools/ota/proof.h"
#include "tools/perso/card_maker.h"
#include "tools/perso_upp/multi_imsi_recipe.h"

using namespace simurgh;
using namespace simurgh::test;
using namespace simurgh::literals;

namespace {

constexpr ota::Tar kTar{0x4D, 0x49, 0x01};
const Bytes kTestKey = "000102030405060708090A0B0C0D0E0F"_hex;
const Bytes kKeyA(16, 0x01), kOpcA(16, 0x02), kKeyB(16, 0x0B), kOpcB(16, 0x1B);
const std::string kImsiA = "08" "09" "10" "10" "00" "00" "00" "00" "10", kImsiB = "089999070000000020", kImsiC = "089989070000000030";

constexpr const char* kIccid = "8988211000000000011";

crypto::Rng& rng() {
  static const auto kRng = crypto::seeded_rng(1);
  return *kRng;
}

// Cells of a card that left the factory with this profile enabled.
std::map<state::Key, state::Cell> factory_cells(const perso::ProfileRecipe& recipe) {
  static const perso::Pki kPki = [] {
    perso::PkiSpec spec;
    spec.not_before = 1750000000;
    return perso::make_pki(spec, rng());
  }();
  perso::CardSpec spec;
  spec.roots = perso::roots_of(kPki);
  perso::FactoryProfile profile;
  profile.package = perso::build_profile(recipe);
  profile.enabled = true;
  spec.profiles.push_back(std::move(profile));
  return perso::make_cells(spec, rng());
}

const card::Applets& applets() {
  static const card::Applets kApplets = [] {
    card::Applets out;
    out.add(multi_imsi::row());
    return out;
  }();
  return kApplets;
}

multi_imsi::KeySet key_set(std::uint8_t ref, const Bytes& key, const Bytes& opc) {
  multi_imsi::KeySet out;
  out.ref = ref;
  out.parameters.key = crypto::SecretBytes(key);
  out.parameters.opc = crypto::SecretBytes(opc);
  return out;
}

perso::ProfileRecipe subscription() { return perso::default_recipe(kIccid, "001010000000001", kKeyA, kOpcA); }

// A is the profile's own, B is at home in 999, C shares B's key set number plus one.
multi_imsi::Config table() {
  multi_imsi::Config out;
  out.version = 1;
  out.policy = multi_imsi::policy::prefer | multi_imsi::policy::sensing | multi_imsi::policy::menu | multi_imsi::policy::boots;
  out.identities.push_back(perso::own_identity(subscription()));
  out.identities[0].label = "A";
  multi_imsi::Identity b;
  b.id = 2;
  b.label = "B";
  b.imsi = from_hex(kImsiB).value();
  b.mnc_length = 2;
  b.key_set = 2;
  b.mcc_preferences = {{0x999, 0}};
  out.identities.push_back(b);
  b.id = 3;
  b.label = "C";
  b.imsi = from_hex(kImsiC).value();
  b.mnc_length = 3;
  b.key_set = 3;
  b.mcc_preferences.clear();
  out.identities.push_back(b);
  out.key_sets.push_back(key_set(2, kKeyB, kOpcB));
  out.key_sets.push_back(key_set(3, Bytes(16, 0x0C), Bytes(16, 0x1C)));
  return out;
}

const std::string kFullProfile = "8010000028" + std::string(80, 'F');
const std::string kLimited = "80C200000CD60A990103820282819B0101", kNoService = "80C200000CD60A990103820282819B0102";
const std::string kNormal = "80C2000017D6159901038202828" "19B0100930999F90712340ABCDE1F";
// EPS attach reject in 999-70.
std::string reject(const std::string& cause) { return "80C2000019D61799011282028381FD0599F9071234BF0108F40109F501" + cause; }
const std::string kUsim = "00A4040C07A0000000871002";

std::map<state::Key, state::Cell> make(const multi_imsi::Config& config) {
  perso::ProfileRecipe recipe = subscription();
  recipe.applications.push_back(perso::multi_imsi_application(config));
  return factory_cells(recipe);
}

const std::map<state::Key, state::Cell>& cells() {
  static const auto kCells = make(table());
  return kCells;
}

class Notes final : public card::TraceSink {
 public:
  void power(const char*) override {}
  void exchange(ByteView, ByteView) override {}
  void note(const char* why) override { all += std::string(why) + "\n"; }
  std::string all;
};

// A terminal that answers everything with "performed" and keeps what it was asked for.
struct Desktop {
  explicit Desktop(const std::map<state::Key, state::Cell>& from = cells())
      : store(from), card(store, rng(), &notes, nullptr, &applets()) {
    card.power_on();
  }
  Notes notes;
  FaultyStore store;
  card::Card card;
  std::vector<std::string> fetched;  // type and qualifier: "0104"
  std::uint8_t timer = 0;            // identifier of the one that runs
  std::string timer_value;
  std::uint64_t counter = 0;
  std::string item = "02";           // what the person chooses in SELECT ITEM
  std::string displayed;
  bool resets = true;                // a REFRESH by UICC reset is done

  std::string raw(const std::string& hex) { return to_hex(card.transmit(from_hex(hex).value())); }
  // Follows 61xx. The data; its status word is in `status`.
  Bytes transmit(ByteView command) {
    Bytes out, answer = card.transmit(command);
    while (answer.size() >= 2 && answer[answer.size() - 2] == 0x61) {
      append(out, ByteView(answer).first(answer.size() - 2));
      answer = card.transmit(Bytes{0x00, 0xC0, 0x00, 0x00, answer.back()});
    }
    append(out, ByteView(answer).first(answer.size() - 2));
    status = to_hex(ByteView(answer).last(2));
    return out;
  }
  std::string status;
  std::string apdu(const std::string& hex) {
    const Bytes data = transmit(from_hex(hex).value());
    return to_hex(data) + status;
  }
  // Fetches and answers until nothing waits. A UICC reset is carried out.
  void settle(std::string sw) {
    for (int rounds = 0; sw.size() >= 4 && sw.substr(sw.size() - 4, 2) == "91"; ++rounds) {
      REQUIRE(rounds < 100);
      const std::string command = raw("80120000" + sw.substr(sw.size() - 2));
      REQUIRE(command.starts_with("D0"));
      const std::size_t at = command.substr(2, 2) == "81" ? 6 : 4;
      const std::string details = command.substr(at + 4, 6), type = details.substr(2, 4);
      fetched.push_back(type);
      if (type == "0104" && resets) {
        restart();
        return;
      }
      std::string result = "830100";
      if (type.starts_with("27")) {
        const std::size_t value = command.find("A401");
        REQUIRE(value != std::string::npos);
        timer = static_cast<std::uint8_t>(std::stoi(command.substr(value + 4, 2)));
        if (type == "2700") timer_value = command.substr(value + 10, 6);
        // Nothing of it has passed.
        if (type == "2702") result += "A401" + command.substr(value + 4, 2) + "A503" + timer_value;
      }
      if (type.starts_with("24")) result += "9001" + item;
      if (type.starts_with("21")) displayed = to_text(from_hex(command.substr(0, command.size() - 4)).value());
      if (type.starts_with("26")) result = "83022002";  // PROVIDE LOCAL INFORMATION: not now
      sw = raw("80140000" + to_hex(Bytes{static_cast<std::uint8_t>((10 + result.size()) / 2 + 4)}) + "8103" + details + "82028281" + result);
    }
    REQUIRE(sw.substr(sw.size() - 4) == "9000");
  }
  void send(const std::string& hex) { settle(raw(hex)); }
  void restart() {
    card.reset();
    settle(raw(kFullProfile));
  }
  Desktop& on() {
    settle(raw(kFullProfile));
    return *this;
  }
  // The timer the applet has asked for is over.
  void expire() {
    REQUIRE(timer != 0);
    send("80C200000ED70C82028281A401" + to_hex(Bytes{timer}) + "A503000000");
  }
  std::string read(const std::string& fid) {
    REQUIRE(apdu(kUsim) == "9000");
    REQUIRE(apdu("00A4000C02" + fid) == "9000");
    return raw("00B0000000").substr(0, 2) == "6C" ? read_exactly() : raw("00B0000000");
  }
  std::string read_exactly() {
    const std::string size = raw("00B0000000").substr(2, 2);
    const std::string answer = raw("00B00000" + size);
    return answer.substr(0, answer.size() - 4);
  }
  void update(const std::string& fid, const std::string& content) {
    REQUIRE(apdu(kUsim) == "9000");
    REQUIRE(apdu("00A4000C02" + fid) == "9000");
    const std::string sw = raw("00D60000" + to_hex(Bytes{static_cast<std::uint8_t>(content.size() / 2)}) + content);
    settle(sw);
  }
  // The identity in use by EF.IMSI.
  std::string imsi() { return read("6F07"); }
  std::string authenticate(const Bytes& key, const Bytes& opc, std::uint64_t sqn) {
    usim::AkaParameters parameters;
    parameters.key = crypto::SecretBytes(key);
    parameters.opc = crypto::SecretBytes(opc);
    const auto vector = usim::generate_vector(parameters, Bytes(16, 0x55), sqn, "8000"_hex);
    REQUIRE(apdu(kUsim) == "9000");
    return apdu("008800812210" + to_hex(vector.rand) + "10" + to_hex(vector.autn));
  }
  multi_imsi::State state() {
    state::MemoryStore copy(store.cells());
    state::Transaction txn(copy);
    for (const auto& [key, cell] : store.cells()) {
      if (key.space == state::Space::applet) return multi_imsi::Store(txn, key.owner, multi_imsi::instance_aid()).state();
    }
    return {};
  }
  ota_sender::Proof message(ByteView data, std::uint8_t first = 0x16) {
    auto kic = ota_sender::named_key("aes", 1, kTestKey);
    auto kid = ota_sender::named_key("aes", 1, kTestKey);
    ota_sender::Security security{.spi = {.first = first, .second = 0x19}, .kic = kic.octet, .kid = kid.octet, .cipher_key = std::move(kic.key),
                                  .checksum_key = std::move(kid.key)};
    Bytes answer;
    const Bytes packet = ota_sender::build_packet({.tar = kTar, .counter = ++counter, .data = to_bytes(data)}, security);
    for (const Bytes& tpdu : ota_sender::deliver_tpdus(packet, {})) {
      answer = transmit(ota_sender::envelope(tpdu, {}));
      settle(status);
    }
    return ota_sender::read_proof(answer, security);
  }
};

}  // namespace

TEST_CASE("The applet starts with TERMINAL PROFILE: events, menu and its first timer", "[multi_imsi]") {
  Desktop d;
  d.on();
  CHECK(d.fetched == std::vector<std::string>{"0500", "2500", "2700"});
  CHECK(d.state().active == 1);
  CHECK(d.imsi() == kImsiA);
}

TEST_CASE("Limited service for T_lim leads to another identity: files, key and REFRESH", "[multi_imsi]") {
  Desktop d;
  d.on();
  const std::string ad = d.read("6FAD");
  CHECK(d.authenticate(kKeyA, kOpcA, 32).starts_with("DB"));
  d.send(kLimited);
  CHECK(d.imsi() == kImsiA);
  d.expire();
  CHECK(std::find(d.fetched.begin(), d.fetched.end(), "0104") != d.fetched.end());
  CHECK(d.imsi() == kImsiB);
  CHECK(d.read("6F78") == "0004");
  CHECK(d.read("6FAD") == ad);
  CHECK(d.read("6F7E") == "FFFFFFFFFFFFFF0000FF01");
  CHECK(d.read("6FE3") == "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFF000001");
  // The first AUTHENTICATE takes the new key; the old one is wrong.
  CHECK(d.authenticate(kKeyB, kOpcB, 32).starts_with("DB"));
  CHECK(d.authenticate(kKeyA, kOpcA, 64) == "9862");
  d.send(kNormal);
  const auto state = d.state();
  CHECK(state.active == 2);
  REQUIRE_FALSE(state.ring.empty());
  CHECK(state.ring.back().reason == multi_imsi::Reason::limited);
  CHECK((state.ring.back().flags & multi_imsi::record_flag::online) != 0);
  CHECK(d.notes.all.find("A->B because limited") != std::string::npos);
}

TEST_CASE("Registration in time keeps the identity", "[multi_imsi]") {
  Desktop d;
  d.on();
  d.send(kLimited);
  d.send(kNormal);
  d.expire();  // T_stable
  CHECK(d.imsi() == kImsiA);
  CHECK(d.state().online);
}

TEST_CASE("Mistake 1: what the terminal writes while its session ends stays out of the next identity's files", "[multi_imsi]") {
  Desktop d;
  d.on();
  d.send(kLimited);
  const std::string announced = d.raw("80C200000ED70C82028281A401" + to_hex(Bytes{d.timer}) + "A503000000");
  REQUIRE(announced.starts_with("91"));
  REQUIRE(d.raw("80120000" + announced.substr(2)).substr(10, 4) == "0104");
  const std::string guti = "0BF699F9078001010000000199F907123400";
  // Before its session ends the files are those of A; after STATUS says so they are B's, and stay clean.
  d.update("6FE3", guti);
  CHECK(d.read("6FE3") == guti);
  CHECK(d.imsi() == kImsiA);
  REQUIRE(d.apdu(kUsim) == "9000");
  REQUIRE(d.raw("80F2020C00") == "9000");
  d.update("6FE3", guti);
  d.card.reset();
  CHECK(d.imsi() == kImsiB);
  CHECK(d.read("6FE3") == "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFF000001");
}

TEST_CASE("Mistake 2 and 3: contexts of the identity before are gone, and counters are each identity's own", "[multi_imsi]") {
  Desktop d;
  d.on();
  d.update("6FE3", "0BF699F9078001010000000199F907123400");
  CHECK(d.authenticate(kKeyA, kOpcA, 0x2000).starts_with("DB"));
  d.send(kLimited);
  d.expire();
  REQUIRE(d.imsi() == kImsiB);
  CHECK(d.read("6FE3") == "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFF000001");
  CHECK(d.read("6F08").starts_with("07FF"));
  // B begins with counters of its own: a low SQN is fresh.
  CHECK(d.authenticate(kKeyB, kOpcB, 32).starts_with("DB"));
  // And back at A its own counters are where they were.
  d.send(kLimited);
  d.item = "02";
  d.send("80C2000009D30782020181900101");
  REQUIRE(d.imsi() == kImsiA);
  CHECK(d.authenticate(kKeyA, kOpcA, 0x1000).starts_with("DC"));
  CHECK(d.authenticate(kKeyA, kOpcA, 0x3000).starts_with("DB"));
}

TEST_CASE("Mistake 4 and 5: the length of the MNC and the access class follow the identity", "[multi_imsi]") {
  Desktop d;
  d.on();
  d.item = "04";  // Automatic, A, B, C
  d.send("80C2000009D30782020181900101");
  CHECK(d.imsi() == kImsiC);
  CHECK(d.read("6FAD").substr(6, 2) == "03");
  CHECK(d.read("6F78") == "0008");
  CHECK(d.state().mode == multi_imsi::Mode::pinned);
}

TEST_CASE("The menu says why, and gives the choice back", "[multi_imsi]") {
  Desktop d;
  d.on();
  d.item = "03";
  d.send("80C2000009D30782020181900101");
  REQUIRE(d.imsi() == kImsiB);
  d.send("80C2000009D30782020181900102");
  CHECK(d.displayed.find("A->B because manual") != std::string::npos);
  d.item = "01";
  d.send("80C2000009D30782020181900101");
  CHECK(d.state().mode == multi_imsi::Mode::automatic);
}

TEST_CASE("A network that refuses the identity, and another one, lead to a swap without waiting for T_lim", "[multi_imsi]") {
  Desktop d;
  d.on();
  d.send(kLimited);
  d.send(reject("0B"));
  CHECK(d.imsi() == kImsiA);
  d.send("80C2000019D61799011282028381FD0599F9171234BF0108F40109F5010B");
  CHECK(d.imsi() == kImsiB);
  CHECK(d.state().ring.back().reason == multi_imsi::Reason::rejected);
}

TEST_CASE("A modem without events is understood by the files it writes", "[multi_imsi]") {
  Desktop d;
  // Refresh, poll interval, timers: neither events nor a menu.
  d.settle(d.raw("801000000F" "0100A80000000001" "00000000000000"));
  d.update("6FE3", "0BF699F9078001010000000199F907123400");
  CHECK(d.state().pair(1, multi_imsi::Plmn({0x99, 0xF9, 0x07})) != nullptr);
  CHECK(d.notes.all.find("VERIFY") != std::string::npos);
}

TEST_CASE("Boots without registration rotate the identity", "[multi_imsi]") {
  Desktop d;
  d.on();
  for (int boot = 0; boot < 3 && d.state().active == 1; ++boot) d.restart();
  CHECK(d.state().active == 2);
  CHECK(d.imsi() == kImsiB);
}

TEST_CASE("Power that goes at any write leaves the identity before or the one after, whole", "[multi_imsi]") {
  std::size_t writes = 0;
  for (std::size_t round = 0; round == 0 || round <= writes; ++round) {
    INFO("the commit that fails: " << round << ", 0: none");
    Desktop d;
    const std::size_t before = d.store.commits();
    if (round != 0) d.store.fail_after(round - 1);
    // Everything a swap needs; a command that fails ends the session, and the terminal starts anew.
    const auto step = [&](const std::string& hex) {
      std::string sw = d.raw(hex);
      for (int rounds = 0; sw.substr(sw.size() - 4, 2) == "91" && rounds < 20; ++rounds) {
        const std::string command = d.raw("80120000" + sw.substr(sw.size() - 2));
        if (!command.starts_with("D0")) return;
        const std::size_t at = command.substr(2, 2) == "81" ? 6 : 4;
        const std::string details = command.substr(at + 4, 6);
        if (details.substr(2) == "0104") {
          d.card.reset();
          return;
        }
        if (details.substr(2) == "2700") d.timer = 1;
        sw = d.raw("801400000C8103" + details + "82028281830100");
      }
    };
    step(kFullProfile);
    step(kLimited);
    step("80C200000ED70C82028281A40101A503000000");
    step(kFullProfile);
    d.store.heal();
    if (writes == 0) writes = d.store.commits() - before;
    card::Card again(d.store, rng(), nullptr, nullptr, &applets());
    again.power_on();
    Desktop after(d.store.cells());
    const std::string imsi = after.imsi();
    const bool is_a = imsi == kImsiA, is_b = imsi == kImsiB;
    REQUIRE((is_a || is_b));
    CHECK(after.read("6F78") == (is_a ? "0002" : "0004"));
    CHECK(after.authenticate(is_a ? kKeyA : kKeyB, is_a ? kOpcA : kOpcB, 32).starts_with("DB"));
    CHECK(after.state().active == (is_a ? 1 : 2));
    CHECK(after.state().pending == 0);
  }
  REQUIRE(writes >= 4);
}

TEST_CASE("A table over the air changes the identities, and the proof tells its version", "[multi_imsi]") {
  Desktop d;
  d.on();
  const auto proof = d.message("E114 80040000002A 810101 A209 800399F907 81020301"_hex);
  REQUIRE(proof.status == 0);
  CHECK(to_hex(proof.data).starts_with("E2"));
  CHECK(to_hex(proof.data).find("80040000002A810100") != std::string::npos);
  d.send(kLimited);
  d.send(reject("11"));
  d.expire();
  CHECK(d.imsi() == kImsiC);  // the rule of the table
}

TEST_CASE("A table that is refused changes nothing: old, unprotected, senseless", "[multi_imsi]") {
  Desktop d;
  d.on();
  const auto before = d.store.cells();
  const auto unchanged = [&] {
    for (const auto& [key, cell] : before) {
      if (key.space != state::Space::applet) continue;
      const auto now = d.store.cells().find(key);
      if (now == d.store.cells().end() || *now->second != *cell) return false;
    }
    return true;
  };
  CHECK(to_hex(d.message("E114 800400000001 810101 A209 800399F907 81020301"_hex).data).find("8104") == std::string::npos);
  CHECK(unchanged());
  CHECK(to_hex(d.message("E114 80040000002A 810101 A209 800399F907 81020901"_hex).data).find("810205A2") != std::string::npos);
  CHECK(unchanged());
  (void)d.message("E1FF"_hex);
  CHECK(unchanged());
}

TEST_CASE("An identity forced over the air is in use after its REFRESH", "[multi_imsi]") {
  Desktop d;
  d.on();
  CHECK(d.message("E114 80040000002A 810103 A509 800101 810103 820102"_hex).status == 0);
  d.send("80F2000C00");
  CHECK(d.imsi() == kImsiC);
  CHECK(d.state().ring.back().reason == multi_imsi::Reason::ota);
}

TEST_CASE("GET DATA on the instance gives the log", "[multi_imsi]") {
  Desktop d;
  d.on();
  d.send(kLimited);
  d.expire();
  REQUIRE(d.apdu("00A4040C0B" + to_hex(multi_imsi::instance_aid())) == "9000");
  REQUIRE(d.raw("80CADF7000") == "6C27");
  const std::string log = d.raw("80CADF7027");
  CHECK(log.starts_with("DF702401"));
  CHECK(log.size() == 6 + 72 + 4);
  CHECK(d.raw("80CADF7200") == "6A88");
}

TEST_CASE("A hold keeps the identity while a switch is proved, and for no longer than it says", "[multi_imsi]") {
  // Another application of the card holds as long as it lives.
  struct Holder final : toolkit::Application {
    explicit Holder(const card::CardServices& services) : platform(services.platform) {}
    [[nodiscard]] const char* name() const noexcept override { return "holder"; }
    toolkit::Task<> run(toolkit::Session& cat) override {
      const auto hold = platform.hold(card::Platform::Holding::proving, std::chrono::seconds(240));
      const toolkit::Condition never = [] { return false; };
      (void)co_await cat.until(never);
    }
    card::Platform& platform;
  };
  card::Applets both;
  both.add(multi_imsi::row());
  both.add({.class_aid = {}, .name = "holder", .make = [](const card::CardServices& services, const gp::Application*) {
              return std::make_unique<Holder>(services);
            }});
  Desktop d;
  card::Card card(d.store, rng(), &d.notes, nullptr, &both);
  card.power_on();
  const auto raw = [&](const std::string& hex) { return to_hex(card.transmit(from_hex(hex).value())); };
  std::vector<std::string> fetched;
  const auto settle = [&](std::string sw) {
    while (sw.substr(sw.size() - 4, 2) == "91") {
      const std::string command = raw("80120000" + sw.substr(sw.size() - 2));
      const std::size_t at = command.substr(2, 2) == "81" ? 6 : 4;
      fetched.push_back(command.substr(at + 6, 4));
      if (fetched.back() == "0104") return;
      sw = raw("801400000C8103" + command.substr(at + 4, 6) + "82028281830100");
    }
  };
  settle(raw(kFullProfile));
  settle(raw(kLimited));
  settle(raw("80C200000ED70C82028281A40101A503000000"));  // T_lim
  CHECK(fetched.back() != "0104");
  settle(raw("80C200000ED70C82028281A40101A503000000"));  // the bound of the hold
  CHECK(fetched.back() == "0104");
}

TEST_CASE("A profile without the applet's data is a profile all the same", "[multi_imsi]") {
  perso::ProfileRecipe recipe = subscription();
  perso::ApplicationRecipe application = perso::multi_imsi_application(table());
  application.instances[0].process_data = {"E103800101"_hex};
  recipe.applications.push_back(application);
  Desktop d(factory_cells(recipe));
  d.on();
  CHECK(d.notes.all.find("waits for a table") != std::string::npos);
  d.send(kLimited);
  CHECK(d.imsi() == kImsiA);
}

TEST_CASE("A recipe with the section multi_imsi makes a profile whose applet runs", "[multi_imsi]") {
  std::ifstream in(source_dir() + "/vectors/multi_imsi/bootstrap.yaml");
  REQUIRE(in);
  std::stringstream yaml;
  yaml << in.rdbuf();
  const perso::ProfileRecipe recipe = perso::read_recipe(yaml.str());
  Desktop d(factory_cells(recipe));
  d.on();
  CHECK(d.state().active == 1);
  d.item = "04";
  d.send("80C2000009D30782020181900101");
  CHECK(d.imsi() == "083901140000000030");
  CHECK(d.read("6FAD").substr(6, 2) == "03");
  d.item = "03";
  d.send("80C2000009D30782020181900101");
  CHECK(d.imsi() == kImsiB);
  CHECK(d.read("6F46").starts_with("00506F6C646572FF"));
}

TEST_CASE("A recipe that the card would refuse says what is wrong", "[multi_imsi]") {
  const std::string front = "{iccid: \"8988211000000000037\", imsi: \"001010000000001\", k: 00000000000000000000000000000000, opc: "
                            "00000000000000000000000000000000, multi_imsi: {identities: [{id: 1}";
  CHECK_THROWS_AS((void)perso::read_recipe(front + ", {id: 1}]}}"), perso::RecipeError);
  CHECK_THROWS_AS((void)perso::read_recipe(front + ", {id: 2, imsi: \"999700000000002\"}]}}"), perso::RecipeError);
  CHECK_THROWS_AS((void)perso::read_recipe(front + "], rules: [{network: \"999-70\", ids: [7]}]}}"), perso::RecipeError);
  CHECK_THROWS_AS((void)perso::read_recipe(front + "], rules: [{network: \"99970\", ids: [1]}]}}"), perso::RecipeError);
  CHECK_THROWS_AS((void)perso::read_recipe(front + "], polcy: [menu]}}"), perso::RecipeError);
}
