// A whole IoT card with its assistant, in a terminal, with an Internet of an eIM, an SM-DP+ and a name server.
#pragma once

#include "ipae/card/agent_errands.h"
#include "tests/card/iot_bench.h"
#include "tests/unit/ipae_card/name_server.h"
#include "tests/unit/ipae_card/servers.h"
#include "tools/terminal/terminal.h"

namespace simurgh::test {

using ipae::seconds;

inline ecasd::Capabilities card_with_ipae() {
  ecasd::IotCapabilities iot;
  iot.ipae = true;
  return iot_card(iot);
}

struct IotStation {
  // Counts what crosses the card's interface, and can take the power away.
  class CountingLink final : public terminal::Link {
   public:
    explicit CountingLink(BenchCard& bench) : bench_(bench) {}
    Bytes transmit(ByteView command) override {
      if (cut_at_fetch != 0 && command.size() > 1 && command[1] == 0x12 && ++fetches == cut_at_fetch) throw terminal::LinkError("cut");
      if (seen) seen(command);
      ++apdus;
      Bytes answer = bench_.card.transmit(command);
      octets += command.size() + answer.size();
      if (dead && dead()) throw terminal::LinkError("cut");
      return answer;
    }
    Bytes reset() override {
      ++resets;
      return bench_.card.reset();
    }
    std::size_t apdus = 0, octets = 0, fetches = 0, cut_at_fetch = 0;
    unsigned resets = 0;
    std::function<void(ByteView)> seen = {};
    std::function<bool()> dead = {};

   private:
    BenchCard& bench_;
  };

  explicit IotStation(ipae::AssistantPolicy policy = {}, terminal::TerminalOptions options = {}, bool fallback = false, ipae::MakeErrands errands = {});

  // Powers up and stays on; a cut is survived by a new power-up.
  IotStation& run(std::chrono::milliseconds time) {
    const auto end = clock.now() + time;
    for (unsigned cuts = 0; cuts < 64; ++cuts) {
      try {
        if (!on_) {
          REQUIRE(modem->power_up());
          on_ = true;
          modem->settle();
        }
        modem->run_for(end - clock.now());
        return *this;
      } catch (const terminal::LinkError&) {
        on_ = false;
      }
    }
    FAIL("the card is cut for ever");
    return *this;
  }
  IotStation& restart() {
    on_ = false;
    return *this;
  }
  [[nodiscard]] ipae::Record record() const {
    const auto cell = bench->store.cells().find(ipae::kRecord);
    REQUIRE(cell != bench->store.cells().end());
    return ipae::Record::decode(*cell->second).value();
  }
  [[nodiscard]] bool said(const std::string& what) const {
    const auto all = record().events;
    return std::ranges::any_of(all, [&](const ipae::LogLine& line) { return line.what.find(what) != std::string::npos; });
  }
  [[nodiscard]] std::string story() const {
    std::string out;
    for (const auto& line : record().events) out += line.what + "\n";
    return out;
  }
  // ES10 by a device that declares an IPAd, on the side.
  std::string es10_as_ipad(const std::string& command) {
    bench->card.reset();
    on_ = false;
    REQUIRE(bench->raw("80AA000005A903840101") == "9000");
    return bench->es10(command);
  }

  card::Applets applets;
  Internet net;
  FarClock clock{net};
  NameServer names{.names = {{"eim1.example.com", {192, 0, 2, 10}}, {"localhost", {192, 0, 2, 20}}}};
  terminal::ScriptedUser user{std::vector<std::string>{}};
  std::unique_ptr<IotBench> bench;
  std::unique_ptr<CountingLink> link;
  std::unique_ptr<DeskEim> eim;
  std::vector<std::string> journal;
  std::unique_ptr<terminal::Terminal> modem;

 private:
  bool on_ = false;
};

inline IotStation::IotStation(ipae::AssistantPolicy policy, terminal::TerminalOptions options, bool fallback, ipae::MakeErrands errands) {
  policy.polls.first_spread = policy.polls.bootstrap_spread = seconds(0);
  policy.polls.jitter_percent = 0;
  if (policy.bip.name_servers.empty()) policy.bip.name_servers = {{10, 0, 0, 53}};
  if (!errands) errands = ipae::agent_errands(policy);
  applets.add({.class_aid = {}, .name = "IPAe", .make = [policy, errands](const card::CardServices& services, const gp::Application*) {
                 return std::make_unique<ipae::Assistant>(services, policy, errands);
               }});
  bench = std::make_unique<IotBench>(card_with_ipae(), false, false, &applets);
  // The factory: a profile that is enabled, perhaps with the fallback attribute, and the eIM with its pinned key.
  REQUIRE(bench->raw("80AA000005A903840101") == "9000");
  bench->install(kIccid1, iot_metadata(false, fallback));
  const perso::Identity& tls = *iot_desk().pki().eim_tls;
  asn1::TlvWriter members;
  members.put_text(0x80, bench->eim.id).put_text(0x81, "eim1.example.com").put_integer(0x82, 2).put_integer(0x83, 0).put_byte(0x84, 0xFF);
  members.put(0xA5, bench->eim.key_data()).put(0xA6, asn1::tlv(0xA0, crypto::public_key_info(*tls.certificate.key))).put_bits(0x87, policy.prefer_coap ? 3 : 1);
  REQUIRE(bench->es10(to_hex(asn1::tlv(0xBF57, asn1::tlv(0xA0, asn1::tlv(0x30, members.take()))))) == "BF5705A003840101");
  bench->eim.token = 1;
  REQUIRE(bench->run(psmo_enable(kIccid1)) == "830100");
  if (fallback) REQUIRE(bench->run("A80C" + iccid_do(kIccid1)) == "8D0100");
  // What the factory's packages left is not the eIM's business.
  for (int sequence = 1; sequence < 12; ++sequence) (void)bench->es10("BF30038001" + to_hex(Bytes{static_cast<std::uint8_t>(sequence)}));
  eim = std::make_unique<DeskEim>(bench->eim);
  eim->euicc = &bench->euicc_key();
  net.at("udp 10.0.0.53:53", names.listen());
  net.at("tcp 192.0.2.10:443", eim->listen(tls));
  net.at("tcp 192.0.2.20:443", smdp_over_https(iot_desk()));
  link = std::make_unique<CountingLink>(*bench);
  if (options.capabilities.profile.octets().empty()) options.capabilities = *terminal::built_in_capabilities("nbiot");
  options.device.date = 1'790'000'000;
  modem = std::make_unique<terminal::Terminal>(
      terminal::Terminal::Parts{.link = *link, .clock = clock, .network = net, .user = user, .journal = [this](const terminal::Entry& e) { journal.push_back(e.text); }},
      std::move(options));
}

}  // namespace simurgh::test
