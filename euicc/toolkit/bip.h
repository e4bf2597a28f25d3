// Bearer Independent Protocol (ETSI TS 102 223 6.4.27-6.4.31): a channel through the terminal to the network, as a byte stream or as datagrams.
#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>

#include "euicc/toolkit/application.h"

namespace simurgh::toolkit {

struct BipFailure {
  enum class Kind : std::uint8_t {
    unsupported,      // the terminal's profile lacks a command or the transport
    aborted,          // a new TERMINAL PROFILE ended the session
    terminal_busy,    // result 20
    network_busy,     // result 21
    refused,          // results 22..39
    bip,              // result 3A, with its cause
    closed,           // the link is gone or the channel is not open
    timeout,          // nothing came in the time given
    protocol,         // the terminal's answer makes no sense
  };
  Kind kind = Kind::protocol;
  std::uint8_t general = 0, additional = 0;  // of the TERMINAL RESPONSE, when there was one
};

template <typename T>
using BipResult = std::expected<T, BipFailure>;

struct BipOpen {
  enum class Transport : std::uint8_t { udp = 0x01, tcp = 0x02 };        // client remote
  enum class Link : std::uint8_t { on_demand = 0x00, immediate = 0x01, background = 0x05 };
  Transport transport = Transport::tcp;
  Bytes address;                  // 4 or 16 octets
  std::uint16_t port = 0;
  std::uint16_t buffer = 1400;    // proposed; the terminal may lower it
  Link link = Link::immediate;
  Bytes bearer{0x03};             // bearer description, 03: the terminal's default (TS 102 223 8.52)
  std::string apn = {};
  std::string user = {}, password = {};
  bool local_address = false;     // names a dynamic local address, which some terminals insist on
  bool ask_dns = false;           // DNS server addresses in the response (qualifier bit 4)
  Patience patience{};
};

struct BipStatus {
  bool linked = false;
  std::uint8_t information = 0;   // second octet of the channel status
};

// An open channel. Destroying it closes it at the terminal.
class BipChannel {
 public:
  // Gone: the whole story of a failed opening is in the failure.
  static Task<BipResult<BipChannel>> open(Session& cat, BipOpen what);

  BipChannel(BipChannel&& other) noexcept;
  BipChannel& operator=(BipChannel&& other) noexcept;
  BipChannel(const BipChannel&) = delete;
  BipChannel& operator=(const BipChannel&) = delete;
  ~BipChannel();

  [[nodiscard]] std::uint8_t id() const noexcept { return id_; }
  [[nodiscard]] std::uint16_t buffer() const noexcept { return buffer_; }
  [[nodiscard]] const std::vector<Bytes>& dns_servers() const noexcept { return dns_; }

  // All octets: for a stream in as many pieces as the buffer needs, for datagrams as one of at most buffer() octets.
  Task<BipResult<void>> send(Bytes octets);
  // At least one octet: for a stream what has arrived, for datagrams a whole one.
  Task<BipResult<Bytes>> receive(std::optional<std::chrono::seconds> timeout = std::nullopt);
  // Asks the terminal (GET CHANNEL STATUS).
  Task<BipResult<BipStatus>> status();
  Task<> close();

 private:
  BipChannel(Session& cat, std::uint8_t id, BipOpen::Transport transport, std::uint16_t buffer) noexcept
      : cat_(&cat), id_(id), transport_(transport), buffer_(buffer) {}
  Task<BipResult<TerminalResponse>> perform(ProactiveCommand command);
  [[nodiscard]] bool usable() const noexcept;

  Session* cat_;
  std::uint8_t id_;  // 0: closed or moved from
  BipOpen::Transport transport_;
  std::uint16_t buffer_;
  std::vector<Bytes> dns_;
};

}  // namespace simurgh::toolkit
