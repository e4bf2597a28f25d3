#include "euicc/rsp/switching.h"

#include <algorithm>

#include "euicc/rsp/notifications.h"

namespace simurgh::rsp {

using profile::ProfileClass;
using profile::ProfileEntry;
using profile::ProfileState;

namespace {

constexpr std::uint32_t kNone = 0xFFFFFFFF;

Manner manner_of(const Bytes& pending) {
  return pending.size() == 5 && pending[4] <= static_cast<std::uint8_t>(Manner::silent) ? static_cast<Manner>(pending[4]) : Manner::local;
}

}  // namespace

std::string default_dp_address(const state::Transaction& txn, const ecasd::Ecasd& ecasd) {
  const Bytes* stored = txn.find(kDefaultDpAddress);
  return stored == nullptr ? ecasd.capabilities.default_dp_address : to_text(*stored);
}

bool set_default_dp_address(state::Transaction& txn, ByteView address) {
  if (address.size() > 255) return false;
  txn.put(kDefaultDpAddress, to_bytes(address));
  return true;
}

std::optional<std::uint32_t> profile_before_test(const state::Transaction& txn) {
  const Bytes* stored = txn.find(kBeforeTest);
  if (stored == nullptr) return std::nullopt;
  const auto number = static_cast<std::uint32_t>(be_value(*stored));
  if (txn.find({state::Space::profile, number, 0}) == nullptr) return std::nullopt;
  return number;
}

void switch_profile(state::Transaction& txn, const ecasd::Ecasd& ecasd, PlatformPort& platform, std::optional<std::uint32_t> target, bool silent) {
  profile::Registry registry(txn);
  const auto before = registry.enabled();
  if (before) {
    ProfileEntry entry = *before;
    entry.state = ProfileState::disabled;
    registry.save(entry);
    if (!silent) notify(txn, ecasd, entry, Event::disable);
  }
  if (target) {
    for (ProfileEntry& entry : registry.all()) {
      if (entry.number != *target) continue;
      entry.state = ProfileState::enabled;
      registry.save(entry);
      if (!silent) notify(txn, ecasd, entry, Event::enable);
      const bool to_test = entry.metadata.profile_class == ProfileClass::test;
      const bool from_test = before && before->metadata.profile_class == ProfileClass::test;
      // From one test profile to another the way back stays the same.
      if (to_test && from_test) continue;
      txn.erase(kBeforeTest);
      const bool from_operational = before && before->metadata.profile_class == ProfileClass::operational;
      if (to_test && from_operational) txn.put(kBeforeTest, be_bytes(before->number, 4));
    }
  } else {
    txn.erase(kBeforeTest);
  }
  platform.profile_changed();
}

void start_switch(state::Transaction& txn, const ecasd::Ecasd& ecasd, PlatformPort& platform, std::optional<std::uint32_t> target, bool refresh,
                  Manner manner) {
  if (refresh && platform.toolkit_ready()) {
    Bytes pending = be_bytes(target.value_or(kNone), 4);
    if (manner != Manner::local) pending.push_back(static_cast<std::uint8_t>(manner));
    txn.put(kPendingSwitch, std::move(pending));
    platform.request_refresh();
    return;
  }
  switch_profile(txn, ecasd, platform, target, manner == Manner::silent);
}

bool switch_pending(const state::Transaction& txn) { return txn.find(kPendingSwitch) != nullptr; }

bool apply_pending_switch(state::Transaction& txn, const ecasd::Ecasd& ecasd, PlatformPort& platform) {
  const Bytes* pending = txn.find(kPendingSwitch);
  if (pending == nullptr) return false;
  const auto number = static_cast<std::uint32_t>(be_value(ByteView(*pending).first(std::min<std::size_t>(4, pending->size()))));
  const Manner manner = manner_of(*pending);
  txn.erase(kPendingSwitch);
  switch_profile(txn, ecasd, platform, number == kNone ? std::nullopt : std::optional(number), manner == Manner::silent);
  return true;
}

void drop_pending_switch(state::Transaction& txn) {
  const Bytes* pending = txn.find(kPendingSwitch);
  if (pending != nullptr && manner_of(*pending) == Manner::local) txn.erase(kPendingSwitch);
}

void delete_profile_cells(state::Transaction& txn, const ecasd::Ecasd& ecasd, const ProfileEntry& entry) {
  notify(txn, ecasd, entry, Event::remove);
  if (entry.state == ProfileState::enabled || profile_before_test(txn) == entry.number) txn.erase(kBeforeTest);
  profile::Registry(txn).remove(entry.number);
}

}  // namespace simurgh::rsp
