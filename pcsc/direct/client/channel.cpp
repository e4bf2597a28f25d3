#include "pcsc/direct/client/channel.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace simurgh::pcsc::direct {

namespace {

// Receives the greeting; the descriptor that came with it, or none.
UniqueFd receive_hello(int socket, Hello& hello) {
  iovec data{&hello, sizeof hello};
  alignas(cmsghdr) std::uint8_t control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t n = 0;
  do {
    n = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_WAITALL);
  } while (n < 0 && errno == EINTR);
  if (n < 0) return {};
  UniqueFd fd;
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header != nullptr && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
      header->cmsg_len == CMSG_LEN(sizeof(int))) {
    int number = -1;
    std::memcpy(&number, CMSG_DATA(header), sizeof number);
    fd.reset(number);
  }
  if (n != sizeof hello) fd.reset();
  return fd;
}

}  // namespace

std::unique_ptr<Channel> Channel::open(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return nullptr;
  std::memcpy(address.sun_path, path.data(), path.size());
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket || ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return nullptr;
  Hello hello;
  const UniqueFd memory = receive_hello(socket.get(), hello);
  const Hello expected;
  if (!memory || hello.magic != expected.magic || hello.version != expected.version || hello.mailbox_size != expected.mailbox_size)
    return nullptr;
  struct stat size {};
  if (::fstat(memory.get(), &size) != 0 || size.st_size < static_cast<off_t>(sizeof(Mailbox))) return nullptr;
  void* mapped = ::mmap(nullptr, sizeof(Mailbox), PROT_READ | PROT_WRITE, MAP_SHARED, memory.get(), 0);
  if (mapped == MAP_FAILED) return nullptr;
  return std::unique_ptr<Channel>(new Channel(std::move(socket), static_cast<Mailbox*>(mapped)));
}

Channel::~Channel() { ::munmap(mailbox_, sizeof(Mailbox)); }

bool Channel::call(const Request& request, ByteView payload, Response& response) {
  if (dead_ || payload.size() > kPayload) return false;
  std::memcpy(&mailbox_->request, &request, sizeof request);
  mailbox_->request.length = static_cast<std::uint32_t>(payload.size());
  if (!payload.empty()) std::memcpy(mailbox_->request_payload, payload.data(), payload.size());
  mailbox_->client_cpu.store(AdaptiveSpin::here(), std::memory_order_relaxed);
  mailbox_->request_number.store(++sent_);
  if (mailbox_->server_asleep.load() != 0) {
    const std::uint8_t byte = 1;
    if (::send(socket_.get(), &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EAGAIN && errno != EINTR) dead_ = true;
  }
  if (dead_ || !wait_for_response(sent_)) {
    dead_ = true;
    return false;
  }
  std::memcpy(&response, &mailbox_->response, sizeof response);
  dead_ = response.length > kPayload;
  return !dead_;
}

bool Channel::wait_for_response(std::uint32_t number) {
  const auto arrived = [&] { return mailbox_->response_number.load(std::memory_order_acquire) == number; };
  const auto peer_cpu = [&] { return mailbox_->server_cpu.load(std::memory_order_relaxed); };
  for (;;) {
    if (spin_.until(arrived, peer_cpu)) return true;
    mailbox_->client_asleep.store(1);
    if (mailbox_->response_number.load() != number) {
      std::uint8_t bell[64];
      const ssize_t n = ::recv(socket_.get(), bell, sizeof bell, 0);
      if (n == 0 || (n < 0 && errno != EINTR)) return arrived();
    }
    mailbox_->client_asleep.store(0);
    if (arrived()) return true;
  }
}

bool Channel::wait_for_event(std::uint32_t seen, std::int64_t nanoseconds) {
  // A killed server wakes nobody, so that a long sleep is cut in pieces.
  constexpr std::int64_t kPiece = 100'000'000;
  mailbox_->watchers.fetch_add(1);
  futex_wait(mailbox_->events, seen, nanoseconds < 0 ? kPiece : std::min(nanoseconds, kPiece));
  mailbox_->watchers.fetch_sub(1);
  std::uint8_t byte = 0;
  const ssize_t n = ::recv(socket_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return n > 0 || (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR));
}

void Channel::wake() noexcept {
  mailbox_->events.fetch_add(1);
  futex_wake_all(mailbox_->events);
}

}  // namespace simurgh::pcsc::direct
