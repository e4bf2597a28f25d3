#include "euicc/isdr/switching.h"

#include "euicc/rsp/notifications.h"

namespace simurgh::isdr {

using profile::ProfileClass;
using profile::ProfileEntry;
using profile::ProfileState;

std::string default_dp_address(const state::Transaction& txn, const ecasd::Ecasd& ecasd) {
  const Bytes* stored = txn.find(kDefaultDpAddress);
  return stored == nullptr ? ecasd.capabilities.default_dp_address : to_text(*stored);
}

std::optional<std::uint32_t> profile_before_test(const state::Transaction& txn) {
  const Bytes* stored = txn.find(kBeforeTest);
  if (stored == nullptr) return std::nullopt;
  const auto number = static_cast<std::uint32_t>(be_value(*stored));
  if (txn.find({state::Space::profile, number, 0}) == nullptr) return std::nullopt;
  return number;
}

void switch_profile(state::Transaction& txn, const ecasd::Ecasd& ecasd, PlatformPort& platform, std::optional<std::uint32_t> target) {
  profile::Registry registry(txn);
  const auto before = registry.enabled();
  if (before) {
    ProfileEntry entry = *before;
    entry.state = ProfileState::disabled;
    registry.save(entry);
    rsp::notify(txn, ecasd, entry, rsp::Event::disable);
  }
  if (target) {
    for (ProfileEntry& entry : registry.all()) {
      if (entry.number != *target) continue;
      entry.state = ProfileState::enabled;
      registry.save(entry);
      rsp::notify(txn, ecasd, entry, rsp::Event::enable);
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

void delete_profile_cells(state::Transaction& txn, const ecasd::Ecasd& ecasd, const ProfileEntry& entry) {
  rsp::notify(txn, ecasd, entry, rsp::Event::remove);
  if (entry.state == ProfileState::enabled || profile_before_test(txn) == entry.number) txn.erase(kBeforeTest);
  profile::Registry(txn).remove(entry.number);
}

}  // namespace simurgh::isdr
