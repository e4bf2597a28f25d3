#include "euicc/state/store.h"

namespace simurgh::state {

std::string_view name(Space space) noexcept {
  switch (space) {
    case Space::card: return "card";
    case Space::profile: return "profile";
    case Space::file: return "file";
    case Space::pin: return "pin";
    case Space::aka: return "aka";
    case Space::notification: return "notification";
    case Space::one_time_key: return "one_time_key";
    case Space::gp: return "gp";
    case Space::iot: return "iot";
    case Space::crl: return "crl";
    case Space::ipae: return "ipae";
    case Space::applet: return "applet";
  }
  return "unknown";
}

std::expected<void, StoreError> MemoryStore::commit(const std::vector<Change>& changes) {
  for (const Change& change : changes) {
    if (change.value) {
      cells_[change.key] = change.value;
    } else {
      cells_.erase(change.key);
    }
  }
  return {};
}

}  // namespace simurgh::state
