#include "pcsc/vpcd/session.h"

#include <catch2/catch.hpp>
#include <random>

#include "tests/unit/pcsc/fake_slot.h"

using namespace simurgh;
using namespace simurgh::literals;
using pcsc::vpcd::Session;
using test::FakeSlot;

namespace {

Bytes answers(Session& session, ByteView input) {
  Bytes out;
  session.receive(input);
  while (const auto answer = session.next()) append(out, *answer);
  return out;
}

Bytes frame(ByteView body) { return concat({be_bytes(body.size(), 2), body}); }

}  // namespace

TEST_CASE("Power and reset messages reach the card and have no answer", "[vpcd]") {
  FakeSlot slot;
  Session session(slot);
  CHECK(answers(session, "000101 000102 000100"_hex).empty());
  CHECK(slot.power_ons == 1);
  CHECK(slot.resets == 1);
  CHECK(slot.power_offs == 1);
}

TEST_CASE("The ATR message is answered with the ATR in a frame", "[vpcd]") {
  FakeSlot slot;
  Session session(slot);
  CHECK(answers(session, "000104"_hex) == "0004 3B810055"_hex);
}

TEST_CASE("An APDU is answered with the response of the card in a frame", "[vpcd]") {
  FakeSlot slot;
  Session session(slot);
  CHECK(answers(session, "0005 00A4000400"_hex) == "0007 00A4000400 9000"_hex);
}

TEST_CASE("Any fragmentation gives the same answers as one piece", "[vpcd]") {
  Bytes input = "000101 000104"_hex;
  append(input, frame(Bytes(300, 0x11)));
  append(input, frame(Bytes(65535, 0x22)));
  append(input, "000102 0004 00B00000"_hex);

  const auto run = [&](const std::function<std::size_t()>& piece) {
    FakeSlot slot;
    slot.on_transmit = [](ByteView apdu) { return concat({be_bytes(apdu.size(), 3), "9000"_hex}); };
    Session session(slot);
    Bytes out;
    for (ByteView rest = input; !rest.empty();) {
      const std::size_t n = std::min(piece(), rest.size());
      append(out, answers(session, rest.first(n)));
      rest = rest.subspan(n);
    }
    CHECK(slot.transmits == 3);
    CHECK(slot.power_ons == 1);
    CHECK(slot.resets == 1);
    return out;
  };

  const Bytes whole = run([&] { return input.size(); });
  CHECK(whole == "0004 3B810055 0005 00012C9000 0005 00FFFF9000 0005 0000049000"_hex);
  CHECK(run([] { return std::size_t{1}; }) == whole);
  CHECK(run([] { return std::size_t{2}; }) == whole);
  CHECK(run([] { return std::size_t{3}; }) == whole);
  std::mt19937 random(7);
  CHECK(run([&] { return std::size_t{1} + random() % 999; }) == whole);
}

TEST_CASE("A one-byte message that is no control code is an APDU", "[vpcd]") {
  FakeSlot slot;
  Session session(slot);
  CHECK(answers(session, "000103"_hex) == "0003 039000"_hex);
  CHECK(slot.transmits == 1);
}

TEST_CASE("An empty frame is an empty APDU and is answered, so that both sides stay in step", "[vpcd]") {
  FakeSlot slot;
  Session session(slot);
  CHECK(answers(session, "0000 0000"_hex) == "0002 9000 0002 9000"_hex);
}

TEST_CASE("A length that announces more than ever comes executes nothing", "[vpcd]") {
  FakeSlot slot;
  Session session(slot);
  CHECK(answers(session, "FFFF 01020304"_hex).empty());
  CHECK(slot.transmits == 0);
}

TEST_CASE("A response longer than a frame can say becomes 6F00", "[vpcd]") {
  FakeSlot slot;
  slot.on_transmit = [](ByteView) { return Bytes(65538, 0x90); };
  Session session(slot);
  CHECK(answers(session, "0004 00B00000"_hex) == "0002 6F00"_hex);
}

TEST_CASE("Random bytes are answered frame by frame, whatever their pieces", "[vpcd]") {
  std::mt19937 random(99);
  FakeSlot slot;
  Session session(slot);
  Bytes sent, received;
  for (int round = 0; round < 2000; ++round) {
    Bytes noise(random() % 64);
    for (auto& byte : noise) byte = static_cast<std::uint8_t>(random() % 3);
    append(sent, noise);
    append(received, answers(session, noise));
  }
  // The same frames, cut by hand.
  Bytes expected;
  int apdus = 0;
  for (ByteView rest = sent; rest.size() >= 2;) {
    const auto length = static_cast<std::size_t>(be_value(rest.first(2)));
    if (length > rest.size() - 2) break;
    const ByteView body = rest.subspan(2, length);
    rest = rest.subspan(2 + length);
    if (length == 1 && body[0] <= 2) continue;
    append(expected, frame(concat({body, "9000"_hex})));
    ++apdus;
  }
  CHECK(received == expected);
  CHECK(slot.transmits == apdus);
  CHECK(apdus > 0);
}
