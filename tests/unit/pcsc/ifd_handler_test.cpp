// The functions that pcscd calls, with card processes played by this one.
extern "C" {
#include <PCSC/ifdhandler.h>
#include <PCSC/reader.h>
}

#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <future>
#include <thread>

#include "pcsc/ifd/device.h"
#include "pcsc/ifd/hub.h"
#include "pcsc/ifd/serve.h"
#include "pcsc/unix_socket.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/pcsc/fake_slot.h"

using namespace simurgh;
using namespace simurgh::literals;
using namespace simurgh::pcsc;
using namespace simurgh::pcsc::ifd;
using namespace std::chrono_literals;
using test::FakeSlot;

namespace {

constexpr DWORD kLun = 5UL << 16;  // reader 5, slot 0

// A reader with its slots open, and pcscd's thread for each slot: it asks, notes what it learned, and sleeps.
class Reader {
 public:
  explicit Reader(unsigned slots = 2) : path(folder.file("ifd.socket")), moves_(slots) {
    std::string name = path + ":slots=" + std::to_string(slots);
    for (DWORD slot = 0; slot < slots; ++slot) REQUIRE(IFDHCreateChannelByName(kLun + slot, name.data()) == IFD_SUCCESS);
    DWORD length = sizeof poll_;
    REQUIRE(IFDHGetCapabilities(kLun, TAG_IFD_POLLING_THREAD_WITH_TIMEOUT, &length, reinterpret_cast<PUCHAR>(&poll_)) == IFD_SUCCESS);
    length = sizeof stop_;
    REQUIRE(IFDHGetCapabilities(kLun, TAG_IFD_STOP_POLLING_THREAD, &length, reinterpret_cast<PUCHAR>(&stop_)) == IFD_SUCCESS);
    for (DWORD slot = 0; slot < slots; ++slot) watchers_.emplace_back([this, slot] { watch(slot); });
  }
  ~Reader() {
    stopping_ = true;
    for (DWORD slot = 0; slot < watchers_.size(); ++slot) {
      stop_(kLun + slot);
      watchers_[slot].join();
      IFDHCloseChannel(kLun + slot);
    }
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // Waits until the thread of the slot has learned of so many movements; the last one is an arrival when the number is odd.
  void await_moves(DWORD slot, std::size_t count) {
    std::unique_lock lock(lock_);
    REQUIRE(moved_.wait_for(lock, 20s, [&] { return moves_[slot] >= count; }));
    CHECK(moves_[slot] == count);
  }

  test::TempDir folder;
  const std::string path;

 private:
  void watch(DWORD slot) {
    bool known = false;
    while (!stopping_) {
      if ((IFDHICCPresence(kLun + slot) == IFD_ICC_PRESENT) != known) {
        known = !known;
        const std::scoped_lock lock(lock_);
        ++moves_[slot];
        moved_.notify_all();
      }
      if (poll_(kLun + slot, 600'000) != IFD_SUCCESS) return;
    }
  }

  RESPONSECODE (*poll_)(DWORD, int) = nullptr;
  RESPONSECODE (*stop_)(DWORD) = nullptr;
  std::mutex lock_;
  std::condition_variable moved_;
  std::vector<std::size_t> moves_;
  std::atomic<bool> stopping_ = false;
  std::vector<std::thread> watchers_;
};

// A card process: serves until it is taken out.
class Card {
 public:
  Card(CardSlot& slot, const std::string& path, std::uint8_t wanted = Hello::kAnySlot)
      : stop_(::eventfd(0, EFD_CLOEXEC)), thread_([this, &slot, path, wanted] {
          try {
            serve(slot, {path, wanted, "test"}, stop_.get(), [this](Change change) {
              if (change.seated) seat_.set_value(change.slot);
            });
          } catch (const Unreachable& none) {
            seat_.set_exception(std::make_exception_ptr(none));
          }
        }) {}
  ~Card() {
    (void)::eventfd_write(stop_.get(), 1);
    thread_.join();
  }
  Card(const Card&) = delete;
  Card& operator=(const Card&) = delete;
  // Throws Unreachable.
  unsigned seat() { return seat_.get_future().get(); }

 private:
  UniqueFd stop_;
  std::promise<unsigned> seat_;
  std::thread thread_;
};

// A card process that says what the test says.
class RawCard {
 public:
  explicit RawCard(const std::string& path, ByteView opening = encode(Type::hello, 0, encode(Hello{Hello::kAnySlot, "3B00"_hex, "raw"})))
      : socket_(connect_to(path)) {
    REQUIRE(socket_);
    say(opening);
  }
  void say(ByteView bytes) const { (void)::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  // Empty when the handler hung up.
  [[nodiscard]] Bytes hear(std::size_t size) const {
    Bytes out(size);
    out.resize(static_cast<std::size_t>(std::max<ssize_t>(0, ::recv(socket_.get(), out.data(), size, MSG_WAITALL))));
    return out;
  }
  void leave() { socket_.reset(); }

 private:
  UniqueFd socket_;
};

struct Exchanged {
  RESPONSECODE code = 0;
  Bytes bytes;
};

Exchanged transmit(ByteView apdu, DWORD slot = 0, DWORD room = 65538) {
  Bytes command = to_bytes(apdu), buffer(room + 1);
  DWORD length = room;
  SCARD_IO_HEADER header{0, sizeof header}, received{};
  const RESPONSECODE code = IFDHTransmitToICC(kLun + slot, header, command.data(), command.size(), buffer.data(), &length, &received);
  buffer.resize(length);
  return {code, buffer};
}

Exchanged power(DWORD action, DWORD slot = 0) {
  Bytes atr(MAX_ATR_SIZE);
  DWORD length = MAX_ATR_SIZE;
  const RESPONSECODE code = IFDHPowerICC(kLun + slot, action, atr.data(), &length);
  atr.resize(length);
  return {code, atr};
}

Exchanged capability(DWORD tag, DWORD slot = 0, DWORD room = 64) {
  Bytes value(room + 1);
  DWORD length = room;
  const RESPONSECODE code = IFDHGetCapabilities(kLun + slot, tag, &length, value.data());
  value.resize(code == IFD_SUCCESS ? length : 0);
  return {code, value};
}

}  // namespace

TEST_CASE("A card process is a card in a slot: power, reset, APDUs, and out again", "[ifd]") {
  Reader reader;
  CHECK(IFDHICCPresence(kLun) == IFD_ICC_NOT_PRESENT);
  CHECK(power(IFD_POWER_UP).code == IFD_ICC_NOT_PRESENT);
  CHECK(transmit("00A40000"_hex).code == IFD_ICC_NOT_PRESENT);
  CHECK(capability(SCARD_ATTR_DEVICE_FRIENDLY_NAME_A).code == IFD_ERROR_TAG);
  FakeSlot slot, second_slot("3B9F96801FC78031A073BE21136743200718000001A5"_hex);
  {
    Card card(slot, reader.path), second(second_slot, reader.path, 1);
    CHECK(card.seat() == 0);
    CHECK(second.seat() == 1);
    reader.await_moves(0, 1);
    reader.await_moves(1, 1);
    CHECK(capability(TAG_IFD_ATR).bytes == slot.atr());
    CHECK(capability(SCARD_ATTR_DEVICE_FRIENDLY_NAME_A).bytes == "7465737400"_hex);
    CHECK(capability(SCARD_ATTR_ICC_INTERFACE_STATUS).bytes == "00"_hex);
    CHECK(power(IFD_RESET).bytes == slot.atr());
    CHECK(slot.power_ons == 1);
    CHECK(slot.resets == 0);
    CHECK(power(IFD_RESET).bytes == slot.atr());
    CHECK(slot.resets == 1);
    CHECK(power(IFD_POWER_UP, 1).bytes == second_slot.atr());
    CHECK(capability(SCARD_ATTR_ICC_INTERFACE_STATUS).bytes == "01"_hex);
    CHECK(transmit("00A40000"_hex).bytes == "00A400009000"_hex);
    const Bytes longest(65544, 0x5A);
    slot.on_transmit = [](ByteView apdu) { return concat({apdu.first(65536), "9000"_hex}); };
    CHECK(transmit(longest).bytes.size() == 65538);
    CHECK(transmit(longest, 0, 65537).code == IFD_ERROR_INSUFFICIENT_BUFFER);
    CHECK(transmit(Bytes(65549)).code == IFD_NOT_SUPPORTED);
    CHECK(transmit({}).code == IFD_NOT_SUPPORTED);
    CHECK(IFDHSetProtocolParameters(kLun, SCARD_PROTOCOL_T0, 0, 0, 0, 0) == IFD_SUCCESS);
    CHECK(IFDHSetProtocolParameters(kLun, SCARD_PROTOCOL_T1, 0, 0, 0, 0) == IFD_PROTOCOL_NOT_SUPPORTED);
    CHECK(power(IFD_POWER_DOWN).code == IFD_SUCCESS);
    CHECK(slot.power_offs == 1);
    slot.mute = true;
    CHECK(power(IFD_POWER_UP).code == IFD_ERROR_POWER_ACTION);
    slot.on_transmit = [](ByteView) { return Bytes{}; };
    CHECK(transmit("00"_hex).code == IFD_RESPONSE_TIMEOUT);
    CHECK(power(499).code == IFD_NOT_SUPPORTED);
  }
  reader.await_moves(0, 2);
  reader.await_moves(1, 2);
  CHECK(capability(TAG_IFD_ATR).bytes.empty());
}

TEST_CASE("The handler tells pcscd what it can do, and no value is longer than its buffer", "[ifd]") {
  const Reader reader(3);
  CHECK(capability(TAG_IFD_SLOTS_NUMBER).bytes == "03"_hex);
  CHECK(capability(TAG_IFD_SIMULTANEOUS_ACCESS).bytes == "10"_hex);
  CHECK(capability(TAG_IFD_THREAD_SAFE).bytes == "01"_hex);
  CHECK(capability(TAG_IFD_SLOT_THREAD_SAFE).bytes == "01"_hex);
  CHECK(capability(TAG_IFD_POLLING_THREAD_KILLABLE).bytes == "00"_hex);
  CHECK(capability(SCARD_ATTR_VENDOR_NAME).bytes == concat({text_view("Simurgh"), "00"_hex}));
  CHECK(capability(SCARD_ATTR_VENDOR_NAME, 0, 7).code == IFD_ERROR_INSUFFICIENT_BUFFER);
  CHECK(capability(TAG_IFD_SLOTS_NUMBER, 0, 0).code == IFD_ERROR_INSUFFICIENT_BUFFER);
  CHECK(capability(TAG_IFD_STOP_POLLING_THREAD, 0, 7).code == IFD_ERROR_INSUFFICIENT_BUFFER);
  CHECK(capability(0x1234).code == IFD_ERROR_TAG);
  CHECK(capability(TAG_IFD_SLOTS_NUMBER, 3).code == IFD_NO_SUCH_DEVICE);
  CHECK(IFDHICCPresence(6UL << 16) == IFD_NO_SUCH_DEVICE);
  UCHAR value = 1;
  CHECK(IFDHSetCapabilities(kLun, TAG_IFD_SLOTNUM, 1, &value) == IFD_ERROR_TAG);
  Bytes out(64);
  DWORD length = 0;
  CHECK(IFDHControl(kLun, CM_IOCTL_GET_FEATURE_REQUEST, nullptr, 0, out.data(), out.size(), &length) == IFD_SUCCESS);
  CHECK(length == 6);
  CHECK(IFDHControl(kLun, CM_IOCTL_GET_FEATURE_REQUEST, nullptr, 0, out.data(), 5, &length) == IFD_ERROR_INSUFFICIENT_BUFFER);
  CHECK(length == 0);
  CHECK(IFDHControl(kLun, 1, nullptr, 0, out.data(), out.size(), &length) == IFD_ERROR_NOT_SUPPORTED);
}

TEST_CASE("DEVICENAME names the socket and the slots", "[ifd]") {
  CHECK(parse_device("/a/b:slots=16")->slots == 16);
  CHECK(parse_device("/a/b:slots=16")->socket_path == "/a/b");
  CHECK(parse_device("/a/b:")->slots == kDefaultSlots);
  CHECK(parse_device("/a/b")->socket_path == "/a/b");
  CHECK(parse_device(":slots=1")->socket_path == socket_path());
  CHECK(parse_device("")->slots == kDefaultSlots);
  for (const char* wrong :
       {"a/b:slots=1", "/a:slots=0", "/a:slots=17", "/a:slots=", "/a:slots=1x", "/a:slots=-1", "/a:x", "/a:slots=99999999999"}) {
    INFO(wrong);
    CHECK_FALSE(parse_device(wrong));
  }
  std::string name = "/nonexistent/folder/socket:";
  CHECK(IFDHCreateChannelByName(kLun, name.data()) == IFD_COMMUNICATION_ERROR);
  name = "nonsense:";
  CHECK(IFDHCreateChannelByName(kLun, name.data()) == IFD_NO_SUCH_DEVICE);
  CHECK(IFDHICCPresence(kLun) == IFD_NO_SUCH_DEVICE);
  CHECK(IFDHCloseChannel(kLun) == IFD_COMMUNICATION_ERROR);
}

TEST_CASE("The socket is the user's alone, in a folder that others cannot write to, and leaves with the reader", "[ifd]") {
  test::TempDir folder;
  const std::string path = folder.file("deeper/ifd.socket");
  std::string name = path + ":slots=1";
  REQUIRE(IFDHCreateChannelByName(kLun, name.data()) == IFD_SUCCESS);
  struct stat there {};
  REQUIRE(::stat(path.c_str(), &there) == 0);
  CHECK((there.st_mode & 0777) == 0600);
  CHECK(IFDHCreateChannelByName(kLun + 1, name.data()) == IFD_NO_SUCH_DEVICE);
  CHECK(IFDHCloseChannel(kLun) == IFD_SUCCESS);
  CHECK_FALSE(std::filesystem::exists(path));
  REQUIRE(::chmod(folder.file("deeper").c_str(), 0777) == 0);
  CHECK(IFDHCreateChannelByName(kLun, name.data()) == IFD_COMMUNICATION_ERROR);
}

TEST_CASE("A thousand cards come and go, and pcscd learns of every one", "[ifd]") {
  Reader reader(1);
  FakeSlot slot;
  for (std::size_t cycle = 0; cycle < 1000; ++cycle) {
    RawCard card(reader.path);
    REQUIRE(card.hear(7) == encode(Type::welcome, 0, "00"_hex));
    reader.await_moves(0, 2 * cycle + 1);
    card.leave();
    // The next one connects at once; it gets the slot only when pcscd has seen it empty.
  }
  reader.await_moves(0, 2000);
}

TEST_CASE("Cards find the lowest free slot, and the sentence for those without one says what to do", "[ifd]") {
  Reader reader;
  FakeSlot a, b, c;
  Card first(a, reader.path), second(b, reader.path);
  CHECK(first.seat() + second.seat() == 1);
  CHECK_THROWS_AS(Card(c, reader.path).seat(), Unreachable);
  try {
    Card(c, reader.path, 1).seat();
    FAIL("a taken slot was given");
  } catch (const Unreachable& wrong) {
    CHECK_THAT(wrong.what(), Catch::Contains("Slot 1 holds a card"));
  }
  try {
    Card(c, reader.path, 2).seat();
    FAIL("a slot that is not there was given");
  } catch (const Unreachable& wrong) {
    CHECK_THAT(wrong.what(), Catch::Contains("no slot 2"));
  }
  CHECK(probe(reader.path) == Reachable::yes);
  CHECK(probe(reader.path + "x") == Reachable::absent);
  CHECK_THROWS_AS(Card(c, reader.path + "x").seat(), Unreachable);
  CHECK_THAT(advice(Reachable::denied, reader.path), Catch::Contains("root"));
  CHECK_THAT(advice(Refusal::full, {reader.path, 0, {}}), Catch::Contains("DEVICENAME"));
}

TEST_CASE("A card process that dies in the middle of an APDU is a card that was pulled out", "[ifd]") {
  Reader reader(1);
  RawCard card(reader.path);
  REQUIRE(card.hear(7).size() == 7);
  reader.await_moves(0, 1);
  auto answer = std::async(std::launch::async, [] { return transmit("00A40000"_hex).code; });
  REQUIRE(card.hear(10) == encode(Type::transmit, 1, "00A40000"_hex));
  card.say("22 01 00000002 90"_hex);  // the beginning of an answer
  card.leave();
  CHECK(answer.get() == IFD_COMMUNICATION_ERROR);
  reader.await_moves(0, 2);
  CHECK(transmit("00A40000"_hex).code == IFD_ICC_NOT_PRESENT);
}

TEST_CASE("A card that answers with nonsense is removed, and the next one works", "[ifd]") {
  Reader reader(1);
  std::size_t moves = 0;
  for (const Bytes& nonsense : {
           "22 02 00000002 9000"_hex,                 // another request's number
           "20 01 00000002 3B00"_hex,                 // an ATR for an APDU
           "22 01 00000001 90"_hex,                   // no status word
           "22 01 FFFFFFFF"_hex,                      // longer than anything
           "FF 01 00000000"_hex,                      // no such type
           "22 01 00000002 9000 22 01 00000000"_hex,  // one more than asked for
           "13 01 00000000"_hex,                      // a question
       }) {
    INFO(to_hex(nonsense));
    RawCard card(reader.path);
    REQUIRE(card.hear(7).size() == 7);
    reader.await_moves(0, ++moves);
    auto answer = std::async(std::launch::async, [] { return transmit("00A40000"_hex).code; });
    REQUIRE(card.hear(10).size() == 10);
    card.say(nonsense);
    CHECK(answer.get() == IFD_COMMUNICATION_ERROR);
    reader.await_moves(0, ++moves);
    CHECK(card.hear(1).empty());
  }
  FakeSlot slot;
  Card good(slot, reader.path);
  CHECK(good.seat() == 0);
  CHECK(power(IFD_POWER_UP).bytes == slot.atr());
}

TEST_CASE("pcscd's thread sleeps until something happens, and a wake ends one sleep", "[ifd]") {
  test::TempDir folder;
  Hub hub({.socket_path = folder.file("s"), .slots = 1, .log = {}});
  const auto slept = [&](std::chrono::milliseconds time) {
    const auto start = std::chrono::steady_clock::now();
    hub.wait_for_change(0, time);
    return std::chrono::steady_clock::now() - start;
  };
  CHECK(slept(1h) < 1h);  // it has not looked yet
  CHECK_FALSE(hub.present(0));
  CHECK(slept(20ms) >= 20ms);
  hub.wake(0);
  CHECK(slept(1h) < 1h);
  CHECK(slept(20ms) >= 20ms);
  const RawCard card(folder.file("s"));
  REQUIRE(card.hear(7).size() == 7);
  CHECK(slept(1h) < 1h);
  CHECK(slept(1h) < 1h);  // until it looks
  CHECK(hub.present(0));
  CHECK(slept(20ms) >= 20ms);
}

TEST_CASE("Octets that nobody asked for make the next answer nonsense", "[ifd]") {
  Reader reader(1);
  RawCard card(reader.path);
  REQUIRE(card.hear(7).size() == 7);
  reader.await_moves(0, 1);
  card.say("22 01 00000002 9000"_hex);
  card.say("22 02 00000002 9000"_hex);
  CHECK(transmit("00A40000"_hex).code == IFD_COMMUNICATION_ERROR);
}

TEST_CASE("Connections that do not open with a hello get no slot", "[ifd]") {
  Reader reader(1);
  for (const Bytes& opening : {"01 00 00000003 020000"_hex, "22 00 00000002 9000"_hex, "01 00 FFFFFFFF"_hex, "FFFFFFFFFFFF"_hex,
                               concat({encode(Type::hello, 0, encode(Hello{})), "00"_hex})}) {
    INFO(to_hex(opening));
    const RawCard card(reader.path, opening);
    CHECK(card.hear(7) == encode(Type::refused, 0, Bytes{static_cast<std::uint8_t>(Refusal::not_understood)}));
    CHECK(card.hear(1).empty());
  }
  std::vector<RawCard> silent;
  for (std::size_t i = 0; i < Hub::kMaxNewcomers; ++i) silent.emplace_back(reader.path, ByteView());
  const RawCard one_more(reader.path);
  CHECK(one_more.hear(7) == encode(Type::refused, 0, Bytes{static_cast<std::uint8_t>(Refusal::full)}));
  silent.clear();
  FakeSlot slot;
  Card card(slot, reader.path);
  CHECK(card.seat() == 0);
}

TEST_CASE("Patience ends: with a silent newcomer, and with a card that does not answer", "[ifd]") {
  test::TempDir folder;
  std::promise<std::string> left;
  Hub hub(
      {.socket_path = folder.file("s"), .slots = 1, .hello_patience = 20ms, .answer_patience = 20ms, .log = [&](const std::string& what) {
         if (what.find(" is in slot ") == std::string::npos) left.set_value(what);
       }});
  const RawCard silent(folder.file("s"), ByteView());
  CHECK(silent.hear(1).empty());
  const RawCard half(folder.file("s"), "01 00 000000"_hex);
  CHECK(half.hear(1).empty());
  const RawCard card(folder.file("s"));
  REQUIRE(card.hear(7).size() == 7);
  while (!hub.present(0)) std::this_thread::yield();
  const auto answer = hub.transmit(0, Bytes(60000));
  REQUIRE_FALSE(answer);
  CHECK(answer.error() == Hub::Trouble::lost);
  CHECK_FALSE(hub.present(0));
  CHECK_THAT(left.get_future().get(), Catch::Contains("did not answer in time"));
}

TEST_CASE("A card comes back to its reader after pcscd restarted", "[ifd]") {
  test::TempDir folder;
  FakeSlot slot;
  auto hub = std::make_unique<Hub>(Hub::Options{.socket_path = folder.file("s"), .slots = 1, .log = {}});
  const UniqueFd stop(::eventfd(0, EFD_CLOEXEC));
  std::atomic<int> seated = 0, lost = 0;
  std::thread process([&] {
    serve(slot, {folder.file("s"), Hello::kAnySlot, "x"}, stop.get(), [&](Change change) { ++(change.seated ? seated : lost); });
  });
  while (!hub->present(0)) std::this_thread::yield();
  hub.reset();
  while (lost == 0) std::this_thread::yield();
  hub = std::make_unique<Hub>(Hub::Options{.socket_path = folder.file("s"), .slots = 1, .log = {}});
  while (!hub->present(0)) std::this_thread::yield();
  CHECK(hub->power_on(0) == slot.atr());
  REQUIRE(::eventfd_write(stop.get(), 1) == 0);
  process.join();
  while (hub->present(0)) std::this_thread::yield();
  CHECK(seated == 2);
  CHECK(lost == 2);
  CHECK(slot.power_offs == 2);
}

TEST_CASE("What the card throws reaches the caller of serve, and the card is gone", "[ifd]") {
  Reader reader(1);
  FakeSlot slot;
  slot.on_transmit = [](ByteView) -> Bytes { throw std::runtime_error("disk full"); };
  const UniqueFd stop(::eventfd(0, EFD_CLOEXEC));
  std::string what;
  std::thread process([&] {
    try {
      serve(slot, {reader.path, Hello::kAnySlot, "x"}, stop.get());
    } catch (const std::exception& error) {
      what = error.what();
    }
  });
  reader.await_moves(0, 1);
  CHECK(transmit("00A40000"_hex).code == IFD_COMMUNICATION_ERROR);
  process.join();
  CHECK(what == "disk full");
  reader.await_moves(0, 2);
}
