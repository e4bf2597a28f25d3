#include "euicc/applets/multi_imsi/store.h"

#include <algorithm>

#include "euicc/crypto/symmetric.h"

namespace simurgh::multi_imsi {
namespace {

// Sixteen cells for each instance of a profile, found by its AID.
std::uint32_t base_of(ByteView aid) {
  const crypto::Digest digest = crypto::sha256({aid});
  return static_cast<std::uint32_t>(be_value(ByteView(digest).first(4))) & 0xFFFFFFF0U;
}

}  // namespace

Store::Store(const card::CardServices& services, ByteView instance_aid) : Store(services.txn, services.owner, instance_aid) {}

Store::Store(state::Transaction& txn, std::uint32_t owner, ByteView instance_aid) : txn_(txn), owner_(owner), base_(base_of(instance_aid)) {}

Store::Cell Store::in_force() const {
  const Bytes* stored = txn_.find(key(which));
  return stored != nullptr && stored->size() == 1 && (*stored)[0] == 1 ? slot_b : slot_a;
}

std::optional<Config> Store::read(Cell cell) const {
  const Bytes* stored = txn_.find(key(cell));
  if (stored == nullptr) return std::nullopt;
  auto applied = apply_table(Config{}, *stored, {}, {});
  if (!applied) return std::nullopt;
  return std::move(applied->config);
}

std::shared_ptr<const Config> Store::config() {
  const state::Cell cell = txn_.cell(key(in_force()));
  if (cell && cell == cached_from_) return cached_;
  cached_from_ = cell;
  auto config = read(in_force());
  cached_ = config ? std::make_shared<const Config>(*std::move(config)) : nullptr;
  return cached_;
}

State Store::state() const {
  const Bytes* stored = txn_.find(key(state_cell));
  return (stored == nullptr ? std::nullopt : State::decode(*stored)).value_or(State{});
}

void Store::save(State& state) {
  State before = this->state();
  // Time alone, and what it refills, is no reason to write.
  before.elapsed = state.elapsed;
  before.hour_level = state.hour_level;
  before.day_level = state.day_level;
  before.levels_at = state.levels_at;
  if (txn_.find(key(state_cell)) != nullptr && before.encode() == state.encode()) return;
  ++state.writes;
  txn_.put(key(state_cell), state.encode());
}

void Store::adopt(const Config& config, bool keep_before) {
  const Cell now = in_force();
  const bool first = txn_.find(key(now)) == nullptr;
  const Cell next = first ? now : now == slot_a ? slot_b : slot_a;
  txn_.put(key(next), write_table(config));
  txn_.put(key(which), Bytes{static_cast<std::uint8_t>(next)});
  if (!keep_before && !first) txn_.erase(key(now));
}

bool Store::rollback() {
  const Cell now = in_force(), other = now == slot_a ? slot_b : slot_a;
  if (!read(other)) return false;
  txn_.put(key(which), Bytes{static_cast<std::uint8_t>(other)});
  txn_.erase(key(now));
  return true;
}

void Store::forget_before() {
  const Cell other = in_force() == slot_a ? slot_b : slot_a;
  if (txn_.find(key(other)) != nullptr) txn_.erase(key(other));
}

void Store::put_later(const Config& config, bool force) {
  Bytes out{static_cast<std::uint8_t>(force ? 1 : 0)};
  append(out, write_table(config));
  txn_.put(key(later), out);
}

std::optional<Store::Later> Store::take_later() {
  const Bytes* stored = txn_.find(key(later));
  if (stored == nullptr || stored->empty()) return std::nullopt;
  auto applied = apply_table(Config{}, ByteView(*stored).subspan(1), {}, {});
  const bool force = stored->front() != 0;
  txn_.erase(key(later));
  if (!applied) return std::nullopt;
  return Later{std::move(applied->config), force};
}

void migrate(const Config& before, const Config& after, State& state, bool forget) {
  const auto follow = [&](std::uint8_t id) -> std::uint8_t {
    const Identity* old = before.find(id);
    const Identity* now = old == nullptr ? nullptr : after.find_imsi(old->imsi);
    return now == nullptr ? std::uint8_t{0} : now->id;
  };
  std::vector<Pair> pairs;
  for (Pair& pair : state.pairs) {
    pair.id = follow(pair.id);
    if (pair.id != 0 && !forget) pairs.push_back(pair);
  }
  // A rule that is new names networks its identities may be tried in: what was known against them there is void.
  for (const Rule& rule : after.rules) {
    const bool known = std::ranges::any_of(before.rules, [&](const Rule& old) { return old.pattern == rule.pattern && old.ids == rule.ids; });
    if (known || rule.pattern.octets.size() != 3) continue;
    std::erase_if(pairs, [&](const Pair& pair) {
      return pair.outcome != Pair::Outcome::ok && rule.pattern.matches(pair.plmn) && std::ranges::find(rule.ids, pair.id) != rule.ids.end();
    });
  }
  state.pairs = std::move(pairs);
  std::vector<IdentityState> identities;
  for (IdentityState& own : state.identities) {
    own.id = follow(own.id);
    if (own.id != 0 && !forget) identities.push_back(own);
  }
  state.identities = std::move(identities);
  const Identity* active = after.find_imsi(state.active_imsi);
  state.active = active == nullptr ? std::uint8_t{0} : active->id;
  state.pending = state.pending == 0 ? std::uint8_t{0} : follow(state.pending);
  state.pinned = follow(state.pinned);
  if (state.mode == Mode::pinned && state.pinned == 0) state.mode = Mode::automatic;
  state.last_from = follow(state.last_from);
  state.last_to = follow(state.last_to);
  if (after.has(policy::privacy)) {
    for (IdentityState& own : state.identities) own.places.clear();
  }
  // The log names identities by number: those of before would mislead.
  for (LogRecord& record : state.ring) {
    record.from = follow(record.from);
    record.to = follow(record.to);
    record.runner_up = follow(record.runner_up);
  }
}

State first_state(const Config& config, ByteView ef_imsi) {
  State out;
  const Identity* identity = config.find_imsi(ef_imsi);
  out.active = identity == nullptr ? std::uint8_t{0} : identity->id;
  out.active_imsi = to_bytes(ef_imsi);
  return out;
}

}  // namespace simurgh::multi_imsi
