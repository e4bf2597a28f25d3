#include "ipae/bip/bip_net.h"

#include <algorithm>

#include "euicc/toolkit/cat.h"

namespace simurgh::ipae {

using std::chrono::seconds;
using toolkit::BipChannel;
using toolkit::BipFailure;
using toolkit::BipOpen;

namespace {

constexpr std::size_t kSegmentHeaders = 40, kDatagramHeaders = 28;  // IPv4 with TCP, with UDP
constexpr std::size_t kSegment = 1360;
constexpr std::uint16_t kSmallestBuffer = 256;

const char* words(BipFailure::Kind kind) {
  using enum BipFailure::Kind;
  switch (kind) {
    case unsupported: return "the terminal offers no such channel";
    case aborted: return "the terminal began its session anew";
    case terminal_busy: return "the terminal is busy";
    case network_busy: return "the network gives no data connection now";
    case refused: return "the terminal refuses the channel";
    case bip: return "the terminal cannot open the channel";
    case closed: return "the link is gone";
    case timeout: return "nothing came in time";
    case protocol: return "the terminal's answer makes no sense";
  }
  return "";
}

}  // namespace

// The channel of a net as a stream. Another opening takes the channel away; the stream is at its end then.
class BipStream final : public StreamPort {
 public:
  BipStream(BipNet& net, std::uint32_t generation) : net_(net), generation_(generation) {}
  ~BipStream() override {
    if (mine()) net_.channel_.reset();
  }
  BipStream(const BipStream&) = delete;
  BipStream& operator=(const BipStream&) = delete;

  Task<PortResult<void>> send(Bytes octets) override {
    if (!mine()) co_return std::unexpected(PortError{words(BipFailure::Kind::closed)});
    net_.count(octets.size(), true, true);
    const auto sent = co_await net_.channel_->send(std::move(octets));
    if (!sent) co_return std::unexpected(net_.failure(sent.error()));
    co_return PortResult<void>{};
  }

  Task<PortResult<Bytes>> receive() override {
    if (!mine()) co_return Bytes{};
    auto got = co_await net_.channel_->receive(net_.settings_.answer_limit);
    if (!got && got.error().kind == BipFailure::Kind::timeout) {
      // The terminal may have lost an event: ask before giving up.
      const auto status = co_await net_.channel_->status();
      if (status && status->linked && net_.parts_.cat.cat().bip(net_.channel_->id()).available != 0) {
        got = co_await net_.channel_->receive(net_.settings_.answer_limit);
      }
    }
    if (got) {
      net_.count(got->size(), true, false);
      co_return *std::move(got);
    }
    if (got.error().kind == BipFailure::Kind::closed) co_return Bytes{};
    co_return std::unexpected(net_.failure(got.error()));
  }

  [[nodiscard]] bool quiet() override {
    if (!mine()) return false;
    const toolkit::BipState& state = net_.parts_.cat.cat().bip(net_.channel_->id());
    return !state.dropped && state.available == 0;
  }

  Task<> close() override {
    if (mine()) co_await net_.close();
  }

 private:
  [[nodiscard]] bool mine() const noexcept { return net_.channel_.has_value() && net_.generation_ == generation_ && net_.channel_->id() != 0; }

  BipNet& net_;
  std::uint32_t generation_;
};

class BipDatagrams final : public DatagramPort {
 public:
  BipDatagrams(BipNet& net, std::uint32_t generation) : net_(net), generation_(generation) {}
  ~BipDatagrams() override {
    if (mine()) net_.channel_.reset();
  }
  BipDatagrams(const BipDatagrams&) = delete;
  BipDatagrams& operator=(const BipDatagrams&) = delete;

  Task<PortResult<void>> send(Bytes datagram) override {
    if (!mine()) co_return std::unexpected(PortError{words(BipFailure::Kind::closed)});
    if (datagram.size() > largest()) co_return std::unexpected(PortError{"the datagram is larger than the terminal's buffer"});
    const auto sent = co_await net_.send_datagram(std::move(datagram));
    if (!sent) co_return std::unexpected(net_.failure(sent.error()));
    co_return PortResult<void>{};
  }

  Task<PortResult<std::optional<Bytes>>> receive(std::chrono::milliseconds timeout) override {
    if (!mine()) co_return std::unexpected(PortError{words(BipFailure::Kind::closed)});
    const seconds limit = std::max(seconds(1), std::chrono::ceil<seconds>(timeout));
    auto got = co_await net_.receive_datagram(limit);
    if (got) co_return std::optional<Bytes>(*std::move(got));
    if (got.error().kind == BipFailure::Kind::timeout) co_return std::optional<Bytes>{};
    co_return std::unexpected(net_.failure(got.error()));
  }

  Task<> close() override {
    if (mine()) co_await net_.close();
  }

  [[nodiscard]] std::size_t largest() const override { return std::min<std::size_t>(net_.channel_ ? net_.channel_->buffer() : kSmallestBuffer, kLargestDatagram); }
  [[nodiscard]] std::chrono::milliseconds round_trip() const override { return net_.round_trip_; }

 private:
  [[nodiscard]] bool mine() const noexcept { return net_.channel_.has_value() && net_.generation_ == generation_ && net_.channel_->id() != 0; }

  BipNet& net_;
  std::uint32_t generation_;
};

BipNet::BipNet(Parts parts, BipSettings settings) : parts_(std::move(parts)), settings_(std::move(settings)), buffer_(settings_.buffer) {}
BipNet::~BipNet() = default;

void BipNet::forget_network() noexcept {
  cache_.flush();
  told_servers_.clear();
  channel_.reset();
  round_trip_ = seconds(0);
  samples_ = 0;
}

// From the first of datagrams that nothing has answered: an answer to a repetition cannot be told from one to the first, and too long a wait does less
// harm than one that makes everything go twice. To ask the terminal's timer costs a command, so only some answers are timed.
Task<toolkit::BipResult<void>> BipNet::send_datagram(Bytes datagram) {
  count(datagram.size(), false, true);
  if (!asked_at_) asked_at_ = parts_.cat.counted();
  co_return co_await channel_->send(std::move(datagram));
}

Task<toolkit::BipResult<Bytes>> BipNet::receive_datagram(seconds limit) {
  constexpr unsigned kSamples = 4;
  auto got = co_await channel_->receive(limit);
  if (!got) co_return got;
  count(got->size(), false, false);
  if (asked_at_ && samples_ < kSamples) {
    ++samples_;
    (void)co_await parts_.cat.time_left();
    round_trip_ = std::max(round_trip_, parts_.cat.counted() - *asked_at_);
  }
  asked_at_.reset();
  co_return got;
}

Task<> BipNet::close() {
  asked_at_.reset();
  if (!channel_) co_return;
  BipChannel last = *std::move(channel_);
  channel_.reset();
  co_await last.close();
}

void BipNet::count(std::size_t octets, bool stream, bool up) noexcept {
  const std::size_t packets = stream ? octets / kSegment + 1 : 1;
  (up ? traffic_.up : traffic_.down) += octets + packets * (stream ? kSegmentHeaders : kDatagramHeaders);
}

PortError BipNet::failure(const BipFailure& failure) {
  result_ = static_cast<std::uint16_t>(failure.general << 8 | failure.additional);
  if (failure.general == 0) return {words(failure.kind)};
  return {std::string(words(failure.kind)) + " (result " + to_hex(be_bytes(result_, 2)) + ")"};
}

void BipNet::learn(const BipChannel& channel) {
  for (const Bytes& server : channel.dns_servers()) {
    if ((server.size() == 4 || server.size() == 16) && std::ranges::find(told_servers_, server) == told_servers_.end() && told_servers_.size() < 4) {
      told_servers_.push_back(server);
    }
  }
}

Task<PortResult<BipChannel>> BipNet::open(BipOpen::Transport transport, Bytes address, std::uint16_t port) {
  co_await close();
  const Connectivity how = parts_.connectivity();
  constexpr toolkit::ProfileBit kDnsRequest{33, 1};
  BipOpen what;
  what.transport = transport;
  what.address = std::move(address);
  what.port = port;
  what.bearer = how.bearer;
  what.apn = how.apn;
  what.user = how.user;
  what.password = how.password;
  what.ask_dns = parts_.cat.supports(kDnsRequest);
  const auto cause = [](const BipFailure& failure) { return failure.kind == BipFailure::Kind::bip ? static_cast<toolkit::BipCause>(failure.additional) : toolkit::BipCause::none; };
  for (unsigned busy = 1;;) {
    what.buffer = buffer_;
    BipOpen attempt = what;
    auto channel = co_await BipChannel::open(parts_.cat, std::move(attempt));
    if (channel) {
      learn(*channel);
      reached_ = Reached::peer;
      result_ = 0;
      co_return *std::move(channel);
    }
    const BipFailure failed = channel.error();
    if (failed.kind == BipFailure::Kind::terminal_busy && busy < settings_.busy_attempts) {
      ++busy;
      co_await parts_.cat.sleep(settings_.busy_pause);
      continue;
    }
    if (cause(failed) == toolkit::BipCause::buffer_size && buffer_ / 2 >= kSmallestBuffer) {
      buffer_ = static_cast<std::uint16_t>(buffer_ / 2);
      continue;
    }
    const bool remote = cause(failed) == toolkit::BipCause::unreachable || failed.kind == BipFailure::Kind::closed;
    const bool bearer = failed.kind == BipFailure::Kind::network_busy || failed.kind == BipFailure::Kind::refused || failed.kind == BipFailure::Kind::bip;
    reached_ = remote ? Reached::no_path : bearer ? Reached::no_bearer : Reached::nothing;
    co_return std::unexpected(failure(failed));
  }
}

Task<PortResult<BipChannel>> BipNet::open_host(BipOpen::Transport transport, std::string host, std::uint16_t port) {
  if (parts_.allowed && !parts_.allowed()) {
    reached_ = Reached::nothing;  // it says nothing about the network
    co_return std::unexpected(PortError{"the data budget is used up"});
  }
  auto addresses = co_await resolve(host);
  if (!addresses) co_return std::unexpected(addresses.error());
  PortError last{"the name has no address"};
  for (std::size_t i = 0; i < std::min<std::size_t>(addresses->size(), 3); ++i) {
    Bytes address = (*addresses)[i];
    auto channel = co_await open(transport, std::move(address), port);
    if (channel) co_return *std::move(channel);
    last = channel.error();
    if (reached_ != Reached::no_path) break;
  }
  // A host that moved: its address is asked for anew next time.
  cache_.forget(host);
  last.what = host + ": " + last.what;
  co_return std::unexpected(last);
}

Task<PortResult<std::unique_ptr<StreamPort>>> BipNet::connect(std::string host, std::uint16_t port) {
  auto channel = co_await open_host(BipOpen::Transport::tcp, std::move(host), port);
  if (!channel) co_return std::unexpected(channel.error());
  channel_ = *std::move(channel);
  traffic_.up += 3 * kSegmentHeaders;
  traffic_.down += 2 * kSegmentHeaders;
  std::unique_ptr<StreamPort> out = std::make_unique<BipStream>(*this, ++generation_);
  co_return std::move(out);
}

Task<PortResult<std::unique_ptr<DatagramPort>>> BipNet::datagrams(std::string host, std::uint16_t port) {
  auto channel = co_await open_host(BipOpen::Transport::udp, std::move(host), port);
  if (!channel) co_return std::unexpected(channel.error());
  channel_ = *std::move(channel);
  std::unique_ptr<DatagramPort> out = std::make_unique<BipDatagrams>(*this, ++generation_);
  co_return std::move(out);
}

}  // namespace simurgh::ipae
