// The assistant's network over BIP: a card's toolkit, the terminal, and an Internet that exists only here.
#include "ipae/bip/bip_net.h"

#include "euicc/card/applets.h"
#include "tests/card/bench_card.h"
#include "tests/unit/ipae_card/name_server.h"
#include "tools/terminal/terminal.h"

using namespace simurgh;
using namespace simurgh::test;
using std::chrono::seconds;

namespace {

bench::Desk& desk() {
  static bench::Desk shared;
  return shared;
}

class BenchLink final : public terminal::Link {
 public:
  explicit BenchLink(BenchCard& bench) : bench_(bench) {}
  Bytes transmit(ByteView command) override { return bench_.card.transmit(command); }
  Bytes reset() override { return bench_.card.reset(); }

 private:
  BenchCard& bench_;
};

using Body = std::function<toolkit::Task<>(ipae::BipNet&, toolkit::Session&)>;

class NetApplication final : public toolkit::Application {
 public:
  NetApplication(Body body, crypto::Rng& rng, ipae::BipSettings settings, ipae::Connectivity how)
      : body_(std::move(body)), rng_(rng), settings_(std::move(settings)), how_(std::move(how)) {}
  [[nodiscard]] const char* name() const noexcept override { return "net"; }
  toolkit::Task<> run(toolkit::Session& cat) override {
    ipae::BipNet net({.cat = cat, .rng = rng_, .connectivity = [this] { return how_; }, .now = [] { return seconds(0); }}, settings_);
    co_await body_(net, cat);
  }

 private:
  Body body_;
  crypto::Rng& rng_;
  ipae::BipSettings settings_;
  ipae::Connectivity how_;
};

struct Station {
  explicit Station(Body body, ipae::BipSettings settings = {}, ipae::Connectivity how = {}, terminal::TerminalOptions options = {}) {
    applets.add({.class_aid = {}, .name = "net", .make = [=](const card::CardServices& services, const gp::Application*) {
                   return std::make_unique<NetApplication>(body, services.rng, settings, how);
                 }});
    bench = std::make_unique<BenchCard>(desk(), ecasd::Capabilities{}, false, &applets);
    link = std::make_unique<BenchLink>(*bench);
    if (options.capabilities.profile.octets().empty()) options.capabilities = *terminal::built_in_capabilities("nbiot");
    modem = std::make_unique<terminal::Terminal>(
        terminal::Terminal::Parts{.link = *link, .clock = clock, .network = net, .user = user, .journal = [this](const terminal::Entry& e) { journal.push_back(e.text); }},
        std::move(options));
  }
  Station& on(std::chrono::milliseconds time = std::chrono::minutes(10)) {
    REQUIRE(modem->power_up());
    modem->settle();
    modem->run_for(time);
    return *this;
  }

  card::Applets applets;
  std::unique_ptr<BenchCard> bench;
  std::unique_ptr<BenchLink> link;
  Internet net;
  FarClock clock{net};
  terminal::ScriptedUser user{std::vector<std::string>{}};
  std::vector<std::string> journal;
  std::unique_ptr<terminal::Terminal> modem;
};

Internet::Listen echo() {
  return [] { return [](ByteView octets) { return to_bytes(octets); }; };
}

const Bytes kServer{10, 0, 0, 53};

}  // namespace

TEST_CASE("A name is resolved over the terminal once, and a stream carries octets of any number both ways", "[bip]") {
  std::vector<std::string> said;
  const Body body = [&](ipae::BipNet& net, toolkit::Session&) -> toolkit::Task<> {
    for (int round = 0; round < 2; ++round) {
      auto stream = co_await net.connect("eim.example.com", 443);
      if (!stream) {
        said.push_back(stream.error().what);
        co_return;
      }
      Bytes sent(5000);
      for (std::size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<std::uint8_t>(i);
      Bytes copy = sent;
      const auto done = co_await (*stream)->send(std::move(copy));
      Bytes got;
      while (done && got.size() < sent.size()) {
        const auto part = co_await (*stream)->receive();
        if (!part || part->empty()) break;
        append(got, *part);
      }
      said.push_back(got == sent ? "whole" : "bent");
      said.push_back((*stream)->quiet() ? "quiet" : "loud");
      co_await (*stream)->close();
      said.push_back((*stream)->quiet() ? "quiet" : "ended");
    }
    said.push_back(std::to_string(net.traffic().up > 10000 && net.traffic().down > 10000));
  };
  NameServer names{.names = {{"eim.example.com", {192, 0, 2, 10}}}};
  Station station(body, {.name_servers = {kServer}}, {.bearer = {0x03}, .apn = "iot.example"});
  station.net.at("udp 10.0.0.53:53", names.listen());
  station.net.at("tcp 192.0.2.10:443", echo());
  station.on();
  CHECK(said == std::vector<std::string>{"whole", "quiet", "ended", "whole", "quiet", "ended", "1"});
  CHECK(names.asked == std::vector<std::string>{"eim.example.com"});
  CHECK(station.net.opened == std::vector<std::string>{"udp 10.0.0.53:53 by iot.example", "tcp 192.0.2.10:443 by iot.example", "tcp 192.0.2.10:443 by iot.example"});
  CHECK_FALSE(station.modem->toolkit().channels_open());
}

TEST_CASE("Without an IPv4 address the IPv6 address is asked for, without a name server the fixed address serves", "[bip]") {
  std::vector<std::string> said;
  const auto visit = [&](const std::string& host) -> Body {
    return [&said, host](ipae::BipNet& net, toolkit::Session&) -> toolkit::Task<> {
      const auto stream = co_await net.connect(host, 443);
      said.push_back(stream ? "open" : stream.error().what);
    };
  };
  NameServer names{.names = {{"six.example.com", Bytes(16, 0x20)}}};
  const auto with = [&](const std::string& host, ipae::BipSettings settings) {
    said.clear();
    Station station(visit(host), std::move(settings));
    station.net.at("udp 10.0.0.53:53", names.listen());
    station.net.at("tcp [2020:2020:2020:2020:2020:2020:2020:2020]:443", echo());
    station.net.at("tcp 192.0.2.77:443", echo());
    station.on();
    return said.empty() ? std::string("silent") : said.front();
  };
  CHECK(with("six.example.com", {.name_servers = {kServer}}) == "open");
  CHECK(names.asked == std::vector<std::string>{"six.example.com", "six.example.com AAAA"});
  CHECK(with("other.example.com", {.name_servers = {kServer}}) == "other.example.com: there is no such name");
  CHECK(with("other.example.com", {.name_servers = {kServer}, .hosts = {{"other.example.com", {192, 0, 2, 77}}}}) == "open");
  CHECK(with("192.0.2.77", {}) == "open");
  CHECK(with("a..b", {.name_servers = {kServer}}) == "a..b: 'a..b' cannot be a server's name");
  names.silent = true;
  CHECK(with("six.example.com", {.name_servers = {kServer}}) == "six.example.com: the name server does not answer");
}

TEST_CASE("Name servers come from the terminal when none is configured", "[bip]") {
  std::vector<std::string> said;
  const Body body = [&](ipae::BipNet& net, toolkit::Session&) -> toolkit::Task<> {
    const auto stream = co_await net.connect("eim.example.com", 443);
    said.push_back(stream ? "open" : stream.error().what);
  };
  NameServer names{.names = {{"eim.example.com", {192, 0, 2, 10}}}};
  terminal::TerminalOptions options;
  options.capabilities = *terminal::built_in_capabilities("nbiot");
  options.capabilities.profile.set(33, 1);
  Station station(body, {}, {}, std::move(options));
  station.net.servers = {kServer};
  station.net.at("udp 10.0.0.53:53", names.listen());
  station.net.at("tcp 192.0.2.10:443", echo());
  station.on();
  CHECK(said == std::vector<std::string>{"open"});
}

TEST_CASE("Opening another channel ends the one before, for its owner in order", "[bip]") {
  std::vector<std::string> said;
  const Body body = [&](ipae::BipNet& net, toolkit::Session&) -> toolkit::Task<> {
    auto first = co_await net.connect("192.0.2.1", 443);
    auto second = co_await net.connect("192.0.2.2", 443);
    said.push_back((*first)->quiet() ? "quiet" : "ended");
    const auto end = co_await (*first)->receive();
    said.push_back(end && end->empty() ? "end" : "?");
    Bytes one{1};
    const auto late = co_await (*first)->send(std::move(one));
    said.push_back(late ? "sent" : late.error().what);
    first->reset();  // does not take the second's channel with it
    Bytes two{2};
    (void)co_await (*second)->send(std::move(two));
    const auto got = co_await (*second)->receive();
    said.push_back(got && *got == Bytes{2} ? "second" : "?");
  };
  Station station(body);
  station.net.at("tcp 192.0.2.1:443", echo());
  station.net.at("tcp 192.0.2.2:443", echo());
  station.on();
  CHECK(said == std::vector<std::string>{"ended", "end", "the link is gone", "second"});
  CHECK_FALSE(station.modem->toolkit().channels_open());
}

TEST_CASE("Datagrams keep their borders, and waiting for one ends in time", "[bip]") {
  std::vector<std::string> said;
  const Body body = [&](ipae::BipNet& net, toolkit::Session&) -> toolkit::Task<> {
    auto port = co_await net.datagrams("192.0.2.1", 5684);
    if (!port) co_return;
    for (const std::size_t size : {std::size_t{1}, std::size_t{600}, std::size_t{1200}}) {
      Bytes datagram(size, 0x55);
      (void)co_await (*port)->send(std::move(datagram));
    }
    for (int i = 0; i < 4; ++i) {
      const auto got = co_await (*port)->receive(std::chrono::milliseconds(1500));
      said.push_back(!got ? got.error().what : *got ? std::to_string((*got)->size()) : "nothing");
    }
    Bytes large(2000);
    const auto refused = co_await (*port)->send(std::move(large));
    said.push_back(refused ? "sent" : refused.error().what);
    co_await (*port)->close();
  };
  Station station(body);
  station.net.at("udp 192.0.2.1:5684", echo());
  station.on();
  CHECK(said == std::vector<std::string>{"1", "600", "1200", "nothing", "the datagram is larger than the terminal's buffer"});
}

TEST_CASE("Datagrams tell how long the link takes, whoever is asked, until the network is another one", "[bip]") {
  for (const int far : {0, 2, 8}) {
    INFO(far << " s away");
    std::vector<seconds> seen;
    std::size_t asked = 0;
    ipae::BipSettings settings;
    settings.name_servers = {kServer};
    NameServer names{.names = {{"eim.example.com", {192, 0, 2, 1}}}};
    const Body body = [&](ipae::BipNet& net, toolkit::Session&) -> toolkit::Task<> {
      auto port = co_await net.datagrams("eim.example.com", 5684);
      if (!port) co_return;
      asked = names.asked.size();
      seen.push_back(net.round_trip());
      for (int i = 0; i < 6; ++i) {
        (void)co_await (*port)->send(Bytes(10));
        (void)co_await (*port)->receive(seconds(30));
      }
      seen.push_back(std::chrono::duration_cast<seconds>((*port)->round_trip()));
      net.forget_network();
      seen.push_back(net.round_trip());
    };
    Station station(body, settings);
    station.net.round_trip = seconds(far);
    station.net.at("udp 10.0.0.53:53", names.listen());
    station.net.at("udp 192.0.2.1:5684", echo());
    station.on();
    REQUIRE(seen.size() == 3);
    CHECK(asked >= 1);
    CHECK(seen[0] >= seconds(far));
    CHECK(seen[0] <= seconds(far + 1));
    CHECK(seen[1] == seen[0]);
    CHECK(seen[2] == seconds(0));
  }
}

TEST_CASE("A peer that is gone, a budget that is used up and a small buffer are told apart", "[bip]") {
  std::vector<std::string> said;
  ipae::Reached reached = ipae::Reached::nothing;
  const Body body = [&](ipae::BipNet& net, toolkit::Session&) -> toolkit::Task<> {
    const auto stream = co_await net.connect("192.0.2.1", 443);
    said.push_back(stream ? "open" : stream.error().what);
    reached = net.reached();
  };
  {
    Station station(body);
    station.on();
    CHECK(said.back() == "192.0.2.1: the terminal cannot open the channel (result 3A07)");
    CHECK(reached == ipae::Reached::no_path);
  }
  {
    terminal::TerminalOptions options;
    options.capabilities = *terminal::built_in_capabilities("nbiot");
    options.capabilities.profile.set(17, 1, false);
    Station station(body, {}, {}, std::move(options));
    station.on();
    CHECK(said.back() == "192.0.2.1: the terminal offers no such channel");
    CHECK(reached == ipae::Reached::nothing);
  }
}

TEST_CASE("Connectivity parameters are read as OPEN CHANNEL takes them, and nonsense is refused", "[bip]") {
  using ipae::read_connectivity;
  const auto how = read_connectivity(*from_hex("BF5F12A010810E350103470908696E7465726E6574"));
  REQUIRE(how);
  CHECK(to_hex(how->bearer) == "03");
  CHECK(how->apn == "internet");
  CHECK_FALSE(read_connectivity(*from_hex("BF5F03810101")));
  const auto full = read_connectivity(*from_hex("350702000003000002" "470A03696F74056C6F63616C" "0D040475736572" "0D0304" "7077"));
  CHECK_FALSE(full);  // the last text is cut
  const auto logins = read_connectivity(*from_hex("350103" "470A03696F74056C6F63616C" "0D0504" "75736572" "0D0304" "7077"));
  REQUIRE(logins);
  CHECK(logins->apn == "iot.local");
  CHECK(logins->user == "user");
  CHECK(logins->password == "pw");
  CHECK_FALSE(read_connectivity(*from_hex("4702" "0500")));
  CHECK_FALSE(read_connectivity(*from_hex("4703" "022000")));
  CHECK_FALSE(read_connectivity(*from_hex("3500")));
}
