#include "ipae/bip/dns.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace simurgh::ipae::dns {
namespace {

constexpr std::size_t kHeader = 12;
constexpr std::size_t kLongestName = 253, kLongestLabel = 63;
constexpr std::size_t kMostAddresses = 8;
constexpr unsigned kMostAliases = 8, kMostPointers = 16;
constexpr std::uint16_t kInternet = 1, kCname = 5;

// Octets of one message with a place in it. A failed read moves nothing.
class Reader {
 public:
  explicit Reader(ByteView message) : message_(message) {}

  [[nodiscard]] std::optional<std::uint32_t> number(std::size_t octets) {
    if (message_.size() - at_ < octets) return std::nullopt;
    const auto value = static_cast<std::uint32_t>(be_value(message_.subspan(at_, octets)));
    at_ += octets;
    return value;
  }
  [[nodiscard]] std::optional<ByteView> octets(std::size_t count) {
    if (message_.size() - at_ < count) return std::nullopt;
    const ByteView out = message_.subspan(at_, count);
    at_ += count;
    return out;
  }
  // A name in lower case with its labels separated by dots; pointers only go back (RFC 1035 4.1.4).
  [[nodiscard]] std::optional<std::string> name();
  // The same for a name that starts elsewhere in the message.
  [[nodiscard]] std::optional<std::string> name_at(std::size_t at) const {
    Reader there(*this);
    there.at_ = at;
    return there.name();
  }
  [[nodiscard]] std::size_t at() const noexcept { return at_; }

 private:
  ByteView message_;
  std::size_t at_ = 0;
};

std::optional<std::string> Reader::name() {
  std::string out;
  std::size_t at = at_, after = 0, lowest = at_;
  unsigned pointers = 0;
  for (;;) {
    if (at >= message_.size()) return std::nullopt;
    const std::uint8_t length = message_[at];
    if ((length & 0xC0) == 0xC0) {
      if (at + 1 >= message_.size() || ++pointers > kMostPointers) return std::nullopt;
      const std::size_t target = static_cast<std::size_t>(length & 0x3F) << 8 | message_[at + 1];
      if (after == 0) after = at + 2;
      if (target >= lowest) return std::nullopt;
      at = lowest = target;
      continue;
    }
    if (length > kLongestLabel) return std::nullopt;
    if (length == 0) {
      at_ = after == 0 ? at + 1 : after;
      return out;
    }
    if (message_.size() - at - 1 < length || out.size() + length + 1 > kLongestName + 1) return std::nullopt;
    if (!out.empty()) out.push_back('.');
    for (const std::uint8_t c : message_.subspan(at + 1, length)) {
      out.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : static_cast<char>(c));
    }
    at += 1U + length;
  }
}

struct Record {
  std::string owner;
  std::uint16_t type = 0;
  std::uint32_t ttl = 0;
  ByteView data;
  std::size_t data_at = 0;
};

std::optional<Record> read_record(Reader& in) {
  Record out;
  auto owner = in.name();
  const auto type = owner ? in.number(2) : std::nullopt;
  const auto kind = type ? in.number(2) : std::nullopt;
  const auto ttl = kind ? in.number(4) : std::nullopt;
  const auto length = ttl ? in.number(2) : std::nullopt;
  if (!length) return std::nullopt;
  out.data_at = in.at();
  const auto data = in.octets(*length);
  if (!data) return std::nullopt;
  out.owner = *std::move(owner);
  out.type = *kind == kInternet ? static_cast<std::uint16_t>(*type) : std::uint16_t{0};
  // RFC 2181 8: a value with the highest bit set counts as zero.
  out.ttl = *ttl > 0x7FFFFFFF ? 0 : *ttl;
  out.data = *data;
  return out;
}

}  // namespace

const char* words(Failure failure) noexcept {
  switch (failure) {
    case Failure::not_ours: return "it belongs to another question";
    case Failure::malformed: return "the answer of the name server cannot be read";
    case Failure::no_such_name: return "there is no such name";
    case Failure::no_address: return "the name has no address";
    case Failure::refused: return "the name server refuses";
    case Failure::truncated: return "the answer of the name server does not fit into a datagram";
  }
  return "";
}

std::optional<Bytes> encode_query(std::uint16_t id, std::string_view name, RecordType type) {
  if (!name.empty() && name.back() == '.') name.remove_suffix(1);
  if (name.empty() || name.size() > kLongestName) return std::nullopt;
  constexpr std::uint8_t kRecursionDesired = 0x01;
  Bytes out = be_bytes(id, 2);
  append(out, Bytes{kRecursionDesired, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00});
  for (std::string_view rest = name;;) {
    const std::string_view label = rest.substr(0, rest.find('.'));
    if (label.empty() || label.size() > kLongestLabel) return std::nullopt;
    out.push_back(static_cast<std::uint8_t>(label.size()));
    append(out, text_view(label));
    if (label.size() == rest.size()) break;
    rest.remove_prefix(label.size() + 1);
  }
  out.push_back(0x00);
  append(out, be_bytes(static_cast<std::uint16_t>(type), 2));
  append(out, be_bytes(kInternet, 2));
  return out;
}

std::expected<Answer, Failure> read_answer(ByteView query, ByteView message) {
  using enum Failure;
  Reader question_in(query.subspan(std::min(kHeader, query.size())));
  const auto wanted = question_in.name();
  const auto type = wanted ? question_in.number(2) : std::nullopt;
  if (!type || message.size() < kHeader) return std::unexpected(malformed);
  // Identifier, QR, opcode (RFC 1035 4.1.1).
  if (!equal(message.first(2), query.first(2)) || (message[2] & 0xF8) != 0x80) return std::unexpected(not_ours);
  Reader in(message);
  (void)in.octets(4);
  const auto questions = in.number(2), answers = in.number(2);
  (void)in.octets(4);
  if (!questions || !answers) return std::unexpected(malformed);
  if (*questions != 1) return std::unexpected(not_ours);
  const auto asked = in.name();
  const auto asked_type = asked ? in.number(2) : std::nullopt;
  const auto asked_class = asked_type ? in.number(2) : std::nullopt;
  if (!asked_class) return std::unexpected(malformed);
  if (*asked != *wanted || *asked_type != *type || *asked_class != kInternet) return std::unexpected(not_ours);
  const std::uint8_t code = message[3] & 0x0F;
  if (code == 3) return std::unexpected(no_such_name);
  if (code != 0) return std::unexpected(refused);
  if ((message[2] & 0x02) != 0) return std::unexpected(truncated);

  std::vector<Record> records;
  for (std::uint32_t i = 0; i < *answers; ++i) {
    auto record = read_record(in);
    if (!record) return std::unexpected(malformed);
    records.push_back(*std::move(record));
  }
  Answer out;
  std::uint32_t ttl = 0x7FFFFFFF;
  std::string owner = *wanted;
  for (unsigned hops = 0; hops <= kMostAliases; ++hops) {
    for (const Record& record : records) {
      if (record.owner != owner || record.type != *type) continue;
      if (record.data.size() != (*type == static_cast<std::uint16_t>(RecordType::a) ? 4U : 16U)) return std::unexpected(malformed);
      ttl = std::min(ttl, record.ttl);
      if (out.addresses.size() < kMostAddresses) out.addresses.push_back(to_bytes(record.data));
    }
    if (!out.addresses.empty()) break;
    const auto alias = std::ranges::find_if(records, [&](const Record& record) { return record.owner == owner && record.type == kCname; });
    if (alias == records.end()) return std::unexpected(no_address);
    const auto target = in.name_at(alias->data_at);
    if (!target) return std::unexpected(malformed);
    ttl = std::min(ttl, alias->ttl);
    owner = *target;
  }
  if (out.addresses.empty()) return std::unexpected(no_address);
  out.ttl = std::chrono::seconds(ttl);
  return out;
}

// ---- addresses as text

namespace {

std::optional<Bytes> parse_ipv4(std::string_view text) {
  Bytes out;
  for (;;) {
    const std::string_view part = text.substr(0, text.find('.'));
    std::uint8_t value = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (part.empty() || part.size() > 3 || error != std::errc{} || end != part.data() + part.size()) return std::nullopt;
    out.push_back(value);
    if (part.size() == text.size()) break;
    text.remove_prefix(part.size() + 1);
    if (out.size() == 4) return std::nullopt;
  }
  if (out.size() != 4) return std::nullopt;
  return out;
}

// Groups of one side of "::"; the last may be an IPv4 address.
std::optional<Bytes> parse_groups(std::string_view text) {
  Bytes out;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(':'));
    if (part.size() == text.size() && part.find('.') != std::string_view::npos) {
      const auto ipv4 = parse_ipv4(part);
      if (!ipv4) return std::nullopt;
      append(out, *ipv4);
      break;
    }
    std::uint16_t value = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value, 16);
    if (part.empty() || part.size() > 4 || error != std::errc{} || end != part.data() + part.size()) return std::nullopt;
    append(out, be_bytes(value, 2));
    if (part.size() == text.size()) break;
    text.remove_prefix(part.size() + 1);
    if (text.empty() || out.size() > 16) return std::nullopt;
  }
  return out;
}

}  // namespace

std::optional<Bytes> parse_address(std::string_view text) {
  if (text.find(':') == std::string_view::npos) return parse_ipv4(text);
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    auto all = parse_groups(text);
    if (!all || all->size() != 16) return std::nullopt;
    return all;
  }
  const auto front = parse_groups(text.substr(0, gap)), back = parse_groups(text.substr(gap + 2));
  if (!front || !back || front->size() + back->size() > 14) return std::nullopt;
  Bytes out = *front;
  out.resize(16 - back->size());
  append(out, *back);
  return out;
}

std::string address_text(ByteView address) {
  std::string out;
  if (address.size() == 4) {
    for (const std::uint8_t octet : address) out += (out.empty() ? "" : ".") + std::to_string(octet);
    return out;
  }
  for (std::size_t i = 0; i + 1 < address.size(); i += 2) out += (out.empty() ? "" : ":") + to_hex(address.subspan(i, 2));
  return out;
}

// ---- the cache

void Cache::put(const std::string& name, const Answer& answer, std::chrono::seconds now) {
  forget(name);
  if (answer.addresses.empty() || answer.ttl.count() <= 0) return;
  if (entries_.size() == kEntries) entries_.erase(entries_.begin());
  entries_.push_back({name, answer.addresses, now + std::min(answer.ttl, kLongest)});
}

std::vector<Bytes> Cache::find(const std::string& name, std::chrono::seconds now) const {
  for (const Entry& entry : entries_) {
    if (entry.name == name && entry.until > now) return entry.addresses;
  }
  return {};
}

void Cache::forget(const std::string& name) {
  std::erase_if(entries_, [&](const Entry& entry) { return entry.name == name; });
}

}  // namespace simurgh::ipae::dns
