// The IoT agent between a whole card and an eIM without sockets: an IoT eUICC, and a consumer eUICC whose IoT functions are emulated.
#include <deque>
#include <map>

#include "asn1/codec/codec.h"
#include "ipae/agent/emulated_iot.h"
#include "ipae/agent/runner.h"
#include "ipae/es10/es10c.h"
#include "ipae/es10/identifiers.h"
#include "tests/card/iot_bench.h"

using namespace simurgh;
using namespace simurgh::test;
using namespace simurgh::ipae;
using esipa::Function;

namespace {

class CardPort final : public Es10Port {
 public:
  explicit CardPort(BenchCard& bench) : bench_(bench) {}
  PortResult<Bytes> request(ByteView command) override {
    try {
      return bench_.lpa.es10(command);
    } catch (const bench::DeskError& error) {
      return std::unexpected(PortError{error.what(), bench_.lpa.last_status()});
    }
  }

 private:
  BenchCard& bench_;
};

// Orders out, results in; RSP functions go on to the desk's SM-DP+.
struct TestServer {
  TestEim& signer;
  Bytes eid;
  const crypto::EcPublicKey* euicc = nullptr;  // null: results are not signed
  std::deque<Bytes> orders = {};                    // BF51, BF52, BF54
  std::vector<PackageResult> results = {};
  std::vector<Bytes> data = {}, triggers = {}, notifications = {};
  std::vector<std::uint32_t> calls = {};
  bool reachable = true;

  void order(ByteView psmos) { orders.push_back(signer.psmos(eid, psmos)); }

  std::optional<Bytes> serve(Function function, const Bytes& message) {
    // A consumer eUICC's EUICCInfo2 is none of SGP.32.
    if (euicc != nullptr) {
      INFO(to_hex(message));
      CHECK(asn1::codec::check("EsipaMessageFromIpaToEim", message));
    }
    const auto tag = static_cast<std::uint32_t>(function);
    calls.push_back(tag);
    const ByteView content = asn1::read_only(message, tag)->value;
    const auto raw = [&](std::uint32_t member) { return to_bytes(asn1::find_child(content, member)->raw); };
    const auto value = [&](std::uint32_t member) { return to_bytes(asn1::find_child(content, member)->value); };
    const auto ok = [&](const Bytes& members) { return asn1::tlv(tag, asn1::tlv(0xA0, members)); };
    switch (function) {
      case Function::get_eim_package: {
        if (orders.empty()) return from_hex("BF4F03020101").value();
        const Bytes next = orders.front();
        orders.pop_front();
        return asn1::tlv(tag, next);
      }
      case Function::provide_eim_package_result:
        return take(content);
      case Function::initiate_authentication: {
        const auto reply = iot_desk().server().initiate_authentication(value(0x81), raw(0xBF20), to_text(value(0x83)));
        if (!reply) return from_hex("BF390381017F").value();
        return ok(concat({asn1::tlv(0x80, reply->transaction_id), reply->server_signed1, reply->server_signature1, reply->ci_key_id,
                          reply->certificate}));
      }
      case Function::authenticate_client: {
        const auto reply = iot_desk().server().authenticate_client(value(0x80), raw(0xBF38));
        if (!reply) return from_hex("BF3B03820106").value();
        return ok(concat({reply->metadata, reply->smdp_signed2, reply->smdp_signature2, reply->certificate}));
      }
      case Function::get_bound_profile_package: {
        const auto reply = iot_desk().server().get_bound_profile_package(value(0x80), raw(0xBF21));
        if (!reply) return from_hex("BF3A0381017F").value();
        return ok(*reply);
      }
      case Function::cancel_session:
        return ok({});
      case Function::handle_notification:
        notifications.push_back(to_bytes(content));
        return std::nullopt;
    }
    return std::nullopt;
  }

  Bytes take(ByteView content) {
    Bytes numbers;
    const auto acknowledge = [&](std::uint64_t sequence) { append(numbers, asn1::tlv(0x80, asn1::integer_content(sequence))); };
    const auto package = [&](ByteView bf51) {
      const PackageResult result = euicc != nullptr ? signer.read(bf51, *euicc) : signer.read(bf51, signer.key.public_key());
      CHECK(result.verified == (euicc != nullptr));
      if (result.sequence != 0) acknowledge(result.sequence);
      results.push_back(result);
    };
    if (const auto both = asn1::find_child(content, 0x30)) {
      package(asn1::find_child(both->value, 0xBF51)->raw);
      asn1::TlvReader list(asn1::find_child(both->value, 0xA0)->value);
      while (!list.at_end()) {
        const auto pending = parse_pending_notification(list.next().value());
        REQUIRE(pending);
        notifications.push_back(pending->raw);
        acknowledge(pending->metadata.sequence);
      }
    } else if (const auto alone = asn1::find_child(content, 0xBF51)) {
      package(alone->raw);
    } else if (const auto answer = asn1::find_child(content, 0xBF52)) {
      data.push_back(to_bytes(answer->raw));
    } else if (const auto trigger = asn1::find_child(content, 0xBF54)) {
      triggers.push_back(to_bytes(trigger->raw));
      if (const auto installed = asn1::find_child(trigger->value, 0xBF37))
        acknowledge(parse_installation_result(installed->raw)->notification.sequence);
    }
    return asn1::tlv(0xBF50, numbers.empty() ? from_hex("3000").value() : asn1::tlv(0xBF53, numbers));
  }
};

class ServerExchange final : public esipa::EsipaExchange {
 public:
  explicit ServerExchange(TestServer& server) : server_(server) {}
  Task<esipa::EsipaResult<std::optional<Bytes>>> exchange(Function function, Bytes message) override {
    if (!server_.reachable) {
      Es9Error error;
      error.kind = Es9Error::Kind::unreachable;
      error.what = "no connection";
      co_return std::unexpected(error);
    }
    co_return server_.serve(function, message);
  }

 private:
  TestServer& server_;
};

struct Home final : AgentDoors, JournalPort, HostPort {
  Home(BenchCard& card_in, Es10Port& es10_in, TestServer& server_in) : card(card_in), es10(es10_in), server(server_in) {}
  PortResult<std::unique_ptr<esipa::EsipaExchange>> eim(const es10b::EimEntry&) override {
    return std::make_unique<ServerExchange>(server);
  }
  NetPort* servers() override { return nullptr; }
  Bytes load(unsigned record) override { return records[record]; }
  void store(unsigned record, ByteView value) override { records[record] = to_bytes(value); }
  Task<PortResult<void>> restart_card() override {
    card.card.reset();
    server.reachable = reachable_after_restart;
    reachable_after_restart = true;
    co_return PortResult<void>{};
  }
  Task<bool> wait(std::chrono::seconds time) override {
    clock += time.count();
    co_return true;
  }
  std::int64_t now() override { return clock; }

  RunReport poll() {
    AgentOptions options;
    options.refresh = false;
    IotAgent agent(es10, *this, *this, options);
    IotRunner runner(es10, agent, *this, *this);
    auto report = run_now(runner.poll({{}, {from_hex("35290611").value(), {}, {}}}));
    if (!report) FAIL(report.error().what);
    for (const std::string& problem : report->visit.problems) UNSCOPED_INFO(problem);
    return *report;
  }

  BenchCard& card;
  Es10Port& es10;
  TestServer& server;
  std::map<unsigned, Bytes> records;
  std::int64_t clock = 1'750'000'000;
  bool reachable_after_restart = true;
};

Bytes trigger(const std::string& matching_id) {
  const Bytes code = asn1::tlv(0x80, text_view("1$localhost$" + matching_id));
  return asn1::tlv(0xBF54, concat({asn1::tlv(0xA0, code), from_hex("8204AABBCCDD").value()}));
}
Bytes commands(const std::string& hex) { return from_hex(hex).value(); }

std::string enabled_of(Es10Port& es10) {
  const auto profiles = es10c::get_profiles_info(es10);
  REQUIRE(profiles);
  for (const ProfileInfo& profile : *profiles) {
    if (profile.state == ProfileState::enabled) return iccid_text(profile.iccid);
  }
  return {};
}

// Download, enable with a way back, lost connection, rollback, enable for good, delete, list.
void story(Home& home, bool signed_results) {
  TestServer& eim = home.server;
  const std::string first = iot_desk().order(kIccid1), second = iot_desk().order(kIccid2);
  eim.orders = {trigger(first)};
  RunReport report = home.poll();
  CHECK(report.visit.downloads == 1);
  REQUIRE(eim.triggers.size() == 1);
  CHECK(asn1::find_child(asn1::read_only(eim.triggers[0], 0xBF54)->value, 0xBF37));
  CHECK(es10c::get_profiles_info(home.es10)->size() == 1);

  eim.order(commands(psmo_enable(kIccid1)));
  report = home.poll();
  CHECK(report.proven);
  CHECK(enabled_of(home.es10) == kIccid1);
  CHECK(eim.results.back().elements == "830100");

  // The new profile leads nowhere.
  eim.orders = {trigger(second)};
  home.poll();
  eim.order(commands(psmo_enable(kIccid2, true)));
  home.reachable_after_restart = false;
  const std::size_t before = eim.results.size();
  report = home.poll();
  CHECK(report.rolled_back);
  CHECK_FALSE(report.proven);
  CHECK(enabled_of(home.es10) == kIccid1);
  REQUIRE(eim.results.size() == before + 1);  // the result of the enable itself is gone
  CHECK(eim.results.back().elements == "8C0100");
  CHECK(eim.results.back().counter == eim.signer.counter);

  // It works after all.
  eim.order(commands(psmo_enable(kIccid2, true)));
  report = home.poll();
  CHECK(report.proven);
  CHECK(enabled_of(home.es10) == kIccid2);
  eim.order(commands(psmo_delete(kIccid1)));
  eim.order(commands("BF2D055C035A9F70"));
  report = home.poll();
  CHECK(report.visit.packages == 2);
  CHECK(eim.results.back().elements == "BF2D14A012E310" + iccid_do(kIccid2) + "9F700101");
  CHECK(report.visit.problems.empty());
  // Everything that was acknowledged has left the card.
  CHECK(es10b::retrieve_package_results(home.es10)->empty());
  CHECK(home.poll().visit.idle);
  CHECK(es10b::list_notification(home.es10)->empty());
  for (const PackageResult& result : eim.results) CHECK(result.verified == signed_results);
}

}  // namespace

TEST_CASE("An IoT eUICC is managed from download to deletion, and comes back from a profile that leads nowhere", "[iot][agent]") {
  IotBench bench;
  CardPort es10(bench);
  TestServer server{bench.eim, to_bytes(bench.identity.eid), &bench.euicc_key()};
  Home home(bench, es10, server);
  story(home, true);
}

TEST_CASE("A consumer eUICC is managed alike when its IoT functions are emulated", "[iot][agent]") {
  BenchCard bench(iot_desk(), {});
  CardPort card(bench);
  TestEim signer("eim1.example.com", crypto::EcPrivateKey::generate(crypto::Curve::nist_p256, iot_desk().rng()));
  signer.transaction_id = commands("0102030405060708");
  TestServer server{signer, es10c::get_eid(card).value()};
  struct Memory final : JournalPort {
    Bytes load(unsigned record) override { return records[record]; }
    void store(unsigned record, ByteView value) override { records[record] = to_bytes(value); }
    std::map<unsigned, Bytes> records;
  } memory;
  EmulatedIot es10(card, memory);
  CHECK_FALSE(es10b::get_eim_configuration_data(card));
  CHECK(es10b::get_eim_configuration_data(es10)->empty());
  const auto added = es10b::add_initial_eim(es10, signer.add_initial());
  REQUIRE(added);
  REQUIRE(added->tokens == std::vector<std::optional<std::uint64_t>>{1});
  signer.token = 1;
  CHECK(es10b::add_initial_eim(es10, signer.add_initial())->error == es10b::AddInitialEimError::associated_eim_already_exists);
  Home home(bench, es10, server);
  story(home, false);

  // What it keeps outlives it.
  EmulatedIot again(card, memory);
  CHECK(es10b::get_eim_configuration_data(again)->front().token == 1);
  // Replays, foreign signatures and foreign cards.
  const Bytes package = signer.psmos(server.eid, commands("A600"));
  CHECK(signer.read(es10b::load_euicc_package(again, package).value(), signer.key.public_key()).elements == "A600");
  CHECK(signer.read(es10b::load_euicc_package(again, package).value(), signer.key.public_key()).error == 4);
  CHECK(signer.read(es10b::load_euicc_package(again, signer.psmos(Bytes(16, 0x11), commands("A600"))).value(), signer.key.public_key())
            .error == 3);
  TestEim stranger("eim1.example.com", crypto::EcPrivateKey::generate(crypto::Curve::nist_p256, iot_desk().rng()));
  stranger.counter = 1000;
  const PackageResult unsigned_error =
      signer.read(es10b::load_euicc_package(again, stranger.psmos(server.eid, commands("A600"))).value(), signer.key.public_key());
  CHECK(unsigned_error.kind == 'U');
  CHECK(unsigned_error.token == 1);
  stranger.id = "eim9";
  CHECK_FALSE(
      signer.read(es10b::load_euicc_package(again, stranger.psmos(server.eid, commands("A600"))).value(), signer.key.public_key()).token);
  // A second eIM, and the first one leaves.
  TestEim second("eim2", crypto::EcPrivateKey::generate(crypto::Curve::nist_p256, iot_desk().rng()));
  const auto eco = [&](TestEim& by, const Bytes& list) {
    return signer.read(es10b::load_euicc_package(again, by.ecos(server.eid, list)).value(), signer.key.public_key()).elements;
  };
  CHECK(eco(signer, asn1::tlv(0xA8, second.members())) == "A803840102");
  CHECK(eco(signer, asn1::tlv(0xA8, second.members())) == "A803020102");
  second.token = 2;
  CHECK(eco(second, asn1::tlv(0xA9, asn1::tlv(0x80, text_view("eim1.example.com")))) == "890100");
  CHECK(eco(second, commands("AB00")) ==
        "AB0AA00830068004"
        "65696D32");
  CHECK(eco(second, asn1::tlv(0xA9, asn1::tlv(0x80, text_view("eim2")))) == "890102");
  CHECK(es10b::get_eim_configuration_data(again)->empty());
}

TEST_CASE("An agent answers what an eIM asks about card and assistant", "[iot][agent]") {
  IotBench bench;
  CardPort es10(bench);
  TestServer server{bench.eim, to_bytes(bench.identity.eid), &bench.euicc_key()};
  Home home(bench, es10, server);
  server.orders = {commands("BF52155C0DA081A2BF20BF228384A5A6A8A98304AABBCCDD"), commands("BF52035C015A"),
                   commands("BF520F5C01A5040A00112233445566778899")};
  home.poll();
  REQUIRE(server.data.size() == 3);
  CHECK(asn1::codec::check("IpaEuiccDataResponse", server.data[0]));
  const ByteView all = asn1::find_child(asn1::read_only(server.data[0], 0xBF52)->value, 0xA0)->value;
  std::string tags;
  asn1::TlvReader in(all);
  while (!in.at_end()) tags += to_hex(asn1::encode_tag(in.next()->tag)) + " ";
  CHECK(tags == "A0 81 A2 BF20 BF22 83 84 A5 A6 87 A8 A9 ");
  CHECK(to_hex(server.data[1]) == "BF5205A103020101");
  CHECK(to_hex(server.data[2]) == "BF5205A103020105");
}
