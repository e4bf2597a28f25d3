// Native applications of a whole card and the terminal: two sides of TS 102 223 that were not written from each other.
#include "euicc/card/applets.h"
#include "euicc/toolkit/bip.h"
#include "tests/card/bench_card.h"
#include "tests/unit/terminal/fake_world.h"

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
  Bytes reset() override { return bench_.card.reset(); }

 private:
  BenchCard& bench_;
};

// A peer that sends back what it gets.
class EchoNetwork final : public terminal::Network {
 public:
  std::expected<std::unique_ptr<terminal::Connection>, std::string> open(terminal::Transport, const terminal::Endpoint& remote, const std::string&) override {
    if (unreachable) return std::unexpected("no route");
    remotes.push_back(terminal::describe(remote));
    return std::make_unique<Peer>();
  }
  bool wait(std::chrono::milliseconds) override { return false; }
  bool in_use() const override { return false; }
  std::vector<Bytes> name_servers() const override { return {}; }
  bool unreachable = false;
  std::vector<std::string> remotes;

 private:
  class Peer final : public terminal::Connection {
   public:
    bool send(ByteView octets) override {
      append(waiting_, octets);
      return true;
    }
    Bytes receive(std::size_t limit) override {
      Bytes out(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(limit, waiting_.size())));
      waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(out.size()));
      return out;
    }
    bool dropped() const override { return false; }
    Bytes local_address() const override { return {10, 0, 0, 1}; }

   private:
    Bytes waiting_;
  };
};

// Does one thing and then says how it went.
class Script final : public toolkit::Application {
 public:
  using Body = std::function<toolkit::Task<>(toolkit::Session&, std::vector<std::string>&)>;
  Script(Body body, std::vector<std::string>& said) : body_(std::move(body)), said_(said) {}
  [[nodiscard]] const char* name() const noexcept override { return "script"; }
  toolkit::Task<> run(toolkit::Session& cat) override { return body_(cat, said_); }

 private:
  Body body_;
  std::vector<std::string>& said_;
};

struct Station {
  Station(Script::Body body, std::vector<std::string> answers = {}, terminal::TerminalOptions options = {}) : user(std::move(answers)) {
    applets.add({.class_aid = {}, .name = "script", .make = [this, body = std::move(body)](const card::CardServices&, const gp::Application*) {
                   return std::make_unique<Script>(body, said);
                 }});
    bench = std::make_unique<BenchCard>(desk(), ecasd::Capabilities{}, false, &applets);
    link = std::make_unique<BenchLink>(*bench);
    options.capabilities = *terminal::built_in_capabilities("phone");
    modem = std::make_unique<terminal::Terminal>(
        terminal::Terminal::Parts{.link = *link, .clock = clock, .network = network, .user = user, .journal = [this](const terminal::Entry& e) { journal.push_back(e.text); }},
        std::move(options));
  }
  Station& on() {
    REQUIRE(modem->power_up());
    modem->settle();
    return *this;
  }

  std::vector<std::string> said, journal;
  card::Applets applets;
  std::unique_ptr<BenchCard> bench;
  std::unique_ptr<BenchLink> link;
  terminal::VirtualClock clock;
  EchoNetwork network;
  terminal::ScriptedUser user;
  std::unique_ptr<terminal::Terminal> modem;
};

toolkit::Task<> exchange(toolkit::Session& cat, std::vector<std::string>& said, toolkit::BipOpen what, std::size_t size) {
  auto channel = co_await toolkit::BipChannel::open(cat, std::move(what));
  if (!channel) {
    said.push_back("not open " + to_hex(Bytes{channel.error().general, channel.error().additional}));
    co_return;
  }
  Bytes sent(size);
  for (std::size_t i = 0; i < size; ++i) sent[i] = static_cast<std::uint8_t>(i);
  const auto done = co_await channel->send(sent);
  if (!done) said.push_back("not sent");
  Bytes got;
  while (got.size() < size) {
    const auto part = co_await channel->receive(std::chrono::seconds(60));
    if (!part) {
      said.push_back("not received");
      co_return;
    }
    append(got, *part);
  }
  said.push_back(got == sent ? "whole" : "bent");
  co_await channel->close();
  const auto again = co_await channel->send(sent);
  said.push_back(again ? "still open" : "closed");
}

}  // namespace

TEST_CASE("An application of the card exchanges streams of every size with a server behind the terminal", "[terminal][card]") {
  for (const std::size_t size : {std::size_t{1}, std::size_t{200}, std::size_t{237}, std::size_t{1400}, std::size_t{5000}}) {
    Station station([size](toolkit::Session& cat, std::vector<std::string>& said) {
      return exchange(cat, said, {.transport = toolkit::BipOpen::Transport::tcp, .address = {192, 0, 2, 1}, .port = 443}, size);
    });
    INFO(size);
    station.on();
    station.modem->run_for(std::chrono::minutes(10));
    CHECK(station.said == std::vector<std::string>{"whole", "closed"});
    CHECK(station.network.remotes == std::vector<std::string>{"192.0.2.1:443"});
    CHECK_FALSE(station.modem->toolkit().channels_open());
  }
}

TEST_CASE("An application of the card exchanges a datagram on demand, over IPv6", "[terminal][card]") {
  Bytes address(16);
  address[0] = 0x20, address[1] = 0x01, address[15] = 0x01;
  Station station([address](toolkit::Session& cat, std::vector<std::string>& said) {
    return exchange(cat, said, {.transport = toolkit::BipOpen::Transport::udp, .address = address, .port = 5683, .link = toolkit::BipOpen::Link::on_demand, .apn = "iot"}, 600);
  });
  station.on();
  station.modem->run_for(std::chrono::minutes(10));
  CHECK(station.said == std::vector<std::string>{"whole", "closed"});
  CHECK(station.network.remotes == std::vector<std::string>{"[2001::1]:5683"});
}

TEST_CASE("A server out of reach reaches the application as the cause of BIP", "[terminal][card]") {
  Station station([](toolkit::Session& cat, std::vector<std::string>& said) {
    return exchange(cat, said, {.transport = toolkit::BipOpen::Transport::tcp, .address = {192, 0, 2, 1}, .port = 443}, 10);
  });
  station.network.unreachable = true;
  station.on();
  CHECK(station.said == std::vector<std::string>{"not open 3A07"});
}

namespace {

toolkit::Task<> watch(toolkit::Session& cat, std::vector<std::string>& said) {
  cat.subscribe({toolkit::Event::location_status, toolkit::Event::network_rejection, toolkit::Event::access_technology_change});
  cat.set_menu("Desk", {"First", "Second"});
  for (;;) {
    const auto envelope = co_await cat.next(std::chrono::seconds(3600));
    if (!envelope) {
      said.push_back("an hour");
      continue;
    }
    said.push_back("envelope");
    const auto shown = co_await cat.command(toolkit::display_text("seen"));
    said.push_back(shown && shown->performed() ? "shown" : "not shown");
  }
}

}  // namespace

TEST_CASE("Events, the menu and timers of the terminal reach the application, and its texts reach the user", "[terminal][card]") {
  Station station(watch, {"ok", "ok", "end"});
  station.on();
  REQUIRE(station.modem->toolkit().listens(0x03));
  REQUIRE(station.modem->toolkit().listens(0x12));
  REQUIRE(station.modem->toolkit().menu().size() == 2);
  CHECK(station.modem->toolkit().menu()[1].text == "Second");
  terminal::Device device;
  device.plmn = "26201";
  station.modem->move_to(device);
  station.modem->settle();
  station.modem->reject(0x09, 0x0B);
  station.modem->settle();
  (void)station.modem->choose_menu_item(station.modem->toolkit().menu()[1].id);
  station.modem->settle();
  CHECK(station.said == std::vector<std::string>{"envelope", "shown", "envelope", "shown", "envelope", "shown"});
  station.modem->run_for(std::chrono::minutes(70));
  CHECK(station.said.back() == "an hour");
}
