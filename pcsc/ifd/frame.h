// The frames between our IFD handler inside pcscd and a card process, over a Unix stream socket.
//
// A frame is a type (one octet), a number (one octet), the length of its body (four octets, most significant first) and the body. The card
// opens with a hello and is answered by welcome or refused. From then on the handler asks and the card answers, one request at a time; an
// answer carries the number of its request, so that a late or invented one is never taken for another's. A card leaves by closing.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>

#include "asn1/bytes.h"

namespace simurgh::pcsc::ifd {

enum class Type : std::uint8_t {
  hello = 0x01,      // card: what it is, see Hello
  welcome = 0x02,    // handler: the slot, one octet
  refused = 0x03,    // handler: a Refusal, one octet
  power_on = 0x10,   // handler: cold reset; the answer is atr
  reset = 0x11,      // handler: warm reset; the answer is atr
  power_off = 0x12,  // handler: the answer is done
  transmit = 0x13,   // handler: a command APDU; the answer is response
  atr = 0x20,        // card: the ATR; empty when the card is mute
  done = 0x21,       // card
  response = 0x22,   // card: a response APDU; empty when the card is mute
};

enum class Refusal : std::uint8_t { full = 1, slot_taken = 2, no_such_slot = 3, not_understood = 4 };

inline constexpr std::size_t kHeader = 6;
// MAX_BUFFER_SIZE_EXTENDED and MAX_ATR_SIZE of pcsclite.h.
inline constexpr std::size_t kMaxApdu = 65548;
inline constexpr std::size_t kMaxAtr = 33;
inline constexpr std::size_t kMaxName = 64;
inline constexpr std::size_t kMaxFrame = kHeader + kMaxApdu;

struct Frame {
  Type type{};
  std::uint8_t number = 0;
  ByteView body;  // lives until the next call of the reader that gave it
};

// The body must be one that `longest_body` allows.
[[nodiscard]] Bytes encode(Type type, std::uint8_t number, ByteView body);

// The bound on the body of a frame of this type; nothing: there is no such type.
[[nodiscard]] std::optional<std::size_t> longest_body(std::uint8_t type) noexcept;

// Takes octets in any fragments and gives whole frames. Holds at most one frame beyond what was last received.
class FrameReader {
 public:
  void receive(ByteView bytes);

  enum class Bad { frame };
  // Nothing: more octets are needed. Bad: an unknown type or a length beyond its bound, told before a body is waited for; every later call
  // says the same.
  [[nodiscard]] std::expected<std::optional<Frame>, Bad> next();
  // Octets that no frame has used yet.
  [[nodiscard]] bool empty() const noexcept { return done_ == input_.size(); }

 private:
  Bytes input_;
  std::size_t done_ = 0;
  bool bad_ = false;
};

// What a card says of itself. On the wire: version 01, wanted slot, length of the ATR, ATR, name to the end.
struct Hello {
  static constexpr std::uint8_t kVersion = 1;
  static constexpr std::uint8_t kAnySlot = 0xFF;

  std::uint8_t slot = kAnySlot;
  Bytes atr;         // what the next activation will give
  std::string name;  // printable ASCII, for people
};

// A longer name is cut and what is not printable becomes '?'; an ATR over 33 octets is a programmer's error.
[[nodiscard]] Bytes encode(const Hello& hello);
// Nothing: another version, or not what is said above.
[[nodiscard]] std::optional<Hello> decode_hello(ByteView body);

}  // namespace simurgh::pcsc::ifd
