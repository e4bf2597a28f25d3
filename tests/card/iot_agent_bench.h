// A whole card as an agent's Es10Port, an eIM without sockets in front of a desk's SM-DP+, and the home that stands between them.
#pragma once

#include <deque>
#include <map>

#include "asn1/codec/codec.h"
#include "ipae/agent/runner.h"
#include "ipae/es10/es10c.h"
#include "ipae/es10/identifiers.h"
#include "tests/card/iot_bench.h"

namespace simurgh::test {

using namespace ipae;
using esipa::Function;

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
  std::vector<std::string> polls = {};
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
    if (function == Function::get_eim_package) polls.push_back(to_hex(message));
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
    agent.on_progress([this](const std::string&, const Progress& now) { steps.push_back(now); });
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
  std::vector<Progress> steps;
  std::int64_t clock = 1'750'000'000;
  bool reachable_after_restart = true;
};

inline Bytes trigger(const std::string& matching_id) {
  const Bytes code = asn1::tlv(0x80, text_view("1$localhost$" + matching_id));
  return asn1::tlv(0xBF54, concat({asn1::tlv(0xA0, code), from_hex("8204AABBCCDD").value()}));
}
inline Bytes commands(const std::string& hex) { return from_hex(hex).value(); }

inline std::string enabled_of(Es10Port& es10) {
  const auto profiles = es10c::get_profiles_info(es10);
  REQUIRE(profiles);
  for (const ProfileInfo& profile : *profiles) {
    if (profile.state == ProfileState::enabled) return iccid_text(profile.iccid);
  }
  return {};
}

struct MemoryJournal final : JournalPort {
  Bytes load(unsigned record) override { return records[record]; }
  void store(unsigned record, ByteView value) override {
    records[record] = to_bytes(value);
    history.push_back(records);
  }
  std::map<unsigned, Bytes> records;
  std::vector<std::map<unsigned, Bytes>> history;  // after each store
};

}  // namespace simurgh::test
