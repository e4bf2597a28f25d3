// APDUs, sharing, dispositions, transactions.
#include <atomic>
#include <chrono>
#include <future>
#include <thread>

#include "tests/unit/pcsc/direct_world.h"

using namespace simurgh;
using namespace simurgh::literals;
using namespace simurgh::test;

namespace {

// Waiting for another's transaction off, as programs do it: then the wait is visible as an error.
class WithoutBlocking {
 public:
  WithoutBlocking() { ::setenv("PCSCLITE_NO_BLOCKING", "1", 1); }
  ~WithoutBlocking() { ::unsetenv("PCSCLITE_NO_BLOCKING"); }
};

}  // namespace

TEST_CASE("An APDU and its response pass unchanged, short and extended", "[direct]") {
  const World world;
  const ContextOwner context;
  const SCARDHANDLE card = connect(context).card;
  for (const std::size_t size : {std::size_t{1}, std::size_t{5}, std::size_t{261}, std::size_t{65544}}) {
    Bytes apdu(size);
    for (std::size_t i = 0; i < size; ++i) apdu[i] = static_cast<std::uint8_t>(i * 7);
    Bytes response;
    REQUIRE(transmit(card, apdu, &response) == SCARD_S_SUCCESS);
    CHECK(response == concat({apdu, "9000"_hex}));
  }
}

TEST_CASE("Transmit checks its parameters before the card sees anything", "[direct]") {
  const World world;
  const ContextOwner context;
  const SCARDHANDLE card = connect(context).card;
  const Bytes apdu = "00A40000"_hex;
  Bytes buffer(10);
  DWORD length = buffer.size();
  CHECK(SCardTransmit(card, nullptr, apdu.data(), 4, nullptr, buffer.data(), &length) == SCARD_E_INVALID_PARAMETER);
  CHECK(SCardTransmit(card, SCARD_PCI_T0, nullptr, 4, nullptr, buffer.data(), &length) == SCARD_E_INVALID_PARAMETER);
  CHECK(SCardTransmit(card, SCARD_PCI_T0, apdu.data(), 4, nullptr, nullptr, &length) == SCARD_E_INVALID_PARAMETER);
  CHECK(SCardTransmit(card, SCARD_PCI_T0, apdu.data(), 4, nullptr, buffer.data(), nullptr) == SCARD_E_INVALID_PARAMETER);
  CHECK(transmit(card, apdu, nullptr, 1) == SCARD_E_INSUFFICIENT_BUFFER);
  CHECK(transmit(card, apdu, nullptr, 100, SCARD_PCI_T1) == SCARD_E_PROTO_MISMATCH);
  CHECK(transmit(card, Bytes(70000)) == SCARD_E_INSUFFICIENT_BUFFER);
  CHECK(world.card_a.transmits == 0);
  CHECK(transmit(card, apdu, nullptr, 100, SCARD_PCI_RAW) == SCARD_S_SUCCESS);
  CHECK(world.card_a.transmits == 1);
}

TEST_CASE("A response that does not fit tells its length", "[direct]") {
  const World world;
  const ContextOwner context;
  const SCARDHANDLE card = connect(context).card;
  const Bytes apdu = "00A40000"_hex;
  Bytes buffer(6);
  DWORD length = 5;
  CHECK(SCardTransmit(card, SCARD_PCI_T0, apdu.data(), apdu.size(), nullptr, buffer.data(), &length) == SCARD_E_INSUFFICIENT_BUFFER);
  CHECK(length == 6);
  SCARD_IO_REQUEST received{};
  CHECK(SCardTransmit(card, SCARD_PCI_T0, apdu.data(), apdu.size(), &received, buffer.data(), &length) == SCARD_S_SUCCESS);
  CHECK(length == 6);
  CHECK(received.dwProtocol == SCARD_PROTOCOL_T0);
  CHECK(received.cbPciLength == sizeof received);
}

TEST_CASE("A card that is mute or throws is an error of the exchange, and the server lives on", "[direct]") {
  World world;
  std::string fault;
  world.server.reset();
  world.server = std::make_unique<pcsc::direct::Server>(
      pcsc::direct::Server::Options{{}, [&](const std::string& reader, const std::string& what) { fault = reader + ": " + what; }});
  ::setenv(pcsc::direct::kSocketVariable, world.server->socket_path().c_str(), 1);
  world.server->add_reader(kReaderA, world.card_a);
  world.card_a.on_transmit = [](ByteView apdu) -> Bytes {
    if (apdu[0] == 0) return {};
    if (apdu[0] == 1) throw std::runtime_error("disk full");
    if (apdu[0] == 2) return Bytes(70000);
    return "9000"_hex;
  };
  const ContextOwner context;
  const SCARDHANDLE card = connect(context).card;
  CHECK(transmit(card, "00"_hex) == SCARD_E_NOT_TRANSACTED);
  CHECK(transmit(card, "01"_hex) == SCARD_E_NOT_TRANSACTED);
  CHECK(transmit(card, "02"_hex) == SCARD_E_NOT_TRANSACTED);
  CHECK(transmit(card, "03"_hex) == SCARD_S_SUCCESS);
  world.server.reset();
  CHECK(fault == std::string(kReaderA) + ": disk full");
}

TEST_CASE("A card that is mute at reset can be seen and, once it answers, used", "[direct]") {
  FakeSlot card;
  card.mute = true;
  const World world;
  const ContextOwner context;
  world.server->add_reader("mute", card);
  SCARD_READERSTATE state = believed("mute", SCARD_STATE_UNAWARE);
  REQUIRE(SCardGetStatusChange(context, 0, &state, 1) == SCARD_S_SUCCESS);
  CHECK((state.dwEventState & 0xFFFF) == (SCARD_STATE_CHANGED | SCARD_STATE_PRESENT | SCARD_STATE_MUTE));
  CHECK(connect(context, "mute").result == SCARD_W_UNPOWERED_CARD);
  card.mute = false;
  const Connected connected = connect(context, "mute");
  CHECK(connected.result == SCARD_S_SUCCESS);
  card.mute = true;
  DWORD protocol = 0;
  CHECK(SCardReconnect(connected.card, SCARD_SHARE_SHARED, kAnyProtocol, SCARD_RESET_CARD, &protocol) == SCARD_W_UNRESPONSIVE_CARD);
}

TEST_CASE("An exclusive connection keeps everybody else out until it ends", "[direct]") {
  const World world;
  const ContextOwner one, two;
  const Connected exclusive = connect(one, kReaderA, SCARD_SHARE_EXCLUSIVE);
  REQUIRE(exclusive.result == SCARD_S_SUCCESS);
  CHECK(connect(two).result == SCARD_E_SHARING_VIOLATION);
  CHECK(connect(two, kReaderA, SCARD_SHARE_EXCLUSIVE).result == SCARD_E_SHARING_VIOLATION);
  CHECK(connect(two, kReaderA, SCARD_SHARE_DIRECT).result == SCARD_E_SHARING_VIOLATION);
  CHECK(connect(two, kReaderB).result == SCARD_S_SUCCESS);
  CHECK(transmit(exclusive.card, "00A40000"_hex) == SCARD_S_SUCCESS);
  CHECK(SCardBeginTransaction(exclusive.card) == SCARD_S_SUCCESS);
  CHECK(SCardEndTransaction(exclusive.card, SCARD_LEAVE_CARD) == SCARD_S_SUCCESS);
  CHECK(SCardEndTransaction(exclusive.card, SCARD_LEAVE_CARD) == SCARD_E_NOT_TRANSACTED);
  CHECK(SCardDisconnect(exclusive.card, SCARD_LEAVE_CARD) == SCARD_S_SUCCESS);
  const Connected shared = connect(two);
  CHECK(shared.result == SCARD_S_SUCCESS);
  CHECK(connect(one, kReaderA, SCARD_SHARE_EXCLUSIVE).result == SCARD_E_SHARING_VIOLATION);
}

TEST_CASE("Reconnecting changes the sharing mode where others allow it", "[direct]") {
  const World world;
  const ContextOwner one, two;
  DWORD protocol = 0;
  const SCARDHANDLE first = connect(one).card, second = connect(two).card;
  CHECK(SCardReconnect(first, SCARD_SHARE_EXCLUSIVE, kAnyProtocol, SCARD_LEAVE_CARD, &protocol) == SCARD_E_SHARING_VIOLATION);
  CHECK(SCardDisconnect(second, SCARD_LEAVE_CARD) == SCARD_S_SUCCESS);
  CHECK(SCardReconnect(first, SCARD_SHARE_EXCLUSIVE, kAnyProtocol, SCARD_LEAVE_CARD, &protocol) == SCARD_S_SUCCESS);
  CHECK(connect(two).result == SCARD_E_SHARING_VIOLATION);
  CHECK(SCardReconnect(first, SCARD_SHARE_SHARED, kAnyProtocol, SCARD_LEAVE_CARD, &protocol) == SCARD_S_SUCCESS);
  CHECK(protocol == SCARD_PROTOCOL_T0);
  const Connected again = connect(two);
  CHECK(again.result == SCARD_S_SUCCESS);
  CHECK(transmit(again.card, "00A40000"_hex) == SCARD_S_SUCCESS);
  CHECK(SCardReconnect(first, 7, kAnyProtocol, SCARD_LEAVE_CARD, &protocol) == SCARD_E_INVALID_VALUE);
  CHECK(SCardReconnect(first, SCARD_SHARE_SHARED, kAnyProtocol, SCARD_EJECT_CARD, &protocol) == SCARD_E_INVALID_VALUE);
  CHECK(SCardReconnect(first, SCARD_SHARE_SHARED, 0, SCARD_LEAVE_CARD, &protocol) == SCARD_E_PROTO_MISMATCH);
  CHECK(SCardReconnect(first, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T1, SCARD_LEAVE_CARD, &protocol) == SCARD_E_PROTO_MISMATCH);
  CHECK(SCardReconnect(first, SCARD_SHARE_SHARED, kAnyProtocol, SCARD_LEAVE_CARD, nullptr) == SCARD_E_INVALID_PARAMETER);
}

TEST_CASE("A reset is seen by the other handles until they reconnect", "[direct]") {
  const World world;
  const ContextOwner one, two;
  const SCARDHANDLE first = connect(one).card, second = connect(two).card;
  const auto expect_reset = [&](SCARDHANDLE card) {
    CHECK(transmit(card, "00A40000"_hex) == SCARD_W_RESET_CARD);
    CHECK(status(card) == SCARD_W_RESET_CARD);
    CHECK(SCardBeginTransaction(card) == SCARD_W_RESET_CARD);
    CHECK(SCardEndTransaction(card, SCARD_LEAVE_CARD) == SCARD_W_RESET_CARD);
    DWORD protocol = 0;
    CHECK(SCardReconnect(card, SCARD_SHARE_SHARED, kAnyProtocol, SCARD_LEAVE_CARD, &protocol) == SCARD_S_SUCCESS);
    CHECK(transmit(card, "00A40000"_hex) == SCARD_S_SUCCESS);
  };
  DWORD protocol = 0;
  SECTION("by reconnecting: a warm one") {
    CHECK(SCardReconnect(first, SCARD_SHARE_SHARED, kAnyProtocol, SCARD_RESET_CARD, &protocol) == SCARD_S_SUCCESS);
    CHECK(world.card_a.resets == 1);
    CHECK(transmit(first, "00A40000"_hex) == SCARD_S_SUCCESS);
    expect_reset(second);
  }
  SECTION("by reconnecting: a cold one") {
    CHECK(SCardReconnect(first, SCARD_SHARE_SHARED, kAnyProtocol, SCARD_UNPOWER_CARD, &protocol) == SCARD_S_SUCCESS);
    CHECK(world.card_a.power_offs == 1);
    CHECK(world.card_a.power_ons == 2);
    expect_reset(second);
  }
  SECTION("by disconnecting") {
    CHECK(SCardDisconnect(first, SCARD_RESET_CARD) == SCARD_S_SUCCESS);
    CHECK(world.card_a.resets == 1);
    expect_reset(second);
  }
  SECTION("by disconnecting with power off; reconnecting powers on") {
    CHECK(SCardDisconnect(first, SCARD_UNPOWER_CARD) == SCARD_S_SUCCESS);
    CHECK(world.card_a.power_offs == 1);
    CHECK(world.card_a.power_ons == 1);
    expect_reset(second);
    CHECK(world.card_a.power_ons == 2);
  }
  SECTION("by the end of a transaction, where the owner sees it too") {
    CHECK(SCardBeginTransaction(first) == SCARD_S_SUCCESS);
    CHECK(SCardEndTransaction(first, SCARD_RESET_CARD) == SCARD_S_SUCCESS);
    CHECK(world.card_a.resets == 1);
    expect_reset(second);
    expect_reset(first);
  }
}

TEST_CASE("Leaving and ejecting do nothing to the card, and power returns with the next connection", "[direct]") {
  const World world;
  const ContextOwner context;
  CHECK(SCardDisconnect(connect(context).card, SCARD_LEAVE_CARD) == SCARD_S_SUCCESS);
  CHECK(SCardDisconnect(connect(context).card, SCARD_EJECT_CARD) == SCARD_S_SUCCESS);
  CHECK(world.card_a.resets + world.card_a.power_offs == 0);
  CHECK(world.card_a.power_ons == 1);
  const SCARDHANDLE card = connect(context).card;
  CHECK(SCardDisconnect(card, 4) == SCARD_E_INVALID_VALUE);
  CHECK(SCardEndTransaction(card, 4) == SCARD_E_INVALID_VALUE);
  CHECK(SCardDisconnect(card, SCARD_UNPOWER_CARD) == SCARD_S_SUCCESS);
  CHECK(world.card_a.power_offs == 1);
  CHECK(connect(context).result == SCARD_S_SUCCESS);
  CHECK(world.card_a.power_ons == 2);
}

TEST_CASE("Transactions nest, and end only when begun", "[direct]") {
  const World world;
  const ContextOwner context, other;
  const SCARDHANDLE card = connect(context).card, neighbour = connect(other).card;
  CHECK(SCardEndTransaction(card, SCARD_LEAVE_CARD) == SCARD_E_NOT_TRANSACTED);
  CHECK(SCardBeginTransaction(card) == SCARD_S_SUCCESS);
  CHECK(SCardBeginTransaction(card) == SCARD_S_SUCCESS);
  CHECK(SCardEndTransaction(card, SCARD_LEAVE_CARD) == SCARD_S_SUCCESS);
  {
    const WithoutBlocking environment;
    DWORD protocol = 0, length = 0;
    CHECK(transmit(neighbour, "00A40000"_hex) == SCARD_E_SHARING_VIOLATION);
    CHECK(status(neighbour) == SCARD_E_SHARING_VIOLATION);
    CHECK(SCardReconnect(neighbour, SCARD_SHARE_SHARED, kAnyProtocol, SCARD_LEAVE_CARD, &protocol) == SCARD_E_SHARING_VIOLATION);
    CHECK(SCardControl(neighbour, 0, nullptr, 0, nullptr, 0, &length) == SCARD_E_SHARING_VIOLATION);
    CHECK(SCardGetAttrib(neighbour, 0, nullptr, &length) == SCARD_E_SHARING_VIOLATION);
    CHECK(SCardEndTransaction(neighbour, SCARD_LEAVE_CARD) == SCARD_E_SHARING_VIOLATION);
    CHECK(SCardEndTransaction(neighbour, SCARD_RESET_CARD) == SCARD_E_SHARING_VIOLATION);
  }
  CHECK(world.card_a.resets == 0);
  CHECK(SCardEndTransaction(card, SCARD_LEAVE_CARD) == SCARD_S_SUCCESS);
  CHECK(transmit(neighbour, "00A40000"_hex) == SCARD_S_SUCCESS);
  CHECK(SCardEndTransaction(card, SCARD_LEAVE_CARD) == SCARD_E_NOT_TRANSACTED);
}

TEST_CASE("Calls that meet a transaction wait for its end", "[direct]") {
  const World world;
  const ContextOwner context, other;
  const SCARDHANDLE card = connect(context).card;
  std::atomic<bool> inside{true};
  REQUIRE(SCardBeginTransaction(card) == SCARD_S_SUCCESS);
  std::vector<std::thread> waiting;
  std::atomic<int> early{0}, failed{0};
  const SCARDHANDLE neighbour = connect(other, kReaderB).card;
  const auto wait_for = [&](std::function<LONG()> body) {
    waiting.emplace_back([&, body = std::move(body)] {
      if (body() != SCARD_S_SUCCESS) ++failed;
      if (inside.load()) ++early;
    });
  };
  for (int i = 0; i < 2; ++i) {
    wait_for([] {
      SCARDCONTEXT mine = 0;
      SCardEstablishContext(SCARD_SCOPE_SYSTEM, nullptr, nullptr, &mine);
      const Connected connected = connect(mine);
      const LONG result = connected.result != SCARD_S_SUCCESS ? connected.result : transmit(connected.card, "00A40000"_hex);
      SCardReleaseContext(mine);
      return result;
    });
  }
  // The other reader, and the same context, stay usable meanwhile.
  for (int i = 0; i < 100; ++i) CHECK(transmit(neighbour, "00A40000"_hex) == SCARD_S_SUCCESS);
  for (int i = 0; i < 100; ++i) CHECK(transmit(card, "00A40000"_hex) == SCARD_S_SUCCESS);
  inside = false;
  CHECK(SCardEndTransaction(card, SCARD_LEAVE_CARD) == SCARD_S_SUCCESS);
  for (std::thread& thread : waiting) thread.join();
  CHECK(early == 0);
  CHECK(failed == 0);
}

TEST_CASE("Two handles of one context take turns in transactions", "[direct]") {
  const World world;
  const ContextOwner context;
  const SCARDHANDLE first = connect(context).card, second = connect(context).card;
  REQUIRE(SCardBeginTransaction(first) == SCARD_S_SUCCESS);
  LONG result = -1;
  std::thread thread([&] { result = SCardBeginTransaction(second); });
  CHECK(transmit(first, "00A40000"_hex) == SCARD_S_SUCCESS);
  CHECK(SCardEndTransaction(first, SCARD_LEAVE_CARD) == SCARD_S_SUCCESS);
  thread.join();
  CHECK(result == SCARD_S_SUCCESS);
  CHECK(SCardEndTransaction(second, SCARD_LEAVE_CARD) == SCARD_S_SUCCESS);
}

TEST_CASE("Transactions of many threads never overlap, and every thread gets its turn", "[direct]") {
  World world;
  // The card tells which thread's bytes it sees; a transaction is three APDUs of one thread in a row.
  std::vector<std::uint8_t> seen;
  world.card_a.on_transmit = [&](ByteView apdu) {
    seen.push_back(apdu[0]);
    return "9000"_hex;
  };
  constexpr int kThreads = 4, kRounds = 200;
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (int number = 0; number < kThreads; ++number) {
    threads.emplace_back([&, number] {
      SCARDCONTEXT context = 0;
      SCardEstablishContext(SCARD_SCOPE_SYSTEM, nullptr, nullptr, &context);
      const SCARDHANDLE card = connect(context).card;
      const Bytes apdu(4, static_cast<std::uint8_t>(number));
      for (int round = 0; round < kRounds; ++round) {
        failures += SCardBeginTransaction(card) != SCARD_S_SUCCESS;
        for (int i = 0; i < 3; ++i) failures += transmit(card, apdu, nullptr, 300) != SCARD_S_SUCCESS;
        failures += SCardEndTransaction(card, SCARD_LEAVE_CARD) != SCARD_S_SUCCESS;
      }
      SCardReleaseContext(context);
    });
  }
  for (std::thread& thread : threads) thread.join();
  world.server.reset();  // its threads wrote `seen`
  CHECK(failures == 0);
  REQUIRE(seen.size() == kThreads * kRounds * 3);
  int broken = 0;
  for (std::size_t i = 0; i < seen.size(); i += 3) broken += seen[i] != seen[i + 1] || seen[i] != seen[i + 2];
  CHECK(broken == 0);
}

TEST_CASE("A transaction of another program is waited for", "[direct]") {
  ChildProgram program([&program] {
    SCARDCONTEXT context = 0;
    SCARDHANDLE card = 0;
    DWORD protocol = 0;
    if (SCardEstablishContext(SCARD_SCOPE_SYSTEM, nullptr, nullptr, &context) != SCARD_S_SUCCESS) return 1;
    if (SCardConnect(context, kReaderA, SCARD_SHARE_SHARED, kAnyProtocol, &card, &protocol) != SCARD_S_SUCCESS) return 2;
    if (SCardBeginTransaction(card) != SCARD_S_SUCCESS) return 3;
    program.say("begun");
    program.listen();
    return SCardEndTransaction(card, SCARD_LEAVE_CARD) == SCARD_S_SUCCESS ? 0 : 4;
  });
  const World world;
  const ContextOwner context;
  const SCARDHANDLE card = connect(context).card;
  program.start(world.server->socket_path());
  REQUIRE(program.hear() == "begun");
  auto begun = std::async(std::launch::async, [&] { return SCardBeginTransaction(card); });
  CHECK(begun.wait_for(std::chrono::milliseconds(20)) == std::future_status::timeout);
  program.start("end it");
  CHECK(begun.get() == SCARD_S_SUCCESS);
  CHECK(program.wait() == 0);
  CHECK(transmit(card, "00A40000"_hex) == SCARD_S_SUCCESS);
}

TEST_CASE("A program that dies in a transaction releases it, and the card is reset", "[direct]") {
  ChildProgram program([] {
    SCARDCONTEXT context = 0;
    SCARDHANDLE card = 0;
    DWORD protocol = 0;
    if (SCardEstablishContext(SCARD_SCOPE_SYSTEM, nullptr, nullptr, &context) != SCARD_S_SUCCESS) return 1;
    if (SCardConnect(context, kReaderA, SCARD_SHARE_SHARED, kAnyProtocol, &card, &protocol) != SCARD_S_SUCCESS) return 2;
    if (SCardBeginTransaction(card) != SCARD_S_SUCCESS) return 3;
    ::kill(::getpid(), SIGKILL);
    return 4;
  });
  const World world;
  const ContextOwner context;
  const SCARDHANDLE card = connect(context).card;
  program.start(world.server->socket_path());
  CHECK(program.wait() == -1);
  // The reset comes when the server notices the death; until then the transaction holds.
  LONG result = transmit(card, "00A40000"_hex);
  while (result == SCARD_S_SUCCESS) result = transmit(card, "00A40000"_hex);
  CHECK(result == SCARD_W_RESET_CARD);
  CHECK(world.card_a.resets == 1);
  DWORD protocol = 0;
  CHECK(SCardReconnect(card, SCARD_SHARE_SHARED, kAnyProtocol, SCARD_LEAVE_CARD, &protocol) == SCARD_S_SUCCESS);
  CHECK(SCardBeginTransaction(card) == SCARD_S_SUCCESS);
}

TEST_CASE("Releasing a context ends its connections and its transaction before it returns", "[direct]") {
  const World world;
  const ContextOwner other;
  {
    const ContextOwner context;
    const SCARDHANDLE card = connect(context).card;
    REQUIRE(SCardBeginTransaction(card) == SCARD_S_SUCCESS);
  }
  CHECK(world.card_a.resets == 1);
  CHECK(connect(other, kReaderA, SCARD_SHARE_EXCLUSIVE).result == SCARD_S_SUCCESS);
}
