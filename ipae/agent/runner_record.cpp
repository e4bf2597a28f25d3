#include <algorithm>

#include "ipae/agent/runner.h"

namespace simurgh::ipae {
namespace {

std::optional<std::uint64_t> number(ByteView content, std::uint32_t tag) {
  const auto found = asn1::find_child(content, tag);
  const auto value = found ? asn1::unsigned_value(*found) : std::unexpected(asn1::ParseError{"", 0});
  return value ? std::optional(*value) : std::nullopt;
}

std::optional<std::int64_t> time_of(ByteView content, std::uint32_t tag) {
  const auto value = number(content, tag);
  return value ? std::optional(static_cast<std::int64_t>(*value)) : std::nullopt;
}

std::uint64_t stored(std::int64_t time) { return static_cast<std::uint64_t>(std::max<std::int64_t>(0, time)); }

}  // namespace

Bytes RunnerRecord::encode() const {
  asn1::TlvWriter out;
  {
    const auto scope = out.open(0x30);
    if (deadline) out.put_integer(0x80, stored(*deadline));
    if (rollback) out.put(0x81, {});
    if (unreached_since) out.put_integer(0x82, stored(*unreached_since));
    out.put_integer(0x83, failures);
    if (fallback) {
      const auto row = out.open(0xA4);
      out.put_integer(0x80, stored(fallback->since)).put_integer(0x81, fallback->failed).put(0x82, fallback->country);
      if (fallback->returning) out.put(0x83, {});
    }
    const auto list = out.open(0xA5);
    for (const std::int64_t one : fallbacks) out.put_integer(0x80, stored(one));
  }
  return out.take();
}

RunnerRecord RunnerRecord::decode(ByteView encoded) {
  RunnerRecord out;
  const auto whole = asn1::read_only(encoded, 0x30);
  if (!whole) return out;
  out.deadline = time_of(whole->value, 0x80);
  out.rollback = asn1::find_child(whole->value, 0x81).has_value();
  out.unreached_since = time_of(whole->value, 0x82);
  out.failures = number(whole->value, 0x83).value_or(0);
  if (const auto row = asn1::find_child(whole->value, 0xA4)) {
    const auto country = asn1::find_child(row->value, 0x82);
    out.fallback = Fallback{time_of(row->value, 0x80).value_or(0), number(row->value, 0x81).value_or(0),
                            country ? to_bytes(country->value) : Bytes{}, asn1::find_child(row->value, 0x83).has_value()};
  }
  const auto list = asn1::find_child(whole->value, 0xA5);
  asn1::TlvReader in(list ? list->value : ByteView());
  while (!in.at_end()) {
    const auto one = in.required(0x80);
    const auto value = one ? asn1::unsigned_value(*one) : std::unexpected(asn1::ParseError{"", 0});
    if (!value) break;
    out.fallbacks.push_back(static_cast<std::int64_t>(*value));
  }
  return out;
}

}  // namespace simurgh::ipae
