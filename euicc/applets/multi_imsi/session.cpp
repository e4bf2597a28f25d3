#include "euicc/applets/multi_imsi/session.h"

#include <algorithm>

#include "euicc/applets/multi_imsi/applet.h"
#include "euicc/applets/multi_imsi/evidence.h"
#include "euicc/toolkit/cat.h"
#include "euicc/toolkit/comprehension.h"

namespace simurgh::multi_imsi {

using toolkit::Session;
using toolkit::Task;

namespace {

using namespace simurgh::literals;

constexpr std::uint8_t kLocation = 0x00, kImei = 0x01, kDateTime = 0x03;
constexpr std::uint8_t kNotDone = 0x30;  // as if the terminal could not do it

std::uint32_t digest_of(const Terminal& t) {
  return (t.refresh ? 1U : 0U) | (t.location_events ? 2U : 0U) | (t.rejection_events ? 4U : 0U) | (t.timers ? 8U : 0U) | (t.menu ? 16U : 0U) |
         (t.local_information ? 32U : 0U);
}

// Networks of this list that the other does not have.
std::vector<Plmn> added(ByteView now, ByteView before) {
  std::vector<Plmn> out;
  for (std::size_t i = 0; i + 3 <= now.size(); i += 3) {
    const auto plmn = Plmn::read(now.subspan(i, 3));
    bool known = !plmn;
    for (std::size_t j = 0; !known && j + 3 <= before.size(); j += 3) known = equal(before.subspan(j, 3), plmn->octets);
    if (!known) out.push_back(*plmn);
  }
  return out;
}

Terminal terminal_of(const Session& cat) {
  using enum toolkit::CommandType;
  Terminal out;
  out.refresh = cat.supports(refresh);
  out.location_events = cat.supports(toolkit::Event::location_status) && cat.supports(set_up_event_list);
  out.rejection_events = cat.supports(toolkit::Event::network_rejection);
  out.timers = cat.supports(timer_management);
  out.menu = cat.supports(set_up_menu) && cat.supports(select_item);
  out.local_information = cat.supports(provide_local_information, kLocation);
  out.digest = digest_of(out);
  return out;
}

}  // namespace

Run::Run(card::CardServices services, const gp::Application& application)
    : services_(std::move(services)), application_(application), instance_(services_, application_) {}

Task<> Run::run(Session& cat) {
  feed_ = services_.platform.listen();
  terminal_ = terminal_of(cat);
  {
    State state = instance_.store().state();
    instance_.take_data(state);
    now_ = started_ = state.elapsed;
    state.terminal_digest = terminal_.digest;
    if (instance_.config()) instance_.save(state);
  }
  if (const uicc::NodeId file = fplmn_file(services_.uicc); file != uicc::kNoNode) fplmn_ = to_bytes(services_.uicc.body(file, services_.txn));
  if (instance_.config()) {
    inputs_.push_back({.event = Event::profile});
    const auto config = instance_.config();
    const bool by_type = !config->terminals.empty() && cat.supports(toolkit::CommandType::provide_local_information, kImei);
    if (by_type) co_await ask(cat, kImei);
  } else {
    services_.note("multi-IMSI: no data; the applet waits for a table");
  }
  take_remote();
  for (;;) {
    co_await work(cat);
    co_await arm(cat);
    const toolkit::Condition ready = [this, &cat] { return woken(cat); };
    (void)co_await cat.until(ready);
    co_await gather(cat);
  }
}

Task<> Run::work(Session& cat) {
  while (!inputs_.empty()) {
    const Input input = inputs_.front();
    inputs_.pop_front();
    const std::vector<Errand> errands = step(input);
    if (input.event == Event::clock || (input.event == Event::timer && input.timer == Timer::date)) take_later();
    for (const Errand& errand : errands) co_await carry_out(cat, errand);
    // Waiting for an idle moment may be over already.
    const bool closed = gate_closed();
    if (v_.phase == Phase::swap && closed_ && !closed) inputs_.push_back({.event = Event::idle});
    closed_ = closed;
    // A swap that waits for the end of somebody's hold keeps nobody from using it.
    services_.platform.set_changing(v_.phase == Phase::swap && (refresh_ || !closed));
  }
}

std::vector<Errand> Run::step(const Input& input) {
  const auto config = instance_.config();
  if (!config) return {};
  State state = instance_.store().state();
  const Phase before = v_.phase;
  const Gate now_closed = gate();
  Machine machine(*config, state, v_, terminal_, now_closed, services_.eid, now_);
  (void)machine.step(input);
  if (input.event == Event::registered && state.proof_until == 0) instance_.store().forget_before();
  instance_.save(state);
  if (!machine.rows().empty() && (before != v_.phase || !machine.decisions().empty())) {
    std::string text = std::string("multi-IMSI: ") + phase_text(before) + ", " + event_text(input.event);
    if (input.event == Event::timer) text += std::string(" ") + timer_name(input.timer);
    text += std::string(" -> ") + phase_text(v_.phase) + " (row";
    for (const unsigned row : machine.rows()) text += " " + std::to_string(row);
    services_.note(text + ")");
  }
  for (const LogRecord& decision : machine.decisions()) services_.note("multi-IMSI: " + decision.text(*config));
  return machine.errands();
}

Gate Run::gate() const {
  using Holding = card::Platform::Holding;
  return {.session = services_.platform.held(Holding::session),
          .proving = services_.platform.held(Holding::proving),
          .longest = static_cast<std::uint32_t>(services_.platform.longest(Holding::proving).count()),
          .switch_pending = services_.switch_pending()};
}

Task<> Run::carry_out(Session& cat, Errand errand) {
  using Kind = Errand::Kind;
  switch (errand.kind) {
    case Kind::events: subscribe(cat); break;
    case Kind::ask_location: co_await ask(cat, kLocation); break;
    case Kind::ask_imei: co_await ask(cat, kImei); break;
    case Kind::ask_time: co_await ask(cat, kDateTime); break;
    case Kind::refresh: request_refresh(cat, errand.value); break;
    case Kind::withdraw:
      if (cat.withdraw(refresh_)) refresh_.reset();
      break;
    case Kind::commit: commit(); break;
    case Kind::check_data: services_.platform.want_check(true); break;
    case Kind::online: {
      const State state = instance_.store().state();
      services_.platform.want_check(false);
      services_.platform.set_service(card::Platform::Service{.online = true, .identity = state.active, .plmn = to_bytes(v_.plmn.octets), .access = v_.access});
      const auto config = instance_.config();
      // Dates want the time of the network at each registration: what passes without power is not counted here.
      const bool dated = state.later_at != 0 || std::ranges::any_of(config->identities, &Identity::dated);
      const bool counted = std::ranges::any_of(config->rules, [](const Rule& rule) { return rule.max_days != 0; });
      if (dated || (counted && state.wall == 0)) co_await ask(cat, kDateTime);
      break;
    }
    case Kind::offline: services_.platform.set_service(std::nullopt); break;
    case Kind::rollback: rollback(); break;
    case Kind::alarm:
      services_.note(errand.value == 0 ? std::string("multi-IMSI: alarm: the key of this identity is wrong or used elsewhere")
                                       : "multi-IMSI: alarm: cause #" + std::to_string(errand.value));
      break;
  }
}

void Run::subscribe(Session& cat) {
  const auto config = instance_.config();
  cat.subscribe({toolkit::Event::location_status, toolkit::Event::access_technology_change, toolkit::Event::network_rejection});
  if (!terminal_.timers || !terminal_.location_events) cat.poll(std::chrono::seconds(30));
  if (config->has(policy::menu) && terminal_.menu) cat.set_menu("Network", {"Choose identity", "Why this identity", "Networks seen", "Clear history"});
}

Task<> Run::ask(Session& cat, std::uint8_t what) {
  toolkit::ProactiveCommand command = toolkit::provide_local_information(what);
  const toolkit::Reply reply = co_await cat.command(std::move(command));
  if (!reply) co_return;
  if (what == kLocation) {
    if (const auto input = evidence_of_location(*reply)) inputs_.push_back(*input);
    co_return;
  }
  if (what == kDateTime) {
    if (const auto clock = wall_clock_of(*reply)) inputs_.push_back({.event = Event::clock, .wall = *clock});
    co_return;
  }
  State state = instance_.store().state();
  if (auto tac = tac_of(*reply)) state.tac = *std::move(tac);
  instance_.save(state);
}

void Run::request_refresh(Session& cat, std::uint8_t mode) {
  std::vector<Bytes> paths;
  Bytes aid;
  if (mode == 0x01 || mode == 0x02) {
    for (const char* path : {"3F007FFF6F07", "3F007FFF6FAD", "3F007FFF6F78", "3F007FFF6F7E", "3F007FFF6F73", "3F007FFF6FE3", "3F007FFF6F7B"})
      paths.push_back(from_hex(path).value());
  }
  if (mode == 0x06) {
    for (const uicc::NodeId adf : services_.uicc.tree().adfs()) {
      const Bytes& name = services_.uicc.tree().at(adf).aid;
      if (aid.empty() && name.size() >= 7 && name[6] == 0x02) aid = name;
    }
  }
  refresh_fetched_ = false;
  toolkit::ProactiveCommand command = toolkit::refresh(static_cast<toolkit::RefreshMode>(mode), paths, aid);
  refresh_ = cat.send(std::move(command));
  if (!refresh_) inputs_.push_back({.event = Event::response, .result = kNotDone});
}

void Run::commit() {
  const auto config = instance_.config();
  State state = instance_.store().state();
  if (state.pending == 0) return;
  const std::uint8_t left = state.active;
  if (instance_.commit(*config, state, now_)) {
    const bool guarding = v_.phase == Phase::swap || v_.phase == Phase::settle;
    begin_stay(v_, now_);
    v_.guarding = guarding;
    v_.left = left;
    if (const LogRecord* last = state.last_record()) services_.note("multi-IMSI: committed: " + last->text(*config));
    if (const uicc::NodeId file = fplmn_file(services_.uicc); file != uicc::kNoNode) fplmn_ = to_bytes(services_.uicc.body(file, services_.txn));
  }
  services_.platform.set_service(std::nullopt);
  instance_.save(state);
}

void Run::rollback() {
  const auto before = instance_.config();
  if (!instance_.store().rollback()) return;
  const auto after = instance_.config();
  State state = instance_.store().state();
  (void)instance_.store().take_later();
  state.later_at = 0;
  migrate(*before, *after, state, false);
  instance_.save(state);
  services_.note("multi-IMSI: no identity of the new table has registered; the table before is in force again");
}

// ---- time

Task<> Run::arm(Session& cat) {
  const auto next = Machine::next_deadline(v_);
  if (!next || (armed_for_ && *armed_for_ == next->second)) co_return;
  if (next->second <= now_) {
    armed_for_ = next->second;  // due already: gather takes it
    co_return;
  }
  if (armed_for_) {
    const std::chrono::seconds passed = co_await cat.alarm_passed();
    now_ = std::max(now_, armed_at_ + static_cast<std::uint64_t>(passed.count()));
  }
  const std::uint64_t left = next->second > now_ ? next->second - now_ : 1;
  const std::chrono::seconds length(std::min<std::uint64_t>(left, 86399));
  armed_at_ = now_;
  armed_length_ = static_cast<std::uint64_t>(length.count());
  armed_for_ = next->second;
  co_await cat.set_alarm(length);
}

void Run::take_time(const Session& cat) {
  now_ = std::max(now_, started_ + cat.polled_seconds());
  if (armed_for_ && armed_length_ != 0 && cat.alarm()) {
    now_ = std::max(now_, armed_at_ + armed_length_);
    armed_for_.reset();
    armed_length_ = 0;
  }
  for (;;) {
    const auto next = Machine::next_deadline(v_);
    if (!next || next->second > now_) break;
    v_.deadlines[static_cast<std::size_t>(next->first)].reset();
    inputs_.push_back({.event = Event::timer, .timer = next->first});
  }
}

bool Run::woken(const Session& cat) const {
  if (cat.arrived() || !feed_->facts.empty()) return true;
  if (refresh_ && (refresh_->finished || (refresh_->fetched && !refresh_fetched_))) return true;
  if (armed_for_ && armed_length_ != 0 && cat.alarm()) return true;
  if (v_.phase == Phase::swap && closed_ && !gate_closed()) return true;
  const auto next = Machine::next_deadline(v_);
  return next && next->second <= std::max(now_, started_ + cat.polled_seconds());
}

// ---- what came

Task<> Run::gather(Session& cat) {
  take_time(cat);
  take_ticket();
  while (!feed_->facts.empty()) {
    const card::Fact fact = *feed_->take();
    take_fact(fact);
  }
  const bool closed = gate_closed();
  if (v_.phase == Phase::swap && closed_ && !closed) inputs_.push_back({.event = Event::idle});
  closed_ = closed;
  while (cat.arrived()) {
    const toolkit::Envelope envelope = co_await cat.next();
    if (envelope.kind == toolkit::EnvelopeKind::menu_selection) {
      const auto item = envelope.find(toolkit::tag::item_identifier);
      if (item && item->size() == 1) co_await menu(cat, (*item)[0]);
    } else if (const auto input = evidence_of(envelope)) {
      inputs_.push_back(*input);
    }
  }
}

void Run::take_ticket() {
  if (!refresh_) return;
  if (refresh_->fetched && !refresh_fetched_) {
    refresh_fetched_ = true;
    inputs_.push_back({.event = Event::fetched});
  }
  if (!refresh_->finished) return;
  const auto ticket = std::exchange(refresh_, nullptr);
  if (ticket->reply) inputs_.push_back({.event = Event::response, .result = ticket->reply->general});
}

// What the terminal still writes of the identity before does not stay in the files of the one that is in force: it is kept for when it comes back.
bool Run::keep_away(uicc::NodeId file) {
  const auto config = instance_.config();
  State state = instance_.store().state();
  const IdentityState* own = state.find(state.active);
  std::optional<Bytes> content;
  if (file == fplmn_file(services_.uicc)) {
    const Identity* identity = config->find(state.active);
    if (identity == nullptr || identity->fplmn == FplmnPolicy::leave) return false;
    content = fplmn_;
    if (v_.left != 0) state.of(v_.left).fplmn = to_bytes(services_.uicc.body(file, services_.txn));
  } else {
    const bool again = own != nullptr && !config->has(policy::privacy);
    content = session_content(services_.uicc, file, again ? own->places : std::vector<FileImage>{});
    if (!content) return false;
    if (auto place = config->has(policy::privacy) || v_.left == 0 ? std::nullopt : place_of(services_.uicc, services_.txn, file)) {
      std::vector<FileImage>& places = state.of(v_.left).places;
      std::erase_if(places, [&](const FileImage& known) { return known.file == place->file; });
      places.push_back(*std::move(place));
    }
  }
  services_.uicc.set_body(file, *content, services_.txn);
  instance_.save(state);
  return true;
}

void Run::take_fact(const card::Fact& fact) {
  using Kind = card::Fact::Kind;
  const auto config = instance_.config();
  if (!config && fact.kind != Kind::remote) return;
  switch (fact.kind) {
    case Kind::file_updated: {
      if (v_.guarding && keep_away(fact.file)) return;
      const bool sensing = config->has(policy::sensing);
      if (fact.file == fplmn_file(services_.uicc)) {
        const Bytes now = to_bytes(services_.uicc.body(fact.file, services_.txn));
        // A refusal adds one network. Several at once are a modem's own list written back: nothing that this identity was told.
        const std::vector<Plmn> grown = added(now, fplmn_);
        if (sensing && grown.size() == 1) inputs_.push_back({.event = Event::rejected, .plmn = grown[0], .cause = 11});
        fplmn_ = now;
        return;
      }
      const auto location = sensing ? stored_location(services_.uicc, services_.txn, fact.file) : std::nullopt;
      if (!location) return;
      if (location->status == 0 && location->plmn.known()) inputs_.push_back({.event = Event::registered, .plmn = location->plmn, .area = location->area});
      if (location->status == 2 || location->status == 3) inputs_.push_back({.event = Event::location_refused, .plmn = location->plmn, .area = location->area});
      return;
    }
    case Kind::imsi_read:
      v_.guarding = false;
      inputs_.push_back({.event = Event::reread});
      return;
    case Kind::authenticated: inputs_.push_back({.event = Event::authenticated}); return;
    case Kind::sync_failure: inputs_.push_back({.event = Event::sync_failure}); return;
    case Kind::mac_failure: inputs_.push_back({.event = Event::mac_failure}); return;
    case Kind::session_ending: inputs_.push_back({.event = Event::session_end}); return;
    case Kind::remote: take_remote(); return;
    case Kind::switching: inputs_.push_back({.event = Event::profile_switch}); return;
    case Kind::reached: inputs_.push_back({.event = Event::data_ok}); return;
    case Kind::unreached: inputs_.push_back({.event = Event::data_failed}); return;
  }
}

void Run::take_later() {
  State state = instance_.store().state();
  state.elapsed = std::max(state.elapsed, now_);
  if (instance_.take_later(state, v_.plmn)) inputs_.push_back({.event = Event::table});
  instance_.save(state);
}

// What a remote message has left for the running applet.
void Run::take_remote() {
  if (!instance_.config()) return;
  State state = instance_.store().state();
  if (state.later_at != 0) inputs_.push_back({.event = Event::later});
  if (!state.table_changed && state.forced == 0) return;
  if (v_.phase == Phase::cold && inputs_.empty()) inputs_.push_back({.event = Event::profile});  // the first table of a card without one
  if (state.table_changed) inputs_.push_back({.event = Event::table});
  if (state.forced == kForceAutomatic) {
    inputs_.push_back({.event = Event::automatic, .by_operator = true});
  } else if (state.forced == kForceHold) {
    inputs_.push_back({.event = Event::keep, .pin_seconds = state.forced_hours * kHour, .by_operator = true});
  } else if (state.forced != 0) {
    inputs_.push_back({.event = Event::select, .id = state.forced, .pin = state.forced_pin, .pin_seconds = state.forced_hours * kHour, .by_operator = true});
  }
  state.table_changed = false;
  state.forced = 0;
  instance_.save(state);
}

}  // namespace simurgh::multi_imsi
