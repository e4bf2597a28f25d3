// Deaths, forks and lies: what must not take the other side down.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <chrono>
#include <cstring>
#include <future>
#include <random>
#include <thread>

#include "pcsc/direct/client/channel.h"
#include "pcsc/direct/resource_manager.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/pcsc/direct_world.h"

using namespace simurgh;
using namespace simurgh::literals;
using namespace simurgh::test;
using namespace simurgh::pcsc;

namespace {

UniqueFd raw_connection(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  return socket;
}

}  // namespace

TEST_CASE("When the server ends, waiting and later calls say so", "[direct]") {
  World world;
  const ContextOwner context, other;
  const SCARDHANDLE card = connect(context).card, neighbour = connect(other).card;
  SCARD_READERSTATE state = believed(kReaderB, SCARD_STATE_PRESENT);
  REQUIRE(SCardBeginTransaction(card) == SCARD_S_SUCCESS);
  auto change = std::async(std::launch::async, [&] { return SCardGetStatusChange(context, INFINITE, &state, 1); });
  auto begin = std::async(std::launch::async, [&] { return SCardBeginTransaction(neighbour); });
  CHECK(change.wait_for(std::chrono::milliseconds(20)) == std::future_status::timeout);
  world.server.reset();
  CHECK(change.get() == SCARD_E_NO_SERVICE);
  CHECK(begin.get() == SCARD_E_NO_SERVICE);
  CHECK(transmit(card, "00A40000"_hex) == SCARD_E_NO_SERVICE);
  CHECK(SCardIsValidContext(context) == SCARD_S_SUCCESS);
  CHECK(world.card_a.power_offs == 1);
}

TEST_CASE("A server killed in the middle of an APDU is an error and no hang", "[direct]") {
  const TempDir folder;
  const std::string path = folder.file("pcsc");
  int busy[2];
  REQUIRE(::pipe(busy) == 0);
  ChildProgram server([&] {
    FakeSlot card;
    card.on_transmit = [&](ByteView) -> Bytes {
      (void)!::write(busy[1], "x", 1);
      for (;;) ::pause();
    };
    direct::Server running({path, {}});
    running.add_reader(kReaderA, card);
    (void)!::write(busy[1], "x", 1);
    for (;;) ::pause();
    return 0;
  });
  server.start("");
  char signal = 0;
  REQUIRE(::read(busy[0], &signal, 1) == 1);
  ::setenv(direct::kSocketVariable, path.c_str(), 1);
  const ContextOwner context, watching;
  const SCARDHANDLE card = connect(context).card;
  SCARD_READERSTATE state = believed(kReaderA, SCARD_STATE_PRESENT);
  auto waiting = std::async(std::launch::async, [&] { return SCardGetStatusChange(watching, INFINITE, &state, 1); });
  auto exchange = std::async(std::launch::async, [&] { return transmit(card, "00A40000"_hex); });
  REQUIRE(::read(busy[0], &signal, 1) == 1);
  server.kill_and_wait();
  CHECK(exchange.get() == SCARD_E_NO_SERVICE);
  CHECK(waiting.get() == SCARD_E_NO_SERVICE);
  CHECK(status(card) == SCARD_E_NO_SERVICE);
  ::close(busy[0]);
  ::close(busy[1]);
}

TEST_CASE("A forked child has no context of its parent's and cannot disturb it", "[direct]") {
  const World world;
  const ContextOwner context;
  const SCARDHANDLE card = connect(context).card;
  REQUIRE(SCardBeginTransaction(card) == SCARD_S_SUCCESS);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    int wrong = 0;
    wrong += SCardIsValidContext(context) != SCARD_E_INVALID_HANDLE;
    wrong += status(card) != SCARD_E_INVALID_HANDLE;
    SCARDCONTEXT own = 0;
    wrong += SCardEstablishContext(SCARD_SCOPE_SYSTEM, nullptr, nullptr, &own) != SCARD_S_SUCCESS;
    const Connected connected = connect(own, kReaderB);
    wrong += connected.result != SCARD_S_SUCCESS || transmit(connected.card, "00A40000"_hex) != SCARD_S_SUCCESS;
    ::_exit(wrong);
  }
  int code = -1;
  REQUIRE(::waitpid(child, &code, 0) == child);
  CHECK(WIFEXITED(code));
  CHECK(WEXITSTATUS(code) == 0);
  CHECK(transmit(card, "00A40000"_hex) == SCARD_S_SUCCESS);
  CHECK(SCardEndTransaction(card, SCARD_LEAVE_CARD) == SCARD_S_SUCCESS);
  CHECK(world.card_a.resets == 0);
}

TEST_CASE("The shared memory cannot be shrunk under the server", "[direct]") {
  const World world;
  const UniqueFd socket = raw_connection(world.server->socket_path());
  direct::Hello hello;
  iovec data{&hello, sizeof hello};
  alignas(cmsghdr) std::uint8_t control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  REQUIRE(::recvmsg(socket.get(), &message, 0) == static_cast<ssize_t>(sizeof hello));
  int number = -1;
  std::memcpy(&number, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof number);
  const UniqueFd memory(number);
  CHECK(::ftruncate(memory.get(), 0) != 0);
}

TEST_CASE("A client that writes noise into its socket and its mailbox harms nobody", "[direct]") {
  const World world;
  const ContextOwner context;
  const SCARDHANDLE card = connect(context).card;
  std::mt19937 random(5);
  for (int round = 0; round < 50; ++round) {
    const auto liar = direct::Channel::open(world.server->socket_path());
    REQUIRE(liar);
    for (int i = 0; i < 40; ++i) {
      direct::Request request{.op = static_cast<std::uint32_t>(random() % 16),
                              .handle = static_cast<std::uint32_t>(card),
                              .a = static_cast<std::uint32_t>(random() % 8),
                              .b = static_cast<std::uint32_t>(random()),
                              .c = static_cast<std::uint32_t>(random() % 8)};
      direct::Response response;
      Bytes noise(random() % 300);
      for (auto& byte : noise) byte = static_cast<std::uint8_t>(random());
      REQUIRE(liar->call(request, noise, response));
    }
    // The handle is this process's, but another connection's.
    CHECK(transmit(card, "00A40000"_hex) == SCARD_S_SUCCESS);
  }
  const UniqueFd socket = raw_connection(world.server->socket_path());
  const Bytes noise(5000, 0xAA);
  (void)!::write(socket.get(), noise.data(), noise.size());
  CHECK(transmit(card, "00A40000"_hex) == SCARD_S_SUCCESS);
  CHECK(world.card_a.resets == 0);
}

TEST_CASE("More clients than the server takes are turned away, and there is room again when some leave", "[direct]") {
  const World world;
  std::vector<UniqueFd> crowd;
  for (std::size_t i = 0; i < direct::Server::kMaxClients; ++i) {
    crowd.push_back(raw_connection(world.server->socket_path()));
    direct::Hello hello;
    REQUIRE(::recv(crowd.back().get(), &hello, sizeof hello, MSG_WAITALL) == static_cast<ssize_t>(sizeof hello));
  }
  SCARDCONTEXT context = 0;
  CHECK(SCardEstablishContext(SCARD_SCOPE_SYSTEM, nullptr, nullptr, &context) == SCARD_E_NO_SERVICE);
  crowd.clear();
  while (SCardEstablishContext(SCARD_SCOPE_SYSTEM, nullptr, nullptr, &context) != SCARD_S_SUCCESS) std::this_thread::yield();
  CHECK(SCardReleaseContext(context) == SCARD_S_SUCCESS);
}

TEST_CASE("Random requests of three clients keep the rules", "[direct]") {
  std::mt19937 random(11);
  FakeSlot card_a, card_b;
  direct::ResourceManager manager;
  const auto a = manager.add_reader(kReaderA, &card_a);
  manager.add_reader(kReaderB, &card_b);
  std::vector<std::uint32_t> handles[4];
  direct::Response response;
  Bytes out;
  for (int i = 0; i < 20000; ++i) {
    const direct::ClientId client = 1 + random() % 3;
    direct::Request request;
    request.op = 1 + static_cast<std::uint32_t>(random() % 13);
    if (random() % 8 == 0) request.op = static_cast<std::uint32_t>(direct::Op::connect);
    auto& mine = handles[random() % 16 == 0 ? 1 + random() % 3 : client];
    request.handle = mine.empty() ? static_cast<std::uint32_t>(random()) : mine[random() % mine.size()];
    request.a = static_cast<std::uint32_t>(random() % 5);
    request.b = static_cast<std::uint32_t>(random() % 2 ? 3 : random());
    request.c = static_cast<std::uint32_t>(random() % 4);
    const bool connecting = request.op == static_cast<std::uint32_t>(direct::Op::connect);
    const Bytes payload = connecting ? to_bytes(text_view(random() % 4 ? kReaderA : kReaderB)) : Bytes(random() % 8);
    manager.handle(client, request, payload, response, out);
    REQUIRE(response.length == out.size());
    REQUIRE(out.size() <= direct::kPayload);
    if (connecting && response.result == SCARD_S_SUCCESS) handles[client].push_back(response.a);
    if (random() % 500 == 0) {
      manager.remove_card(a);
      manager.insert_card(a, card_a);
    }
  }
  for (direct::ClientId client = 1; client <= 3; ++client) manager.forget(client);
  // Nothing is left behind: the reader can be had alone.
  const direct::Request request{.op = static_cast<std::uint32_t>(direct::Op::connect), .a = SCARD_SHARE_EXCLUSIVE, .b = SCARD_PROTOCOL_T0};
  manager.handle(9, request, text_view(kReaderA), response, out);
  CHECK(response.result == SCARD_S_SUCCESS);
}

TEST_CASE("A list of readers is decoded whole or not at all", "[direct]") {
  Bytes encoded;
  direct::write_reader(encoded, {"one", 4, 7, -1, "3B00"_hex});
  direct::write_reader(encoded, {"two", 2, 0, 3, {}});
  const auto readers = direct::read_readers(encoded);
  REQUIRE(readers);
  REQUIRE(readers->size() == 2);
  CHECK((*readers)[0].name == "one");
  CHECK((*readers)[0].sharing == -1);
  CHECK((*readers)[0].counter == 7);
  CHECK((*readers)[0].atr == "3B00"_hex);
  CHECK((*readers)[1].state == 2);
  const std::size_t first = encoded.size() - 17;
  for (std::size_t size = 1; size < encoded.size(); ++size) {
    if (size != first) CHECK_FALSE(direct::read_readers(ByteView(encoded).first(size)));
  }
  encoded[12] = 34;  // an ATR longer than any
  CHECK_FALSE(direct::read_readers(concat({encoded, Bytes(64)})));
}
