#include "tools/terminal/socket_network.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <system_error>

namespace simurgh::terminal {

using std::chrono::milliseconds;

namespace {

constexpr std::size_t kMaxDatagram = 65535;

std::string reason(int code) { return std::generic_category().message(code); }

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  [[nodiscard]] const sockaddr* get() const noexcept { return static_cast<const sockaddr*>(static_cast<const void*>(&storage)); }
};

SocketAddress address_of(const Endpoint& endpoint) {
  SocketAddress out;
  if (endpoint.address.size() == 4) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(endpoint.port);
    std::memcpy(&address.sin_addr, endpoint.address.data(), 4);
    std::memcpy(&out.storage, &address, sizeof address);
    out.size = sizeof address;
  } else {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(endpoint.port);
    std::memcpy(&address.sin6_addr, endpoint.address.data(), 16);
    std::memcpy(&out.storage, &address, sizeof address);
    out.size = sizeof address;
  }
  return out;
}

int as_poll_limit(milliseconds limit) { return static_cast<int>(std::clamp<std::int64_t>(limit.count(), 0, 24 * 3600 * 1000)); }

}  // namespace

class SocketConnection final : public Connection {
 public:
  SocketConnection(SocketNetwork& network, int socket, Transport transport) : network_(network), socket_(socket), transport_(transport) {
    network_.sockets_.insert(socket_);
  }
  ~SocketConnection() override {
    network_.sockets_.erase(socket_);
    ::close(socket_);
  }
  SocketConnection(const SocketConnection&) = delete;
  SocketConnection& operator=(const SocketConnection&) = delete;

  bool send(ByteView octets) override {
    while (!octets.empty()) {
      const ssize_t sent = ::send(socket_, octets.data(), octets.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        pollfd one{.fd = socket_, .events = POLLOUT, .revents = 0};
        if (::poll(&one, 1, as_poll_limit(network_.connect_limit_)) <= 0) return false;
        continue;
      }
      // A datagram that the peer's host refuses is lost, as on any network; the channel stays.
      if (sent < 0) return transport_ == Transport::udp && errno == ECONNREFUSED;
      octets = octets.subspan(static_cast<std::size_t>(sent));
    }
    return true;
  }

  Bytes receive(std::size_t limit) override {
    Bytes out(transport_ == Transport::udp ? kMaxDatagram : limit);
    const ssize_t got = ::recv(socket_, out.data(), out.size(), MSG_DONTWAIT);
    if (got == 0 && transport_ == Transport::tcp && limit > 0) ended();
    if (got < 0 && transport_ == Transport::tcp && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) ended();
    out.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return out;
  }

  bool dropped() const override { return dropped_; }

  Bytes local_address() const override {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    if (::getsockname(socket_, static_cast<sockaddr*>(static_cast<void*>(&storage)), &size) != 0) return {};
    Bytes out;
    if (storage.ss_family == AF_INET) {
      sockaddr_in address{};
      std::memcpy(&address, &storage, sizeof address);
      out.resize(4);
      std::memcpy(out.data(), &address.sin_addr, 4);
    } else if (storage.ss_family == AF_INET6) {
      sockaddr_in6 address{};
      std::memcpy(&address, &storage, sizeof address);
      out.resize(16);
      std::memcpy(out.data(), &address.sin6_addr, 16);
    }
    return out;
  }

 private:
  // It would be readable for ever and wake every wait.
  void ended() {
    dropped_ = true;
    network_.sockets_.erase(socket_);
  }

  SocketNetwork& network_;
  int socket_;
  Transport transport_;
  bool dropped_ = false;
};

std::string describe(const Endpoint& endpoint) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool six = endpoint.address.size() == 16;
  if ((six || endpoint.address.size() == 4) &&
      ::inet_ntop(six ? AF_INET6 : AF_INET, endpoint.address.data(), text.data(), static_cast<socklen_t>(text.size())) != nullptr) {
    return (six ? "[" + std::string(text.data()) + "]" : std::string(text.data())) + ":" + std::to_string(endpoint.port);
  }
  return "no address";
}

std::optional<Endpoint> read_endpoint(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || text.find('\0') != std::string::npos) return std::nullopt;
  Endpoint out;
  const char* const last = text.data() + text.size();
  const auto number = std::from_chars(text.data() + colon + 1, last, out.port);
  if (number.ec != std::errc{} || number.ptr != last || out.port == 0) return std::nullopt;
  std::string host = text.substr(0, colon);
  const bool six = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (six) host = host.substr(1, host.size() - 2);
  out.address.resize(six ? 16 : 4);
  if (::inet_pton(six ? AF_INET6 : AF_INET, host.c_str(), out.address.data()) != 1) return std::nullopt;
  return out;
}

SocketNetwork::~SocketNetwork() = default;

std::expected<std::unique_ptr<Connection>, std::string> SocketNetwork::open(Transport transport, const Endpoint& remote, const std::string&) {
  const Endpoint& target = instead_.address.empty() ? remote : instead_;
  if (target.address.size() != 4 && target.address.size() != 16) return std::unexpected("no address");
  const SocketAddress address = address_of(target);
  const int type = transport == Transport::tcp ? SOCK_STREAM : SOCK_DGRAM;
  const int socket = ::socket(address.get()->sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) return std::unexpected(reason(errno));
  int code = ::connect(socket, address.get(), address.size) == 0 ? 0 : errno;
  if (code == EINPROGRESS) {
    pollfd one{.fd = socket, .events = POLLOUT, .revents = 0};
    socklen_t size = sizeof code;
    if (::poll(&one, 1, as_poll_limit(connect_limit_)) <= 0) {
      code = ETIMEDOUT;
    } else if (::getsockopt(socket, SOL_SOCKET, SO_ERROR, &code, &size) != 0) {
      code = errno;
    }
  }
  if (code != 0) {
    ::close(socket);
    return std::unexpected(reason(code));
  }
  return std::make_unique<SocketConnection>(*this, socket, transport);
}

bool SocketNetwork::wait(milliseconds limit) {
  std::vector<pollfd> all;
  for (const int socket : sockets_) all.push_back({.fd = socket, .events = POLLIN, .revents = 0});
  return ::poll(all.data(), all.size(), as_poll_limit(limit)) > 0;
}

}  // namespace simurgh::terminal
