#include "pcsc/ifd/link.h"

#include <poll.h>
#include <sched.h>
#include <sys/socket.h>

#include <cerrno>

namespace simurgh::pcsc::ifd {

namespace {

using Clock = std::chrono::steady_clock;

// The answer to a short command comes within microseconds: some looks, with the processor offered to the card in between, cost less than
// falling asleep and being woken.
constexpr int kLooks = 40;

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

// False when the deadline has passed.
bool wait_for(int socket, short events, Clock::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    pollfd fd{socket, events, 0};
    const int ready = ::poll(&fd, 1, static_cast<int>(left));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

// A response needs at least its status word; a mute card's is empty.
bool sound(const Frame& frame) { return frame.type != Type::response || frame.body.size() != 1; }

Type answer_to(Type request) {
  switch (request) {
    case Type::power_on:
    case Type::reset:
      return Type::atr;
    case Type::transmit:
      return Type::response;
    default:
      return Type::done;
  }
}

}  // namespace

std::expected<Bytes, Link::Lost> Link::ask(Type request, ByteView body) {
  const std::scoped_lock lock(lock_);
  if (const auto why = lost()) return std::unexpected(*why);
  const Deadline deadline = Clock::now() + patience_;
  ++number_;
  if (const auto sent = send(encode(request, number_, body), deadline); !sent) return std::unexpected(sent.error());
  return receive(answer_to(request), deadline);
}

void Link::hang_up() noexcept { ::shutdown(socket_.get(), SHUT_RDWR); }

std::unexpected<Link::Lost> Link::lose(Lost why) noexcept {
  lost_ = why;
  hang_up();
  return std::unexpected(why);
}

std::expected<void, Link::Lost> Link::send(ByteView bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    } else if (n < 0 && would_block()) {
      if (!wait_for(socket_.get(), POLLOUT, deadline)) return lose(Lost::silent);
    } else {
      return lose(Lost::gone);
    }
  }
  return {};
}

std::expected<Bytes, Link::Lost> Link::receive(Type answer, Deadline deadline) {
  chunk_.resize(kMaxFrame);
  for (int look = 0;;) {
    const ssize_t n = ::recv(socket_.get(), chunk_.data(), chunk_.size(), MSG_DONTWAIT);
    if (n > 0) {
      reader_.receive(ByteView(chunk_).first(static_cast<std::size_t>(n)));
      const auto frame = reader_.next();
      if (!frame) return lose(Lost::not_understood);
      if (!*frame) {
        if (Clock::now() >= deadline) return lose(Lost::silent);
        continue;
      }
      // Whatever follows an answer was not asked for.
      if ((*frame)->type != answer || (*frame)->number != number_ || !reader_.empty() || !sound(**frame)) return lose(Lost::not_understood);
      return to_bytes((*frame)->body);
    }
    if (n == 0 || !would_block()) return lose(Lost::gone);
    if (++look < kLooks) {
      ::sched_yield();
    } else if (!wait_for(socket_.get(), POLLIN, deadline)) {
      return lose(Lost::silent);
    }
  }
}

}  // namespace simurgh::pcsc::ifd
