#include <catch2/catch.hpp>

#include "tools/terminal/eap_sim_db.h"
#include "tools/terminal/hss.h"

using namespace simurgh;
using namespace simurgh::terminal;

namespace {

const char* const kYaml = "subscribers:\n"
                          "  - {imsi: '001010000000011', k: 465B5CE8B199B49FAA5F0A2EE238A6BC, opc: CD63CB71954A9F4E48A5994E37A02BAF}\n"
                          "  - {imsi: '001010000000012', k: 465B5CE8B199B49FAA5F0A2EE238A6BC, op: CDC202D5123E20F62B6D676AC72CB318, amf: '0000', sqn: '000000000100'}\n";

struct Home {
  std::unique_ptr<crypto::Rng> rng = crypto::seeded_rng(7);
  std::int64_t now = 1735689600 + 1000;
  Hss network{*rng, [this] { return now; }};
  Home() {
    auto subscribers = read_subscribers(kYaml);
    REQUIRE(subscribers);
    for (Subscriber& subscriber : *subscribers) network.add(std::move(subscriber));
  }
};

// A USIM that holds K and the array of sequence numbers.
struct Usim {
  usim::AkaParameters parameters = *aka_parameters({.algorithm = "milenage", .key = "465B5CE8B199B49FAA5F0A2EE238A6BC", .opc = "CD63CB71954A9F4E48A5994E37A02BAF", .op = {}});
  usim::SqnState state;
  Answer operator()(ByteView command) {
    const auto challenge = usim::parse_3g(command.subspan(5));
    REQUIRE(challenge);
    const auto outcome = usim::authenticate_3g(parameters, state, challenge->rand, challenge->autn);
    if (!outcome) return {{}, 0x9862};
    return {outcome->success ? usim::encode_success(*outcome->success, false) : usim::encode_sync_failure(*outcome->sync_failure), 0x9000};
  }
};

}  // namespace

TEST_CASE("Card and network authenticate each other, and resynchronise once when the card is ahead", "[hss]") {
  Home home;
  Usim card;
  const auto send = [&](ByteView command) { return card(command); };
  auto result = authenticate(home.network, "001010000000011", send);
  REQUIRE(result.outcome == Authentication::Outcome::done);
  REQUIRE_FALSE(result.resynchronised);
  REQUIRE(authenticate(home.network, "001010000000012", send).outcome == Authentication::Outcome::done);  // the same OPc from OP
  card.state.seq.fill(5000);
  result = authenticate(home.network, "001010000000011", send);
  REQUIRE(result.outcome == Authentication::Outcome::done);
  REQUIRE(result.resynchronised);
  REQUIRE(authenticate(home.network, "001010000000011", send).outcome == Authentication::Outcome::done);
  REQUIRE_FALSE(authenticate(home.network, "001010000000011", send).resynchronised);
}

TEST_CASE("Whatever is wrong between card and network has a name", "[hss]") {
  using Outcome = Authentication::Outcome;
  Home home;
  Usim card;
  REQUIRE(authenticate(home.network, "999990000000000", std::ref(card)).outcome == Outcome::unknown_subscriber);
  REQUIRE(authenticate(home.network, "001010000000011", [](ByteView) { return Answer{{}, 0x6982}; }).outcome == Outcome::card_refuses);
  REQUIRE(authenticate(home.network, "001010000000011", [](ByteView) { return Answer{*from_hex("DB080000000000000000"), 0x9000}; }).outcome == Outcome::res_differs);
  REQUIRE(authenticate(home.network, "001010000000011", [](ByteView) { return Answer{*from_hex("DBFF"), 0x9000}; }).outcome == Outcome::res_differs);
  REQUIRE(authenticate(home.network, "001010000000011", [](ByteView) { return Answer{concat({*from_hex("DC0E"), Bytes(14)}), 0x9000}; }).outcome == Outcome::no_resync);
  REQUIRE(authenticate(home.network, "001010000000011", [&](ByteView command) {
            Answer answer = card(command);
            answer.data.back() ^= 1;
            return answer;
          }).outcome == Outcome::keys_differ);
  Usim other;
  other.parameters.key = crypto::SecretBytes(ByteView(Bytes(16)));
  REQUIRE(authenticate(home.network, "001010000000011", std::ref(other)).outcome == Outcome::mac_wrong);
}

TEST_CASE("Sequence numbers follow the clock and never stand still", "[hss]") {
  Home home;
  const auto seq = [&] {
    const auto vector = home.network.vector("001010000000011");
    const Usim card;
    const auto ak = usim::functions(card.parameters)->f2345(vector->rand).ak;
    Bytes sqn(vector->autn.begin(), vector->autn.begin() + 6);
    for (std::size_t i = 0; i < 6; ++i) sqn[i] ^= ak.expose()[i];
    return be_value(sqn) >> 5;
  };
  REQUIRE(seq() == 1000);
  REQUIRE(seq() == 1001);
  home.now += 3600;
  REQUIRE(seq() == 4600);
  home.now = 0;
  REQUIRE(seq() == 4601);
}

TEST_CASE("hostapd's questions are answered in its words", "[hss]") {
  Home home;
  const std::string sim = eap_sim_db_answer(home.network, "SIM-REQ-AUTH 001010000000011 3");
  REQUIRE(sim.size() == std::string("SIM-RESP-AUTH 001010000000011").size() + 3 * (1 + 16 + 1 + 8 + 1 + 32));
  REQUIRE(sim.starts_with("SIM-RESP-AUTH 001010000000011 "));
  Usim card;
  const std::string triplet = sim.substr(30, 58);
  const auto rand = *from_hex(triplet.substr(26));
  const auto keys = usim::authenticate_gsm(card.parameters, rand);
  REQUIRE(triplet.substr(0, 26) == to_hex(keys.kc.expose()) + ":" + to_hex(keys.sres.expose()) + ":");
  const std::string aka = eap_sim_db_answer(home.network, "AKA-REQ-AUTH 001010000000011\n");
  REQUIRE(aka.size() == std::string("AKA-RESP-AUTH 001010000000011").size() + 4 * 33 + 17);
  const auto field = [&](std::size_t number) { return *from_hex(aka.substr(30 + number * 33, number == 4 ? 16 : 32)); };
  const auto outcome = usim::authenticate_3g(card.parameters, card.state, field(0), field(1));
  REQUIRE(outcome);
  REQUIRE(equal(outcome->success->ik.expose(), field(2)));
  REQUIRE(equal(outcome->success->ck.expose(), field(3)));
  REQUIRE(equal(outcome->success->res.expose(), field(4)));
  // Resynchronisation has no answer, but the next vector fits.
  card.state.seq.fill(90000);
  const auto old = *home.network.vector("001010000000011");
  const auto sync = usim::authenticate_3g(card.parameters, card.state, old.rand, old.autn);
  REQUIRE(sync->sync_failure);
  REQUIRE(eap_sim_db_answer(home.network, "AKA-AUTS 001010000000011 " + to_hex(sync->sync_failure->auts) + " " + to_hex(old.rand)).empty());
  const auto next = *home.network.vector("001010000000011");
  REQUIRE(usim::authenticate_3g(card.parameters, card.state, next.rand, next.autn)->success);
  REQUIRE(eap_sim_db_answer(home.network, "AKA-REQ-AUTH 9") == "AKA-RESP-AUTH 9 FAILURE");
  REQUIRE(eap_sim_db_answer(home.network, "SIM-REQ-AUTH 9 3") == "SIM-RESP-AUTH 9 FAILURE");
  REQUIRE(eap_sim_db_answer(home.network, "SIM-REQ-AUTH 001010000000011 x") == "SIM-RESP-AUTH 001010000000011 FAILURE");
  for (const char* bent : {"", " ", "AKA-REQ-AUTH", "AKA-AUTS 001010000000011 zz 00", "AKA-AUTS 001010000000011 00 00", "HELLO 1 2"}) {
    REQUIRE(eap_sim_db_answer(home.network, bent).empty());
  }
}

TEST_CASE("Files of subscribers are read, and bad ones say which line or subscriber is bad", "[hss]") {
  const auto recipe = read_subscribers("iccid: '1'\nimsi: '001010000000011'\nk: 465B5CE8B199B49FAA5F0A2EE238A6BC\nopc: CD63CB71954A9F4E48A5994E37A02BAF\nspn: x\n");
  REQUIRE(recipe);
  REQUIRE(recipe->size() == 1);
  for (const char* bad : {"", "7", "subscribers: []", "imsi: 'x'", "{imsi: '001010000000011', k: 00, opc: 00}", "{imsi: '001010000000011', k: zz}",
                          "{imsi: '001010000000011', k: 465B5CE8B199B49FAA5F0A2EE238A6BC, op: 00}", "{imsi: '001010000000011', algorithm: comp128}", "[", "subscribers: [7]",
                          "{imsi: '001010000000011', k: 465B5CE8B199B49FAA5F0A2EE238A6BC, opc: CD63CB71954A9F4E48A5994E37A02BAF, amf: '80'}"}) {
    INFO(bad);
    const auto read = read_subscribers(bad);
    REQUIRE_FALSE(read);
    REQUIRE_FALSE(read.error().empty());
  }
}
