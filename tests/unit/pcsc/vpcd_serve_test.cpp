#include "pcsc/vpcd/serve.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <thread>

#include "pcsc/unique_fd.h"
#include "tests/unit/pcsc/fake_slot.h"

using namespace simurgh;
using namespace simurgh::literals;
using namespace simurgh::pcsc;
using test::FakeSlot;

namespace {

// Stands for pcscd's driver on a port that the system chooses.
class Reader {
 public:
  Reader() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener_.get(), 1) == 0);
    socklen_t length = sizeof address;
    REQUIRE(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &length) == 0);
    port = ntohs(address.sin_port);
  }
  void accept() { link_.reset(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)); }
  void hang_up() { link_.reset(); }
  void close() { listener_.reset(); }
  void send(ByteView bytes) {
    REQUIRE(::send(link_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
  }
  Bytes receive(std::size_t size) {
    Bytes out(size);
    out.resize(static_cast<std::size_t>(std::max<ssize_t>(0, ::recv(link_.get(), out.data(), size, MSG_WAITALL))));
    return out;
  }

  std::uint16_t port = 0;

 private:
  UniqueFd listener_, link_;
};

}  // namespace

TEST_CASE("A card is served over TCP, survives a reader that restarts, and leaves when asked", "[vpcd]") {
  Reader reader;
  FakeSlot slot;
  const UniqueFd stop(::eventfd(0, EFD_CLOEXEC));
  std::vector<vpcd::Link> links;
  std::thread server([&] { vpcd::serve(slot, {"127.0.0.1", reader.port}, stop.get(), [&](vpcd::Link link) { links.push_back(link); }); });

  reader.accept();
  FakeSlot second;
  CHECK_THROWS_AS(vpcd::serve(second, {"127.0.0.1", reader.port}, stop.get()), vpcd::Unreachable);
  reader.send("000101 000104"_hex);
  CHECK(reader.receive(6) == "0004 3B810055"_hex);
  reader.send("00"_hex);
  reader.send("04 00A4"_hex);
  reader.send("0000"_hex);
  CHECK(reader.receive(8) == "0006 00A400009000"_hex);

  reader.hang_up();
  reader.accept();
  reader.send("000104"_hex);
  CHECK(reader.receive(6) == "0004 3B810055"_hex);
  CHECK(slot.power_offs == 1);

  REQUIRE(::eventfd_write(stop.get(), 1) == 0);
  CHECK(reader.receive(1).empty());
  server.join();
  CHECK(slot.power_offs == 2);
  CHECK(links == std::vector{vpcd::Link::connected, vpcd::Link::lost, vpcd::Link::connected, vpcd::Link::lost});
}

TEST_CASE("Without a reader the error says what to do next", "[vpcd]") {
  Reader reader;
  reader.close();
  FakeSlot slot;
  const UniqueFd stop(::eventfd(0, EFD_CLOEXEC));
  CHECK_THROWS_AS(vpcd::serve(slot, {"127.0.0.1", reader.port}, stop.get()), vpcd::Unreachable);
  CHECK_THROWS_AS(vpcd::serve(slot, {"reader.example", reader.port}, stop.get()), std::invalid_argument);
  CHECK_THAT(vpcd::advice(vpcd::SlotState::absent, {}), Catch::Contains("pcscd"));
  CHECK_THAT(vpcd::advice(vpcd::SlotState::taken, {}), Catch::Contains("35964"));
}

TEST_CASE("An exception of the card reaches the caller of serve", "[vpcd]") {
  Reader reader;
  FakeSlot slot;
  slot.on_transmit = [](ByteView) -> Bytes { throw std::runtime_error("disk full"); };
  const UniqueFd stop(::eventfd(0, EFD_CLOEXEC));
  std::string what;
  std::thread server([&] {
    try {
      vpcd::serve(slot, {"127.0.0.1", reader.port}, stop.get());
    } catch (const std::exception& error) {
      what = error.what();
    }
  });
  reader.accept();
  reader.send("0004 00B00000"_hex);
  server.join();
  CHECK(what == "disk full");
}

TEST_CASE("The kernel's socket table tells an absent, a free and a taken slot apart", "[vpcd]") {
  const std::string heading = "  sl  local_address rem_address   st tx_queue rx_queue\n";
  const std::string listening = "   0: 00000000:8C7B 00000000:0000 0A 00000000:00000000\n";
  const std::string connected = "   1: 0100007F:8C7B 0100007F:D2F4 01 00000000:00000000\n";
  const std::string neighbour = "   2: 00000000:8C7C 00000000:0000 0A 00000000:00000000\n";
  using vpcd::SlotState;
  CHECK(vpcd::probe(35963, heading) == SlotState::absent);
  CHECK(vpcd::probe(35963, heading + neighbour) == SlotState::absent);
  CHECK(vpcd::probe(35963, heading + listening) == SlotState::free);
  CHECK(vpcd::probe(35963, heading + listening + connected) == SlotState::taken);
  CHECK(vpcd::probe(35964, heading + listening + connected + neighbour) == SlotState::free);
  CHECK(vpcd::probe(35963, "garbage\n1: x y\n: : : :\n") == SlotState::absent);

  Reader reader;
  CHECK(vpcd::probe(reader.port) == SlotState::free);
  reader.close();
  CHECK(vpcd::probe(reader.port) == SlotState::absent);
}
