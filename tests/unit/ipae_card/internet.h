// An Internet for tests of a card behind a terminal: peers by transport and address, in this process or behind real sockets.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>

#include "tools/terminal/clock.h"
#include "tools/terminal/network.h"

namespace simurgh::test {

class Internet final : public terminal::Network {
 public:
  // What a peer says to what it got; called with everything that arrived in one piece. Empty: nothing.
  using Peer = std::function<Bytes(ByteView)>;
  // Makes the peer of one connection.
  using Listen = std::function<Peer()>;

  // "udp 10.0.0.53:53", "tcp 192.0.2.1:443".
  void at(const std::string& where, Listen listen) { peers_[where] = std::move(listen); }
  // A peer of datagrams may say several at once.
  using DatagramPeer = std::function<std::vector<Bytes>(ByteView)>;
  void at_datagrams(const std::string& where, std::function<DatagramPeer()> listen) { datagram_peers_[where] = std::move(listen); }
  void gone(const std::string& where) { peers_.erase(where); }

  std::expected<std::unique_ptr<terminal::Connection>, std::string> open(terminal::Transport transport, const terminal::Endpoint& remote,
                                                                         const std::string& access_point) override {
    const std::string where = (transport == terminal::Transport::tcp ? "tcp " : "udp ") + terminal::describe(remote);
    opened.push_back(where + (access_point.empty() ? "" : " by " + access_point));
    if (unreachable || (blocked && blocked())) return std::unexpected("no route");
    if (const auto many = datagram_peers_.find(where); many != datagram_peers_.end()) return std::make_unique<Link>(*this, transport, many->second());
    const auto peer = peers_.find(where);
    if (peer == peers_.end()) {
      // Nobody hears a datagram to nowhere; a stream is refused.
      if (transport == terminal::Transport::tcp) return std::unexpected("nobody is there");
      return std::make_unique<Link>(*this, transport, [](ByteView) { return std::vector<Bytes>{}; });
    }
    return std::make_unique<Link>(*this, transport, [one = peer->second()](ByteView octets) {
      std::vector<Bytes> out;
      if (Bytes answer = one(octets); !answer.empty()) out.push_back(std::move(answer));
      return out;
    });
  }
  bool wait(std::chrono::milliseconds) override { return false; }
  bool in_use() const override { return !links_.empty(); }
  std::vector<Bytes> name_servers() const override { return servers; }

  std::vector<std::string> opened;
  std::vector<Bytes> servers;     // told in OPEN CHANNEL
  bool unreachable = false;
  std::function<bool()> blocked = {};
  bool hang_up = false;           // every connection
  std::size_t up = 0, down = 0;   // octets, without headers
  std::size_t turns = 0;          // times a peer has answered
  // How far away every peer is; needs a clock that stops where something arrives.
  std::chrono::milliseconds round_trip{0};
  const terminal::Clock* clock = nullptr;
  [[nodiscard]] std::optional<std::chrono::milliseconds> next_arrival() const {
    std::optional<std::chrono::milliseconds> out;
    for (const Link* link : links_) {
      for (const auto& [due, octets] : link->waiting()) {
        if (due > clock->now()) out = std::min(out.value_or(due), due);
      }
    }
    return out;
  }

 private:
  class Link final : public terminal::Connection {
   public:
    Link(Internet& net, terminal::Transport transport, DatagramPeer peer) : net_(net), transport_(transport), peer_(std::move(peer)) { net_.links_.insert(this); }
    ~Link() override { net_.links_.erase(this); }
    bool send(ByteView octets) override {
      if (net_.hang_up) return false;
      net_.up += octets.size();
      const std::vector<Bytes> answers = peer_(octets);
      if (!answers.empty()) ++net_.turns;
      for (const Bytes& answer : answers) {
        net_.down += answer.size();
        waiting_.emplace_back(net_.now() + net_.round_trip, answer);
      }
      return true;
    }
    Bytes receive(std::size_t limit) override {
      if (waiting_.empty() || waiting_.front().first > net_.now()) return {};
      auto [due, out] = std::move(waiting_.front());
      waiting_.erase(waiting_.begin());
      if (transport_ == terminal::Transport::tcp && out.size() > limit) {
        waiting_.emplace(waiting_.begin(), due, Bytes(out.begin() + static_cast<std::ptrdiff_t>(limit), out.end()));
        out.resize(limit);
      }
      return out;
    }
    bool dropped() const override { return net_.hang_up && waiting_.empty(); }
    Bytes local_address() const override { return {10, 0, 0, 7}; }
    [[nodiscard]] const std::vector<std::pair<std::chrono::milliseconds, Bytes>>& waiting() const { return waiting_; }

   private:
    Internet& net_;
    terminal::Transport transport_;
    DatagramPeer peer_;
    std::vector<std::pair<std::chrono::milliseconds, Bytes>> waiting_;  // and when it is here
  };
  [[nodiscard]] std::chrono::milliseconds now() const { return clock == nullptr ? std::chrono::milliseconds(0) : clock->now(); }

  std::map<std::string, Listen> peers_;
  std::map<std::string, std::function<DatagramPeer()>> datagram_peers_;
  std::set<const Link*> links_;
};

// Jumps to the next deadline or arrival, whatever comes first.
class FarClock final : public terminal::Clock {
 public:
  explicit FarClock(Internet& net) : net_(net) { net.clock = this; }
  [[nodiscard]] std::chrono::milliseconds now() const override { return now_; }
  void wait_until(std::chrono::milliseconds deadline, terminal::Network&) override {
    now_ = std::max(now_, std::min(deadline, net_.next_arrival().value_or(deadline)));
  }

 private:
  Internet& net_;
  std::chrono::milliseconds now_{0};
};

}  // namespace simurgh::test
