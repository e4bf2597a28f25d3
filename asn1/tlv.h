// BER/DER tag-length-value: one bounded reader for everything that comes off a wire, one writer that nests by scope.
//
// Tags are written as their octets: 0x5A, 0x9F70, 0xBF3C. Tags of up to four octets, definite lengths of up to four octets.
// A reader gives the whole element or an error and never moves on failure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>

#include "asn1/bytes.h"

namespace simurgh::asn1 {

struct ParseError {
  const char* what;     // a literal, never input bytes
  std::size_t offset;   // octets from the start of the reader's input
};

template <typename T>
using Parsed = std::expected<T, ParseError>;

struct Tlv {
  std::uint32_t tag = 0;
  ByteView value;  // content octets
  ByteView raw;    // tag, length and content as they arrived: what is signed or hashed

  [[nodiscard]] bool constructed() const noexcept;  // P/C bit of the first tag octet
};

enum class Lengths : std::uint8_t {
  ber,  // non-minimal definite lengths accepted (SGP.22 ES10 input; indefinite ones never)
  der,  // minimal lengths only
};

// Tag and length at the front of a buffer that may hold only part of the value: for streams cut anywhere.
struct TlvHead {
  std::uint32_t tag = 0;
  std::size_t header = 0;  // octets of tag and length
  std::size_t length = 0;  // content octets announced
};
// No value: more octets are needed. Error: these octets can never start a TLV.
[[nodiscard]] Parsed<std::optional<TlvHead>> read_head(ByteView front, Lengths lengths = Lengths::ber);

class TlvReader {
 public:
  explicit TlvReader(ByteView input, Lengths lengths = Lengths::ber) noexcept;

  [[nodiscard]] bool at_end() const noexcept { return pos_ == input_.size(); }
  [[nodiscard]] std::size_t offset() const noexcept { return pos_; }
  [[nodiscard]] ByteView rest() const noexcept { return input_.subspan(pos_); }

  // The next element whatever its tag; an error at the end of input.
  [[nodiscard]] Parsed<Tlv> next();
  // The tag of the next element, nothing at the end or where no tag can be read.
  [[nodiscard]] std::optional<std::uint32_t> peek() const noexcept;
  // The next element, which must carry this tag.
  [[nodiscard]] Parsed<Tlv> required(std::uint32_t tag);
  // The next element if it carries this tag, else nothing and no move. An error only when it does and is malformed.
  [[nodiscard]] Parsed<std::optional<Tlv>> optional(std::uint32_t tag);
  // Skips every remaining element (extensibility implied); an error when one is malformed.
  [[nodiscard]] Parsed<std::size_t> skip_rest();

 private:
  ByteView input_;
  std::size_t pos_ = 0;
  Lengths lengths_;
};

// Exactly one element with this tag and nothing behind it.
[[nodiscard]] Parsed<Tlv> read_only(ByteView input, std::uint32_t tag, Lengths lengths = Lengths::ber);
// First child with this tag anywhere among the direct children; nothing when absent or malformed before it.
[[nodiscard]] std::optional<Tlv> find_child(ByteView content, std::uint32_t tag);
// Every element parses to the end, nested constructed ones included, no deeper than `depth`.
[[nodiscard]] Parsed<std::size_t> check_nesting(ByteView input, std::size_t depth = 16, Lengths lengths = Lengths::ber);

// INTEGER content as a non-negative number of up to 63 bits; an error when empty, negative or longer.
[[nodiscard]] Parsed<std::uint64_t> unsigned_value(const Tlv& integer);
// Minimal two's-complement content octets of a non-negative INTEGER (127 -> 7F, 128 -> 0080).
[[nodiscard]] Bytes integer_content(std::uint64_t value);
// Named BIT STRING: bit 0 is the most significant bit of the first content octet; at most 64 bits.
[[nodiscard]] Parsed<std::uint64_t> named_bits(const Tlv& bits);
// DER content octets of a named BIT STRING, trailing zero bits trimmed. Bit n of the mask is named bit n.
[[nodiscard]] Bytes named_bits_content(std::uint64_t mask);

[[nodiscard]] Bytes encode_tag(std::uint32_t tag);
[[nodiscard]] Bytes encode_length(std::size_t length);
// tag || minimal length || value
[[nodiscard]] Bytes tlv(std::uint32_t tag, ByteView value);

// Builds nested DER. A scope writes its length when it is destroyed, so scopes must be destroyed innermost first.
class TlvWriter {
 public:
  class Scope {
   public:
    Scope(TlvWriter& writer, std::uint32_t tag);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    TlvWriter& writer_;
    std::size_t content_start_;
  };

  [[nodiscard]] Scope open(std::uint32_t tag) { return Scope(*this, tag); }
  TlvWriter& put(std::uint32_t tag, ByteView value);
  TlvWriter& put_text(std::uint32_t tag, std::string_view text) { return put(tag, text_view(text)); }
  TlvWriter& put_integer(std::uint32_t tag, std::uint64_t value);
  TlvWriter& put_bits(std::uint32_t tag, std::uint64_t mask);  // named bits
  TlvWriter& put_byte(std::uint32_t tag, std::uint8_t value);
  TlvWriter& raw(ByteView encoded);  // already encoded elements, copied as they are
  [[nodiscard]] ByteView view() const noexcept { return out_; }
  [[nodiscard]] Bytes take() { return std::move(out_); }

 private:
  Bytes out_;
};

}  // namespace simurgh::asn1
