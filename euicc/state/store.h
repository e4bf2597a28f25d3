// Where a card's persistent state lives. A card is a set of cells; a command changes any number of them or none.
#pragma once

#include <compare>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "asn1/bytes.h"

namespace simurgh::state {

// What a cell is about. Numbers are stored: never renumber.
enum class Space : std::uint8_t {
  card = 1,          // owner 0: identity, keys, configuration, counters (see card cells of the rooms)
  profile = 2,       // owner = profile number; index: 0 registry entry, 1 image
  file = 3,          // owner = profile number; index = file node: life cycle and body where they differ from the image
  pin = 4,           // owner = profile number; index = PIN or PUK object
  aka = 5,           // owner = profile number; index = authentication instance: SQN array and counter
  notification = 6,  // owner 0; index = sequence number
  one_time_key = 7,  // owner 0; index = running number
  gp = 8,            // owner = profile number; index = registry object
  iot = 9,           // SGP.32 state
  crl = 10,          // owner 0; index = running number
  ipae = 11,         // the card's IoT Profile Assistant: owner 0 what it remembers of its device and network, owner 1 its journal
  applet = 12,       // owner = profile number; index = hash of the instance's AID and what its applet keeps
};
[[nodiscard]] std::string_view name(Space space) noexcept;  // "profile", ... as in the card file

struct Key {
  Space space = Space::card;
  std::uint32_t owner = 0;
  std::uint32_t index = 0;
  auto operator<=>(const Key&) const = default;
};

using Cell = std::shared_ptr<const Bytes>;  // immutable, shared between cards of a fleet

struct Change {
  Key key;
  Cell value;  // null: the cell goes away
};

struct StoreError {
  std::string what;  // one sentence for people
};

// Implementations: MemoryStore here, SqliteStore in sqlite_store.h, faulty ones in tests.
class StateStore {
 public:
  virtual ~StateStore() = default;
  [[nodiscard]] virtual std::expected<std::map<Key, Cell>, StoreError> load() = 0;
  // All changes or none, durable when it returns. After an error the stored state is the old one.
  [[nodiscard]] virtual std::expected<void, StoreError> commit(const std::vector<Change>& changes) = 0;
};

// Keeps everything in memory; cells may be shared by many stores of a fleet.
class MemoryStore final : public StateStore {
 public:
  MemoryStore() = default;
  explicit MemoryStore(std::map<Key, Cell> cells) : cells_(std::move(cells)) {}
  [[nodiscard]] std::expected<std::map<Key, Cell>, StoreError> load() override { return cells_; }
  [[nodiscard]] std::expected<void, StoreError> commit(const std::vector<Change>& changes) override;
  [[nodiscard]] const std::map<Key, Cell>& cells() const noexcept { return cells_; }

 private:
  std::map<Key, Cell> cells_;
};

}  // namespace simurgh::state
