// The compact notation of cells that hold a whole structure: numbers of seven bits per octet, octet strings with their length in front.
// A reader that runs out of input says so once, at the end; until then it gives zeros and empty strings.
#pragma once

#include <cstdint>

#include "asn1/bytes.h"
#include "euicc/crypto/secret.h"

namespace simurgh::gp {

class OctetWriter {
 public:
  explicit OctetWriter(std::size_t expected = 0) { out_.reserve(expected); }
  void byte(std::uint8_t value) { out_.push_back(value); }
  void number(std::uint64_t value) {
    for (; value > 0x7F; value >>= 7) out_.push_back(static_cast<std::uint8_t>(value | 0x80));
    out_.push_back(static_cast<std::uint8_t>(value));
  }
  void octets(ByteView value) {
    number(value.size());
    out_.insert(out_.end(), value.begin(), value.end());
  }
  void secret(const crypto::SecretBytes& value) { octets(value.expose()); }
  template <typename List>
  void octets_list(const List& list) {
    number(list.size());
    for (const auto& item : list) octets(item);
  }
  [[nodiscard]] Bytes take() { return std::move(out_); }

 private:
  Bytes out_;
};

class OctetReader {
 public:
  explicit OctetReader(ByteView input) : rest_(input) {}
  [[nodiscard]] std::uint8_t byte() {
    if (rest_.empty()) return fail(), std::uint8_t{0};
    const std::uint8_t value = rest_[0];
    rest_ = rest_.subspan(1);
    return value;
  }
  [[nodiscard]] std::uint64_t number(std::uint64_t highest = ~std::uint64_t{0}) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t octet = byte();
      if (shift == 63 && octet > 1) break;
      value |= static_cast<std::uint64_t>(octet & 0x7F) << shift;
      if ((octet & 0x80) != 0) continue;
      if (value > highest || (octet == 0 && shift != 0)) break;
      return value;
    }
    return fail(), std::uint64_t{0};
  }
  template <typename Number>
  [[nodiscard]] Number number_as() {
    return static_cast<Number>(number(static_cast<Number>(~Number{0})));
  }
  [[nodiscard]] ByteView view() {
    const std::uint64_t size = number(rest_.size());
    if (size > rest_.size()) return fail(), ByteView{};
    const ByteView value = rest_.first(static_cast<std::size_t>(size));
    rest_ = rest_.subspan(value.size());
    return value;
  }
  [[nodiscard]] Bytes octets() { return to_bytes(view()); }
  [[nodiscard]] crypto::SecretBytes secret() { return crypto::SecretBytes(view()); }
  // Every element takes an octet at least, so a count above what is left is an error, not an allocation.
  [[nodiscard]] std::size_t count() { return static_cast<std::size_t>(number(rest_.size())); }
  [[nodiscard]] std::vector<Bytes> octets_list() {
    std::vector<Bytes> list(count());
    for (Bytes& item : list) item = octets();
    return list;
  }
  [[nodiscard]] bool ok() const noexcept { return ok_; }
  [[nodiscard]] bool ended() const noexcept { return ok_ && rest_.empty(); }

 private:
  void fail() noexcept {
    ok_ = false;
    rest_ = {};
  }
  ByteView rest_;
  bool ok_ = true;
};

}  // namespace simurgh::gp
