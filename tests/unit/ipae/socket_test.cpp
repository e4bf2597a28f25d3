#include "ipae/transport/socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <thread>

using namespace simurgh;
using namespace simurgh::ipae;

namespace {

// Listens on a port of the system's choice.
class Listener {
 public:
  Listener() : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(fd_, 4) == 0);
    socklen_t size = sizeof address;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
  }
  ~Listener() { close(); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  [[nodiscard]] int accept() const { return ::accept(fd_, nullptr, nullptr); }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  std::uint16_t port = 0;

 private:
  int fd_;
};

}  // namespace

TEST_CASE("A socket carries more than its buffers hold, and tells the end", "[socket]") {
  Listener listener;
  constexpr std::size_t kSize = 4'000'000;
  std::thread echo([&] {
    const int fd = listener.accept();
    Bytes buffer(65536);
    std::size_t total = 0;
    while (total < kSize) {
      const ssize_t got = ::read(fd, buffer.data(), buffer.size());
      if (got <= 0) break;
      total += static_cast<std::size_t>(got);
    }
    buffer.assign(8, 0x42);
    if (::write(fd, buffer.data(), buffer.size()) < 0) total = 0;
    ::close(fd);
  });
  SocketNet net;
  auto stream = run_now(net.connect("127.0.0.1", listener.port));
  REQUIRE(stream);
  CHECK((*stream)->quiet());
  const auto sent = run_now((*stream)->send(Bytes(kSize, 1)));
  Bytes received;
  bool ended = false;
  while (sent && !ended) {
    const auto part = run_now((*stream)->receive());
    REQUIRE(part);
    ended = part->empty();
    append(received, *part);
  }
  echo.join();
  CHECK(sent);
  CHECK(received == Bytes(8, 0x42));
  CHECK_FALSE((*stream)->quiet());
}

TEST_CASE("A silent server is left after the limit", "[socket]") {
  Listener listener;
  SocketLimits limits;
  limits.idle = std::chrono::milliseconds(20);
  SocketNet net(limits);
  auto stream = run_now(net.connect("127.0.0.1", listener.port));
  REQUIRE(stream);
  const auto nothing = run_now((*stream)->receive());
  REQUIRE_FALSE(nothing);
  CHECK(nothing.error().what.find("127.0.0.1") != std::string::npos);
}

TEST_CASE("A closed port and an impossible name are told apart", "[socket]") {
  Listener listener;
  const std::uint16_t port = listener.port;
  listener.close();
  SocketNet net;
  const auto closed = run_now(net.connect("127.0.0.1", port));
  REQUIRE_FALSE(closed);
  CHECK(closed.error().what.find("no connection to 127.0.0.1 port " + std::to_string(port)) == 0);
  const auto unknown = run_now(net.connect("-no such host-", port));
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().what.find("cannot be resolved") != std::string::npos);
}

TEST_CASE("A redirected net ignores the name that is asked for", "[socket]") {
  Listener listener;
  SocketNet net;
  net.redirect("127.0.0.1", listener.port);
  CHECK(run_now(net.connect("smdp.example.com", 443)));
}
