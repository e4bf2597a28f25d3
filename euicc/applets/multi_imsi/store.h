// Where the applet's data lies in the card: two configurations of which one is in force, and the state. Changes are staged in the running
// transaction, so that files, key and state of a swap change together.
#pragma once

#include <memory>
#include <optional>

#include "euicc/applets/multi_imsi/machine.h"
#include "euicc/applets/multi_imsi/table.h"
#include "euicc/card/applets.h"

namespace simurgh::multi_imsi {

class Store {
 public:
  Store(const card::CardServices& services, ByteView instance_aid);
  // For who only looks: no services.
  Store(state::Transaction& txn, std::uint32_t owner, ByteView instance_aid);

  // Null: there is none, or it cannot be read.
  [[nodiscard]] std::shared_ptr<const Config> config();
  [[nodiscard]] State state() const;
  // Written only when something but the time has changed.
  void save(State& state);
  // Another configuration is in force; the one before is kept for the way back while `keep_before`.
  void adopt(const Config& config, bool keep_before);
  // The configuration before comes back; false without one.
  [[nodiscard]] bool rollback();
  // The configuration before is not needed any more, nor are its keys.
  void forget_before();
  // A configuration for later, and whether it may leave the terminal without an identity. One may wait.
  void put_later(const Config& config, bool force);
  struct Later {
    Config config;
    bool force = false;
  };
  // Taken out.
  [[nodiscard]] std::optional<Later> take_later();

 private:
  enum Cell : std::uint32_t { slot_a = 0, slot_b = 1, which = 2, state_cell = 3, later = 4 };
  [[nodiscard]] state::Key key(Cell cell) const { return {state::Space::applet, owner_, base_ | cell}; }
  [[nodiscard]] Cell in_force() const;
  [[nodiscard]] std::optional<Config> read(Cell cell) const;

  state::Transaction& txn_;
  std::uint32_t owner_, base_;
  state::Cell cached_from_;
  std::shared_ptr<const Config> cached_;
};

// Histories follow their IMSI from one configuration to the next; those of identities that are gone are dropped.
void migrate(const Config& before, const Config& after, State& state, bool forget);

// The first state on a card: the default identity is the one its files were personalised with, unless EF.IMSI names another.
[[nodiscard]] State first_state(const Config& config, ByteView ef_imsi);

}  // namespace simurgh::multi_imsi
