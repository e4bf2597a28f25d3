#include "pcsc/direct/server.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <list>
#include <mutex>
#include <system_error>
#include <thread>

#include "pcsc/direct/resource_manager.h"
#include "pcsc/direct/spin.h"
#include "pcsc/direct/wire.h"
#include "pcsc/unique_fd.h"
#include "pcsc/unix_socket.h"

namespace simurgh::pcsc::direct {

namespace {

[[noreturn]] void fail(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

// The mailbox of one connection in both its forms: the descriptor to give away and our view of it.
class SharedMailbox {
 public:
  SharedMailbox() : fd_(::memfd_create("simurgh-direct", MFD_CLOEXEC | MFD_ALLOW_SEALING)) {
    if (!fd_) fail("making shared memory");
    if (::ftruncate(fd_.get(), sizeof(Mailbox)) != 0) fail("sizing shared memory");
    // A client that could shrink it would kill us with SIGBUS.
    if (::fcntl(fd_.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) fail("sealing shared memory");
    void* memory = ::mmap(nullptr, sizeof(Mailbox), PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), 0);
    if (memory == MAP_FAILED) fail("mapping shared memory");
    mailbox_ = new (memory) Mailbox;
  }
  ~SharedMailbox() { ::munmap(mailbox_, sizeof(Mailbox)); }
  SharedMailbox(const SharedMailbox&) = delete;
  SharedMailbox& operator=(const SharedMailbox&) = delete;

  Mailbox* operator->() const noexcept { return mailbox_; }
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  void close_fd() noexcept { fd_.reset(); }

 private:
  UniqueFd fd_;
  Mailbox* mailbox_ = nullptr;
};

bool send_hello(int socket, int mailbox_fd) {
  Hello hello;
  iovec data{&hello, sizeof hello};
  alignas(cmsghdr) std::uint8_t control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &mailbox_fd, sizeof(int));
  return ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == static_cast<ssize_t>(sizeof hello);
}

// One client: a thread that takes requests from its mailbox.
class Connection {
 public:
  Connection(ClientId id, UniqueFd socket) : id_(id), socket_(std::move(socket)) {}

  [[nodiscard]] bool greet() {
    const bool sent = send_hello(socket_.get(), mailbox_.fd());
    mailbox_.close_fd();
    return sent;
  }

  void serve(ResourceManager& manager) {
    AdaptiveSpin spin;
    Bytes input, output;
    std::uint32_t done = 0;
    while (wait_for_request(spin, done)) {
      done = mailbox_->request_number.load(std::memory_order_acquire);
      Request request;
      Response response;
      response.events = mailbox_->events.load();
      std::memcpy(&request, &mailbox_->request, sizeof request);  // once: the client may change it at any time
      if (request.length > kPayload) return;
      input.assign(mailbox_->request_payload, mailbox_->request_payload + request.length);
      manager.handle(id_, request, input, response, output);
      std::memcpy(&mailbox_->response, &response, sizeof response);
      if (!output.empty()) std::memcpy(mailbox_->response_payload, output.data(), output.size());
      mailbox_->server_cpu.store(AdaptiveSpin::here(), std::memory_order_relaxed);
      mailbox_->response_number.store(done);
      if (mailbox_->client_asleep.load() != 0) ring();
    }
  }

  void stop() noexcept {
    ::shutdown(socket_.get(), SHUT_RDWR);
    wake_watchers();
  }

  void wake_watchers() noexcept {
    mailbox_->events.fetch_add(1);
    if (mailbox_->watchers.load() != 0) futex_wake_all(mailbox_->events);
  }

  [[nodiscard]] ClientId id() const noexcept { return id_; }

  std::thread thread;
  bool finished = false;  // under Server::Impl::connections_lock_

 private:
  // False when the client is gone or the server stops.
  bool wait_for_request(AdaptiveSpin& spin, std::uint32_t done) {
    const auto arrived = [&] { return mailbox_->request_number.load(std::memory_order_acquire) != done; };
    const auto peer_cpu = [&] { return mailbox_->client_cpu.load(std::memory_order_relaxed); };
    for (;;) {
      if (spin.until(arrived, peer_cpu)) return true;
      mailbox_->server_asleep.store(1);
      if (mailbox_->request_number.load() == done) {
        std::uint8_t bell[64];
        const ssize_t n = ::recv(socket_.get(), bell, sizeof bell, 0);
        if (n == 0 || (n < 0 && errno != EINTR)) return false;
      }
      mailbox_->server_asleep.store(0);
      if (arrived()) return true;
    }
  }

  // A full socket needs no further byte to wake its reader; a broken one is noticed by the next recv.
  void ring() noexcept {
    const std::uint8_t byte = 1;
    (void)::send(socket_.get(), &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
  }

  const ClientId id_;
  const UniqueFd socket_;
  SharedMailbox mailbox_;
};

}  // namespace

class Server::Impl {
 public:
  explicit Impl(Options options)
      : path_(std::move(options.socket_path)),
        manager_([this] { wake_all(); }, std::move(options.on_fault)),
        stop_(::eventfd(0, EFD_CLOEXEC)) {
    if (!stop_) fail("making an eventfd");
    if (path_.empty()) {
      std::string folder = (std::filesystem::temp_directory_path() / "simurgh-XXXXXX").string();
      if (::mkdtemp(folder.data()) == nullptr) fail("making a private folder");
      folder_ = folder;
      path_ = folder + "/pcsc";
    }
    try {
      listener_ = listen_on(path_);
      acceptor_ = std::thread([this] { accept_loop(); });
    } catch (...) {
      remove_files();
      throw;
    }
  }

  ~Impl() {
    (void)::eventfd_write(stop_.get(), 1);
    acceptor_.join();
    std::list<std::unique_ptr<Connection>> last;
    {
      const std::lock_guard lock(connections_lock_);
      for (const auto& connection : connections_) connection->stop();
      last.swap(connections_);
    }
    for (const auto& connection : last) connection->thread.join();
    remove_files();
  }

  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] ResourceManager& manager() noexcept { return manager_; }

 private:
  void accept_loop() {
    for (;;) {
      pollfd fds[2] = {{stop_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
      if (::poll(fds, 2, -1) < 0 && errno != EINTR) return;
      if (fds[0].revents != 0) return;
      reap();
      UniqueFd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!socket) {
        if (errno == EMFILE || errno == ENFILE) ::poll(fds, 1, 50);  // no descriptor left: wait for a client to leave
        continue;
      }
      if (is_same_user(socket.get())) start(std::move(socket));
    }
  }

  void start(UniqueFd socket) {
    try {
      auto fresh = std::make_unique<Connection>(next_client_++, std::move(socket));
      const std::lock_guard lock(connections_lock_);
      if (connections_.size() >= kMaxClients || !fresh->greet()) return;
      Connection& connection = *connections_.emplace_back(std::move(fresh));
      try {
        connection.thread = std::thread([this, &connection] { run(connection); });
      } catch (...) {
        connections_.pop_back();
        throw;
      }
    } catch (const std::exception&) {
      // No memory, descriptor or thread for this client: dropping it tells it SCARD_E_NO_SERVICE, and the others live on.
    }
  }

  void run(Connection& connection) {
    try {
      connection.serve(manager_);
    } catch (const std::bad_alloc&) {
      // The client asked for what cannot be had; it ends, the server does not.
    }
    connection.stop();
    manager_.forget(connection.id());
    const std::lock_guard lock(connections_lock_);
    connection.finished = true;
  }

  void reap() {
    std::list<std::unique_ptr<Connection>> ended;
    {
      const std::lock_guard lock(connections_lock_);
      for (auto it = connections_.begin(); it != connections_.end();) {
        const auto here = it++;
        if ((*here)->finished) ended.splice(ended.end(), connections_, here);
      }
    }
    for (const auto& connection : ended) connection->thread.join();
  }

  void wake_all() {
    const std::lock_guard lock(connections_lock_);
    for (const auto& connection : connections_) connection->wake_watchers();
  }

  void remove_files() noexcept {
    ::unlink(path_.c_str());
    if (!folder_.empty()) ::rmdir(folder_.c_str());
  }

  std::string path_, folder_;
  std::mutex connections_lock_;  // taken after the manager's own lock
  std::list<std::unique_ptr<Connection>> connections_;
  ResourceManager manager_;
  ClientId next_client_ = 1;
  UniqueFd stop_, listener_;
  std::thread acceptor_;
};

Server::Server(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Server::~Server() = default;

const std::string& Server::socket_path() const noexcept { return impl_->path(); }
Server::ReaderId Server::add_reader(const std::string& name, CardSlot& card) { return impl_->manager().add_reader(name, &card); }
Server::ReaderId Server::add_empty_reader(const std::string& name) { return impl_->manager().add_reader(name, nullptr); }
void Server::remove_reader(ReaderId reader) { impl_->manager().remove_reader(reader); }
void Server::insert_card(ReaderId reader, CardSlot& card) { impl_->manager().insert_card(reader, card); }
void Server::remove_card(ReaderId reader) { impl_->manager().remove_card(reader); }

}  // namespace simurgh::pcsc::direct
