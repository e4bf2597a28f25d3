#include "tools/world/scenario.h"

#include <algorithm>

namespace simurgh::world {

const SponsorSpec* Scenario::sponsor(const std::string& id) const {
  const auto at = std::find_if(sponsors.begin(), sponsors.end(), [&](const SponsorSpec& one) { return one.id == id; });
  return at == sponsors.end() ? nullptr : &*at;
}

const SponsorSpec* Scenario::sponsor_of_imsi(const std::string& imsi) const {
  const auto at = std::find_if(sponsors.begin(), sponsors.end(), [&](const SponsorSpec& one) { return one.imsi == imsi; });
  return at == sponsors.end() ? nullptr : &*at;
}

const PlmnSpec* Scenario::plmn(const std::string& mccmnc) const {
  const auto at = std::find_if(plmns.begin(), plmns.end(), [&](const PlmnSpec& one) { return one.mccmnc == mccmnc; });
  return at == plmns.end() ? nullptr : &*at;
}

const ServerSpec* Scenario::server(const std::string& id) const {
  const auto at = std::find_if(servers.begin(), servers.end(), [&](const ServerSpec& one) { return one.id == id; });
  return at == servers.end() ? nullptr : &*at;
}

namespace {

template <typename Is>
const ProfileSpec* find_profile(const Scenario& scenario, Is is) {
  const auto in = [&](const std::vector<ProfileSpec>& list) {
    const auto at = std::find_if(list.begin(), list.end(), is);
    return at == list.end() ? nullptr : &*at;
  };
  for (const DeviceSpec& device : scenario.devices) {
    if (const ProfileSpec* found = in(device.profiles)) return found;
  }
  for (const ServerSpec& server : scenario.servers) {
    if (const ProfileSpec* found = in(server.stock)) return found;
  }
  return nullptr;
}

}  // namespace

const ProfileSpec* Scenario::profile(const std::string& id) const {
  return find_profile(*this, [&](const ProfileSpec& one) { return one.id == id; });
}

const ProfileSpec* Scenario::profile_by_iccid(const std::string& iccid) const {
  return find_profile(*this, [&](const ProfileSpec& one) { return one.iccid == iccid; });
}

const ServerSpec* Scenario::shop(const std::string& profile) const {
  const auto at = std::find_if(servers.begin(), servers.end(), [&](const ServerSpec& one) {
    return std::any_of(one.stock.begin(), one.stock.end(), [&](const ProfileSpec& stock) { return stock.id == profile; });
  });
  return at == servers.end() ? nullptr : &*at;
}

}  // namespace simurgh::world
