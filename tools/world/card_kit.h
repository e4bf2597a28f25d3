// What the cards and servers of a scenario are made from; made once, shared by all runs of it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "euicc/card/applets.h"
#include "euicc/state/store.h"
#include "tools/perso/pki.h"
#include "tools/world/scenario.h"

namespace simurgh::world {

// What a profile at an SM-DP+ is made from.
struct StockItem {
  Bytes package, metadata;
};

struct CardKit {
  std::map<std::string, std::map<state::Key, state::Cell>> cells;  // by device id
  std::map<std::string, std::vector<std::map<state::Key, state::Cell>>> identities;  // of the second card of a device on, where servers tell them apart
  perso::Pki pki;
  std::map<std::string, StockItem> stock;                          // by profile id
  std::map<std::string, Bytes> updates;                            // by table id: what changes an applet's table to this one (E1)
  card::Applets applets;

  // The cells of one of the device's cards, counted from 0.
  [[nodiscard]] std::map<state::Key, state::Cell> card(const std::string& device, unsigned number) const;
};

// Throws ScenarioError.
[[nodiscard]] std::shared_ptr<const CardKit> make_kit(const Scenario& scenario);

}  // namespace simurgh::world
