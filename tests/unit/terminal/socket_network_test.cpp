// Real sockets on the loopback, with ports the system chooses.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>

#include "tools/terminal/socket_network.h"

using namespace simurgh;
using namespace simurgh::terminal;

namespace {

class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) { REQUIRE(descriptor_ >= 0); }
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&&) = delete;
  ~Socket() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

sockaddr* generic(sockaddr_in& address) { return static_cast<sockaddr*>(static_cast<void*>(&address)); }

Socket bound(int type, Endpoint& endpoint) {
  Socket out(::socket(AF_INET, type, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(out.get(), generic(address), size) == 0);
  REQUIRE(::getsockname(out.get(), generic(address), &size) == 0);
  endpoint = {{127, 0, 0, 1}, ntohs(address.sin_port)};
  return out;
}

// Everything that comes until there is `size` of it.
Bytes read_some(SocketNetwork& network, Connection& connection, std::size_t size) {
  Bytes out;
  while (out.size() < size && network.wait(std::chrono::seconds(10))) append(out, connection.receive(size - out.size()));
  return out;
}

}  // namespace

TEST_CASE("A stream carries octets both ways and tells when the peer hangs up", "[terminal][network]") {
  Endpoint endpoint;
  const Socket listener = bound(SOCK_STREAM, endpoint);
  REQUIRE(::listen(listener.get(), 1) == 0);
  SocketNetwork network;
  auto connection = network.open(Transport::tcp, endpoint, "internet");
  REQUIRE(connection);
  REQUIRE(network.in_use());
  {
    const Socket peer(::accept(listener.get(), nullptr, nullptr));
    REQUIRE((*connection)->send(*from_hex("01020304")));
    Bytes got(4);
    REQUIRE(::recv(peer.get(), got.data(), got.size(), MSG_WAITALL) == 4);
    REQUIRE(to_hex(got) == "01020304");
    REQUIRE((*connection)->receive(10).empty());
    REQUIRE_FALSE((*connection)->dropped());
    const Bytes big(100000, 0x5A);
    REQUIRE(::send(peer.get(), big.data(), big.size(), 0) == 100000);
    REQUIRE(read_some(network, **connection, big.size()) == big);
    REQUIRE((*connection)->local_address() == Bytes{127, 0, 0, 1});
  }
  REQUIRE(network.wait(std::chrono::seconds(10)));
  REQUIRE((*connection)->receive(10).empty());
  REQUIRE((*connection)->dropped());
  connection->reset();
  REQUIRE_FALSE(network.in_use());
}

TEST_CASE("Datagrams stay whole, empty waits end, and a redirected network reaches its one endpoint", "[terminal][network]") {
  Endpoint endpoint;
  const Socket server = bound(SOCK_DGRAM, endpoint);
  SocketNetwork network;
  network.redirect(endpoint);
  auto connection = network.open(Transport::udp, {{192, 0, 2, 1}, 5683}, "");
  REQUIRE(connection);
  REQUIRE_FALSE(network.wait(std::chrono::milliseconds(0)));
  REQUIRE((*connection)->send(*from_hex("AABB")));
  Bytes got(16);
  sockaddr_in peer{};
  socklen_t size = sizeof peer;
  REQUIRE(::recvfrom(server.get(), got.data(), got.size(), 0, generic(peer), &size) == 2);
  for (const std::size_t length : {std::size_t{1400}, std::size_t{3}}) {
    const Bytes datagram(length, 0x11);
    REQUIRE(::sendto(server.get(), datagram.data(), datagram.size(), 0, generic(peer), size) == static_cast<ssize_t>(length));
  }
  REQUIRE(network.wait(std::chrono::seconds(10)));
  REQUIRE((*connection)->receive(10).size() == 1400);
  REQUIRE(network.wait(std::chrono::seconds(10)));
  REQUIRE((*connection)->receive(10).size() == 3);
}

TEST_CASE("A port without a listener is an error in words", "[terminal][network]") {
  Endpoint endpoint;
  {
    const Socket gone = bound(SOCK_STREAM, endpoint);
  }
  SocketNetwork network;
  const auto connection = network.open(Transport::tcp, endpoint, "");
  REQUIRE_FALSE(connection);
  REQUIRE_FALSE(connection.error().empty());
  REQUIRE_FALSE(network.in_use());
  REQUIRE_FALSE(network.open(Transport::tcp, {}, ""));
}
