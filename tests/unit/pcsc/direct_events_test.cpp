// SCardGetStatusChange, SCardCancel, cards and readers that come and go.
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <future>
#include <thread>

#include "tests/unit/pcsc/direct_world.h"

using namespace simurgh;
using namespace simurgh::literals;
using namespace simurgh::test;

namespace {

constexpr DWORD kFlags = 0xFFFF;
constexpr const char* kNotification = "\\\\?PnP?\\Notification";

LONG look(SCARDCONTEXT context, SCARD_READERSTATE& state, DWORD timeout = 0) { return SCardGetStatusChange(context, timeout, &state, 1); }

// A wait in another thread.
class Waiter {
 public:
  Waiter(SCARDCONTEXT context, SCARD_READERSTATE& state, DWORD timeout = INFINITE)
      : result_(std::async(std::launch::async, [=, this, &state] {
          thread_ = ::gettid();
          return look(context, state, timeout);
        })) {}
  LONG result() { return result_.get(); }
  // True when the call sleeps until an event, false when it has ended.
  bool is_waiting() {
    for (;;) {
      if (result_.wait_for(std::chrono::milliseconds(1)) == std::future_status::ready) return false;
      if (thread_ != 0 && sleeps_in_shared_futex(thread_)) return true;
    }
  }

 private:
  // The kernel's word for it: number and arguments of the call that the thread is in. Locks of the C library sleep in other operations.
  static bool sleeps_in_shared_futex(pid_t thread) {
    std::ifstream in("/proc/self/task/" + std::to_string(thread) + "/syscall");
    std::string number, word, operation;
    in >> number >> word >> operation;
    return number == std::to_string(SYS_futex) && operation == "0x0";
  }

  std::atomic<pid_t> thread_{0};
  std::future<LONG> result_;
};

}  // namespace

TEST_CASE("A program that knows nothing is told the state at once", "[direct]") {
  const World world;
  world.server->add_empty_reader("empty");
  const ContextOwner context;
  SCARD_READERSTATE states[3] = {believed(kReaderA, SCARD_STATE_UNAWARE), believed("empty", SCARD_STATE_UNAWARE),
                                 believed("not looked at", SCARD_STATE_IGNORE)};
  states[2].szReader = kReaderB;
  REQUIRE(SCardGetStatusChange(context, INFINITE, states, 3) == SCARD_S_SUCCESS);
  CHECK(states[0].dwEventState == (SCARD_STATE_CHANGED | SCARD_STATE_PRESENT));
  CHECK(equal({states[0].rgbAtr, states[0].cbAtr}, "3B810055"_hex));
  CHECK(states[1].dwEventState == (SCARD_STATE_CHANGED | SCARD_STATE_EMPTY));
  CHECK(states[1].cbAtr == 0);
  CHECK(states[2].dwEventState == 0);
}

TEST_CASE("Without a change the time runs out", "[direct]") {
  const World world;
  const ContextOwner context;
  SCARD_READERSTATE state = believed(kReaderA, SCARD_STATE_PRESENT);
  CHECK(look(context, state, 0) == SCARD_E_TIMEOUT);
  CHECK(state.dwEventState == SCARD_STATE_PRESENT);
  const auto start = std::chrono::steady_clock::now();
  CHECK(look(context, state, 30) == SCARD_E_TIMEOUT);
  CHECK(std::chrono::steady_clock::now() - start >= std::chrono::milliseconds(30));
}

TEST_CASE("Use of the card is shown, and its end is a change", "[direct]") {
  const World world;
  const ContextOwner context, other;
  SCARD_READERSTATE state = believed(kReaderA, SCARD_STATE_UNAWARE);
  const SCARDHANDLE shared = connect(other).card;
  CHECK(look(context, state) == SCARD_S_SUCCESS);
  CHECK((state.dwEventState & kFlags) == (SCARD_STATE_CHANGED | SCARD_STATE_PRESENT | SCARD_STATE_INUSE));
  state.dwCurrentState = state.dwEventState & ~DWORD{SCARD_STATE_CHANGED};
  Waiter waiter(context, state);
  CHECK(SCardDisconnect(shared, SCARD_LEAVE_CARD) == SCARD_S_SUCCESS);
  CHECK(waiter.result() == SCARD_S_SUCCESS);
  CHECK((state.dwEventState & kFlags) == (SCARD_STATE_CHANGED | SCARD_STATE_PRESENT));
  connect(other, kReaderA, SCARD_SHARE_EXCLUSIVE);
  state = believed(kReaderA, SCARD_STATE_UNAWARE);
  CHECK(look(context, state) == SCARD_S_SUCCESS);
  CHECK((state.dwEventState & kFlags) == (SCARD_STATE_CHANGED | SCARD_STATE_PRESENT | SCARD_STATE_EXCLUSIVE));
}

TEST_CASE("Parameters of a wait are checked", "[direct]") {
  const World world;
  const ContextOwner context;
  SCARD_READERSTATE state = believed("nowhere", SCARD_STATE_UNAWARE);
  CHECK(look(context, state) == SCARD_E_UNKNOWN_READER);
  state.szReader = nullptr;
  CHECK(look(context, state) == SCARD_E_INVALID_VALUE);
  CHECK(SCardGetStatusChange(context, 0, nullptr, 1) == SCARD_E_INVALID_PARAMETER);
  CHECK(SCardGetStatusChange(context, 0, nullptr, 0) == SCARD_S_SUCCESS);
  std::vector<SCARD_READERSTATE> many(17, believed(kReaderA, 0));
  CHECK(SCardGetStatusChange(context, 0, many.data(), many.size()) == SCARD_E_INVALID_PARAMETER);
  state = believed(kReaderA, SCARD_STATE_UNAWARE);
  CHECK(look(0, state) == SCARD_E_INVALID_HANDLE);
  state.dwCurrentState = SCARD_STATE_IGNORE;
  CHECK(look(context, state, INFINITE) == SCARD_S_SUCCESS);
}

TEST_CASE("Insertion and removal wake a program that waits, and count", "[direct]") {
  FakeSlot fresh({0x3B, 0x00});
  const World world;
  const ContextOwner context;
  const SCARDHANDLE card = connect(context).card;
  SCARD_READERSTATE state = believed(kReaderA, SCARD_STATE_PRESENT);
  Waiter removal(context, state);
  world.server->remove_card(world.a);
  CHECK(removal.result() == SCARD_S_SUCCESS);
  CHECK(state.dwEventState == (0x10000 | SCARD_STATE_CHANGED | SCARD_STATE_EMPTY));
  CHECK(world.card_a.power_offs == 1);

  CHECK(transmit(card, "00A40000"_hex) == SCARD_W_REMOVED_CARD);
  CHECK(status(card) == SCARD_W_REMOVED_CARD);
  DWORD protocol = 0;
  CHECK(SCardReconnect(card, SCARD_SHARE_SHARED, kAnyProtocol, SCARD_LEAVE_CARD, &protocol) == SCARD_E_NO_SMARTCARD);
  CHECK(SCardReconnect(card, SCARD_SHARE_SHARED, kAnyProtocol, SCARD_RESET_CARD, &protocol) == SCARD_E_NO_SMARTCARD);
  CHECK(connect(context).result == SCARD_E_NO_SMARTCARD);

  state.dwCurrentState = state.dwEventState;
  Waiter insertion(context, state);
  world.server->insert_card(world.a, fresh);
  CHECK(insertion.result() == SCARD_S_SUCCESS);
  CHECK(state.dwEventState == (0x20000 | SCARD_STATE_CHANGED | SCARD_STATE_PRESENT | SCARD_STATE_INUSE));
  CHECK(equal({state.rgbAtr, state.cbAtr}, "3B00"_hex));

  CHECK(transmit(card, "00A40000"_hex) == SCARD_W_REMOVED_CARD);
  CHECK(SCardReconnect(card, SCARD_SHARE_SHARED, kAnyProtocol, SCARD_LEAVE_CARD, &protocol) == SCARD_S_SUCCESS);
  CHECK(transmit(card, "00A40000"_hex) == SCARD_S_SUCCESS);
  CHECK(fresh.transmits == 1);
}

TEST_CASE("A removal that was undone between two looks is seen by the counter", "[direct]") {
  FakeSlot card;
  const World world;
  const ContextOwner context;
  world.server->remove_card(world.a);
  world.server->insert_card(world.a, card);
  SCARD_READERSTATE state = believed(kReaderA, 0x10000 | SCARD_STATE_PRESENT);
  CHECK(look(context, state) == SCARD_S_SUCCESS);
  CHECK(state.dwEventState == (0x20000 | SCARD_STATE_CHANGED | SCARD_STATE_PRESENT));
  state.dwCurrentState = state.dwEventState;
  CHECK(look(context, state) == SCARD_E_TIMEOUT);
}

TEST_CASE("A thousand cards come and go under a program's eyes", "[direct]") {
  FakeSlot card;
  const World world;
  std::atomic<int> failures{0};
  std::atomic<DWORD> last{0};
  std::thread program([&] {
    SCARDCONTEXT context = 0;
    failures += SCardEstablishContext(SCARD_SCOPE_SYSTEM, nullptr, nullptr, &context) != SCARD_S_SUCCESS;
    SCARD_READERSTATE state = believed(kReaderA, SCARD_STATE_UNAWARE);
    for (DWORD counter = 0; counter < 2001 && failures == 0;) {
      failures += look(context, state, INFINITE) != SCARD_S_SUCCESS;
      counter = state.dwEventState >> 16;
      failures += ((state.dwEventState & SCARD_STATE_PRESENT) != 0) != (counter % 2 == 0);
      state.dwCurrentState = state.dwEventState;
      last = counter;
      // A connection in the moment of a change either works or says why not.
      const Connected connected = connect(context);
      if (connected.result == SCARD_S_SUCCESS) {
        const LONG result = transmit(connected.card, "00A40000"_hex, nullptr, 300);
        failures += result != SCARD_S_SUCCESS && result != SCARD_W_REMOVED_CARD;
        failures += SCardDisconnect(connected.card, SCARD_LEAVE_CARD) != SCARD_S_SUCCESS;
      } else {
        failures += connected.result != SCARD_E_NO_SMARTCARD;
      }
    }
    SCardReleaseContext(context);
  });
  for (int i = 0; i < 1000; ++i) {
    world.server->remove_card(world.a);
    world.server->insert_card(world.a, card);
  }
  world.server->remove_card(world.a);
  program.join();
  CHECK(failures == 0);
  CHECK(last == 2001);
  CHECK(card.power_ons == 1000);
}

TEST_CASE("Readers that come and go are announced on the special reader", "[direct]") {
  const World world;
  const ContextOwner context;
  SCARD_READERSTATE states[2] = {believed(kNotification, SCARD_STATE_UNAWARE), believed(kReaderA, SCARD_STATE_PRESENT)};
  CHECK(SCardGetStatusChange(context, 0, states, 1) == SCARD_E_TIMEOUT);
  CHECK((states[0].dwEventState & SCARD_STATE_UNKNOWN) == 0);
  auto waiting = std::async(std::launch::async, [&] { return SCardGetStatusChange(context, INFINITE, states, 2); });
  // The list counts from the beginning of the wait, which another thread cannot see: add readers until it has.
  for (int i = 0; waiting.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready; ++i) {
    const auto reader = world.server->add_empty_reader("guest " + std::to_string(i));
    world.server->remove_reader(reader);
  }
  CHECK(waiting.get() == SCARD_S_SUCCESS);
  CHECK(states[0].dwEventState == SCARD_STATE_CHANGED);
  CHECK(states[1].dwEventState == SCARD_STATE_PRESENT);
}

TEST_CASE("A reader that is unplugged is unknown to those who watch it and unavailable to those who use it", "[direct]") {
  const World world;
  const ContextOwner context;
  const SCARDHANDLE card = connect(context).card;
  SCARD_READERSTATE state = believed(kReaderA, SCARD_STATE_PRESENT | SCARD_STATE_INUSE);
  Waiter waiter(context, state);
  REQUIRE(waiter.is_waiting());
  world.server->remove_reader(world.a);
  CHECK(waiter.result() == SCARD_S_SUCCESS);
  CHECK(state.dwEventState == (SCARD_STATE_CHANGED | SCARD_STATE_UNKNOWN | SCARD_STATE_UNAVAILABLE));
  CHECK(transmit(card, "00A40000"_hex) == SCARD_E_READER_UNAVAILABLE);
  CHECK(status(card) == SCARD_E_READER_UNAVAILABLE);
  CHECK(SCardBeginTransaction(card) == SCARD_E_READER_UNAVAILABLE);
  CHECK(SCardDisconnect(card, SCARD_RESET_CARD) == SCARD_S_SUCCESS);
  CHECK(connect(context).result == SCARD_E_UNKNOWN_READER);
  CHECK(world.card_a.power_offs == 1);
}

TEST_CASE("Cancel ends a wait of its context, and only a wait that goes on", "[direct]") {
  const World world;
  const ContextOwner context, other;
  SCARD_READERSTATE state = believed(kReaderA, SCARD_STATE_PRESENT), undisturbed = state;
  CHECK(SCardCancel(context) == SCARD_S_SUCCESS);
  CHECK(look(context, state) == SCARD_E_TIMEOUT);
  Waiter neighbour(other, undisturbed);
  Waiter waiter(context, state);
  REQUIRE(neighbour.is_waiting());
  REQUIRE(waiter.is_waiting());
  CHECK(SCardCancel(context) == SCARD_S_SUCCESS);
  CHECK(waiter.result() == SCARD_E_CANCELLED);
  CHECK(neighbour.is_waiting());
  CHECK(SCardCancel(other) == SCARD_S_SUCCESS);
  CHECK(neighbour.result() == SCARD_E_CANCELLED);
  CHECK(SCardCancel(0) == SCARD_E_INVALID_HANDLE);
}

TEST_CASE("A context stays usable while one of its threads waits, and releasing it ends the wait", "[direct]") {
  const World world;
  SCARDCONTEXT context = 0;
  REQUIRE(SCardEstablishContext(SCARD_SCOPE_SYSTEM, nullptr, nullptr, &context) == SCARD_S_SUCCESS);
  SCARD_READERSTATE state = believed(kReaderB, SCARD_STATE_PRESENT);
  Waiter waiter(context, state);
  const SCARDHANDLE card = connect(context).card;
  CHECK(transmit(card, "00A40000"_hex) == SCARD_S_SUCCESS);
  CHECK(waiter.is_waiting());
  CHECK(SCardReleaseContext(context) == SCARD_S_SUCCESS);
  CHECK(waiter.result() == SCARD_E_CANCELLED);
}
