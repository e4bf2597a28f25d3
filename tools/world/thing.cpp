#include "tools/world/thing.h"

#include <algorithm>
#include <utility>

#include "euicc/ecasd/ecasd.h"
#include "ipae/es10/apdu_es10.h"
#include "ipae/es10/es10b_iot.h"
#include "tools/world/scenario_parts.h"
#include "tools/world/seeded_openssl.h"

namespace simurgh::world {

using std::chrono::seconds;

namespace {

constexpr Time kCutLength = seconds(2);
constexpr unsigned kMostTurns = 10'000;

// The serial number of the description's device and those that follow (TS 23.003 6.2.1).
std::string imei_of(const DeviceSpec& spec, unsigned number) {
  if (number == 0) return spec.imei;
  std::string serial = std::to_string((std::stoul(spec.imei.substr(8, 6)) + number) % 1'000'000);
  serial.insert(0, 6 - serial.size(), '0');
  return with_check_digit(spec.imei.substr(0, 8) + serial);
}

terminal::TerminalOptions options_for(const DeviceSpec& spec, const radio::Personality& personality, std::int64_t start, unsigned number) {
  terminal::TerminalOptions out;
  out.power_up = personality.power_up;
  out.capabilities = radio::capabilities_of(personality);
  out.device.imei = imei_of(spec, number);
  out.device.imeisv = out.device.imei.substr(0, 14) + "01";
  out.device.service = terminal::ServiceStatus::none;
  out.device.date = start;
  out.most_resets = 1'000'000;
  return out;
}

radio::Personality personality_for(const DeviceSpec& spec) {
  radio::Personality out = radio::personality_of(spec.personality).value_or(radio::Personality{});
  out.sleeps = spec.t3324.has_value();
  if (spec.watchdog) out.power_cycle = spec.watchdog;
  out.lacks.insert(out.lacks.end(), spec.lacks.begin(), spec.lacks.end());
  out.deaf.insert(spec.deaf.begin(), spec.deaf.end());
  out.edrx = spec.edrx;
  out.t3245 = spec.t3245;
  return out;
}

}  // namespace

Thing::Thing(Parts parts, const DeviceSpec& spec, std::uint64_t seed, const std::string& name, unsigned number)
    : parts_(std::move(parts)),
      spec_(spec),
      name_(name),
      number_(number),
      openssl_(crypto::seeded_rng(radio::Draw(seed, name, "tls").next())),
      card_(parts_.card != nullptr ? nullptr : std::make_unique<OwnCard>(parts_.kit, parts_.images, parts_.kit.card(spec.id, number), radio::Draw(seed, name, "card").next(), spec.torn)),
      link_(std::make_unique<CardLink>(card_ ? *card_ : *parts_.card, clock_, parts_.world.scenario().apdu_microseconds)),
      sky_({.world = parts_.world,
            .now = [this] { return clock_.now(); },
            .subject =
                [this](Rule::Subject subject) {
                  switch (subject) {
                    case Rule::Subject::imsi: return terminal_.facts().imsi();
                    case Rule::Subject::iccid: return terminal_.facts().iccid();
                    case Rule::Subject::eid: return spec_.id + name_;
                    case Rule::Subject::imei: return spec_.imei + name_;
                  }
                  return std::string();
                },
            .quota_spent = [this](const SponsorSpec& sponsor) { return internet_.quota_spent(sponsor); },
            .mark = [this](const std::string& what, radio::Fields fields) { mark(what, std::move(fields)); }},
           radio::Draw(seed, name, "home").next(), name, spec),
      modem_({.clock = clock_, .serving = sky_, .energy = energy_, .mark = [this](const std::string& what, radio::Fields fields) { mark(what, std::move(fields)); }},
             personality_for(spec), seed, name),
      internet_({.world = parts_.world,
                 .clock = clock_,
                 .modem = modem_,
                 .imsi = [this] { return terminal_.facts().imsi(); },
                 .services = parts_.services,
                 .mark = [this](const std::string& what, radio::Fields fields) { mark(what, std::move(fields)); },
                 .used =
                     [this](const std::string& server, std::uint64_t up, std::uint64_t down, bool denied) {
                       total_.up += up;
                       total_.down += down;
                       if (denied) return;
                       Usage& one = usage_[{identity(), server}];
                       one.up += up;
                       one.down += down;
                       cost_ += static_cast<double>(up + down) * parts_.world.price(identity(), modem_.cell().plmn);
                     },
                 .patience = parts_.patience},
                seed, name),
      terminal_({.link = *link_,
                 .clock = clock_,
                 .network = internet_,
                 .user = user_,
                 .journal =
                     [this](const terminal::Entry& entry) {
                       if (!parts_.detail && !spec_.cut_in_swap) return;
                       if (entry.kind == "command" || entry.kind == "envelope" || entry.kind == "refresh") mark(entry.kind, {{"text", entry.text}});
                     },
                 .radio = &modem_},
                options_for(spec, personality_for(spec), parts_.world.scenario().start, number)),
      messages_(terminal_, clock_, [this](const std::string& what, radio::Fields fields) { mark(what, std::move(fields)); }) {
  modem_.serve(terminal_);
  for (const Stay& stay : spec.track) plans_.emplace(stay.at, std::pair{Plan::move, stay.region});
  for (const auto& [from, to] : spec.powered) {
    plans_.emplace(from, std::pair{Plan::on, ""});
    if (to < parts_.world.scenario().duration) plans_.emplace(to, std::pair{Plan::off, ""});
  }
  for (const Time cut : spec.cuts) plans_.emplace(cut, std::pair{Plan::cut, ""});
  if (spec.application_period) plans_.emplace(*spec.application_period, std::pair{Plan::application, ""});
}

Thing::~Thing() {
  // What is torn down now happens to nobody.
  parts_.mark = [](Mark) {};
}

Effort Thing::effort() const noexcept { return {.card = link_->time, .servers = internet_.server_time()}; }

Totals Thing::totals() const noexcept {
  return {.microjoules = energy_.total_microjoules(), .up = total_.up, .down = total_.down, .apdus = link_->apdus, .round_trips = internet_.round_trips(), .cost = cost_};
}

void Thing::mark(const std::string& what, radio::Fields fields) {
  ++counts_[what];
  if (what == "attach_ok" && !first_online_) first_online_ = clock_.now();
  // The card has had something to do, and its assistant may have come to a conclusion.
  if (what != "assistant" && what != "envelope" && what != "scan_start" && what != "scan_end") curious_ = kLooks;
  if (what == "command") {
    const bool refresh = std::any_of(fields.begin(), fields.end(), [](const auto& one) { return one.second.starts_with("REFRESH"); });
    if (refresh && counts_["refresh_command"]++ == 0 && spec_.cut_in_swap) link_->cut_after(*spec_.cut_in_swap);
  }
  for (auto& [key, value] : fields) {
    if (key == "plmn") {
      if (const PlmnSpec* plmn = parts_.world.plmn(value)) value = plmn->id;
    }
    if (key == "imsi" || key == "from" || key == "to") {
      if (const SponsorSpec* sponsor = parts_.world.sponsor_of_imsi(value)) {
        value = sponsor->id;
        if (key == "imsi") key = "identity";
      }
    }
  }
  parts_.mark({.at = clock_.now(), .thing = name_, .name = what, .fields = std::move(fields), .totals = totals()});
}

bool Thing::awake() const { return powered_ && !modem_.dormant() && modem_.phase() != radio::Phase::off; }

Time Thing::watchdog_due() const {
  const auto& limit = modem_.personality().power_cycle;
  const auto since = modem_.without_service_since();
  return awake() && limit && since ? *since + *limit : Time::max();
}

Time Thing::next() const {
  Time out = plans_.empty() ? Time::max() : plans_.begin()->first;
  if (powered_) {
    if (const auto due = modem_.next()) out = std::min(out, *due);
    if (awake()) {
      if (const auto due = terminal_.next_due()) out = std::min(out, *due);
      if (const auto due = internet_.next_arrival()) out = std::min(out, *due);
      if (const auto due = messages_.due(); due && modem_.registered()) out = std::min(out, *due);
      out = std::min(out, watchdog_due());
    }
  }
  return out == Time::max() ? out : std::max(out, clock_.now());
}

void Thing::account_online() {
  const Time passed = clock_.now() - accounted_;
  accounted_ = clock_.now();
  if (!powered_) return;
  lit_ += passed;
  if (modem_.registered() || modem_.phase() == radio::Phase::asleep) online_ += passed;
}

void Thing::step(Time now) {
  std::optional<SeededOpenssl> seeded;
  if (card_) seeded.emplace(*openssl_);
  // Blocking calls may have taken it ahead of the world.
  account_online();
  if (now > clock_.now()) {
    clock_.advance(now - clock_.now());
    account_online();
  }
  while (!plans_.empty() && plans_.begin()->first <= clock_.now()) {
    const auto [plan, text] = plans_.begin()->second;
    plans_.erase(plans_.begin());
    if (plan == Plan::move) {
      if (sky_.region() != text) mark("move", {{"region", text}});
      sky_.place(text);
      if (awake()) modem_.look_around();
      continue;
    }
    act(plan);
  }
  if (watchdog_due() <= clock_.now()) {
    mark("watchdog");
    act(Plan::cut);
  }
  try {
    run_due();
    ask_card();
  } catch (const PowerCut&) {
    act(Plan::cut);
  }
  if (powered_) {
    modem_.account();
    if (spec_.battery_microjoules != 0 && energy_.total_microjoules() >= spec_.battery_microjoules && !dead_) {
      mark("dead");
      switch_off(false);
      dead_ = true;
      plans_.clear();
    }
  }
  account_online();
}

void Thing::run_due() {
  for (unsigned turn = 0; turn < kMostTurns; ++turn) {
    if (!powered_) return;
    if (awake()) terminal_.tick();
    modem_.step();
    if (awake() && modem_.registered()) messages_.deliver();
    if (awake()) terminal_.settle();
    look_at_card();
    const auto modem = modem_.next();
    const auto terminal = awake() ? terminal_.next_due() : std::nullopt;
    const auto arrival = awake() ? internet_.next_arrival() : std::nullopt;
    const auto message = awake() && modem_.registered() ? messages_.due() : std::nullopt;
    const Time due = std::min({modem.value_or(Time::max()), terminal.value_or(Time::max()), arrival.value_or(Time::max()), message.value_or(Time::max())});
    if (due > clock_.now() && !(awake() && internet_.listen())) return;
  }
}

void Thing::act(Plan plan) {
  switch (plan) {
    case Plan::on:
      if (!dead_) switch_on();
      return;
    case Plan::off:
      switch_off(true);
      return;
    case Plan::cut:
      if (!powered_) return;
      mark("power_cut");
      switch_off(false);
      if (card_) card_->power_cut();
      plans_.emplace(clock_.now() + kCutLength, std::pair{Plan::on, ""});
      return;
    case Plan::application:
      plans_.emplace(clock_.now() + *spec_.application_period, std::pair{Plan::application, ""});
      if (powered_) modem_.wake();
      return;
    case Plan::emergency:
    case Plan::emergency_over:
      emergency(plan == Plan::emergency);
      return;
    case Plan::move:
      return;
  }
}

void Thing::switch_on() {
  if (powered_) return;
  account_online();
  powered_ = true;
  powered_since_ = clock_.now();
  mark("boot");
  if (const auto done = terminal_.power_up(); !done) mark("card_problem", {{"text", done.error().what}});
  mark("card", {{"profile", profile()}, {"identity", identity()}});
  modem_.power_on();
  look_at_card();
}

void Thing::told(const WorldEvent& event, Time now) {
  const auto plan = [&](Plan what) { plans_.emplace(std::max(now, clock_.now()), std::pair{what, ""}); };
  if (const auto at = event.set.find("cut"); at != event.set.end() && at->second == "true") plan(Plan::cut);
  if (const auto at = event.set.find("emergency"); at != event.set.end()) plan(at->second == "true" ? Plan::emergency : Plan::emergency_over);
}

void Thing::send_table(const TableMessage& message, Time) {
  const auto content = parts_.kit.updates.find(message.table);
  if (content == parts_.kit.updates.end()) return;
  messages_.send(content->second, parts_.world.scenario().tables.at(message.table).version, message.lost);
}

namespace {

// The device itself as the card's assistant (SGP.32 v1.2 3.8.2: the terminal says so), while its modem is off.
class DeviceAssistant final : public ipae::ApduPort {
 public:
  explicit DeviceAssistant(terminal::Link& card) : card_(card) {}
  std::expected<Bytes, ipae::PortError> transmit(ByteView apdu) override { return card_.transmit(apdu); }

 private:
  terminal::Link& card_;
};

}  // namespace

// Enabling and disabling the emergency profile is the device's own affair (SGP.32 v1.2 3.6).
void Thing::emergency(bool begins) {
  const bool lit = powered_;
  switch_off(true);
  (void)link_->reset();
  DeviceAssistant device(*link_);
  ipae::ApduEs10Options options;
  options.terminal_capability = {0xA9, 0x03, 0x84, 0x01, 0x01};
  std::string outcome = "the card does not let the device in";
  if (const auto port = ipae::ApduEs10Port::open(device, options)) {
    const auto done = begins ? ipae::es10b::enable_emergency_profile(**port, false) : ipae::es10b::disable_emergency_profile(**port, false);
    outcome = done ? std::string(ipae::es10b::words(*done).name) : done.error().what;
  }
  link_->power_off();
  mark("emergency", {{"state", begins ? "begins" : "is over"}, {"result", outcome}});
  if (lit) switch_on();
}

void Thing::cut_at(std::uint64_t apdu) { link_->cut_at(apdu); }

std::string Thing::eid() const {
  if (!card_) return {};
  state::MemoryStore cells(card_->cells());
  const state::Transaction txn(cells);
  const auto identity = ecasd::Ecasd::load(txn);
  return identity ? ecasd::eid_text(identity->eid) : std::string();
}

void Thing::switch_off(bool orderly) {
  if (!powered_) return;
  modem_.power_off(orderly);
  terminal_.suspend();
  link_->power_off();
  account_online();
  powered_ = false;
  mark("off");
}

void Thing::world_changed(Time now) {
  if (now > clock_.now()) {
    account_online();
    clock_.advance(now - clock_.now());
  }
  if (awake()) modem_.look_around();
}

void Thing::finish(Time now) {
  step(std::max(now, clock_.now()));
  modem_.account();
}

}  // namespace simurgh::world
