// Servers of a world that are real ones: what is sent leaves this process, what comes back arrives in virtual time.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <thread>

#include "tests/unit/radio/bench_modem.h"
#include "tools/world/internet.h"

using namespace simurgh;
using namespace simurgh::test;
using namespace std::chrono_literals;
using terminal::Transport;
using world::Internet;

namespace {

// Answers with what it got, on a free port of this host: "quit" ends a connection, "hush" gets no answer.
class RealEcho {
 public:
  explicit RealEcho(Transport transport) {
    socket_ = ::socket(AF_INET, transport == Transport::tcp ? SOCK_STREAM : SOCK_DGRAM, 0);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const address = static_cast<sockaddr*>(static_cast<void*>(&where));
    socklen_t size = sizeof where;
    REQUIRE(::bind(socket_, address, size) == 0);
    REQUIRE(::getsockname(socket_, address, &size) == 0);
    if (transport == Transport::tcp) REQUIRE(::listen(socket_, 4) == 0);
    REQUIRE(::pipe(wake_) == 0);
    endpoint.port = ntohs(where.sin_port);
    thread_ = std::jthread([this, transport] { transport == Transport::tcp ? serve_streams() : serve_datagrams(); });
  }
  ~RealEcho() {
    ::close(wake_[1]);
    thread_.join();
    ::close(wake_[0]);
    ::close(socket_);
  }
  RealEcho(const RealEcho&) = delete;
  RealEcho& operator=(const RealEcho&) = delete;

  terminal::Endpoint endpoint{{127, 0, 0, 1}, 0};
  std::atomic<unsigned> callers{0};

 private:
  [[nodiscard]] bool readable(int socket) const {
    pollfd both[] = {{.fd = socket, .events = POLLIN, .revents = 0}, {.fd = wake_[0], .events = POLLIN, .revents = 0}};
    return ::poll(both, 2, -1) > 0 && both[1].revents == 0;
  }
  static bool is(const char* word, const char* got, ssize_t size) { return size == 4 && std::memcmp(got, word, 4) == 0; }
  void serve_streams() {
    while (readable(socket_)) {
      const int peer = ::accept(socket_, nullptr, nullptr);
      ++callers;
      char octets[4096];
      while (readable(peer)) {
        const ssize_t got = ::recv(peer, octets, sizeof octets, 0);
        if (got <= 0 || is("quit", octets, got)) break;
        if (!is("hush", octets, got)) ::send(peer, octets, static_cast<std::size_t>(got), MSG_NOSIGNAL);
      }
      ::close(peer);
    }
  }
  void serve_datagrams() {
    while (readable(socket_)) {
      sockaddr_in who{};
      auto* const address = static_cast<sockaddr*>(static_cast<void*>(&who));
      socklen_t size = sizeof who;
      char octets[4096];
      const ssize_t got = ::recvfrom(socket_, octets, sizeof octets, 0, address, &size);
      ++callers;
      if (got > 0) ::sendto(socket_, octets, static_cast<std::size_t>(got), 0, address, size);
    }
  }

  int socket_ = -1;
  int wake_[2] = {-1, -1};
  std::jthread thread_;
};

// A registered modem, a world with one server, and the Internet between.
struct Bench {
  explicit Bench(const terminal::Endpoint& outside, std::chrono::milliseconds patience = 10s) {
    world::SponsorSpec& sponsor = scenario.sponsors.emplace_back();
    sponsor.id = "home";
    sponsor.home = "99970";
    sponsor.imsi = "999700000000001";
    world::ServerSpec& server = scenario.servers.emplace_back();
    server.id = server.kind = "echo";
    server.fqdn = "echo.example";
    server.address = {198, 51, 100, 10};
    server.port = 7;
    server.outside = outside;
    modem.air.answer("99970");
    modem.on().run(3min);
    REQUIRE(modem.modem.registered());
    start(patience);
  }
  void start(std::chrono::milliseconds patience) {
    place.emplace(scenario);
    net.emplace(Internet::Parts{.world = *place,
                                .clock = modem.clock,
                                .modem = modem.modem,
                                .imsi = [] { return std::string("999700000000001"); },
                                .services = {},
                                .mark = [this](const std::string& name, radio::Fields fields) { modem.note(name, std::move(fields)); },
                                .used = [this](const std::string&, std::uint64_t up_now, std::uint64_t down_now, bool) { up += up_now, down += down_now; },
                                .patience = patience},
                1, "thing");
  }
  auto open(Transport transport) { return net->open(transport, {{198, 51, 100, 10}, 7}, {}); }
  // All that arrives, in its time.
  Bytes hear(terminal::Connection& line) {
    while (net->listen()) {}
    while (const auto next = net->next_arrival()) {
      if (*next > modem.clock.now()) modem.clock.advance(*next - modem.clock.now());
      if (Bytes got = line.receive(4096); !got.empty()) return got;
    }
    return {};
  }

  BenchModem modem;
  world::Scenario scenario;
  std::optional<world::World> place;
  std::optional<Internet> net;
  std::uint64_t up = 0, down = 0;
};

Bytes octets(std::string_view text) { return to_bytes(text_view(std::string(text))); }

}  // namespace

TEST_CASE("What a device sends to a real server gets there, and the answer arrives in virtual time", "[world]") {
  for (const Transport transport : {Transport::tcp, Transport::udp}) {
    INFO(static_cast<int>(transport));
    RealEcho server(transport);
    Bench bench(server.endpoint);
    auto line = bench.open(transport);
    REQUIRE(line);
    const auto before = bench.modem.clock.now();
    const Bytes sent(1000, 0x5A);
    REQUIRE((*line)->send(sent));
    CHECK((*line)->receive(4096).empty());
    CHECK(bench.hear(**line) == sent);
    // Two ways through a gateway and a radio are not for nothing.
    CHECK(bench.modem.clock.now() - before > 100ms);
    CHECK(bench.up > 1000);
    CHECK(bench.down > 1000);
    CHECK_FALSE((*line)->dropped());
    CHECK_FALSE(bench.net->next_arrival());
  }
}

TEST_CASE("Answers of a real server keep their order and their own time", "[world]") {
  RealEcho server(Transport::tcp);
  Bench bench(server.endpoint);
  auto line = bench.open(Transport::tcp);
  REQUIRE(line);
  Bytes heard;
  for (const char* word : {"one", "two", "three"}) {
    REQUIRE((*line)->send(octets(word)));
    append(heard, bench.hear(**line));
  }
  CHECK(heard == octets("onetwothree"));
}

TEST_CASE("A real server that hangs up is gone when the news arrives, not before", "[world]") {
  RealEcho server(Transport::tcp);
  Bench bench(server.endpoint);
  auto line = bench.open(Transport::tcp);
  REQUIRE(line);
  REQUIRE((*line)->send(octets("quit")));
  CHECK_FALSE((*line)->dropped());
  CHECK(bench.net->listen());
  CHECK_FALSE((*line)->dropped());
  CHECK(bench.hear(**line).empty());
  CHECK((*line)->dropped());
  CHECK_FALSE((*line)->send(octets("more")));
}

TEST_CASE("A real server that owes an answer too long is marked once, and time goes on", "[world]") {
  RealEcho server(Transport::tcp);
  Bench bench(server.endpoint, 20ms);
  auto line = bench.open(Transport::tcp);
  REQUIRE(line);
  REQUIRE((*line)->send(octets("hush")));
  CHECK_FALSE(bench.net->listen());
  CHECK_FALSE(bench.net->listen());
  CHECK(bench.modem.marks("no_answer").size() == 1);
  // It is heard all the same when it speaks again.
  bench.start(10s);
  line = bench.open(Transport::tcp);
  REQUIRE((*line)->send(octets("back")));
  CHECK(bench.hear(**line) == octets("back"));
}

TEST_CASE("Datagrams may go to another port than streams", "[world]") {
  RealEcho streams(Transport::tcp), datagrams(Transport::udp);
  Bench bench(streams.endpoint);
  bench.scenario.servers.front().outside_udp = datagrams.endpoint;
  bench.start(10s);
  for (const Transport transport : {Transport::tcp, Transport::udp}) {
    auto line = bench.open(transport);
    REQUIRE(line);
    REQUIRE((*line)->send(octets("hello")));
    CHECK(bench.hear(**line) == octets("hello"));
  }
  CHECK(streams.callers == 1);
  CHECK(datagrams.callers == 1);
}

TEST_CASE("Where nobody listens a device waits for its own time, and no time of ours", "[world]") {
  terminal::Endpoint nobody{{127, 0, 0, 1}, 0};
  {
    RealEcho gone(Transport::tcp);
    nobody = gone.endpoint;
  }
  Bench bench(nobody);
  const auto before = bench.modem.clock.now();
  CHECK_FALSE(bench.open(Transport::tcp));
  CHECK(bench.modem.clock.now() - before >= 30s);
  CHECK(bench.modem.marks("no_answer").size() == 1);
}

TEST_CASE("The filter of an access point keeps a device from a real server", "[world]") {
  RealEcho server(Transport::tcp);
  Bench bench(server.endpoint);
  bench.scenario.filters.push_back({.id = "narrow", .allow = {{.fqdn = "other.example", .port = 7}}});
  bench.scenario.sponsors.front().filter = "narrow";
  bench.start(10s);
  CHECK_FALSE(bench.open(Transport::tcp));
  CHECK(bench.modem.marks("denied").size() == 1);
  CHECK(server.callers == 0);
}

TEST_CASE("A quota that is used up carries nothing more, and is refilled by the world", "[world]") {
  RealEcho server(Transport::udp);
  Bench bench(server.endpoint);
  bench.scenario.sponsors.front().quota = 4000;
  bench.start(10s);
  auto line = bench.open(Transport::udp);
  REQUIRE(line);
  const Bytes sent(900, 0x5A);
  for (unsigned i = 0; i < 3; ++i) {
    REQUIRE((*line)->send(sent));
    const Bytes heard = bench.hear(**line);
    CHECK(heard == (i < 2 ? sent : Bytes{}));  // up and down and up: the third has no answer
  }
  CHECK(bench.modem.marks("quota_spent").size() == 1);
  REQUIRE((*line)->send(sent));
  CHECK(server.callers == 3);
  CHECK_FALSE(bench.open(Transport::tcp));
  world::WorldEvent refill;
  refill.what = "sponsor";
  refill.id = "home";
  refill.set = {{"quota_bytes", "1000000"}};
  bench.place->apply(refill);
  line = bench.open(Transport::udp);
  REQUIRE(line);
  REQUIRE((*line)->send(sent));
  CHECK(bench.hear(**line) == sent);
}

TEST_CASE("An octet costs what the agreement says, and at home what the sponsor says", "[world]") {
  world::Scenario scenario;
  for (const auto& [id, mccmnc] : {std::pair("alpha", "99971"), std::pair("own", "99970")}) {
    world::PlmnSpec& plmn = scenario.plmns.emplace_back();
    plmn.id = id;
    plmn.mccmnc = mccmnc;
  }
  world::SponsorSpec& sponsor = scenario.sponsors.emplace_back();
  sponsor.id = "home";
  sponsor.home = "99970";
  sponsor.price = 0.5;
  scenario.agreements = {{.sponsor = "home", .plmn = "alpha", .rats = {}, .price = 4}};
  world::World place(scenario);
  CHECK(place.price("home", "99971") == Approx(4e-6));
  CHECK(place.price("home", "99970") == Approx(0.5e-6));
  CHECK(place.price("stranger", "99971") == 0);
  world::WorldEvent change;
  change.what = "agreement";
  change.agreement_sponsor = "home";
  change.agreement_plmn = "alpha";
  change.set = {{"price_mb", "2"}};
  place.apply(change);
  CHECK(place.price("home", "99971") == Approx(2e-6));
}

TEST_CASE("A server that is down in the world is silent, whatever the real one does", "[world]") {
  RealEcho server(Transport::udp);
  Bench bench(server.endpoint);
  auto line = bench.open(Transport::udp);
  REQUIRE(line);
  world::WorldEvent failure;
  failure.what = "server";
  failure.id = "echo";
  failure.set = {{"down", "true"}};
  bench.place->apply(failure);
  REQUIRE((*line)->send(octets("hello")));
  CHECK_FALSE(bench.net->listen());
  CHECK(bench.hear(**line).empty());
  CHECK(server.callers == 0);
}

TEST_CASE("An endpoint is an address and a port, and nothing else is one", "[world]") {
  const auto four = terminal::read_endpoint("127.0.0.1:8443");
  REQUIRE(four);
  CHECK(terminal::describe(*four) == "127.0.0.1:8443");
  const auto six = terminal::read_endpoint("[2001:db8::1]:443");
  REQUIRE(six);
  CHECK(terminal::describe(*six) == "[2001:db8::1]:443");
  for (const char* wrong : {"", ":", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:44x", "localhost:443", "[127.0.0.1]:443", "2001:db8::1:443", "256.0.0.1:1"}) {
    INFO(wrong);
    CHECK_FALSE(terminal::read_endpoint(wrong));
  }
}
