// The terminal as the only program between the card and the outside: profile, polling, events, menu, messages, REFRESH, authentication.
#include "tests/card/multi_imsi_desk.h"
#include "tools/terminal/hss.h"
#include "tools/terminal/terminal.h"

using namespace simurgh;
using namespace simurgh::test;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

const std::string kDigitsA = "001010000000001", kDigitsB = "999700000000002", kDigitsC = "998700000000003";

class CardLink final : public terminal::Link {
 public:
  explicit CardLink(card::Card& card) : card_(card) {}
  Bytes transmit(ByteView command) override { return card_.transmit(command); }
  Bytes reset() override { return card_.reset(); }

 private:
  card::Card& card_;
};

class Nowhere final : public terminal::Network {
 public:
  std::expected<std::unique_ptr<terminal::Connection>, std::string> open(terminal::Transport, const terminal::Endpoint&, const std::string&) override {
    return std::unexpected("there is no network");
  }
  bool wait(std::chrono::milliseconds) override { return false; }
  bool in_use() const override { return false; }
  std::vector<Bytes> name_servers() const override { return {}; }
};

// Chooses what it was told to, and keeps what it was shown.
class Person final : public terminal::User {
 public:
  terminal::UserReply show(const std::string& text, bool) override {
    shown.push_back(text);
    return {};
  }
  terminal::UserReply key(const std::string&, bool) override { return {.act = terminal::UserAct::no_response}; }
  terminal::UserReply line(const std::string&, std::size_t, std::size_t, const std::string&) override { return {.act = terminal::UserAct::no_response}; }
  terminal::UserReply choose(const std::string&, const std::vector<terminal::MenuItem>& items, std::uint8_t) override {
    for (const terminal::MenuItem& item : items) {
      if (item.text == wants) return {.item = item.id};
    }
    return {.act = terminal::UserAct::back};
  }
  terminal::UserReply confirm(const std::string&) override { return {}; }
  std::string wants;
  std::vector<std::string> shown;
};

struct Handset {
  explicit Handset(const std::vector<std::string>& lacks = {})
      : store(cells()),
        card(store, rng(), &notes, nullptr, &applets()),
        link(card),
        home(rng(), [] { return std::int64_t{1'790'000'000}; }),
        terminal({.link = link, .clock = clock, .network = network, .user = person, .journal = {}}, options(lacks)) {
    card.power_on();
    subscribe(kDigitsA, kKeyA, kOpcA);
    subscribe(kDigitsB, kKeyB, kOpcB);
    subscribe(kDigitsC, Bytes(16, 0x0C), Bytes(16, 0x1C));
    REQUIRE(terminal.power_up());
    terminal.settle();
  }
  static terminal::TerminalOptions options(const std::vector<std::string>& lacks) {
    terminal::TerminalOptions out;
    out.power_up = terminal::PowerUp::phone;
    out.capabilities = *terminal::built_in_capabilities("phone");
    for (const std::string& word : lacks) REQUIRE(out.capabilities.profile.set(word, false));
    out.device.service = terminal::ServiceStatus::none;
    out.device.plmn = "99970";
    return out;
  }
  void subscribe(const std::string& imsi, const Bytes& key, const Bytes& opc) {
    terminal::Subscriber subscriber;
    subscriber.imsi = imsi;
    subscriber.aka = *terminal::aka_parameters({.algorithm = "milenage", .key = to_hex(key), .opc = to_hex(opc), .op = {}});
    home.add(std::move(subscriber));
  }
  void service(terminal::ServiceStatus status) {
    terminal::Device device = terminal.device();
    device.service = status;
    terminal.move_to(device);
    terminal.settle();
  }
  // As the network of this IMSI does with whatever card answers.
  terminal::Authentication::Outcome attach(const std::string& imsi) {
    const auto outcome = terminal::authenticate(home, imsi, [this](ByteView command) { return terminal.send(command); });
    terminal.settle();
    return outcome.outcome;
  }
  // An item of the main menu, by its text.
  void menu(const std::string& text, const std::string& then = {}) {
    person.wants = then;
    for (const terminal::MenuItem& item : terminal.toolkit().menu()) {
      if (item.text != text) continue;
      (void)terminal.choose_menu_item(item.id);
      terminal.settle();
      return;
    }
    FAIL("the menu has no item " + text);
  }
  // A secured packet for the applet as short messages; the proof of receipt.
  ota_sender::Proof message(ByteView table) {
    auto kic = ota_sender::named_key("aes", 1, kTestKey), kid = ota_sender::named_key("aes", 1, kTestKey);
    ota_sender::Security security{.spi = {.first = 0x16, .second = 0x19}, .kic = kic.octet, .kid = kid.octet, .cipher_key = std::move(kic.key),
                                  .checksum_key = std::move(kid.key)};
    terminal::EnvelopeAnswer answer;
    for (const Bytes& tpdu : ota_sender::deliver_tpdus(ota_sender::build_packet({.tar = kTar, .counter = ++counter, .data = to_bytes(table)}, security), {})) {
      answer = terminal.deliver_sms("+491710000000", tpdu);
      REQUIRE(answer.kind == terminal::EnvelopeAnswer::Kind::taken);
      terminal.settle();
    }
    return ota_sender::read_proof(answer.data, security);
  }
  [[nodiscard]] Bytes file(const std::string& path) const { return to_bytes(terminal.facts().files.at(path).body()); }

  Notes notes;
  state::MemoryStore store;
  card::Card card;
  CardLink link;
  terminal::VirtualClock clock;
  Nowhere network;
  Person person;
  terminal::Hss home;
  terminal::Terminal terminal;
  std::uint64_t counter = 0;
};

}  // namespace

TEST_CASE("A terminal alone carries the applet from one identity to the next: event, timer, REFRESH, files, AUTHENTICATE", "[multi_imsi][terminal]") {
  using Outcome = terminal::Authentication::Outcome;
  Handset h;
  REQUIRE(h.terminal.facts().imsi() == kDigitsA);
  CHECK(h.terminal.toolkit().listens(0x03));
  CHECK(h.terminal.toolkit().listens(0x12));
  CHECK(h.terminal.toolkit().menu().size() == 4);
  CHECK(h.attach(kDigitsA) == Outcome::done);
  h.service(terminal::ServiceStatus::limited);
  h.terminal.run_for(seconds(119));
  CHECK(h.terminal.facts().imsi() == kDigitsA);
  h.terminal.run_for(seconds(30));
  // The card has been reset and read again; what it says is B's, all of it.
  CHECK(h.terminal.resets() == 1);
  REQUIRE(h.terminal.facts().imsi() == kDigitsB);
  CHECK(to_hex(h.file("7FFF6F78")) == "0004");
  CHECK(to_hex(h.file("7FFF6FE3")) == "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFF000001");
  CHECK(h.attach(kDigitsA) == Outcome::mac_wrong);
  CHECK(h.attach(kDigitsB) == Outcome::done);
  h.service(terminal::ServiceStatus::normal);
  h.terminal.run_for(minutes(10));
  CHECK(h.terminal.facts().imsi() == kDigitsB);
  CHECK(h.terminal.resets() == 1);
}

TEST_CASE("Two networks refuse the identity: the terminal's reports of it are enough", "[multi_imsi][terminal]") {
  Handset h;
  h.service(terminal::ServiceStatus::limited);
  terminal::Device where = h.terminal.device();
  for (const char* plmn : {"99970", "99971"}) {
    where.plmn = plmn;
    h.terminal.reject(where, 0x09, 11);
    h.terminal.settle();
  }
  CHECK(h.terminal.facts().imsi() == kDigitsB);
}

TEST_CASE("A terminal without events and timers polls, is asked where it is, and comes to the same identity", "[multi_imsi][terminal]") {
  Handset h({"event-location-status", "event-access-technology", "event-rejection-eutran", "event-rejection-geran", "timer-start", "timer-get", "timer-expiration"});
  CHECK_FALSE(h.terminal.toolkit().listens(0x03));
  h.service(terminal::ServiceStatus::limited);
  h.terminal.run_for(minutes(2));
  CHECK(h.terminal.facts().imsi() == kDigitsA);
  h.terminal.run_for(minutes(3));
  CHECK(h.terminal.facts().imsi() == kDigitsB);
  CHECK(h.attach(kDigitsB) == terminal::Authentication::Outcome::done);
}

TEST_CASE("The person at the terminal chooses an identity, asks why, and gives the choice back", "[multi_imsi][terminal]") {
  Handset h;
  h.menu("Choose identity", "C");
  REQUIRE(h.terminal.facts().imsi() == kDigitsC);
  CHECK((h.file("7FFF6FAD").at(3) & 0x0F) == 3);
  CHECK(h.attach(kDigitsC) == terminal::Authentication::Outcome::done);
  h.menu("Why this identity");
  REQUIRE(h.person.shown.size() == 1);
  CHECK(h.person.shown[0].find("A->C because manual") != std::string::npos);
  // Pinned: limited service moves nothing until it is given back.
  h.service(terminal::ServiceStatus::limited);
  h.terminal.run_for(minutes(30));
  CHECK(h.terminal.facts().imsi() == kDigitsC);
  h.menu("Choose identity", "Automatic");
  h.terminal.run_for(minutes(10));
  CHECK(h.terminal.facts().imsi() == kDigitsB);
}

TEST_CASE("Short messages through the terminal change the table and force an identity, each with its proof", "[multi_imsi][terminal]") {
  Handset h;
  h.service(terminal::ServiceStatus::normal);
  // In 999-70: C, then A.
  const auto proof = h.message("E114 80040000002A 810101 A209 800399F907 81020301"_hex);
  REQUIRE(proof.status == 0);
  CHECK(to_hex(proof.data).find("80040000002A810100") != std::string::npos);
  CHECK(h.terminal.facts().imsi() == kDigitsA);  // the proof leaves over the identity it came to
  h.service(terminal::ServiceStatus::limited);
  h.terminal.run_for(minutes(3));
  REQUIRE(h.terminal.facts().imsi() == kDigitsC);
  // B, and pinned for an hour: the terminal is told by a REFRESH that the answer to its next STATUS announces.
  REQUIRE(h.message("E114 80040000002A 810103 A509 800101 810102 820101"_hex).status == 0);
  h.terminal.run_for(seconds(60));
  CHECK(h.terminal.facts().imsi() == kDigitsB);
  CHECK(h.attach(kDigitsB) == terminal::Authentication::Outcome::done);
}
