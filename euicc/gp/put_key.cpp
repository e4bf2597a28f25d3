// PUT KEY, GlobalPlatform 2.3 11.8.
#include <algorithm>

#include "euicc/gp/commands.h"

namespace simurgh::gp {
namespace {

using apdu::refuse;
using apdu::Sw;

constexpr std::uint8_t kSeveralKeys = 0x80;
constexpr std::uint8_t kExtendedType = 0xFF;

// Key types, GlobalPlatform 11.1.8.
bool is_des(std::uint8_t type) { return type == 0x80 || type == 0x82; }
bool is_secret(std::uint8_t type) { return is_des(type) || type == 0x85 || type == 0x88 || type == 0x90 || type == 0x91 || type == 0xB1; }
// The second component that follows the first one of a public key, 0: none.
std::uint8_t companion(std::uint8_t type) { return type == 0xA1 ? 0xA0 : type == 0xB0 || type == 0xB1 ? 0xF0 : 0x00; }

class Blocks {
 public:
  explicit Blocks(ByteView input) : rest_(input) {}
  std::optional<std::uint8_t> octet() {
    if (rest_.empty()) return std::nullopt;
    const std::uint8_t value = rest_[0];
    rest_ = rest_.subspan(1);
    return value;
  }
  // Behind one octet of length, or 81 and one, or 82 and two.
  std::optional<ByteView> counted() {
    const auto first = octet();
    if (!first) return std::nullopt;
    std::size_t size = *first;
    if (size == 0x81 || size == 0x82) {
      const bool two = size == 0x82;
      if (rest_.size() < (two ? 2U : 1U)) return std::nullopt;
      const std::size_t longer = two ? static_cast<std::size_t>(rest_[0]) << 8 | rest_[1] : rest_[0];
      // 81 and 82 are lengths of their own where nothing that long follows.
      if (longer >= 0x80 && rest_.size() - (two ? 2 : 1) >= longer) {
        rest_ = rest_.subspan(two ? 2 : 1);
        size = longer;
      }
    }
    if (rest_.size() < size) return std::nullopt;
    const ByteView value = rest_.first(size);
    rest_ = rest_.subspan(size);
    return value;
  }
  [[nodiscard]] std::optional<std::uint8_t> peek() const { return rest_.empty() ? std::nullopt : std::optional(rest_[0]); }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  ByteView rest_;
};

bool fits(std::uint8_t type, std::size_t size) {
  if (is_des(type)) return size == 16 || size == 24 || (type == 0x80 && size == 8);
  if (type == 0x88) return size == 16 || size == 24 || size == 32;
  return size != 0;
}

// The key behind its encryption. The length of the clear key may stand in front (GlobalPlatform 11.8.2.3.1: keys that were padded to whole
// blocks); a block that is a multiple of the cipher's is taken as it is.
apdu::Result<crypto::SecretBytes> unwrap_key(const DataKey& key, std::uint8_t type, ByteView block) {
  const std::size_t cipher = key.type == 0x88 ? 16 : 8;
  std::size_t clear = block.size();
  if (block.size() % cipher == 1) {
    clear = block[0];
    block = block.subspan(1);
    if (clear == 0 || clear > block.size()) return refuse(Sw::incorrect_data, "length of a clear key");
  }
  const auto plain = decrypt_data(key, block);
  if (!plain) return refuse(Sw::incorrect_data, "encrypted key is not whole blocks");
  if (!fits(type, clear)) return refuse(Sw::incorrect_data, "length of a key");
  return crypto::SecretBytes(plain->expose().first(clear));
}

std::uint8_t default_usage(std::uint8_t identifier) { return identifier == 1 ? 0x18 : identifier == 2 ? 0x14 : 0x48; }

// One key of the list; what its KCV contributes to the response goes to `checks`.
apdu::Result<Key> read_key(Blocks& in, const DataKey& protection, Bytes& checks) {
  Key key;
  for (std::uint8_t expected = 0;;) {
    const auto type = in.octet();
    if (!type) return refuse(Sw::incorrect_data, "key data field is cut short");
    if (*type == kExtendedType) return refuse(Sw::gp_algorithm_unsupported, "keys of the extended format");
    const bool known = is_secret(*type) || *type == 0xA0 || *type == 0xA1 || *type == 0xB0 || *type == 0xF0;
    if (!known) return refuse(Sw::gp_algorithm_unsupported, "key type unknown");
    if (expected != 0 && *type != expected) return refuse(Sw::incorrect_data, "component of a key is missing");
    const auto block = in.counted();
    if (!block || block->empty()) return refuse(Sw::incorrect_data, "key data field is cut short");
    KeyComponent component;
    component.type = *type;
    if (is_secret(*type)) {
      if (protection.type == 0) return refuse(Sw::conditions_not_satisfied, "no key that protects keys");
      auto value = unwrap_key(protection, *type, *block);
      if (!value) return std::unexpected(value.error());
      component.value = std::move(*value);
    } else {
      component.value = crypto::SecretBytes(*block);
    }
    key.components.push_back(std::move(component));
    expected = expected == 0 ? companion(*type) : 0;
    if (expected == 0 || in.peek() != expected) break;
  }
  const auto check = in.counted();
  if (!check) return refuse(Sw::incorrect_data, "key check value is missing");
  const KeyComponent& first = key.components.front();
  const Bytes computed = key_check_value(first.type, first.value.expose());
  if (!check->empty() && !computed.empty() && !equal(*check, computed)) return refuse(Sw::gp_wrong_key_check, "key check value wrong");
  append(checks, computed.empty() ? *check : ByteView(computed));
  return key;
}

}  // namespace

apdu::Answer put_key(Task& task) {
  const apdu::Command& command = task.command;
  const std::uint8_t old_version = command.p1;
  const std::uint8_t first = command.p2 & 0x7F;
  if (old_version > 0x7F || first == 0) return refuse(Sw::incorrect_p1p2, "PUT KEY P1 P2");
  Blocks in(command.data);
  const auto version = in.octet();
  if (!version || *version == 0 || *version > 0x7F) return refuse(Sw::incorrect_data, "new key version");
  Bytes response{*version};
  std::vector<Key> fresh;
  do {
    auto key = read_key(in, task.arrived_by.key, response);
    if (!key) return std::unexpected(key.error());
    const std::size_t identifier = first + fresh.size();
    if (identifier > 0x7F) return refuse(Sw::incorrect_data, "key identifier");
    key->version = *version;
    key->identifier = static_cast<std::uint8_t>(identifier);
    key->usage = {default_usage(key->identifier)};
    fresh.push_back(std::move(*key));
  } while ((command.p2 & kSeveralKeys) != 0 && !in.at_end());
  if (!in.at_end()) return refuse(Sw::incorrect_data, "octets behind the key");

  Content& content = task.environment.content;
  Registry changed = content.draft();
  std::vector<Key>& keys = changed.domains[task.domain].keys;
  for (Key& key : fresh) {
    const auto at = [&](std::uint8_t wanted) {
      return std::ranges::find_if(keys, [&](const Key& k) { return k.version == wanted && k.identifier == key.identifier; });
    };
    if (old_version == 0) {
      if (at(*version) != keys.end()) return refuse(Sw::incorrect_data, "a key of this version and identifier is there already");
      keys.push_back(std::move(key));
      continue;
    }
    const auto old = at(old_version);
    if (old == keys.end()) return refuse(Sw::data_not_found, "no key to replace");
    if (*version != old_version && at(*version) != keys.end())
      return refuse(Sw::incorrect_data, "a key of this version and identifier is there already");
    key.usage = old->usage;
    key.access = old->access;
    *old = std::move(key);
  }
  // New keys count from the start, and so do versions that are gone.
  content.forget_counter(task.self().aid, *version, task.environment.txn);
  if (old_version != 0) content.forget_counter(task.self().aid, old_version, task.environment.txn);
  content.replace(std::move(changed), task.environment.txn);
  return apdu::with_data(std::move(response));
}

}  // namespace simurgh::gp
