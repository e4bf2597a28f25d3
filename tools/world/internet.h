// What is behind the gateway of a home network, as BIP of one thing reaches it: names, servers, delays, losses and the filter of the access
// point. Everything happens in virtual time; a server is a part of this process, or a real one behind a socket.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>

#include "tools/radio/modem.h"
#include "tools/terminal/clock.h"
#include "tools/terminal/socket_network.h"
#include "tools/world/sky.h"

namespace simurgh::world {

// One connection as a server sees it.
class Dialogue {
 public:
  virtual ~Dialogue() = default;
  struct Out {
    std::vector<Bytes> parcels;  // datagrams, or pieces of a stream
    bool close = false;
  };
  // What goes back for octets that arrived; a datagram is whole.
  [[nodiscard]] virtual Out take(ByteView octets) = 0;
  // Octets inside TLS or DTLS so far, in and out; nothing where there is none.
  [[nodiscard]] virtual std::optional<std::pair<std::uint64_t, std::uint64_t>> plain() const { return std::nullopt; }
};

// Who opens a connection. A server marks on the timeline of the thing what it hears from it.
struct Caller {
  std::string thing;
  terminal::Transport transport = terminal::Transport::tcp;
  std::function<void(const std::string& mark, radio::Fields fields)> mark;
};

class Service {
 public:
  virtual ~Service() = default;
  [[nodiscard]] virtual std::unique_ptr<Dialogue> open(const Caller& caller) = 0;
};
[[nodiscard]] std::unique_ptr<Service> echo_service();

// An answer to one DNS query of type A; empty for octets that are none. `address`: of the name, empty: there is no such name.
[[nodiscard]] Bytes answer_name(ByteView query, const std::function<Bytes(const std::string& name)>& address);

class Internet final : public terminal::Network {
 public:
  struct Parts {
    World& world;
    terminal::VirtualClock& clock;
    radio::Modem& modem;
    std::function<std::string()> imsi;
    std::map<std::string, Service*> services;  // by server id
    std::function<void(const std::string& mark, radio::Fields fields)> mark;
    std::function<void(const std::string& server, std::uint64_t up, std::uint64_t down, bool denied)> used;
    std::chrono::milliseconds patience{10'000};  // real time that a real server has for an answer
  };
  Internet(Parts parts, std::uint64_t seed, const std::string& thing);
  ~Internet() override;

  [[nodiscard]] std::expected<std::unique_ptr<terminal::Connection>, std::string> open(terminal::Transport transport, const terminal::Endpoint& remote,
                                                                                       const std::string& access_point) override;
  // Nobody waits here: the engine knows when something arrives.
  bool wait(std::chrono::milliseconds) override { return false; }
  [[nodiscard]] bool in_use() const override { return !lines_.empty(); }
  [[nodiscard]] std::vector<Bytes> name_servers() const override { return {{192, 0, 2, 53}}; }
  [[nodiscard]] std::optional<Time> next_arrival() const;
  // Times that something had to come back before more could go, with the opening of connections.
  [[nodiscard]] std::uint64_t round_trips() const noexcept { return round_trips_; }
  // The device has used as much as its home network allows.
  [[nodiscard]] bool quota_spent(const SponsorSpec& sponsor) const;
  // Real time that servers in this process have taken.
  [[nodiscard]] std::chrono::nanoseconds server_time() const noexcept { return server_time_; }
  // Virtual time must not pass while a real server works: takes in what such servers have sent, and waits for one that owes an answer. False:
  // nothing has come.
  bool listen();

 private:
  struct Line;
  friend class Wire;

  enum class Verdict : std::uint8_t { through, dropped, reset, nobody };
  [[nodiscard]] Verdict judge(const SponsorSpec& sponsor, const ServerSpec* server, terminal::Transport transport, std::uint16_t port) const;
  [[nodiscard]] Bytes resolve(const SponsorSpec& sponsor, const std::string& name) const;
  [[nodiscard]] Time one_way(const SponsorSpec& sponsor, const ServerSpec* server) const;
  bool transmit(Line& line, ByteView octets);
  void arrive(Line& line, Bytes octets, bool close);
  bool take_in();
  void hang_up(const Line& line);
  // The home network carries its subscriber's data: nothing is down, and the quota is not used up.
  [[nodiscard]] bool carries(const SponsorSpec* sponsor) const;
  void pay(Line& line, std::uint64_t up, std::uint64_t down, Time until);

  Parts parts_;
  std::string thing_;
  radio::Draw loss_;
  terminal::SocketNetwork outside_;
  std::list<Line*> lines_;
  std::uint64_t round_trips_ = 0;
  std::chrono::nanoseconds server_time_{0};
  std::map<std::string, std::uint64_t> carried_;  // octets, by sponsor
};

}  // namespace simurgh::world
