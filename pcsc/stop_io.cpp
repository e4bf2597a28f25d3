#include "pcsc/stop_io.h"

#include <poll.h>
#include <sched.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace simurgh::pcsc {

namespace {

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK; }

// Some looks, with the processor offered to the reader in between, cost less than falling asleep and being woken. Negative: nothing came.
ssize_t look_for_bytes(int socket, std::span<std::uint8_t> buffer) {
  constexpr int kLooks = 40;
  for (int i = 0; i < kLooks; ++i) {
    const ssize_t n = ::recv(socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (n >= 0 || !would_block()) return n;
    ::sched_yield();
  }
  return -1;
}

}  // namespace

bool wait_or_stop(int socket, short events, int stop_fd, int milliseconds) {
  std::array<pollfd, 2> fds{{{stop_fd, POLLIN, 0}, {socket, events, 0}}};
  for (;;) {
    const int ready = ::poll(fds.data(), fds.size(), milliseconds);
    if (ready >= 0) return fds[0].revents != 0;
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "waiting for the reader");
  }
}

bool send_all(int socket, ByteView bytes, int stop_fd) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    } else if (n < 0 && would_block()) {
      if (wait_or_stop(socket, POLLOUT, stop_fd, -1)) return false;
    } else if (n < 0 && errno == EINTR) {
      continue;
    } else {
      return false;
    }
  }
  return true;
}

Arrival receive_some(int socket, std::span<std::uint8_t> buffer, int stop_fd, std::size_t& count) {
  for (;;) {
    ssize_t n = look_for_bytes(socket, buffer);
    if (n < 0) {
      if (wait_or_stop(socket, POLLIN, stop_fd, -1)) return Arrival::stopped;
      n = ::recv(socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
    } else if (wait_or_stop(-1, 0, stop_fd, 0)) {
      return Arrival::stopped;
    }
    if (n < 0 && (errno == EINTR || would_block())) continue;
    if (n <= 0) return Arrival::lost;
    count = static_cast<std::size_t>(n);
    return Arrival::bytes;
  }
}

}  // namespace simurgh::pcsc
