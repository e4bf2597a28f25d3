// A card whose profile has the multi-IMSI applet with three identities, and a terminal by hand.
#pragma once

#include <catch2/catch.hpp>

#include "euicc/applets/multi_imsi/applet.h"
#include "euicc/applets/multi_imsi/store.h"
#include "euicc/card/card.h"
#include "euicc/usim/aka.h"
#include "tests/support/faulty_store.h"
#include "tools/ota/messages.h"
#include "tools/ota/packet.h"
#include "tools/ota/proof.h"
#include "tools/perso/card_maker.h"
#include "tools/perso_upp/multi_imsi_recipe.h"

namespace simurgh::test {

using namespace simurgh::literals;

inline constexpr ota::Tar kTar{0x4D, 0x49, 0x01};
inline const Bytes kTestKey = "000102030405060708090A0B0C0D0E0F"_hex;
inline const Bytes kKeyA(16, 0x01), kOpcA(16, 0x02), kKeyB(16, 0x0B), kOpcB(16, 0x1B);
inline const std::string kImsiA = "08" "09" "10" "10" "00" "00" "00" "00" "10", kImsiB = "089999070000000020", kImsiC = "089989070000000030";

inline constexpr const char* kIccid = "8988211000000000011";

inline crypto::Rng& rng() {
  static const auto kRng = crypto::seeded_rng(1);
  return *kRng;
}

// Cells of a card that left the factory with this profile enabled.
inline std::map<state::Key, state::Cell> factory_cells(const perso::ProfileRecipe& recipe) {
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

inline const card::Applets& applets() {
  static const card::Applets kApplets = [] {
    card::Applets out;
    out.add(multi_imsi::row());
    return out;
  }();
  return kApplets;
}

inline multi_imsi::KeySet key_set(std::uint8_t ref, const Bytes& key, const Bytes& opc) {
  multi_imsi::KeySet out;
  out.ref = ref;
  out.parameters.key = crypto::SecretBytes(key);
  out.parameters.opc = crypto::SecretBytes(opc);
  return out;
}

inline perso::ProfileRecipe subscription() { return perso::default_recipe(kIccid, "001010000000001", kKeyA, kOpcA); }

// A is the profile's own, B is at home in 999, C shares B's key set number plus one.
inline multi_imsi::Config table() {
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

inline const std::string kFullProfile = "8010000028" + std::string(80, 'F');
inline const std::string kLimited = "80C200000CD60A990103820282819B0101", kNoService = "80C200000CD60A990103820282819B0102";
inline const std::string kNormal = "80C2000017D6159901038202828" "19B0100930999F90712340ABCDE1F";
// EPS attach reject in 999-70.
inline std::string reject(const std::string& cause) { return "80C2000019D61799011282028381FD0599F9071234BF0108F40109F501" + cause; }
inline const std::string kUsim = "00A4040C07A0000000871002";

inline std::map<state::Key, state::Cell> make(const multi_imsi::Config& config) {
  perso::ProfileRecipe recipe = subscription();
  recipe.applications.push_back(perso::multi_imsi_application(config));
  recipe.files = perso::multi_imsi_log_files();
  return factory_cells(recipe);
}

inline const std::map<state::Key, state::Cell>& cells() {
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
  std::string granted;               // of POLL INTERVAL: unit and value, empty: nothing said
  std::string date_time;             // of the network, seven octets; empty: not now
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
      if (type.starts_with("24")) {
        result += "9001" + item.substr(0, 2);
        if (item.size() > 2) item.erase(0, 2);
      }
      if (type.starts_with("21")) displayed = to_text(from_hex(command.substr(0, command.size() - 4)).value());
      if (type.starts_with("03") && !granted.empty()) result += "8402" + granted;
      if (type.starts_with("26")) result = "83022002";  // PROVIDE LOCAL INFORMATION: not now
      if (type == "2603" && !date_time.empty()) result = "830100A607" + date_time;
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
  // Record of EF.MI_LOG.
  std::string log_record(int number) {
    for (const char* fid : {"3F00", "7F4D", "6F01"}) REQUIRE(apdu(std::string("00A4000C02") + fid) == "9000");
    return raw("00B2" + to_hex(Bytes{static_cast<std::uint8_t>(number)}) + "0424");
  }
  // What the person chooses in the menu: 01 is automatic, 02 the first identity, FD to keep the one in use, FE more of them.
  void choose(const std::string& which) {
    item = which;
    send("80C2000009D30782020181900101");
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

}  // namespace simurgh::test
