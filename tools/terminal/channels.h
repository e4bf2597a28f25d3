// Bearer Independent Protocol in a terminal (TS 102 223 6.4.27-6.4.31): up to seven channels, each a UDP or TCP client with its buffers.
#pragma once

#include <map>
#include <string>

#include "tools/terminal/journal.h"
#include "tools/terminal/network.h"
#include "tools/terminal/proactive_command.h"
#include "tools/terminal/reply.h"

namespace simurgh::terminal {

struct ChannelLimits {
  unsigned channels = 7;           // 1..7
  std::size_t buffer_size = 1500;  // most that is granted
};

class Channels {
 public:
  // `note` is told what the network did, in words. The network must outlive the channels.
  Channels(Network& network, ChannelLimits limits, std::function<void(const std::string&)> note);

  Reply open(const ProactiveCommand& command);
  Reply close(const ProactiveCommand& command);
  Reply send(const ProactiveCommand& command);
  Reply receive(const ProactiveCommand& command);
  Reply status() const;
  void close_all();

  // Looks at the network; the EVENT DOWNLOAD envelopes (D6) of what is new: data available, channel status.
  struct Event {
    std::uint8_t code = 0;  // TS 102 223 8.25
    Bytes envelope;
  };
  [[nodiscard]] std::vector<Event> pump();
  [[nodiscard]] bool any() const noexcept { return !channels_.empty(); }

 private:
  struct Channel {
    Transport transport = Transport::udp;
    Endpoint remote;
    std::string access_point;
    std::unique_ptr<Connection> connection;
    std::size_t buffer_size = 0;
    Bytes outgoing, incoming;
    bool background = false;  // to be connected by the next pump
    bool dropped = false;     // the link was there and has gone
  };

  [[nodiscard]] Channel* channel_of(const ProactiveCommand& command);
  [[nodiscard]] bool connect(std::uint8_t id, Channel& channel);
  [[nodiscard]] static Bytes status_of(std::uint8_t id, const Channel& channel);

  Network& network_;
  ChannelLimits limits_;
  std::function<void(const std::string&)> note_;
  std::map<std::uint8_t, Channel> channels_;
};

}  // namespace simurgh::terminal
