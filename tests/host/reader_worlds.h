// The kinds of readers under one face, for tests that every kind must pass.
#pragma once

#include <memory>
#include <string>

#include "pcsc/slot.h"

namespace simurgh::test {

// A card that does as its APDUs say: INS C0 gives how often it was powered on, reset warm and powered off; C1 counts; C2 gives as many
// octets as P1 and P2 say; DD ends the process it lives in, in the middle of the command. Everything else comes back with 9000.
class ScriptedCard final : public pcsc::CardSlot {
 public:
  explicit ScriptedCard(std::uint8_t mark) : mark_(mark) {}
  Bytes power_on() override;
  Bytes reset() override;
  void power_off() override { ++power_offs_; }
  Bytes transmit(ByteView apdu) override;
  // T=0 only, with the mark as its historical byte.
  [[nodiscard]] Bytes atr() const override { return {0x3B, 0x81, 0x00, mark_}; }

 private:
  std::uint8_t mark_, power_ons_ = 0, resets_ = 0, power_offs_ = 0, count_ = 0;
};

// Two readers. Cards are processes of their own where the kind of reader has them so.
class World {
 public:
  virtual ~World() = default;
  [[nodiscard]] virtual std::string library() const = 0;
  [[nodiscard]] virtual std::string reader(unsigned number) const = 0;
  // What it calls itself with a card in it.
  [[nodiscard]] virtual std::string name(unsigned number) const { return reader(number); }
  // A fresh card with this mark into an empty reader, and out again. Both are on their way when the call returns.
  virtual void insert(unsigned number, std::uint8_t mark) = 0;
  virtual void remove(unsigned number) = 0;
  [[nodiscard]] virtual bool cards_are_processes() const = 0;
  // Debian's vpcd driver lacks what can be expected of a reader: responses over 65,533 octets of data (its frames have two octets of
  // length), the ATR as an attribute, an error when the card dies (it answers with nothing).
  [[nodiscard]] virtual bool complete() const = 0;
  // How many insertions and removals are a fair test of how prompt this kind of reader is.
  [[nodiscard]] virtual int cycles() const = 0;
};

// The kind is "direct", "ifd" or "vpcd". Nothing, and why, when this machine cannot have it.
[[nodiscard]] std::unique_ptr<World> make_world(const std::string& kind, std::string& why);

}  // namespace simurgh::test
