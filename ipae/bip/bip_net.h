// The network through the terminal of the card: streams and datagrams over BIP channels, names resolved by datagrams to a name server. One
// channel is open at a time, as small modems want it: opening another ends the one before, whose owner finds its stream at an end.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>

#include "euicc/crypto/rng.h"
#include "euicc/toolkit/bip.h"
#include "ipae/bip/connectivity.h"
#include "ipae/bip/dns.h"
#include "ipae/transport/ports.h"

namespace simurgh::ipae {

struct BipSettings {
  std::uint16_t buffer = 1400;                     // proposed; smaller ones follow when the terminal has none
  std::vector<Bytes> name_servers = {};            // asked first; those the terminal tells come after
  std::map<std::string, Bytes> hosts = {};         // addresses from personalisation, for names no server resolves
  std::chrono::seconds answer_limit{120};          // longest silence on a stream
  std::chrono::seconds name_limit{5};              // for the first answer of a name server; doubles with each attempt
  unsigned name_attempts = 3;
  unsigned busy_attempts = 5;                      // while the terminal is busy
  std::chrono::seconds busy_pause{15};
};

// How far the last opening came: what the assistant judges a profile by.
enum class Reached : std::uint8_t {
  nothing,     // the terminal could not, or would not
  no_bearer,   // no data connection: access point, subscription, core network
  no_path,     // a data connection, and no answer of a name server or host
  peer,        // the channel was opened
};

// Octets through the channels with an estimate of their headers: 40 a segment, 28 a datagram.
struct Traffic {
  std::uint64_t up = 0, down = 0;
};

class BipNet final : public NetPort {
 public:
  // All must outlive the net and everything it opened.
  struct Parts {
    toolkit::Session& cat;
    crypto::Rng& rng;
    std::function<Connectivity()> connectivity;           // of the enabled profile, asked for every channel
    std::function<std::chrono::seconds()> now;            // as the caller counts it
    std::function<bool()> allowed = {};                   // false: the budget is used up, nothing is opened
  };
  BipNet(Parts parts, BipSettings settings);
  ~BipNet() override;

  Task<PortResult<std::unique_ptr<StreamPort>>> connect(std::string host, std::uint16_t port) override;
  Task<PortResult<std::unique_ptr<DatagramPort>>> datagrams(std::string host, std::uint16_t port) override;

  // Whether a name server says anything about this name: a second opinion on a data connection that leads to no eIM. Nothing when no name
  // server is known.
  Task<std::optional<bool>> any_answer(std::string host);
  // After a change of the profile: names mean something else there, and open channels are gone.
  void forget_network() noexcept;
  // Ends the open channel, if any.
  Task<> close();

  [[nodiscard]] const Traffic& traffic() const noexcept { return traffic_; }
  // Of datagrams on this network, name servers included; in whole seconds, as a terminal counts them.
  [[nodiscard]] std::chrono::seconds round_trip() const noexcept { return round_trip_; }
  [[nodiscard]] Reached reached() const noexcept { return reached_; }
  // The general result and its first octet of additional information that made the last opening fail; 0 when there was none.
  [[nodiscard]] std::uint16_t result() const noexcept { return result_; }

 private:
  friend class BipStream;
  friend class BipDatagrams;

  // Addresses of a host, best first.
  Task<PortResult<std::vector<Bytes>>> resolve(std::string host);
  struct NoAnswer {
    PortError error;
    std::optional<dns::Failure> said = {};  // what the server answered, if it did
  };
  Task<std::expected<dns::Answer, NoAnswer>> ask(Bytes server, std::string host, dns::RecordType type);
  Task<> learn_name_servers();
  Task<PortResult<toolkit::BipChannel>> open(toolkit::BipOpen::Transport transport, Bytes address, std::uint16_t port);
  Task<PortResult<toolkit::BipChannel>> open_host(toolkit::BipOpen::Transport transport, std::string host, std::uint16_t port);
  void learn(const toolkit::BipChannel& channel);
  // Datagrams of the open channel, and how long the first answers take.
  Task<toolkit::BipResult<void>> send_datagram(Bytes datagram);
  Task<toolkit::BipResult<Bytes>> receive_datagram(std::chrono::seconds limit);
  void count(std::size_t octets, bool stream, bool up) noexcept;
  [[nodiscard]] PortError failure(const toolkit::BipFailure& failure);

  Parts parts_;
  BipSettings settings_;
  dns::Cache cache_;
  std::vector<Bytes> told_servers_;  // by the terminal
  std::uint16_t buffer_;
  std::optional<toolkit::BipChannel> channel_;
  std::uint32_t generation_ = 0;     // of channel_: whose stream it is
  std::optional<std::chrono::seconds> asked_at_;  // when a datagram went that nothing has answered yet
  std::chrono::seconds round_trip_{0};
  unsigned samples_ = 0;             // of it
  Traffic traffic_;
  Reached reached_ = Reached::nothing;
  std::uint16_t result_ = 0;
};

}  // namespace simurgh::ipae
