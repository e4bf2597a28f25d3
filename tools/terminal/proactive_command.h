// COMPREHENSION-TLV (TS 101 220 7.1.1) and the proactive command a card hands out (TS 102 223 6.6, 8.6). Reads octets of a hostile card.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <vector>

#include "asn1/bytes.h"
#include "asn1/tlv.h"

namespace simurgh::terminal {

struct Object {
  std::uint16_t tag = 0;  // without the comprehension bit
  bool comprehension = false;
  ByteView value;
};

// The whole list or an error; views into `input`.
[[nodiscard]] asn1::Parsed<std::vector<Object>> read_objects(ByteView input);
// `tag` below 0x7F. The comprehension bit is set unless told otherwise.
void put_object(Bytes& out, std::uint8_t tag, ByteView value, bool comprehension = true);

struct CommandDetails {
  std::uint8_t number = 0, type = 0, qualifier = 0;
};

struct ProactiveCommand {
  CommandDetails details;
  std::uint8_t source = 0, destination = 0;
  std::vector<Object> objects;  // everything, in order; views into `encoded`
  Bytes encoded;                // D0 template

  ProactiveCommand() = default;
  ProactiveCommand(ProactiveCommand&&) noexcept = default;  // the octets do not move with their owner
  ProactiveCommand& operator=(ProactiveCommand&&) noexcept = default;
  // The first object with this tag, or nothing.
  [[nodiscard]] const Object* find(std::uint16_t tag) const noexcept;
  // All of them.
  [[nodiscard]] std::vector<const Object*> all(std::uint16_t tag) const;
};

// Why no command could be made of the octets, as TERMINAL RESPONSE tells it. Without readable details the response carries zeros
// (TS 102 223 6.8.1).
struct CommandError {
  CommandDetails details;
  bool details_known = false;
  std::uint8_t result = 0x32;  // TS 102 223 8.12
  const char* why = "";        // a literal
};

[[nodiscard]] std::expected<ProactiveCommand, CommandError> parse_command(ByteView fetched);

}  // namespace simurgh::terminal
