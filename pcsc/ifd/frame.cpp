#include "pcsc/ifd/frame.h"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace simurgh::pcsc::ifd {

namespace {

struct Row {
  Type type;
  std::size_t longest;
};

constexpr std::size_t kHelloFixed = 3;

constexpr auto kRows = std::to_array<Row>({
    {Type::hello, kHelloFixed + kMaxAtr + kMaxName},
    {Type::welcome, 1},
    {Type::refused, 1},
    {Type::power_on, 0},
    {Type::reset, 0},
    {Type::power_off, 0},
    {Type::transmit, kMaxApdu},
    {Type::atr, kMaxAtr},
    {Type::done, 0},
    {Type::response, kMaxApdu},
});

bool printable(char c) { return c >= 0x20 && c < 0x7F; }

}  // namespace

std::optional<std::size_t> longest_body(std::uint8_t type) noexcept {
  for (const Row& row : kRows) {
    if (static_cast<std::uint8_t>(row.type) == type) return row.longest;
  }
  return std::nullopt;
}

Bytes encode(Type type, std::uint8_t number, ByteView body) {
  if (body.size() > longest_body(static_cast<std::uint8_t>(type)).value_or(0)) throw std::length_error("a frame's body is too long");
  Bytes out;
  out.reserve(kHeader + body.size());
  out.push_back(static_cast<std::uint8_t>(type));
  out.push_back(number);
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(body.size() >> shift));
  append(out, body);
  return out;
}

void FrameReader::receive(ByteView bytes) {
  input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(done_));
  done_ = 0;
  append(input_, bytes);
}

std::expected<std::optional<Frame>, FrameReader::Bad> FrameReader::next() {
  if (bad_) return std::unexpected(Bad::frame);
  const ByteView rest = ByteView(input_).subspan(done_);
  if (rest.size() < kHeader) return std::nullopt;
  const auto longest = longest_body(rest[0]);
  const std::uint64_t length = be_value(rest.subspan(2, 4));
  if (!longest || length > *longest) {
    bad_ = true;
    return std::unexpected(Bad::frame);
  }
  if (rest.size() - kHeader < length) return std::nullopt;
  done_ += kHeader + length;
  return Frame{static_cast<Type>(rest[0]), rest[1], rest.subspan(kHeader, length)};
}

Bytes encode(const Hello& hello) {
  if (hello.atr.size() > kMaxAtr) throw std::length_error("an ATR has at most 33 octets");
  Bytes out{Hello::kVersion, hello.slot, static_cast<std::uint8_t>(hello.atr.size())};
  append(out, hello.atr);
  for (const char c : hello.name.substr(0, kMaxName)) out.push_back(static_cast<std::uint8_t>(printable(c) ? c : '?'));
  return out;
}

std::optional<Hello> decode_hello(ByteView body) {
  if (body.size() < kHelloFixed || body[0] != Hello::kVersion) return std::nullopt;
  const std::size_t atr = body[2];
  if (atr > kMaxAtr || body.size() - kHelloFixed < atr) return std::nullopt;
  Hello out;
  out.slot = body[1];
  out.atr = to_bytes(body.subspan(kHelloFixed, atr));
  out.name = to_text(body.subspan(kHelloFixed + atr));
  if (out.name.size() > kMaxName || !std::ranges::all_of(out.name, printable)) return std::nullopt;
  return out;
}

}  // namespace simurgh::pcsc::ifd
