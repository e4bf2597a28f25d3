#include "euicc/gp/content.h"

#include <algorithm>
#include <stdexcept>

#include "euicc/gp/load_file.h"
#include "euicc/gp/octet_record.h"

namespace simurgh::gp {
namespace {

// Cells of Space::gp. Numbers are stored: never renumber.
constexpr std::uint32_t kRegistryCell = 0, kCountersCell = 1, kFirstCodeCell = 0x10000;

struct Counter {
  Bytes domain;
  std::uint8_t key_version = 0;
  std::uint64_t value = 0;
};

state::Key cell(std::uint32_t owner, std::uint32_t index) { return {state::Space::gp, owner, index}; }

std::vector<Counter> read_counters(std::uint32_t owner, const state::Transaction& txn) {
  std::vector<Counter> out;
  const Bytes* stored = txn.find(cell(owner, kCountersCell));
  if (stored == nullptr) return out;
  OctetReader in(*stored);
  const std::size_t count = in.count();
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    Counter& counter = out.emplace_back();
    counter.domain = in.octets();
    counter.key_version = in.byte();
    counter.value = in.number();
  }
  if (!in.ended()) out.clear();
  return out;
}

void write_counters(const std::vector<Counter>& counters, std::uint32_t owner, state::Transaction& txn) {
  if (counters.empty()) return txn.erase(cell(owner, kCountersCell));
  OctetWriter out;
  out.number(counters.size());
  for (const Counter& counter : counters) {
    out.octets(counter.domain);
    out.byte(counter.key_version);
    out.number(counter.value);
  }
  txn.put(cell(owner, kCountersCell), out.take());
}

// What SAIP's keyCounterValue starts the counter with.
std::uint64_t initial_counter(const Registry& registry, ByteView domain_aid, std::uint8_t key_version) {
  for (const SecurityDomain& domain : registry.domains) {
    if (!equal(domain.aid, domain_aid)) continue;
    for (const Key& key : domain.keys) {
      if (key.version != key_version || key.counter.empty() || key.counter.size() > 8) continue;
      std::uint64_t value = 0;
      for (const std::uint8_t octet : key.counter) value = value << 8 | octet;
      return value;
    }
  }
  return 0;
}

bool state_selectable(std::uint8_t state) { return (state & kLocked) == 0 && (state & kSelectable) == kSelectable; }

}  // namespace

const NativeApplet* NativeApplets::find(ByteView class_aid) const noexcept {
  const auto found = std::ranges::find_if(applets_, [&](const NativeApplet& applet) { return equal(applet.class_aid, class_aid); });
  return found == applets_.end() ? nullptr : &*found;
}

const NativeApplets& Content::natives() const noexcept {
  static const NativeApplets kNone;
  return natives_ != nullptr ? *natives_ : kNone;
}

void Content::mount(std::shared_ptr<const Registry> original, std::uint32_t owner, const state::Transaction& txn) {
  original_ = original ? std::move(original) : std::make_shared<const Registry>();
  owner_ = owner;
  reload(txn);
}

void Content::reload(const state::Transaction& txn) {
  changed_ = false;
  current_ = original_;
  if (const Bytes* stored = txn.find(cell(owner_, kRegistryCell))) {
    if (auto changed = Registry::decode_changed(*stored)) current_ = std::make_shared<const Registry>(*std::move(changed));
  }
}

Registry Content::draft() const {
  auto copy = Registry::decode_changed(current_->encode_changed());
  if (!copy) throw std::logic_error("a registry that cannot be read back");
  for (std::size_t i = 0; i < copy->load_files.size(); ++i) {
    const LoadFile& now = current_->load_files[i];
    if (now.code.empty()) continue;
    copy->load_files[i].code_size = static_cast<std::uint32_t>(now.code.size());
    copy->load_files[i].modules = modules_of(now.code);
  }
  return *std::move(copy);
}

void Content::replace(Registry changed, state::Transaction& txn) {
  txn.put(cell(owner_, kRegistryCell), changed.encode_changed());
  current_ = std::make_shared<const Registry>(std::move(changed));
  changed_ = true;
}

void Content::put_code(std::uint32_t code_cell, Bytes code, state::Transaction& txn) const {
  txn.put(cell(owner_, kFirstCodeCell + code_cell), std::move(code));
}

void Content::erase_code(std::uint32_t code_cell, state::Transaction& txn) const { txn.erase(cell(owner_, kFirstCodeCell + code_cell)); }

std::size_t Content::stored_octets(const state::Transaction& txn) const {
  std::size_t sum = 0;
  txn.for_each(state::Space::gp, owner_, [&](const state::Key&, const Bytes& value) { sum += value.size(); });
  return sum;
}

std::uint64_t Content::counter(ByteView domain_aid, std::uint8_t key_version, const state::Transaction& txn) const {
  for (const Counter& counter : read_counters(owner_, txn)) {
    if (counter.key_version == key_version && equal(counter.domain, domain_aid)) return counter.value;
  }
  return initial_counter(*current_, domain_aid, key_version);
}

void Content::set_counter(ByteView domain_aid, std::uint8_t key_version, std::uint64_t value, state::Transaction& txn) const {
  std::vector<Counter> counters = read_counters(owner_, txn);
  const auto same = [&](const Counter& counter) { return counter.key_version == key_version && equal(counter.domain, domain_aid); };
  const auto found = std::ranges::find_if(counters, same);
  if (found != counters.end()) {
    found->value = value;
  } else {
    counters.push_back({to_bytes(domain_aid), key_version, value});
  }
  write_counters(counters, owner_, txn);
}

void Content::forget_counter(ByteView domain_aid, std::uint8_t key_version, state::Transaction& txn) const {
  std::vector<Counter> counters = read_counters(owner_, txn);
  const auto gone = [&](const Counter& counter) { return counter.key_version == key_version && equal(counter.domain, domain_aid); };
  if (std::erase_if(counters, gone) != 0) write_counters(counters, owner_, txn);
}

void Content::forget_counters(ByteView domain_aid, state::Transaction& txn) const {
  std::vector<Counter> counters = read_counters(owner_, txn);
  if (std::erase_if(counters, [&](const Counter& counter) { return equal(counter.domain, domain_aid); }) != 0)
    write_counters(counters, owner_, txn);
}

std::optional<std::size_t> Content::find_domain(ByteView aid) const noexcept {
  const auto& domains = current_->domains;
  for (std::size_t i = 0; i < domains.size(); ++i) {
    if (aid.empty() || equal(domains[i].aid, aid)) return i;
  }
  return std::nullopt;
}

const Application* Content::find_application(ByteView aid) const noexcept {
  const auto& all = current_->applications;
  const auto found = std::ranges::find_if(all, [&](const Application& application) { return equal(application.aid, aid); });
  return found == all.end() ? nullptr : &*found;
}

bool Content::selectable(const SecurityDomain& domain) const noexcept {
  // GlobalPlatform 5.1.1.4: of a locked card only the issuer's domain answers.
  if (current_->card_state == kCardLocked || current_->card_state == kTerminated) return &domain == current_->domains.data();
  return state_selectable(domain.life_cycle);
}

bool Content::selectable(const Application& application) const noexcept {
  return current_->card_state != kCardLocked && current_->card_state != kTerminated && state_selectable(application.life_cycle);
}

}  // namespace simurgh::gp
