#include "euicc/applets/multi_imsi/instance.h"

#include <algorithm>

#include "asn1/tlv.h"
#include "euicc/card/selected_key.h"

namespace simurgh::multi_imsi {
namespace {

constexpr std::uint64_t kPlacesKept = kDay;      // a network forgets who has been silent for so long
constexpr std::size_t kRecordsInReply = 1;  // what fits a proof of receipt in one message

// What a table has to prove itself in.
std::uint64_t proof_seconds(const Config& config) { return 3ULL * config.identities.size() * config.timers[static_cast<std::size_t>(Timer::limited)]; }

// EF.MI_LOG where the profile has it: 6F01 in the administrative DF 7F4D (TS 102 221 8.6), records that hold one of the log.
uicc::NodeId log_file(const uicc::Uicc& uicc) {
  const uicc::NodeId directory = uicc.tree().child(uicc::kMf, kLogDirectory);
  const uicc::NodeId file = directory == uicc::kNoNode ? uicc::kNoNode : uicc.tree().child(directory, kLogFile);
  if (file == uicc::kNoNode) return uicc::kNoNode;
  const auto& node = uicc.tree().at(uicc.tree().body_of(file));
  return node.kind == uicc::FileKind::linear_fixed && node.record_length >= LogRecord::kSize ? uicc.tree().body_of(file) : uicc::kNoNode;
}

std::string status_text(TableStatus status) {
  static constexpr std::array<const char*, 10> kTexts{"ok", "partial", "old version", "bad MAC", "format", "semantic", "would cut", "no memory", "busy",
                                                      "base too old"};
  return kTexts[static_cast<std::size_t>(status)];
}

}  // namespace

Instance::Instance(const card::CardServices& services, const gp::Application& application)
    : services_(services), application_(application), store_(services, application.aid) {}

const char* Instance::unfit(const Config& config) const {
  for (const Identity& identity : config.identities) {
    if (const auto files = shadow(services_.uicc, services_.txn, identity, {}); !files) return files.error();
  }
  return nullptr;
}

// Another table takes the place of one that waits: what that one would have made of this one nobody has checked.
void Instance::adopt(const Config& before, Config after, State& state) {
  (void)store_.take_later();
  state.later_at = 0;
  store_.adopt(after, true);
  migrate(before, after, state, false);
}

void Instance::put_later(Config config, const Request& request, State& state) {
  store_.put_later(config, (request.flags & table_flag::force) != 0);
  state.later_at = request.not_before;
  services_.note("multi-IMSI: table " + std::to_string(request.version) + " waits for its time");
}

bool Instance::take_later(State& state, const Plmn& where) {
  if (state.later_at == 0 || state.wall == 0 || state.wall_clock(state.elapsed) < state.later_at) return false;
  const auto before = store_.config();
  auto later = store_.take_later();
  state.later_at = 0;
  if (!before || !later) return false;
  const char* why = unfit(later->config);
  if (why == nullptr && !later->force && !keeps_service(later->config, where)) why = "no identity of it serves here";
  const std::string name = "multi-IMSI: table " + std::to_string(later->config.version);
  if (why != nullptr) {
    services_.note(name + " is dropped when its time has come: " + why);
    return false;
  }
  state.proof_until = state.elapsed + proof_seconds(later->config);
  adopt(*before, std::move(later->config), state);
  services_.note(name + " is in force, its time has come");
  return true;
}

void Instance::save(State& state) {
  store_.save(state);
  const uicc::NodeId file = log_file(services_.uicc);
  if (file == uicc::kNoNode) return;
  // The newest decision is record 1.
  const auto& node = services_.uicc.tree().at(file);
  Bytes content;
  content.reserve(node.size);
  for (auto record = state.ring.rbegin(); record != state.ring.rend() && content.size() + node.record_length <= node.size; ++record) {
    append(content, record->encode());
    content.resize(content.size() + node.record_length - LogRecord::kSize, 0xFF);
  }
  content.resize(node.size, 0xFF);
  if (!equal(services_.uicc.body(file, services_.txn), content)) services_.uicc.set_body(file, content, services_.txn);
}

void Instance::take_data(State& state) {
  for (; state.processed < application_.process_data.size(); ++state.processed) {
    for (asn1::TlvReader in(application_.process_data[state.processed]); !in.at_end();) {
      const auto table = in.next();
      if (!table) {
        services_.note("multi-IMSI: a data item is no BER-TLV");
        break;
      }
      const auto current = store_.config();
      const Config before = current ? current->clone() : Config{};
      auto applied = apply_table(before, table->raw, {.kind = Origin::Kind::trusted, .key_encryption = {}}, {.eid = services_.eid, .plmn = {}});
      if (applied && applied->changed && current && applied->request.version <= before.version) applied = std::unexpected(TableError{TableStatus::old_version, 0x80});
      if (applied && applied->changed) {
        if (const char* why = unfit(applied->config)) {
          services_.note(std::string("multi-IMSI: the data does not fit the profile: ") + why);
          continue;
        }
        if (applied->request.not_before != 0) {
          if (current) put_later(std::move(applied->config), applied->request, state);
          else services_.note("multi-IMSI: the first table of a card cannot wait");
        } else if (!current) {
          const std::uint16_t processed = state.processed;
          state = first_state(applied->config, card::imsi_in_use(services_));
          state.processed = processed;
          store_.adopt(applied->config, false);
        } else {
          adopt(before, std::move(applied->config), state);
        }
      } else if (!applied) {
        services_.note("multi-IMSI: a data item is refused: " + status_text(applied.error().status) + ", tag " + to_hex(Bytes{applied.error().tag}));
      }
    }
  }
}

bool Instance::commit(const Config& config, State& state, std::uint64_t now) {
  const Identity* identity = config.find(state.pending);
  if (identity == nullptr) {
    state.pending = 0;
    return false;
  }
  const IdentityState* known = state.find(identity->id);
  Remembered remembered;
  if (known != nullptr) {
    if (!config.has(policy::privacy) && known->last_ok + kPlacesKept > now) remembered.places = known->places;
    // What refused this identity for good and has expired since is left out.
    for (std::size_t i = 0; i + 3 <= known->fplmn.size(); i += 3) {
      const auto plmn = Plmn::read(ByteView(known->fplmn).subspan(i, 3));
      if (!plmn) continue;
      const Pair* pair = state.pair(identity->id, *plmn);
      if (pair == nullptr || pair->expires > now) append(remembered.fplmn, plmn->octets);
    }
  }
  const auto files = shadow(services_.uicc, services_.txn, *identity, remembered);
  const KeySet* set = config.key_set(identity->key_set);
  if (!files || (identity->key_set != 0 && set == nullptr)) {
    services_.note(std::string("multi-IMSI: the swap is given up: ") + (files ? "the key set is gone" : files.error()));
    state.of(identity->id).quarantined_until = now + kBarredKey;
    if (LogRecord* last = state.last_record()) last->reason = Reason::config;
    state.pending = 0;
    return false;
  }
  if (state.active != 0) {
    IdentityState& left = state.of(state.active);
    if (const uicc::NodeId file = fplmn_file(services_.uicc); file != uicc::kNoNode) left.fplmn = to_bytes(services_.uicc.body(file, services_.txn));
    left.places = config.has(policy::privacy) ? std::vector<FileImage>{} : places_left(services_.uicc, services_.txn);
  }
  for (const FileChange& change : *files) services_.uicc.set_body(change.file, change.content, services_.txn);
  card::select_key(services_.txn, services_.owner, set == nullptr ? nullptr : &set->parameters, identity->key_set);
  committed(config, state, now);
  return true;
}

void Instance::reset() {
  State state = store_.state();
  take_data(state);
  if (take_later(state, stored_location(services_.uicc, services_.txn).plmn)) state.table_changed = true;
  const auto config = store_.config();
  if (!config) return;
  Volatile v;
  Terminal terminal;
  const std::uint64_t now = state.elapsed;
  Input input{.event = Event::reset};
  // Out of power saving: the files say registered in the network of before.
  const StoredLocation location = stored_location(services_.uicc, services_.txn);
  if (state.online && location.status == 0 && location.plmn.known()) {
    const IdentityState* own = state.find(state.active);
    input.wake = own != nullptr && own->last_ok_plmn == location.plmn;
  }
  Machine machine(*config, state, v, terminal, {}, services_.eid, now);
  (void)machine.step(input);
  for (const Errand& errand : machine.errands()) {
    if (errand.kind == Errand::Kind::commit && commit(*config, state, now)) {
      if (const LogRecord* last = state.last_record()) services_.note("multi-IMSI: committed at reset: " + last->text(*config));
    }
  }
  save(state);
}

Bytes Instance::reply(TableStatus status, std::uint8_t tag, std::size_t records) {
  const auto config = store_.config();
  const State state = store_.state();
  asn1::TlvWriter out;
  {
    const auto scope = out.open(0xE2);
    out.put(0x80, be_bytes(config ? config->version : 0, 4));
    Bytes outcome{static_cast<std::uint8_t>(status)};
    if (tag != 0) outcome.push_back(tag);
    out.put(0x81, outcome).put_byte(0x82, state.active);
    const StoredLocation location = stored_location(services_.uicc, services_.txn);
    out.put(0x83, location.plmn.octets);
    const std::int64_t spent = 86400 - state.day_level;
    out.put_byte(0x84, static_cast<std::uint8_t>(std::clamp<std::int64_t>(config && config->swaps_a_day != 0 ? spent * config->swaps_a_day / 86400 : 0, 0, 255)));
    out.put(0x85, be_bytes(state.terminal_digest, 4));
    std::size_t left = records;
    if (state.later_at != 0) out.put(0x86, be_bytes(state.later_at, 4));
    for (auto record = state.ring.rbegin(); record != state.ring.rend() && left > 0; ++record, --left) out.put(0xA6, record->encode());
  }
  return out.take();
}

Bytes Instance::remote(const card::RemoteData& data) {
  State state = store_.state();
  take_data(state);
  const auto config = store_.config();
  const Config before = config ? config->clone() : Config{};
  const Origin origin{.kind = data.integrity ? Origin::Kind::secured : Origin::Kind::open, .key_encryption = data.key_encryption};
  const Circumstances where{.eid = services_.eid, .plmn = stored_location(services_.uicc, services_.txn).plmn};
  auto applied = apply_table(before, data.data, origin, where);
  if (!applied) {
    services_.note("multi-IMSI: a table is refused: " + status_text(applied.error().status) + ", tag " + to_hex(Bytes{applied.error().tag}));
    return reply(applied.error().status, applied.error().tag, kRecordsInReply);
  }
  const Request& request = applied->request;
  TableStatus status = TableStatus::ok;
  std::size_t records = kRecordsInReply;
  switch (request.operation) {
    case Operation::replace:
    case Operation::patch:
    case Operation::remove: {
      if (const char* why = unfit(applied->config)) {
        services_.note(std::string("multi-IMSI: the table does not fit the profile: ") + why);
        return reply(TableStatus::semantic, 0xA1, kRecordsInReply);
      }
      if (request.not_before != 0) {
        if (!config) return reply(TableStatus::semantic, 0x86, kRecordsInReply);
        put_later(std::move(applied->config), request, state);
        break;
      }
      if (!config) {
        state = first_state(applied->config, card::imsi_in_use(services_));
        state.processed = static_cast<std::uint16_t>(application_.process_data.size());
        store_.adopt(applied->config, false);
      } else {
        state.proof_until = state.elapsed + proof_seconds(applied->config);
        adopt(before, std::move(applied->config), state);
      }
      state.table_changed = true;
      services_.note("multi-IMSI: table " + std::to_string(request.version) + " is in force");
      break;
    }
    case Operation::mode:
      state.forced = request.mode.wish == ModeWish::hold                                  ? kForceHold
                     : request.mode.wish == ModeWish::automatic && request.mode.id == 0 ? kForceAutomatic
                                                                                        : request.mode.id;
      state.forced_pin = request.mode.wish == ModeWish::pin;
      state.forced_hours = request.mode.hours;
      break;
    case Operation::clear: {
      Volatile v;
      Terminal terminal;
      Machine machine(before, state, v, terminal, {}, services_.eid, state.elapsed);
      (void)machine.step({.event = Event::clear});
      break;
    }
    case Operation::query:
      records = 16;
      break;
    case Operation::confirm:
      state.proof_until = 0;
      store_.forget_before();
      break;
  }
  save(state);
  return reply(status, 0, records);
}

std::optional<Bytes> Instance::data(std::uint16_t tag) {
  constexpr std::uint16_t kLog = 0xDF70, kReport = 0xDF71;
  if (tag == kReport) return reply(TableStatus::ok, 0, 0);
  if (tag != kLog) return std::nullopt;
  Bytes records;
  // A response holds seven of them.
  const State state = store_.state();
  const std::size_t most = 6, first = state.ring.size() > most ? state.ring.size() - most : 0;
  for (std::size_t i = state.ring.size(); i > first; --i) append(records, state.ring[i - 1].encode());
  return asn1::tlv(kLog, records);
}

}  // namespace simurgh::multi_imsi
