// The eIMs and SM-DP+s of a scenario: the services that the processes are made of, in this one, with stores in memory and the world's clock. What
// crosses them becomes marks of the thing that called.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tools/world/internet.h"
#include "tools/world/thing.h"

namespace simurgh::world {

class Servers {
 public:
  // All outlive it. Throws ScenarioError when a server cannot be made.
  Servers(const World& world, const CardKit& kit, std::uint64_t seed);
  ~Servers();
  Servers(const Servers&) = delete;
  Servers& operator=(const Servers&) = delete;

  // By id of the server.
  [[nodiscard]] const std::map<std::string, Service*>& services() const noexcept { return services_; }
  // An operator's order for these cards. Throws ScenarioError when the eIM does not take it.
  void order(const OrderSpec& order, const std::vector<std::string>& eids);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::map<std::string, Service*> services_;
};

}  // namespace simurgh::world
