#include "tools/terminal/proactive_command.h"

#include <algorithm>

namespace simurgh::terminal {
namespace {

constexpr std::uint8_t kCommandDetails = 0x01, kDeviceIdentities = 0x02;
constexpr std::uint8_t kNotUnderstood = 0x32, kNumberUnknown = 0x33, kValuesMissing = 0x36;  // TS 102 223 8.12

}  // namespace

asn1::Parsed<std::vector<Object>> read_objects(ByteView input) {
  std::vector<Object> out;
  std::size_t at = 0;
  const auto fail = [&](const char* what) { return std::unexpected(asn1::ParseError{what, at}); };
  while (at < input.size()) {
    Object object;
    const std::uint8_t first = input[at];
    // TS 101 220 7.1.1.1: 7F opens the form of three octets; 00, 80 and FF are no tags.
    if (first == 0x00 || first == 0x80 || first == 0xFF) return fail("COMPREHENSION-TLV tag is reserved");
    std::size_t next = at + 1;
    if (first == 0x7F) {
      if (input.size() - next < 2) return fail("COMPREHENSION-TLV tag is cut");
      object.comprehension = (input[next] & 0x80) != 0;
      object.tag = static_cast<std::uint16_t>((input[next] & 0x7F) << 8 | input[next + 1]);
      next += 2;
    } else {
      object.comprehension = (first & 0x80) != 0;
      object.tag = first & 0x7F;
    }
    if (next == input.size()) return fail("COMPREHENSION-TLV length is missing");
    std::size_t length = input[next++];
    if (length >= 0x80) {
      const std::size_t octets = length - 0x80;
      if (octets < 1 || octets > 3 || input.size() - next < octets) return fail("COMPREHENSION-TLV length cannot be read");
      length = static_cast<std::size_t>(be_value(input.subspan(next, octets)));
      next += octets;
    }
    if (length > input.size() - next) return fail("COMPREHENSION-TLV value is cut");
    object.value = input.subspan(next, length);
    out.push_back(object);
    at = next + length;
  }
  return out;
}

void put_object(Bytes& out, std::uint8_t tag, ByteView value, bool comprehension) {
  out.push_back(static_cast<std::uint8_t>(tag | (comprehension ? 0x80 : 0x00)));
  append(out, asn1::encode_length(value.size()));
  append(out, value);
}

const Object* ProactiveCommand::find(std::uint16_t tag) const noexcept {
  const auto at = std::find_if(objects.begin(), objects.end(), [&](const Object& object) { return object.tag == tag; });
  return at == objects.end() ? nullptr : &*at;
}

std::vector<const Object*> ProactiveCommand::all(std::uint16_t tag) const {
  std::vector<const Object*> out;
  for (const Object& object : objects) {
    if (object.tag == tag) out.push_back(&object);
  }
  return out;
}

std::expected<ProactiveCommand, CommandError> parse_command(ByteView fetched) {
  ProactiveCommand command;
  command.encoded = to_bytes(fetched);
  bool details_known = false;
  const auto refuse = [&](std::uint8_t result, const char* why) { return std::unexpected(CommandError{command.details, details_known, result, why}); };
  const auto outer = asn1::read_only(command.encoded, 0xD0);
  if (!outer) return refuse(kNotUnderstood, "no template D0");
  auto objects = read_objects(outer->value);
  if (!objects) {
    // The details stand first (TS 102 223 6.6), so they can often be echoed even when the rest cannot be read.
    if (outer->value.size() >= 5 && (outer->value[0] & 0x7F) == kCommandDetails && outer->value[1] == 3) {
      command.details = {outer->value[2], outer->value[3], outer->value[4]};
      details_known = true;
    }
    return refuse(kNotUnderstood, objects.error().what);
  }
  command.objects = *std::move(objects);
  const Object* details = command.find(kCommandDetails);
  if (details == nullptr || details->value.size() != 3) return refuse(kNotUnderstood, "no command details");
  command.details = {details->value[0], details->value[1], details->value[2]};
  details_known = true;
  // TS 102 223 8.6: numbers 01 to FE
  if (command.details.number == 0x00 || command.details.number == 0xFF) return refuse(kNumberUnknown, "command number is reserved");
  const Object* devices = command.find(kDeviceIdentities);
  if (devices == nullptr) return refuse(kValuesMissing, "no device identities");
  if (devices->value.size() != 2) return refuse(kNotUnderstood, "device identities are not two octets");
  command.source = devices->value[0];
  command.destination = devices->value[1];
  return command;
}

}  // namespace simurgh::terminal
