// A thing as somebody sees it who looks: its card's identity and profile, what its assistant remembers, and every name of a predicate.
#include <algorithm>
#include <utility>

#include "ipae/es10/apdu_es10.h"
#include "tools/world/thing.h"

namespace simurgh::world {

using std::chrono::seconds;

namespace {

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

void Thing::look_at_card() {
  const std::string now_profile = profile(), now_identity = identity();
  if (!seen_profile_.empty() && now_profile != seen_profile_) {
    mark("profile_changed", {{"from", seen_profile_}, {"to", now_profile}});
  } else if (!seen_identity_.empty() && now_identity != seen_identity_) {
    mark("swap_done", {{"from", seen_identity_}, {"to", now_identity}});
  }
  seen_profile_ = now_profile;
  seen_identity_ = now_identity;
  if (card_ && spec_.assisted()) look_at_assistant();
}

// What the card has stored is what it knows: its assistant's record and its list of profiles.
void Thing::look_at_assistant() {
  const auto& cells = card_->cells();
  const auto cell = cells.find(ipae::kRecord);
  const bool same_record = cell == cells.end() || cell->second == seen_record_;
  std::size_t profiles = 0;
  for (auto at = cells.lower_bound({state::Space::profile, 0, 0}); at != cells.end() && at->first.space == state::Space::profile; ++at) {
    if (at->first.index == 0) ++profiles;
  }
  if (same_record && profiles == seen_profiles_) return;
  std::optional<ipae::Record> now = record_;
  if (!same_record) {
    seen_record_ = cell->second;
    now = ipae::Record::decode(*seen_record_);
  }
  if (now) compare_with(*std::move(now), profiles);
}

// A card from elsewhere says it itself, to whoever asks; one of another maker does not. The device has no part in it: these APDUs are not counted.
void Thing::ask_card() {
  if (card_ || !spec_.assisted() || curious_ == 0 || asking_ == Asking::in_vain || !powered_) return;
  --curious_;
  terminal::CardSession card(*parts_.card);
  const auto channel = card.transmit("0070000001");
  if (!channel.ok() || channel.data.size() != 1 || channel.data[0] == 0 || channel.data[0] > 3) return;
  const std::uint8_t number = channel.data[0];
  const Bytes& aid = ipae::known_isd_r_aids().front();
  Bytes select{number, 0xA4, 0x04, 0x00, static_cast<std::uint8_t>(aid.size())};
  append(select, aid);
  std::optional<ipae::Observation> seen;
  if (card.transmit(select).ok()) {
    const auto answer = card.transmit(Bytes{number, 0xCA, ipae::kObservationTag >> 8, ipae::kObservationTag & 0xFF, 0x00});
    if (answer.ok()) seen = ipae::Observation::decode(answer.data);
  }
  (void)card.transmit(Bytes{0x00, 0x70, 0x80, number});
  if (!seen) {
    // Before its first visit to an eIM it has nothing to tell; later it would have.
    if (asking_ == Asking::at_first && counts_["channel_close"] > 2) asking_ = Asking::in_vain;
    return;
  }
  seen_owed_ = seen->owed;
  if (std::exchange(asking_, Asking::when_curious) == Asking::at_first) {
    // What it has been through before is not of this run.
    record_.events = seen->record.events;
    record_.polls = seen->record.polls;
  }
  compare_with(std::move(seen->record), seen->profiles);
}

void Thing::compare_with(ipae::Record now, std::size_t profiles) {
  if (profiles > seen_profiles_ && seen_profiles_ != 0) mark("installed", {{"profiles", std::to_string(profiles)}});
  if (profiles < seen_profiles_) mark("deleted", {{"profiles", std::to_string(profiles)}});
  seen_profiles_ = profiles;
  const ipae::Record before = std::exchange(record_, std::move(now));
  for (std::size_t fresh = fresh_lines(before, record_), i = record_.events.size() - fresh; i < record_.events.size(); ++i) mark("assistant", {{"text", record_.events[i].what}});
  if (!before.unproven && record_.unproven) mark("switching", {{"seconds", std::to_string(record_.unproven->left.count())}});
  if (before.unproven && !record_.unproven) mark(record_.polls > before.polls ? "proven" : "given_up");
  if (!before.fallback && record_.fallback && !record_.fallback->returning) mark("fallback");
  if (record_.fallback && record_.fallback->returning && !(before.fallback && before.fallback->returning)) mark("return_tried");
  if (before.fallback && !record_.fallback) mark(before.fallback->returning && record_.polls > before.polls ? "returned" : "fallback_ended");
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
  if (what == "octets") {
    std::uint64_t out = 0;
    for (const auto& [key, used] : usage_) out += key.first == argument ? used.up + used.down : 0;
    return number(out);
  }
  if (what == "cost") return number(cost_);
  if (what == "round_trips") return number(internet_.round_trips());
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
    if (!card_) return number(seen_owed_);
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
