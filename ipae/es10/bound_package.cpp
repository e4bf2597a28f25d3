#include "ipae/es10/bound_package.h"

#include <utility>

namespace simurgh::ipae {
namespace {

constexpr std::size_t kMac = 8;  // octets of MAC at the end of a protected TLV (SGP.22 v2.5 2.6.4)

std::unexpected<asn1::ParseError> bad(const char* what) { return std::unexpected(asn1::ParseError{what, 0}); }

}  // namespace

asn1::Parsed<void> BoundPackageReader::feed(ByteView octets) {
  append(held_, octets);
  std::size_t used = 0;
  while (used < held_.size()) {
    const ByteView rest = ByteView(held_).subspan(used);
    if (stage_ == Stage::done) return bad("something follows the profile elements");
    const auto head = asn1::read_head(rest);
    if (!head) return std::unexpected(head.error());
    if (!*head) break;
    const auto [tag, header, length] = **head;
    if (stage_ == Stage::outer) {
      if (tag != 0xBF36) return bad("it does not start with BF36");
      outer_ = to_bytes(rest.first(header));
      left_ = length;
      total_ = header + length;
      used += header;
      stage_ = Stage::secure_channel;
      continue;
    }
    const std::size_t limit = part_left_ != 0 ? part_left_ : left_;
    if (header > limit || length > limit - header) return bad("an element is longer than what contains it");
    const bool sequence = part_left_ == 0 && (stage_ == Stage::metadata_head || (stage_ == Stage::elements_head && tag == 0xA3));
    if (sequence) {
      if (auto done = take_head(**head); !done) return done;
      ready_.push_back(to_bytes(rest.first(header)));
      left_ -= header;
      used += header;
    } else {
      if (length > kLongest) return bad("a segment is longer than any card takes");
      if (rest.size() - header < length) break;
      const ByteView raw = rest.first(header + length);
      if (auto done = take_element(**head, raw); !done) return done;
      left_ -= raw.size();
      if (part_left_ != 0) part_left_ -= raw.size();
      used += raw.size();
    }
    if (!metadata_complete()) {
      front_ += ready_.empty() ? 0 : ready_.back().size();
      if (front_ > kLongestFront) return bad("the metadata are too long");
    }
    if (part_left_ == 0 && (stage_ == Stage::metadata || stage_ == Stage::elements)) close_part();
    if (stage_ == Stage::done && left_ != 0) return bad("something follows the profile elements");
    if (stage_ != Stage::done && left_ == 0) return bad("required element missing");
  }
  held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(used));
  return {};
}

// A1 or A3: tag and length are a command of their own, and so is each element.
asn1::Parsed<void> BoundPackageReader::take_head(const asn1::TlvHead& head) {
  if (stage_ == Stage::metadata_head && head.tag != 0xA1) return bad("required element missing");
  stage_ = stage_ == Stage::metadata_head ? Stage::metadata : Stage::elements;
  part_left_ = head.length;
  return {};
}

asn1::Parsed<void> BoundPackageReader::take_element(const asn1::TlvHead& head, ByteView raw) {
  const ByteView value = raw.subspan(head.header);
  switch (stage_) {
    case Stage::secure_channel:
      if (head.tag != 0xBF23) return bad("required element missing");
      if (const auto id = asn1::find_child(value, 0x80)) transaction_id_ = to_bytes(id->value);
      ready_.push_back(concat({std::exchange(outer_, {}), raw}));
      stage_ = Stage::configure;
      return {};
    case Stage::configure:
      if (head.tag != 0xA0) return bad("required element missing");
      stage_ = Stage::metadata_head;
      break;
    case Stage::metadata:
      if (value.size() < kMac) return bad("metadata segment shorter than its MAC");
      append(metadata_, value.first(value.size() - kMac));
      break;
    case Stage::elements_head:
      if (head.tag != 0xA2 || std::exchange(keys_replaced_, true)) return bad("required element missing");
      break;
    default:
      break;
  }
  ready_.push_back(to_bytes(raw));
  return {};
}

void BoundPackageReader::close_part() { stage_ = stage_ == Stage::metadata ? Stage::elements_head : Stage::done; }

std::optional<Bytes> BoundPackageReader::next() {
  const bool last = stage_ == Stage::done && ready_.size() == 1;
  if (!metadata_complete() || ready_.empty() || last) return std::nullopt;
  Bytes out = std::move(ready_.front());
  ready_.pop_front();
  return out;
}

asn1::Parsed<Bytes> BoundPackageReader::end() {
  if (stage_ != Stage::done || ready_.size() != 1) return bad("it is cut off");
  return std::move(ready_.front());
}

}  // namespace simurgh::ipae
