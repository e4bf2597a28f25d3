#include "asn1/codec/codec.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

extern "C" {
#include <asn_application.h>
#define MESSAGE(name) extern asn_TYPE_descriptor_t asn_DEF_##name;
#include "asn1/codec/messages.def"
#undef MESSAGE
}

namespace simurgh::asn1::codec {
namespace {

struct Row {
  std::string_view name;
  asn_TYPE_descriptor_t* type;
};

const auto kMessages = std::to_array<Row>({
#define MESSAGE(name) {#name, &asn_DEF_##name},
#include "asn1/codec/messages.def"
#undef MESSAGE
});

constexpr std::size_t kMostInput = 1U << 20;

// A decoded structure and the generated function that frees it.
class Owned {
 public:
  explicit Owned(asn_TYPE_descriptor_t* type) : type_(type) {}
  ~Owned() {
    if (value_ != nullptr) ASN_STRUCT_FREE(*type_, value_);
  }
  Owned(Owned&& other) noexcept : type_(other.type_), value_(std::exchange(other.value_, nullptr)) {}
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  Owned& operator=(Owned&&) = delete;
  [[nodiscard]] void** slot() noexcept { return &value_; }
  [[nodiscard]] void* get() const noexcept { return value_; }
  [[nodiscard]] asn_TYPE_descriptor_t* type() const noexcept { return type_; }

 private:
  asn_TYPE_descriptor_t* type_;
  void* value_ = nullptr;
};

std::unexpected<ParseError> fail(const char* what, std::size_t offset = 0) { return std::unexpected(ParseError{what, offset}); }

Parsed<Owned> decode(std::string_view message, ByteView encoded) {
  const auto row = std::ranges::find(kMessages, message, &Row::name);
  if (row == kMessages.end()) return fail("the module has no such message");
  if (encoded.empty() || encoded.size() > kMostInput) return fail("empty or too long");
  // The generated decoders recurse and trust lengths less than they should: lengths and depth are checked before.
  if (const auto shape = check_nesting(encoded, 32); !shape) return std::unexpected(shape.error());
  // No limit of the generated code's own: it measures addresses of locals, which mean nothing under a sanitizer.
  asn_codec_ctx_t limits{};
  Owned value(row->type);
  const asn_dec_rval_t result = ber_decode(&limits, row->type, value.slot(), encoded.data(), encoded.size());
  if (result.code != RC_OK) return fail("not a value of this message", result.consumed);
  if (result.consumed != encoded.size()) return fail("trailing octets", result.consumed);
  char reason[128];
  std::size_t size = sizeof reason;
  if (asn_check_constraints(row->type, value.get(), reason, &size) != 0) return fail("a constraint of the module is violated");
  return value;
}

int collect(const void* data, std::size_t size, void* out) {
  auto& text = *static_cast<std::string*>(out);
  text.append(static_cast<const char*>(data), size);
  return 0;
}

}  // namespace

std::span<const std::string_view> messages() noexcept {
  static const auto kNames = [] {
    std::array<std::string_view, kMessages.size()> out;
    std::ranges::transform(kMessages, out.begin(), &Row::name);
    return out;
  }();
  return kNames;
}

Parsed<std::size_t> check(std::string_view message, ByteView encoded) {
  const auto value = decode(message, encoded);
  if (!value) return std::unexpected(value.error());
  return encoded.size();
}

Parsed<Bytes> reencode(std::string_view message, ByteView encoded) {
  const auto value = decode(message, encoded);
  if (!value) return std::unexpected(value.error());
  std::string out;
  if (der_encode(value->type(), value->get(), collect, &out).encoded < 0) return fail("the value cannot be encoded");
  return to_bytes(text_view(out));
}

Parsed<std::string> to_xml(std::string_view message, ByteView encoded) {
  const auto value = decode(message, encoded);
  if (!value) return std::unexpected(value.error());
  std::string out;
  if (xer_encode(value->type(), value->get(), XER_F_BASIC, collect, &out).encoded < 0) return fail("the value cannot be shown");
  return out;
}

}  // namespace simurgh::asn1::codec
