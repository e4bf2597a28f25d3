#include "tools/world/thing.h"

#include <algorithm>
#include <utility>

#include "euicc/ecasd/ecasd.h"
#include "tools/world/scenario_parts.h"
#include "tools/world/seeded_openssl.h"

namespace simurgh::world {

using std::chrono::seconds;

namespace {

// Thrown through the terminal: nobody there survives it.
struct PowerCut : terminal::LinkError {
  PowerCut() : LinkError("the power has failed") {}
};

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

// Lines of the record that were not there before; its oldest may have gone, and its latest may have happened again.
std::size_t fresh_lines(const ipae::Record& before, const ipae::Record& now) {
  for (std::size_t gone = 0; gone <= before.events.size(); ++gone) {
    const std::size_t kept = before.events.size() - gone;
    if (kept <= now.events.size() && std::equal(before.events.begin() + static_cast<std::ptrdiff_t>(gone), before.events.end(), now.events.begin(),
                                                 [](const ipae::LogLine& a, const ipae::LogLine& b) { return a.what == b.what; })) {
      return now.events.size() - kept;
    }
  }
  return now.events.size();
}

}  // namespace

// A card in this process.
class Thing::OwnCard final : public terminal::Link {
 public:
  OwnCard(const Parts& parts, const std::map<state::Key, state::Cell>& cells, std::uint64_t seed)
      : rng_(crypto::seeded_rng(seed)), store_(cells), card_(store_, *rng_, nullptr, &parts.images, &parts.kit.applets) {}
  Bytes transmit(ByteView command) override { return card_.transmit(command); }
  Bytes reset() override { return card_.powered() ? card_.reset() : card_.power_on(); }
  void power_off() override { card_.power_off(); }
  [[nodiscard]] const std::map<state::Key, state::Cell>& cells() const noexcept { return store_.cells(); }

 private:
  std::unique_ptr<crypto::Rng> rng_;
  state::MemoryStore store_;
  card::Card card_;
};

// Counts what crosses, and loses the card's power with the device's.
class Thing::CardLink final : public terminal::Link {
 public:
  CardLink(terminal::Link& card, terminal::VirtualClock& clock, std::uint32_t microseconds) : card_(card), clock_(clock), each_(microseconds) {}
  Bytes transmit(ByteView command) override {
    if ((left_ && (*left_)-- == 0) || cut_at_ == apdus) {
      left_.reset();
      cut_at_.reset();
      throw PowerCut();
    }
    ++apdus;
    rest_ += each_;
    if (rest_ >= 1000) {
      clock_.advance(Time(rest_ / 1000));
      rest_ %= 1000;
    }
    return card_.transmit(command);
  }
  Bytes reset() override { return card_.reset(); }
  void power_off() override { card_.power_off(); }
  // The power fails before the APDU with this number, counted from the next.
  void cut_after(unsigned count) { left_ = count; }
  void cut_at(std::uint64_t apdu) { cut_at_ = apdu; }
  std::uint64_t apdus = 0;

 private:
  std::optional<unsigned> left_;
  std::optional<std::uint64_t> cut_at_;
  terminal::Link& card_;
  terminal::VirtualClock& clock_;
  std::uint32_t each_, rest_ = 0;
};

Thing::Thing(Parts parts, const DeviceSpec& spec, std::uint64_t seed, const std::string& name, unsigned number)
    : parts_(std::move(parts)),
      spec_(spec),
      name_(name),
      number_(number),
      openssl_(crypto::seeded_rng(radio::Draw(seed, name, "tls").next())),
      card_(parts_.card != nullptr ? nullptr : std::make_unique<OwnCard>(parts_, parts_.kit.card(spec.id, number), radio::Draw(seed, name, "card").next())),
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
                       Usage& one = denied ? denied_ : usage_[{identity(), server}];
                       one.up += up;
                       one.down += down;
                       total_.up += up;
                       total_.down += down;
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
                options_for(spec, personality_for(spec), parts_.world.scenario().start, number)) {
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

std::uint64_t Thing::apdus() const noexcept { return link_->apdus; }

void Thing::mark(const std::string& what, radio::Fields fields) {
  ++counts_[what];
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
  parts_.mark({.at = clock_.now(), .thing = name_, .name = what, .fields = std::move(fields), .microjoules = energy_.total_microjoules(), .octets = total_.up + total_.down, .apdus = link_->apdus});
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
    if (awake()) terminal_.settle();
    look_at_card();
    const auto modem = modem_.next();
    const auto terminal = awake() ? terminal_.next_due() : std::nullopt;
    const auto arrival = awake() ? internet_.next_arrival() : std::nullopt;
    const Time due = std::min({modem.value_or(Time::max()), terminal.value_or(Time::max()), arrival.value_or(Time::max())});
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
      plans_.emplace(clock_.now() + kCutLength, std::pair{Plan::on, ""});
      return;
    case Plan::application:
      plans_.emplace(clock_.now() + *spec_.application_period, std::pair{Plan::application, ""});
      if (powered_) modem_.wake();
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

void Thing::cut(Time now) { plans_.emplace(std::max(now, clock_.now()), std::pair{Plan::cut, ""}); }

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

void Thing::look_at_card() {
  const std::string now_profile = profile(), now_identity = identity();
  if (!seen_profile_.empty() && now_profile != seen_profile_) {
    mark("profile_changed", {{"from", seen_profile_}, {"to", now_profile}});
  } else if (!seen_identity_.empty() && now_identity != seen_identity_) {
    mark("swap_done", {{"from", seen_identity_}, {"to", now_identity}});
  }
  seen_profile_ = now_profile;
  seen_identity_ = now_identity;
  if (spec_.assisted() && card_) look_at_assistant();
}

// What the card has stored is what it knows: its assistant's record and its list of profiles.
void Thing::look_at_assistant() {
  const auto& cells = card_->cells();
  std::size_t profiles = 0;
  for (auto at = cells.lower_bound({state::Space::profile, 0, 0}); at != cells.end() && at->first.space == state::Space::profile; ++at) {
    if (at->first.index == 0) ++profiles;
  }
  if (profiles > seen_profiles_ && seen_profiles_ != 0) mark("installed", {{"profiles", std::to_string(profiles)}});
  if (profiles < seen_profiles_) mark("deleted", {{"profiles", std::to_string(profiles)}});
  seen_profiles_ = profiles;
  const auto cell = cells.find(ipae::kRecord);
  if (cell == cells.end() || cell->second == seen_record_) return;
  seen_record_ = cell->second;
  const auto now = ipae::Record::decode(*seen_record_);
  if (!now) return;
  const ipae::Record before = std::exchange(record_, *now);
  for (std::size_t fresh = fresh_lines(before, record_), i = record_.events.size() - fresh; i < record_.events.size(); ++i) mark("assistant", {{"text", record_.events[i].what}});
  if (!before.unproven && record_.unproven) mark("switching", {{"seconds", std::to_string(record_.unproven->left.count())}});
  if (before.unproven && !record_.unproven) mark(record_.polls > before.polls ? "proven" : "given_up");
  if (!before.fallback && record_.fallback && !record_.fallback->returning) mark("fallback");
  if (record_.fallback && record_.fallback->returning && !(before.fallback && before.fallback->returning)) mark("return_tried");
  if (before.fallback && !record_.fallback) mark(before.fallback->returning && record_.polls > before.polls ? "returned" : "fallback_ended");
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

std::string Thing::identity() const {
  const SponsorSpec* sponsor = parts_.world.sponsor_of_imsi(terminal_.facts().imsi());
  return sponsor == nullptr ? std::string("?") : sponsor->id;
}

std::string Thing::profile() const {
  const std::string iccid = terminal_.facts().iccid();
  for (const ProfileSpec& one : spec_.profiles) {
    if (one.iccid == iccid) return one.id;
  }
  const ProfileSpec* other = parts_.world.scenario().profile_by_iccid(iccid);
  return other == nullptr ? iccid : other->id;
}

Value Thing::state(const std::string& what, const std::string& argument) const {
  const auto text = [](std::string value) { return Value{.is_text = true, .text = std::move(value)}; };
  const auto number = [](auto value) { return Value{.number = static_cast<double>(value)}; };
  const auto count = [&](const char* name) {
    const auto at = counts_.find(name);
    return number(at == counts_.end() ? 0U : at->second);
  };
  if (what == "service") {
    if (!powered_) return text("off");
    if (modem_.phase() == radio::Phase::asleep) return text("normal");
    const auto status = terminal_.device().service;
    return text(status == terminal::ServiceStatus::normal ? "normal" : status == terminal::ServiceStatus::limited ? "limited" : "none");
  }
  const bool online = modem_.registered() || modem_.phase() == radio::Phase::asleep;
  if (what == "plmn") {
    const PlmnSpec* plmn = online ? parts_.world.plmn(modem_.cell().plmn) : nullptr;
    return text(plmn == nullptr ? "" : plmn->id);
  }
  if (what == "rat") return text(online ? std::string(radio::name_of(modem_.cell().rat)) : "");
  if (what == "identity") return text(identity());
  if (what == "imsi") return text(terminal_.facts().imsi());
  if (what == "profile") return text(profile());
  if (what == "region") return text(sky_.region());
  if (what == "phase") return text(std::string(radio::name_of(modem_.phase())));
  if (what == "swaps") return count("swap_done");
  if (what == "attaches") return count("attach_ok");
  if (what == "rejects") return count("attach_rej");
  if (what == "boots") return count("boot");
  if (what == "refreshes") return count("refresh");
  if (what == "searches") return count("scan_start");
  if (what == "count") return count(argument.c_str());
  if (what == "joules") return number(static_cast<double>(energy_.total_microjoules()) / 1e6);
  if (what == "bytes") return number(total_.up + total_.down);
  if (what == "online_seconds") return number(online_ / seconds(1));
  if (what == "online_percent") return number(lit_.count() == 0 ? 0 : online_.count() * 100 / lit_.count());
  if (what == "forbidden") return number(modem_.lists().forbidden.size());
  if (what == "apdus") return number(link_->apdus);
  if (what == "invalid") return number(modem_.subscription_invalid() ? 1 : 0);
  if (what == "profiles") return number(seen_profiles_);
  if (what == "unproven") return number(record_.unproven ? 1 : 0);
  if (what == "on_fallback") return number(record_.fallback ? 1 : 0);
  if (what == "polls") return count("poll");
  if (what == "owed") {
    if (!card_) return number(0);
    const auto& cells = card_->cells();
    return number(std::distance(cells.lower_bound({state::Space::notification, 0, 0}), cells.lower_bound({state::Space::one_time_key, 0, 0})));
  }
  if (what == "powered") return number(powered_ ? 1 : 0);
  if (what == "battery_percent") {
    if (spec_.battery_microjoules == 0) return number(100);
    return number(100 - std::min<std::uint64_t>(100, energy_.total_microjoules() * 100 / spec_.battery_microjoules));
  }
  if (what == "rule.used") return number(sky_.exposure(argument).used);
  if (what == "rule.left") {
    const Exposure exposure = sky_.exposure(argument);
    return number(static_cast<int>(exposure.limit) - static_cast<int>(exposure.used));
  }
  return {};
}

}  // namespace simurgh::world
