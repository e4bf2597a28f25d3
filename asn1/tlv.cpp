#include "asn1/tlv.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace simurgh::asn1 {
namespace {

// The tag's octets and how many there are; 0 octets: not enough input, more than 4: not a tag we read.
struct TagOctets {
  std::uint32_t tag = 0;
  std::size_t size = 0;
  bool incomplete = false;
};

TagOctets read_tag(ByteView in) noexcept {
  if (in.empty()) return {.incomplete = true};
  std::uint32_t tag = in[0];
  if ((in[0] & 0x1F) != 0x1F) return {.tag = tag, .size = 1};
  for (std::size_t i = 1; i < 4; ++i) {
    if (i >= in.size()) return {.incomplete = true};
    tag = tag << 8 | in[i];
    if ((in[i] & 0x80) == 0) return {.tag = tag, .size = i + 1};
  }
  return {};
}

std::unexpected<ParseError> fail(const char* what, std::size_t offset) { return std::unexpected(ParseError{what, offset}); }

}  // namespace

bool Tlv::constructed() const noexcept { return !raw.empty() && (raw[0] & 0x20) != 0; }

Parsed<std::optional<TlvHead>> read_head(ByteView front, Lengths lengths) {
  const TagOctets tag = read_tag(front);
  if (tag.incomplete) return std::nullopt;
  if (tag.size == 0) return fail("tag longer than four octets", 0);
  std::size_t pos = tag.size;
  if (pos >= front.size()) return std::nullopt;
  const std::uint8_t first = front[pos++];
  std::size_t length = first;
  if (first >= 0x80) {
    const std::size_t count = first & 0x7FU;
    if (count == 0) return fail("indefinite length", tag.size);
    if (count > 4) return fail("length of more than four octets", tag.size);
    if (front.size() - pos < count) return std::nullopt;
    length = static_cast<std::size_t>(be_value(front.subspan(pos, count)));
    if (lengths == Lengths::der && (length < 0x80 || front[pos] == 0)) return fail("length is not minimal", tag.size);
    pos += count;
  }
  return TlvHead{.tag = tag.tag, .header = pos, .length = length};
}

TlvReader::TlvReader(ByteView input, Lengths lengths) noexcept : input_(input), lengths_(lengths) {}

Parsed<Tlv> TlvReader::next() {
  const auto head = read_head(rest(), lengths_);
  if (!head) return fail(head.error().what, pos_ + head.error().offset);
  if (!*head) return fail(at_end() ? "element missing" : "tag or length cut off", pos_);
  const TlvHead& h = **head;
  const ByteView left = rest().subspan(h.header);
  if (h.length > left.size()) return fail("length exceeds the input", pos_);
  const Tlv out{.tag = h.tag, .value = left.first(h.length), .raw = rest().first(h.header + h.length)};
  pos_ += out.raw.size();
  return out;
}

std::optional<std::uint32_t> TlvReader::peek() const noexcept {
  const TagOctets tag = read_tag(rest());
  if (tag.size == 0) return std::nullopt;
  return tag.tag;
}

Parsed<Tlv> TlvReader::required(std::uint32_t tag) {
  if (peek() != tag) return fail("required element missing", pos_);
  return next();
}

Parsed<std::optional<Tlv>> TlvReader::optional(std::uint32_t tag) {
  if (peek() != tag) return std::nullopt;
  const auto got = next();
  if (!got) return std::unexpected(got.error());
  return *got;
}

Parsed<std::size_t> TlvReader::skip_rest() {
  std::size_t count = 0;
  while (!at_end()) {
    if (const auto skipped = next(); !skipped) return std::unexpected(skipped.error());
    ++count;
  }
  return count;
}

Parsed<Tlv> read_only(ByteView input, std::uint32_t tag, Lengths lengths) {
  TlvReader in(input, lengths);
  const auto got = in.required(tag);
  if (got && !in.at_end()) return fail("trailing octets", in.offset());
  return got;
}

std::optional<Tlv> find_child(ByteView content, std::uint32_t tag) {
  TlvReader in(content);
  while (!in.at_end()) {
    const auto child = in.next();
    if (!child) return std::nullopt;
    if (child->tag == tag) return *child;
  }
  return std::nullopt;
}

Parsed<std::size_t> check_nesting(ByteView input, std::size_t depth, Lengths lengths) {
  TlvReader in(input, lengths);
  std::size_t count = 0;
  while (!in.at_end()) {
    const std::size_t at = in.offset();
    const auto element = in.next();
    if (!element) return std::unexpected(element.error());
    ++count;
    if (!element->constructed()) continue;
    if (depth == 0) return fail("nested too deep", at);
    const auto inner = check_nesting(element->value, depth - 1, lengths);
    if (!inner) return fail(inner.error().what, at + (element->raw.size() - element->value.size()) + inner.error().offset);
    count += *inner;
  }
  return count;
}

Parsed<std::uint64_t> unsigned_value(const Tlv& integer) {
  ByteView v = integer.value;
  if (v.empty()) return fail("empty INTEGER", 0);
  if ((v[0] & 0x80) != 0) return fail("negative INTEGER", 0);
  while (v.size() > 1 && v[0] == 0) v = v.subspan(1);
  if (v.size() > 8 || (v.size() == 8 && (v[0] & 0x80) != 0)) return fail("INTEGER too large", 0);
  return be_value(v);
}

Bytes integer_content(std::uint64_t value) {
  const auto bits = static_cast<std::size_t>(std::bit_width(value));
  return be_bytes(value, bits / 8 + 1);  // one spare bit for the sign
}

Parsed<std::uint64_t> named_bits(const Tlv& bits) {
  const ByteView v = bits.value;
  if (v.empty() || v[0] > 7 || (v.size() == 1 && v[0] != 0)) return fail("malformed BIT STRING", 0);
  if (v.size() > 9) return fail("BIT STRING of more than 64 bits", 0);
  std::uint64_t mask = 0;
  for (std::size_t i = 1; i < v.size(); ++i) {
    for (std::size_t b = 0; b < 8; ++b) {
      const bool padding = i + 1 == v.size() && b >= 8U - v[0];
      if (!padding && (v[i] & (0x80U >> b)) != 0) mask |= std::uint64_t{1} << ((i - 1) * 8 + b);
    }
  }
  return mask;
}

Bytes named_bits_content(std::uint64_t mask) {
  if (mask == 0) return {0x00};
  const auto used = static_cast<std::size_t>(std::bit_width(mask));
  Bytes out(1 + (used + 7) / 8);
  out[0] = static_cast<std::uint8_t>((8 - used % 8) % 8);
  for (std::size_t n = 0; n < used; ++n) {
    if ((mask >> n & 1) != 0) out[1 + n / 8] |= static_cast<std::uint8_t>(0x80U >> (n % 8));
  }
  return out;
}

Bytes encode_tag(std::uint32_t tag) {
  const std::size_t size = tag > 0xFFFFFF ? 4 : tag > 0xFFFF ? 3 : tag > 0xFF ? 2 : 1;
  return be_bytes(tag, size);
}

Bytes encode_length(std::size_t length) {
  if (length < 0x80) return {static_cast<std::uint8_t>(length)};
  const std::size_t count = (static_cast<std::size_t>(std::bit_width(length)) + 7) / 8;
  Bytes out{static_cast<std::uint8_t>(0x80 | count)};
  append(out, be_bytes(length, count));
  return out;
}

Bytes tlv(std::uint32_t tag, ByteView value) {
  Bytes out = encode_tag(tag);
  append(out, encode_length(value.size()));
  append(out, value);
  return out;
}

namespace {

// One-octet tags and lengths, which most are, without a detour over the heap.
void append_tag(Bytes& out, std::uint32_t tag) {
  if (tag <= 0xFF) return out.push_back(static_cast<std::uint8_t>(tag));
  append(out, encode_tag(tag));
}
void append_length(Bytes& out, std::size_t length) {
  if (length < 0x80) return out.push_back(static_cast<std::uint8_t>(length));
  append(out, encode_length(length));
}

}  // namespace

TlvWriter::Scope::Scope(TlvWriter& writer, std::uint32_t tag) : writer_(writer) {
  append_tag(writer_.out_, tag);
  content_start_ = writer_.out_.size();
}

TlvWriter::Scope::~Scope() {
  const std::size_t size = writer_.out_.size() - content_start_;
  if (size < 0x80) {
    writer_.out_.insert(writer_.out_.begin() + static_cast<std::ptrdiff_t>(content_start_), static_cast<std::uint8_t>(size));
    return;
  }
  const Bytes length = encode_length(size);
  writer_.out_.insert(writer_.out_.begin() + static_cast<std::ptrdiff_t>(content_start_), length.begin(), length.end());
}

TlvWriter& TlvWriter::put(std::uint32_t tag, ByteView value) {
  append_tag(out_, tag);
  append_length(out_, value.size());
  append(out_, value);
  return *this;
}

TlvWriter& TlvWriter::put_integer(std::uint32_t tag, std::uint64_t value) { return put(tag, integer_content(value)); }
TlvWriter& TlvWriter::put_bits(std::uint32_t tag, std::uint64_t mask) { return put(tag, named_bits_content(mask)); }
TlvWriter& TlvWriter::put_byte(std::uint32_t tag, std::uint8_t value) { return put(tag, ByteView(&value, 1)); }
TlvWriter& TlvWriter::raw(ByteView encoded) {
  append(out_, encoded);
  return *this;
}

}  // namespace simurgh::asn1
