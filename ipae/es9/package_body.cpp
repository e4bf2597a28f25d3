#include "ipae/es9/package_body.h"

#include <algorithm>

namespace simurgh::ipae {
namespace {

constexpr std::uint32_t kPackage = 0xBF36;
constexpr std::uint8_t kNothing[] = {0xBF, 0x36, 0x00};
constexpr std::string_view kMember = "boundProfilePackage", kNothingText = "vzYA";
constexpr std::uint32_t kAround[] = {0xA2, 0xBF3A, 0xA0};
constexpr std::size_t kLongestHead = 9;  // four octets of tag, five of length

}  // namespace

bool PackageBody::fail(const char* why) {
  problem_ = not_understood(why);
  return false;
}

bool PackageBody::keep(ByteView octets) {
  if (octets.size() > kMost - kept_.size()) return fail("there is too much around the package");
  append(kept_, octets);
  return true;
}

bool PackageBody::take(ByteView octets) {
  if (form_ != Form::json) return take_der(octets);
  Bytes decoded;
  decoded.reserve(text_ == Text::package ? octets.size() / 4 * 3 + 3 : 0);
  for (const std::uint8_t octet : octets) {
    if (!take_json(static_cast<char>(octet), decoded)) return false;
  }
  return decoded.empty() || package_.take(decoded);
}

std::span<const std::uint32_t> PackageBody::around() const { return std::span(kAround).subspan(form_ == Form::es9_asn1 ? 0 : 1); }

bool PackageBody::take_der(ByteView octets) {
  while (!octets.empty()) {
    if (left_ == 0) {
      if (depth_ > 0 && at_ == ends_[depth_ - 1]) return fail("something follows the package's answer");
      head_.push_back(octets.front());
      octets = octets.subspan(1);
      ++at_;
      if (!take_head()) return false;
      continue;
    }
    const ByteView part = octets.first(static_cast<std::size_t>(std::min<std::uint64_t>(left_, octets.size())));
    if (is_package_ ? !package_.take(part) : !keep(part)) return false;
    left_ -= part.size();
    at_ += part.size();
    octets = octets.subspan(part.size());
  }
  return true;
}

// What head_ begins, as soon as it is whole.
bool PackageBody::take_head() {
  const auto head = asn1::read_head(head_);
  if (!head || head_.size() > kLongestHead) return fail("a tag or length cannot be read");
  if (!*head) return true;
  const Bytes raw = std::exchange(head_, {});
  const std::uint64_t end = at_ + (*head)->length;
  if (depth_ > 0 && end > ends_[depth_ - 1]) return fail("an element is longer than what contains it");
  const auto path = around();
  if (depth_ < path.size() && (*head)->tag == path[depth_]) {
    if (!kept_.empty()) return fail("an element that does not belong there");
    ends_[depth_++] = end;
    return true;
  }
  left_ = (*head)->length;
  is_package_ = depth_ == path.size() && (*head)->tag == kPackage;
  if (!is_package_) return keep(raw);
  if (std::exchange(came_, true)) return fail("there are two packages");
  return keep(kNothing) && package_.take(raw);
}

Es9Result<Bytes> PackageBody::end() {
  if (problem_) return std::unexpected(*problem_);
  if (form_ == Form::json) return std::move(kept_);
  bool whole = head_.empty() && left_ == 0;
  for (std::size_t i = 0; i < depth_; ++i) whole = whole && ends_[i] == at_;
  if (!whole) return std::unexpected(not_understood("it is cut off"));
  Bytes out = std::move(kept_);
  const auto path = around();
  for (std::size_t i = depth_; i-- > 0;) out = asn1::tlv(path[i], out);
  return out;
}

// Enough of JSON to know which string is the package; whether the rest is JSON at all is for who reads it.
bool PackageBody::take_json(char c, Bytes& decoded) {
  if (text_ == Text::package) return in_package(c, decoded);
  if (text_ == Text::other) {
    if (!escaped_ && c == '"') {
      text_ = Text::none;
    } else if (naming_ && name_.size() <= kMember.size()) {
      name_ += c;
    }
    escaped_ = !escaped_ && c == '\\';
    return keep(text_view({&c, 1}));
  }
  switch (c) {
    case '"':
      naming_ = nesting_ == 1 && !valued_;
      if (naming_) name_.clear();
      if (nesting_ == 1 && valued_ && name_ == kMember) {
        if (std::exchange(came_, true)) return fail("there are two packages");
        text_ = Text::package;
        return keep(text_view("\"")) && keep(text_view(kNothingText));
      }
      text_ = Text::other;
      break;
    case '{':
    case '[':
      ++nesting_;
      break;
    case '}':
    case ']':
      --nesting_;
      break;
    case ':':
      if (nesting_ == 1) valued_ = true;
      break;
    case ',':
      if (nesting_ == 1) valued_ = false;
      break;
    default:
      break;
  }
  return keep(text_view({&c, 1}));
}

bool PackageBody::in_package(char c, Bytes& decoded) {
  constexpr const char* kNoBase64 = "boundProfilePackage is no base64";
  if (code_) {
    // \uXXXX: only characters of base64 make sense.
    *code_ += c;
    if (code_->size() < 4) return true;
    const auto code = from_hex(*code_);
    code_.reset();
    if (!code || code->size() != 2 || (*code)[0] != 0) return fail(kNoBase64);
    c = static_cast<char>((*code)[1]);
  } else if (escaped_) {
    escaped_ = false;
    if (c == 'u') {
      code_.emplace();
      return true;
    }
    if (c == 'n' || c == 'r' || c == 't') return true;
    if (c != '/') return fail(kNoBase64);
  } else if (c == '\\') {
    escaped_ = true;
    return true;
  } else if (c == '"') {
    text_ = Text::none;
    if (!decoder_.end(decoded)) return fail(kNoBase64);
    return keep(text_view("\""));
  }
  return decoder_.feed(c, decoded) || fail(kNoBase64);
}

Es9Result<void> hand_on(ByteView package, OctetSink& sink) {
  if (!equal(package, kNothing) && !sink.take(package)) return std::unexpected(not_understood("its package is not wanted"));
  return {};
}

}  // namespace simurgh::ipae
