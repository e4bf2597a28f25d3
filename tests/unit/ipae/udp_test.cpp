#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "ipae/transport/socket.h"

using namespace simurgh;
using namespace simurgh::ipae;
using namespace std::chrono_literals;

namespace {

// A UDP socket on a port of the system's choice.
class Far {
 public:
  Far() : fd_(::socket(AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    socklen_t size = sizeof address;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
  }
  ~Far() { close(); }
  Far(const Far&) = delete;
  Far& operator=(const Far&) = delete;
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  // Takes one datagram and sends it back, in two copies.
  void echo() {
    Bytes buffer(65536);
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const ssize_t got = ::recvfrom(fd_, buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
    for (int i = 0; i < 2; ++i) {
      REQUIRE(::sendto(fd_, buffer.data(), static_cast<std::size_t>(got), 0, reinterpret_cast<sockaddr*>(&from), size) == got);
    }
  }
  std::uint16_t port = 0;

 private:
  int fd_;
};

}  // namespace

TEST_CASE("UDP keeps datagrams apart and says when time is over", "[socket]") {
  Far far;
  SocketNet net;
  auto port = run_now(net.datagrams("127.0.0.1", far.port));
  REQUIRE(port);
  for (const std::size_t size : {1U, 500U, 1232U}) {
    REQUIRE(run_now((*port)->send(Bytes(size, 7))));
    far.echo();
    CHECK(run_now((*port)->receive(10s)).value() == Bytes(size, 7));
    CHECK(run_now((*port)->receive(10s)).value() == Bytes(size, 7));
  }
  CHECK(run_now((*port)->receive(0ms)).value() == std::nullopt);
  CHECK((*port)->largest() == 1232);
}

TEST_CASE("A UDP port where nobody listens is told when its host says so", "[socket]") {
  Far far;
  SocketNet net;
  auto port = run_now(net.datagrams("127.0.0.1", far.port));
  REQUIRE(port);
  far.close();
  REQUIRE(run_now((*port)->send({1})));
  const auto got = run_now((*port)->receive(10s));
  REQUIRE_FALSE(got);
  CHECK(got.error().what == "waiting for 127.0.0.1: Connection refused");
}

TEST_CASE("UDP goes where it was redirected, and nowhere after its end", "[socket]") {
  Far far;
  SocketNet net;
  net.redirect("127.0.0.1", far.port);
  auto port = run_now(net.datagrams("eim.example.com", 5684));
  REQUIRE(port);
  REQUIRE(run_now((*port)->send({1})));
  far.echo();
  CHECK(run_now((*port)->receive(10s)).value() == Bytes{1});
  run_now((*port)->close());
  CHECK_FALSE(run_now((*port)->send({1})));
  CHECK_FALSE(run_now((*port)->receive(10s)));
}

TEST_CASE("A name that does not exist has no UDP either", "[socket]") {
  SocketNet net;
  const auto port = run_now(net.datagrams("no-such-host.invalid", 5684));
  REQUIRE_FALSE(port);
  CHECK(port.error().what.find("cannot be resolved") != std::string::npos);
}
