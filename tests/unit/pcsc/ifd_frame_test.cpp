#include "pcsc/ifd/frame.h"

#include <catch2/catch.hpp>

#include "pcsc/ifd/session.h"
#include "tests/unit/pcsc/fake_slot.h"

using namespace simurgh;
using namespace simurgh::literals;
using namespace simurgh::pcsc::ifd;
using test::FakeSlot;

TEST_CASE("A frame is read whole, in whatever fragments it arrives", "[ifd]") {
  const Bytes two = concat({encode(Type::transmit, 7, "00A40000"_hex), encode(Type::power_off, 8, {})});
  CHECK(two == "13 07 00000004 00A40000 12 08 00000000"_hex);
  for (std::size_t step = 1; step <= two.size(); ++step) {
    FrameReader reader;
    std::vector<Bytes> seen;
    for (std::size_t at = 0; at < two.size(); at += step) {
      reader.receive(ByteView(two).subspan(at, std::min(step, two.size() - at)));
      for (auto frame = reader.next(); frame && *frame; frame = reader.next()) seen.push_back(to_bytes((*frame)->body));
    }
    CHECK(seen == std::vector{"00A40000"_hex, Bytes{}});
    CHECK(reader.empty());
  }
}

TEST_CASE("An unknown type or a length beyond the type's bound is bad as soon as the header is there, and stays bad", "[ifd]") {
  for (const char* header : {"00 00 00000000", "7F 00 00000000", "13 00 0001000D", "13 00 FFFFFFFF", "21 00 00000001", "20 00 00000022"}) {
    INFO(header);
    FrameReader reader;
    reader.receive(*from_hex(header));
    CHECK_FALSE(reader.next());
    reader.receive(encode(Type::done, 1, {}));
    CHECK_FALSE(reader.next());
  }
  FrameReader longest;
  longest.receive("22 00 0001000C"_hex);
  REQUIRE(longest.next());
  CHECK_FALSE(*longest.next());
  CHECK_THROWS_AS(encode(Type::power_on, 1, "00"_hex), std::length_error);
}

TEST_CASE("A hello is decoded whole or not at all", "[ifd]") {
  const Bytes body = encode(Hello{3, "3B00"_hex, "my.card"});
  CHECK(body == concat({"01 03 02 3B00"_hex, text_view("my.card")}));
  const auto hello = decode_hello(body);
  REQUIRE(hello);
  CHECK(hello->slot == 3);
  CHECK(hello->atr == "3B00"_hex);
  CHECK(hello->name == "my.card");
  CHECK(decode_hello(encode(Hello{0, {}, {}})));
  CHECK(decode_hello(encode(Hello{0, Bytes(33, 0x3B), std::string(80, '\n')}))->name == std::string(64, '?'));
  for (const char* wrong : {"", "01", "0100", "02 03 00", "01 03 01", "01 03 22", "01 03 00 0A", "01 03 00 FF"}) {
    INFO(wrong);
    CHECK_FALSE(decode_hello(*from_hex(wrong)));
  }
  CHECK_FALSE(decode_hello(concat({"01 03 00"_hex, Bytes(65, 'a')})));
}

TEST_CASE("A card answers each request with its number", "[ifd]") {
  FakeSlot slot;
  Session session(slot);
  CHECK(Session::hello(slot, Hello::kAnySlot, "x") == "01 00 00000008 01 FF 04 3B810055 78"_hex);
  session.receive(concat({encode(Type::welcome, 0, "02"_hex), encode(Type::power_on, 1, {}), encode(Type::transmit, 2, "00A4"_hex),
                          encode(Type::reset, 3, {}), encode(Type::power_off, 4, {})}));
  CHECK(session.next() == encode(Type::atr, 1, "3B810055"_hex));
  CHECK(session.state() == Session::State::seated);
  CHECK(session.seat() == 2);
  CHECK(session.next() == encode(Type::response, 2, "00A49000"_hex));
  CHECK(session.next() == encode(Type::atr, 3, "3B810055"_hex));
  CHECK(session.next() == encode(Type::done, 4, {}));
  CHECK_FALSE(session.next());
  CHECK(slot.power_offs == 1);

  slot.mute = true;
  slot.on_transmit = [](ByteView apdu) { return Bytes(apdu.size() == 1 ? 1 : kMaxApdu + 1); };
  session.receive(concat({encode(Type::power_on, 5, {}), encode(Type::transmit, 6, "00"_hex), encode(Type::transmit, 7, "0000"_hex)}));
  CHECK(session.next() == encode(Type::atr, 5, {}));
  CHECK(session.next() == encode(Type::response, 6, "6F00"_hex));
  CHECK(session.next() == encode(Type::response, 7, "6F00"_hex));
}

TEST_CASE("A card that is refused says why, and one that is spoken to out of turn leaves", "[ifd]") {
  FakeSlot slot;
  Session refused(slot);
  refused.receive(encode(Type::refused, 0, "02"_hex));
  CHECK_FALSE(refused.next());
  CHECK(refused.state() == Session::State::refused);
  CHECK(refused.refusal() == Refusal::slot_taken);
  for (const Bytes& wrong : {encode(Type::power_on, 1, {}), encode(Type::welcome, 0, {}), "FF0000000000"_hex,
                             concat({encode(Type::welcome, 0, "00"_hex), encode(Type::done, 1, {})})}) {
    Session session(slot);
    session.receive(wrong);
    CHECK_FALSE(session.next());
    CHECK(session.state() == Session::State::broken);
  }
  CHECK(slot.power_ons == 0);
}
