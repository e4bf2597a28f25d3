// What a PC/SC program may expect of a reader, asked of each kind through its library: SIMURGH_TEST_READER is direct, ifd or vpcd.
#include <PCSC/reader.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <future>
#include <set>
#include <thread>

#include "pcsc/bench/scard_library.h"
#include "tests/host/reader_worlds.h"

using namespace simurgh;
using namespace simurgh::literals;
using pcsc::ScardLibrary;

namespace {

constexpr DWORD kPatience = 20'000;  // milliseconds; for what comes within a second on an idle machine

std::unique_ptr<test::World> world_or_warning() {
  const char* const kind = std::getenv("SIMURGH_TEST_READER");
  std::string why;
  auto world = test::make_world(kind == nullptr ? "direct" : kind, why);
  if (!world) WARN("not tried here: " << why);
  return world;
}

// One program: a context of its own.
class Program {
 public:
  explicit Program(const test::World& world) : scard(world.library()) {
    scard.check(scard.establish(SCARD_SCOPE_SYSTEM, nullptr, nullptr, &context), "SCardEstablishContext");
  }
  ~Program() { (void)scard.release(context); }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // Waits until the reader shows all of these flags and none of the others.
  SCARD_READERSTATE await(const std::string& reader, DWORD wanted, DWORD unwanted = 0) const {
    SCARD_READERSTATE state{};
    state.szReader = reader.c_str();
    for (LONG result = SCARD_S_SUCCESS; result == SCARD_S_SUCCESS;) {
      result = scard.status_change(context, state.dwCurrentState == SCARD_STATE_UNAWARE ? 0 : kPatience, &state, 1);
      if ((state.dwEventState & wanted) == wanted && (state.dwEventState & unwanted) == 0) return state;
      state.dwCurrentState = state.dwEventState;
    }
    FAIL(reader << " never shows " << wanted << " without " << unwanted << ", but " << state.dwEventState);
    return state;
  }

  const ScardLibrary scard;
  SCARDCONTEXT context = 0;
};

class Connection {
 public:
  Connection(const Program& program, const std::string& reader, DWORD share = SCARD_SHARE_SHARED) : scard(program.scard) {
    result = scard.connect(program.context, reader.c_str(), share, SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &handle, &protocol);
  }
  ~Connection() {
    if (result == SCARD_S_SUCCESS) (void)scard.disconnect(handle, SCARD_LEAVE_CARD);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  LONG send(ByteView apdu) {
    Bytes buffer(65538);
    DWORD length = buffer.size();
    const SCARD_IO_REQUEST header{protocol, sizeof header};
    const LONG code = scard.transmit(handle, &header, apdu.data(), apdu.size(), nullptr, buffer.data(), &length);
    answer.assign(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(code == SCARD_S_SUCCESS ? length : 0));
    return code;
  }
  LONG reconnect(DWORD initialization) { return scard.reconnect(handle, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T0, initialization, &protocol); }

  const ScardLibrary& scard;
  LONG result = 0;
  SCARDHANDLE handle = 0;
  DWORD protocol = 0;
  Bytes answer;
};

const Bytes kCounters = "80C00000"_hex, kCount = "80C10000"_hex, kDie = "80DD0000"_hex;

bool is_one_of(LONG code, const std::set<LONG>& codes) { return codes.contains(code); }
// The card is out, told by whoever noticed first.
const std::set<LONG> kGone{SCARD_W_REMOVED_CARD, SCARD_E_NO_SMARTCARD, SCARD_E_NOT_TRANSACTED, SCARD_F_COMM_ERROR,
                           SCARD_E_READER_UNAVAILABLE};

}  // namespace

TEST_CASE("Two cards in two readers answer for themselves", "[client]") {
  const auto world = world_or_warning();
  if (!world) return;
  const Program program(*world);
  const auto readers = program.scard.readers(program.context);
  for (const unsigned i : {0U, 1U}) {
    CHECK(std::ranges::find(readers, world->reader(i)) != readers.end());
    program.await(world->reader(i), SCARD_STATE_EMPTY);
    world->insert(i, static_cast<std::uint8_t>(0xA0 + i));
  }
  for (const unsigned i : {0U, 1U}) {
    const auto state = program.await(world->reader(i), SCARD_STATE_PRESENT);
    CHECK(Bytes(state.rgbAtr, state.rgbAtr + state.cbAtr) == Bytes{0x3B, 0x81, 0x00, static_cast<std::uint8_t>(0xA0 + i)});
  }
  Connection a(program, world->reader(0)), b(program, world->reader(1));
  REQUIRE(a.result == SCARD_S_SUCCESS);
  REQUIRE(b.result == SCARD_S_SUCCESS);
  CHECK(a.protocol == SCARD_PROTOCOL_T0);
  for (std::uint8_t i = 0; i < 10; ++i) {
    REQUIRE(a.send(kCount) == SCARD_S_SUCCESS);
    CHECK(a.answer == Bytes{i, 0x90, 0x00});
  }
  REQUIRE(b.send(kCount) == SCARD_S_SUCCESS);
  CHECK(b.answer == "009000"_hex);
  REQUIRE(a.send("80C2FFFF"_hex) == SCARD_S_SUCCESS);
  CHECK(a.answer.size() == (world->complete() ? 65537 : 2));  // vpcd: the card's end says 6F00
  Bytes atr(64);
  DWORD length = atr.size();
  const LONG told = program.scard.attribute(a.handle, SCARD_ATTR_ATR_STRING, atr.data(), &length);
  if (world->complete()) {
    CHECK(told == SCARD_S_SUCCESS);
    atr.resize(length);
    CHECK(atr == "3B8100A0"_hex);
    // The name of what is in the reader, or of the reader where that is one thing.
    std::string name(MAX_READERNAME, '\0');
    length = name.size();
    CHECK(program.scard.attribute(a.handle, SCARD_ATTR_DEVICE_FRIENDLY_NAME_A, reinterpret_cast<LPBYTE>(name.data()), &length) == SCARD_S_SUCCESS);
    CHECK(std::string(name.c_str()) == world->name(0));
  }
}

TEST_CASE("Cards that come and go are seen every time", "[client]") {
  const auto world = world_or_warning();
  if (!world) return;
  const Program program(*world);
  const std::string reader = world->reader(0);
  program.await(reader, SCARD_STATE_EMPTY);
  DWORD events = 0;
  for (int cycle = 0; cycle < world->cycles(); ++cycle) {
    const auto mark = static_cast<std::uint8_t>(cycle);
    world->insert(0, mark);
    const auto in = program.await(reader, SCARD_STATE_PRESENT, SCARD_STATE_EMPTY);
    REQUIRE(in.cbAtr == 4);
    REQUIRE(in.rgbAtr[3] == mark);
    if (cycle % 100 == 0) {
      Connection card(program, reader);
      REQUIRE(card.send(kCount) == SCARD_S_SUCCESS);
    }
    world->remove(0);
    const auto out = program.await(reader, SCARD_STATE_EMPTY, SCARD_STATE_PRESENT);
    // The upper half counts insertions and removals (PC/SC part 5): none was missed.
    if (cycle > 0) REQUIRE((out.dwEventState >> 16) == ((events + 2) & 0xFFFF));
    events = out.dwEventState >> 16;
  }
}

TEST_CASE("A transaction keeps the others out until it ends", "[client]") {
  const auto world = world_or_warning();
  if (!world) return;
  const Program one(*world), two(*world);
  world->insert(0, 1);
  one.await(world->reader(0), SCARD_STATE_PRESENT);
  Connection a(one, world->reader(0)), b(two, world->reader(0));
  REQUIRE(a.result == SCARD_S_SUCCESS);
  REQUIRE(b.result == SCARD_S_SUCCESS);
  REQUIRE(one.scard.begin(a.handle) == SCARD_S_SUCCESS);
  std::atomic<bool> entered = false;
  auto other = std::async(std::launch::async, [&] {
    const LONG begun = two.scard.begin(b.handle);
    entered = true;
    const LONG sent = b.send(kCount);
    return std::pair(begun, sent);
  });
  for (std::uint8_t i = 0; i < 200; ++i) {
    REQUIRE(a.send(kCount) == SCARD_S_SUCCESS);
    REQUIRE(a.answer[0] == i);
  }
  CHECK_FALSE(entered);
  REQUIRE(one.scard.end(a.handle, SCARD_LEAVE_CARD) == SCARD_S_SUCCESS);
  CHECK(other.get() == std::pair<LONG, LONG>(SCARD_S_SUCCESS, SCARD_S_SUCCESS));
  CHECK(b.answer[0] == 200);
  CHECK(two.scard.end(b.handle, SCARD_LEAVE_CARD) == SCARD_S_SUCCESS);
  CHECK(two.scard.end(b.handle, SCARD_LEAVE_CARD) == SCARD_E_NOT_TRANSACTED);
}

TEST_CASE("A reset during a transaction is told to the others, and the card was reset once", "[client]") {
  const auto world = world_or_warning();
  if (!world) return;
  const Program one(*world), two(*world);
  world->insert(0, 1);
  one.await(world->reader(0), SCARD_STATE_PRESENT);
  Connection a(one, world->reader(0)), b(two, world->reader(0));
  REQUIRE(b.send(kCounters) == SCARD_S_SUCCESS);
  const Bytes before = b.answer;
  REQUIRE(one.scard.begin(a.handle) == SCARD_S_SUCCESS);
  REQUIRE(a.reconnect(SCARD_RESET_CARD) == SCARD_S_SUCCESS);
  REQUIRE(a.send(kCounters) == SCARD_S_SUCCESS);
  CHECK(a.answer[0] == before[0]);
  CHECK(a.answer[1] == before[1] + 1);
  REQUIRE(one.scard.end(a.handle, SCARD_LEAVE_CARD) == SCARD_S_SUCCESS);
  CHECK(b.send(kCount) == SCARD_W_RESET_CARD);
  REQUIRE(b.reconnect(SCARD_LEAVE_CARD) == SCARD_S_SUCCESS);
  CHECK(b.send(kCount) == SCARD_S_SUCCESS);
  REQUIRE(b.reconnect(SCARD_UNPOWER_CARD) == SCARD_S_SUCCESS);
  REQUIRE(b.send(kCounters) == SCARD_S_SUCCESS);
  CHECK(b.answer[0] == before[0] + 1);
  CHECK(b.answer[2] >= before[2] + 1);
  CHECK(a.send(kCount) == SCARD_W_RESET_CARD);
}

TEST_CASE("SCardCancel ends a wait of its own context", "[client]") {
  const auto world = world_or_warning();
  if (!world) return;
  const Program waiting(*world), bystander(*world);
  const std::string reader = world->reader(0);
  SCARD_READERSTATE state = waiting.await(reader, SCARD_STATE_EMPTY);
  state.dwCurrentState = state.dwEventState & ~static_cast<DWORD>(SCARD_STATE_CHANGED);
  auto waits = std::async(std::launch::async, [&] { return waiting.scard.status_change(waiting.context, kPatience, &state, 1); });
  // A cancel that comes before the wait cancels nothing, so it is repeated until the wait has ended.
  (void)bystander.scard.cancel(bystander.context);
  while (waits.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) {
    // pcscd refuses a cancel that meets the end of the wait.
    if (waiting.scard.cancel(waiting.context) == SCARD_S_SUCCESS) continue;
    CHECK(waits.wait_for(std::chrono::seconds(30)) == std::future_status::ready);
    break;
  }
  CHECK(waits.get() == SCARD_E_CANCELLED);
}

TEST_CASE("A card pulled out during a transaction is told, and the next card works", "[client]") {
  const auto world = world_or_warning();
  if (!world) return;
  const Program one(*world), two(*world);
  const std::string reader = world->reader(0);
  world->insert(0, 1);
  one.await(reader, SCARD_STATE_PRESENT);
  Connection a(one, reader);
  REQUIRE(one.scard.begin(a.handle) == SCARD_S_SUCCESS);
  REQUIRE(a.send(kCount) == SCARD_S_SUCCESS);
  world->remove(0);
  two.await(reader, SCARD_STATE_EMPTY);
  CHECK(is_one_of(a.send(kCount), kGone));
  world->insert(0, 2);
  const auto state = two.await(reader, SCARD_STATE_PRESENT);
  CHECK(state.rgbAtr[3] == 2);
  // The old handle is not the new card's, and its transaction holds nobody up.
  CHECK(is_one_of(a.send(kCount), kGone));
  Connection b(two, reader);
  REQUIRE(b.result == SCARD_S_SUCCESS);
  REQUIRE(b.send(kCount) == SCARD_S_SUCCESS);
  CHECK(b.answer == "009000"_hex);
}

TEST_CASE("A card process killed in the middle of an APDU is a card pulled out, and its neighbour does not notice", "[client]") {
  const auto world = world_or_warning();
  if (!world) return;
  if (!world->cards_are_processes()) {
    WARN("not tried here: cards of this kind of reader live in the server");
    return;
  }
  const Program program(*world);
  world->insert(0, 1);
  world->insert(1, 2);
  program.await(world->reader(0), SCARD_STATE_PRESENT);
  program.await(world->reader(1), SCARD_STATE_PRESENT);
  {
    Connection a(program, world->reader(0)), b(program, world->reader(1));
    REQUIRE(a.send(kCount) == SCARD_S_SUCCESS);
    REQUIRE(b.send(kCount) == SCARD_S_SUCCESS);
    const LONG died = a.send(kDie);
    INFO(program.scard.words(died) << " " << to_hex(a.answer));
    CHECK(a.answer.empty());
    if (world->complete()) CHECK(is_one_of(died, kGone));
    program.await(world->reader(0), SCARD_STATE_EMPTY);
    REQUIRE(b.send(kCount) == SCARD_S_SUCCESS);
    CHECK(b.answer == "019000"_hex);
  }
  world->remove(0);
  world->insert(0, 3);
  program.await(world->reader(0), SCARD_STATE_PRESENT);
  Connection again(program, world->reader(0));
  CHECK(again.send(kCount) == SCARD_S_SUCCESS);
}

TEST_CASE("One program has a card to itself when it asks for that", "[client]") {
  const auto world = world_or_warning();
  if (!world) return;
  const Program one(*world), two(*world);
  world->insert(0, 1);
  one.await(world->reader(0), SCARD_STATE_PRESENT);
  {
    Connection a(one, world->reader(0), SCARD_SHARE_EXCLUSIVE);
    REQUIRE(a.result == SCARD_S_SUCCESS);
    CHECK(Connection(two, world->reader(0)).result == SCARD_E_SHARING_VIOLATION);
    CHECK(a.send(kCount) == SCARD_S_SUCCESS);
  }
  CHECK(Connection(two, world->reader(0)).result == SCARD_S_SUCCESS);
  const DWORD t1 = SCARD_PROTOCOL_T1;
  SCARDHANDLE handle = 0;
  DWORD protocol = 0;
  world->insert(1, 2);
  two.await(world->reader(1), SCARD_STATE_PRESENT);
  CHECK(two.scard.connect(two.context, world->reader(1).c_str(), SCARD_SHARE_SHARED, t1, &handle, &protocol) == SCARD_E_PROTO_MISMATCH);
}
