#include "ipae/transport/socket.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace simurgh::ipae {
namespace {

std::string reason(int error) { return std::generic_category().message(error); }

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&&) = delete;
  ~FileDescriptor() { reset(); }
  void reset() {
    if (const int fd = std::exchange(fd_, -1); fd >= 0) ::close(fd);
  }
  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_;
};

// 0 when the descriptor is ready, else an errno (ETIMEDOUT).
int wait_for(int fd, short events, std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() < 0) return ETIMEDOUT;
    pollfd item{fd, events, 0};
    const int ready = ::poll(&item, 1, static_cast<int>(left.count()));
    if (ready > 0) return 0;
    if (ready == 0) return ETIMEDOUT;
    if (errno != EINTR) return errno;
  }
}

class SocketStream final : public StreamPort {
 public:
  SocketStream(FileDescriptor fd, std::string peer, std::chrono::milliseconds idle)
      : fd_(std::move(fd)), peer_(std::move(peer)), idle_(idle) {}

  Task<PortResult<void>> send(Bytes message) override {
    for (ByteView octets = message; !octets.empty();) {
      const ssize_t sent = ::send(fd_.get(), octets.data(), octets.size(), MSG_NOSIGNAL);
      if (sent > 0) {
        octets = octets.subspan(static_cast<std::size_t>(sent));
        continue;
      }
      if (errno == EINTR) continue;
      if (errno != EAGAIN) co_return failed("sending to", errno);
      if (const int error = wait_for(fd_.get(), POLLOUT, idle_)) co_return failed("sending to", error);
    }
    co_return PortResult<void>{};
  }

  Task<PortResult<Bytes>> receive() override {
    Bytes buffer(16384);
    for (;;) {
      const ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
      if (got >= 0) {
        buffer.resize(static_cast<std::size_t>(got));
        co_return buffer;
      }
      if (errno == EINTR) continue;
      int error = errno;
      if (error == EAGAIN) error = wait_for(fd_.get(), POLLIN, idle_);
      if (error != 0) co_return std::unexpected(failed("waiting for", error).error());
    }
  }

  bool quiet() override { return wait_for(fd_.get(), POLLIN, std::chrono::milliseconds(0)) == ETIMEDOUT; }

 private:
  std::expected<void, PortError> failed(const std::string& step, int error) const {
    return std::unexpected(PortError{step + " " + peer_ + ": " + reason(error)});
  }

  FileDescriptor fd_;
  std::string peer_;
  std::chrono::milliseconds idle_;
};

// A connected socket: only the peer's datagrams come in, and its host's refusals are told.
class SocketDatagrams final : public DatagramPort {
 public:
  SocketDatagrams(FileDescriptor fd, std::string peer) : fd_(std::move(fd)), peer_(std::move(peer)) {}

  Task<PortResult<void>> send(Bytes datagram) override {
    for (;;) {
      if (::send(fd_.get(), datagram.data(), datagram.size(), MSG_NOSIGNAL) >= 0) co_return PortResult<void>{};
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == ENOBUFS) co_return PortResult<void>{};  // lost, as datagrams may be
      co_return std::unexpected(failed("sending to", errno));
    }
  }

  Task<PortResult<std::optional<Bytes>>> receive(std::chrono::milliseconds timeout) override {
    if (fd_.get() < 0) co_return std::unexpected(failed("waiting for", EBADF));
    if (wait_for(fd_.get(), POLLIN, timeout) == ETIMEDOUT) co_return std::optional<Bytes>();
    Bytes buffer(65536);
    for (;;) {
      const ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
      if (got >= 0) {
        buffer.resize(static_cast<std::size_t>(got));
        co_return std::optional<Bytes>(std::move(buffer));
      }
      if (errno == EINTR) continue;
      if (errno == EAGAIN) co_return std::optional<Bytes>();  // a broken checksum
      co_return std::unexpected(failed("waiting for", errno));
    }
  }

  Task<> close() override {
    fd_.reset();
    co_return;
  }

 private:
  PortError failed(const std::string& step, int error) const { return {step + " " + peer_ + ": " + reason(error)}; }

  FileDescriptor fd_;
  std::string peer_;
};

// Connected, or an errno.
std::expected<FileDescriptor, int> dial(const addrinfo& address, std::chrono::milliseconds limit) {
  FileDescriptor fd(::socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (fd.get() < 0) return std::unexpected(errno);
  if (::connect(fd.get(), address.ai_addr, address.ai_addrlen) != 0) {
    if (errno != EINPROGRESS) return std::unexpected(errno);
    if (const int error = wait_for(fd.get(), POLLOUT, limit)) return std::unexpected(error);
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return std::unexpected(error);
  }
  return fd;
}

// The first address of `target` that can be connected to.
PortResult<FileDescriptor> reach(const std::string& target, std::uint16_t port, int kind, std::chrono::milliseconds limit) {
  const std::string service = std::to_string(port);
  addrinfo hints{};
  hints.ai_socktype = kind;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int wrong = ::getaddrinfo(target.c_str(), service.c_str(), &hints, &found); wrong != 0) {
    return std::unexpected(PortError{"the name " + target + " cannot be resolved: " + ::gai_strerror(wrong)});
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, &::freeaddrinfo);
  int last = EHOSTUNREACH;
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    auto fd = dial(*address, limit);
    if (fd) return *std::move(fd);
    last = fd.error();
  }
  return std::unexpected(PortError{"no connection to " + target + " port " + service + ": " + reason(last)});
}

}  // namespace

std::pair<std::string, std::uint16_t> SocketNet::target(const std::string& host, std::uint16_t port) const {
  return instead_.first.empty() ? std::pair(host, port) : instead_;
}

Task<PortResult<std::unique_ptr<StreamPort>>> SocketNet::connect(std::string host, std::uint16_t port) {
  const auto [name, number] = target(host, port);
  auto fd = reach(name, number, SOCK_STREAM, limits_.connect);
  if (!fd) co_return std::unexpected(fd.error());
  const int on = 1;
  ::setsockopt(fd->get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // short questions, each waiting for an answer
  co_return std::make_unique<SocketStream>(*std::move(fd), name, limits_.idle);
}

Task<PortResult<std::unique_ptr<DatagramPort>>> SocketNet::datagrams(std::string host, std::uint16_t port) {
  const auto [name, number] = target(host, port);
  auto fd = reach(name, number, SOCK_DGRAM, limits_.connect);
  if (!fd) co_return std::unexpected(fd.error());
  co_return std::make_unique<SocketDatagrams>(*std::move(fd), name);
}

}  // namespace simurgh::ipae
