#include "tools/world/sky.h"

#include <algorithm>

namespace simurgh::world {

using radio::AttachAnswer;

World::World(const Scenario& scenario)
    : scenario_(scenario), plmns_(scenario.plmns), sponsors_(scenario.sponsors), servers_(scenario.servers), agreements_(scenario.agreements) {}

void World::apply(const WorldEvent& event) {
  const auto flag = [&](const char* key, bool& value) {
    if (const auto at = event.set.find(key); at != event.set.end()) value = at->second == "true";
  };
  for (PlmnSpec& plmn : plmns_) {
    if (event.what != "plmn" || plmn.id != event.id) continue;
    flag("down", plmn.down);
    flag("silent", plmn.silent);
    flag("congested", plmn.congested);
    flag("protects", plmn.protects);
    if (const auto at = event.set.find("rejects"); at != event.set.end()) plmn.rejects = static_cast<std::uint8_t>(std::stoi(at->second));
  }
  for (SponsorSpec& sponsor : sponsors_) {
    if (event.what != "sponsor" || sponsor.id != event.id) continue;
    flag("down", sponsor.down);
    flag("barred", sponsor.barred);
    flag("data_down", sponsor.data_down);
    if (const auto at = event.set.find("session_rejects"); at != event.set.end()) sponsor.session_rejects = static_cast<std::uint8_t>(std::stoi(at->second));
    if (const auto at = event.set.find("quota_bytes"); at != event.set.end()) sponsor.quota = std::stoull(at->second);
  }
  for (ServerSpec& server : servers_) {
    if (event.what == "server" && server.id == event.id) flag("down", server.down);
  }
  if (event.what == "agreement") {
    const auto is_it = [&](const Agreement& one) { return one.sponsor == event.agreement_sponsor && one.plmn == event.agreement_plmn; };
    if (const auto at = event.set.find("active"); at != event.set.end()) {
      std::erase_if(agreements_, is_it);
      if (at->second == "true") agreements_.push_back({.sponsor = event.agreement_sponsor, .plmn = event.agreement_plmn, .rats = {}});
    }
    if (const auto at = event.set.find("price_mb"); at != event.set.end()) {
      for (Agreement& one : agreements_) {
        if (is_it(one)) one.price = std::stod(at->second);
      }
    }
  }
}

const PlmnSpec* World::plmn(const std::string& mccmnc) const {
  const auto at = std::find_if(plmns_.begin(), plmns_.end(), [&](const PlmnSpec& one) { return one.mccmnc == mccmnc; });
  return at == plmns_.end() ? nullptr : &*at;
}

const SponsorSpec* World::sponsor_of_imsi(const std::string& imsi) const {
  const auto at = std::find_if(sponsors_.begin(), sponsors_.end(), [&](const SponsorSpec& one) { return one.imsi == imsi; });
  return at == sponsors_.end() ? nullptr : &*at;
}

const Agreement* World::agreement(const std::string& sponsor, const std::string& plmn) const {
  const auto at = std::find_if(agreements_.begin(), agreements_.end(),
                               [&](const Agreement& one) { return one.sponsor == sponsor && one.plmn == plmn && one.from <= now_ && now_ < one.until; });
  return at == agreements_.end() ? nullptr : &*at;
}

double World::price(const std::string& sponsor, const std::string& mccmnc) const {
  constexpr double kMegabyte = 1e6;
  const PlmnSpec* visited = plmn(mccmnc);
  const Agreement* roaming = visited == nullptr ? nullptr : agreement(sponsor, visited->id);
  if (roaming != nullptr) return roaming->price / kMegabyte;
  const auto home = std::find_if(sponsors_.begin(), sponsors_.end(), [&](const SponsorSpec& one) { return one.id == sponsor; });
  return home == sponsors_.end() ? 0 : home->price / kMegabyte;
}

const Country* World::country(const std::string& id) const {
  const auto at = std::find_if(scenario_.countries.begin(), scenario_.countries.end(), [&](const Country& one) { return one.id == id; });
  return at == scenario_.countries.end() ? nullptr : &*at;
}

Sky::Sky(Parts parts, std::uint64_t seed, const std::string& thing, const DeviceSpec& device)
    : parts_(std::move(parts)),
      rng_(crypto::seeded_rng(seed ^ 0x5A5A5A5AU)),
      hss_(*rng_, [this] { return parts_.world.scenario().start + parts_.now() / std::chrono::seconds(1); }),
      enforcement_(seed, thing, "enforcement"),
      t3324_(device.t3324),
      t3412_(device.t3412),
      edrx_(device.edrx) {
  for (const SponsorSpec& sponsor : parts_.world.scenario().sponsors) {
    terminal::Subscriber subscriber;
    subscriber.imsi = sponsor.imsi;
    auto aka = terminal::aka_parameters({.algorithm = sponsor.algorithm, .key = sponsor.key, .opc = sponsor.opc, .op = {}});
    if (!aka) throw ScenarioError("sponsor " + sponsor.id + ": " + aka.error());
    subscriber.aka = *std::move(aka);
    hss_.add(std::move(subscriber));
  }
}

std::vector<radio::Cell> Sky::cells() {
  std::vector<radio::Cell> out;
  for (const PlmnSpec& plmn : parts_.world.plmns()) {
    if (plmn.down) continue;
    for (const RegionCell& cell : plmn.cells) {
      if (cell.region == region_ || cell.region == "everywhere") out.push_back(cell.cell);
    }
  }
  return out;
}

std::int64_t Sky::day(const Country& country) const {
  return (parts_.world.scenario().start + parts_.now() / std::chrono::seconds(1) + std::int64_t{country.zone_minutes} * 60) / 86400;
}

unsigned Sky::used(const Rule& rule, const Count& count, std::int64_t today) const {
  return static_cast<unsigned>(std::count_if(count.days.begin(), count.days.end(), [&](std::int64_t one) { return one > today - std::int64_t{rule.window_days}; }));
}

Exposure Sky::exposure(const std::string& id) const {
  for (const Rule& rule : parts_.world.scenario().rules) {
    if (rule.id != id) continue;
    const auto at = counts_.find({id, parts_.subject(rule.subject)});
    const std::int64_t today = (parts_.world.scenario().start + parts_.now() / std::chrono::seconds(1)) / 86400;
    return {at == counts_.end() ? 0 : used(rule, at->second, today), rule.limit_days};
  }
  return {};
}

std::optional<std::uint8_t> Sky::legal(const SponsorSpec& sponsor, const Country& country) {
  for (const Rule& rule : parts_.world.scenario().rules) {
    if (std::find(country.rules.begin(), country.rules.end(), rule.id) == country.rules.end()) continue;
    if (std::find(country.mccs.begin(), country.mccs.end(), sponsor.home.substr(0, 3)) != country.mccs.end()) continue;
    Count& count = counts_[{rule.id, parts_.subject(rule.subject)}];
    const std::int64_t today = day(country);
    const unsigned days = used(rule, count, today) + (count.days.contains(today) ? 0 : 1);
    if (days <= rule.limit_days) {
      count.acted = false;
      continue;
    }
    // Enforcement is never instant: each day beyond the limit has its chance.
    if (!count.acted && count.drawn != today) {
      count.drawn = today;
      count.acted = enforcement_.happens(rule.spread_per_day);
      if (count.acted) parts_.mark("rule_enforced", {{"rule", rule.id}, {"days", std::to_string(days)}, {"confidence", rule.confidence}});
    }
    if (count.acted) return rule.cause;
  }
  return std::nullopt;
}

void Sky::count_day(const SponsorSpec& sponsor, const Country& country) {
  for (const Rule& rule : parts_.world.scenario().rules) {
    if (std::find(country.rules.begin(), country.rules.end(), rule.id) == country.rules.end()) continue;
    if (std::find(country.mccs.begin(), country.mccs.end(), sponsor.home.substr(0, 3)) != country.mccs.end()) continue;
    Count& count = counts_[{rule.id, parts_.subject(rule.subject)}];
    const std::int64_t today = day(country);
    if (!count.days.insert(today).second) continue;
    const unsigned days = used(rule, count, today);
    const radio::Fields fields{{"rule", rule.id}, {"days", std::to_string(days)}, {"limit", std::to_string(rule.limit_days)}, {"confidence", rule.confidence}};
    if (!count.warned && days * 100 >= rule.limit_days * 80) {
      count.warned = true;
      parts_.mark("rule_warn", fields);
    }
    if (!count.alarmed && days + 14 >= rule.limit_days) {
      count.alarmed = true;
      parts_.mark("rule_alarm", fields);
    }
    if (days == rule.limit_days + 1) parts_.mark("rule_violation", fields);
  }
}

AttachAnswer Sky::attach(const radio::AttachRequest& request, const std::function<terminal::Answer(ByteView)>& card) {
  const PlmnSpec* plmn = parts_.world.plmn(request.cell.plmn);
  if (plmn == nullptr || plmn->down) return {.why = "the network is gone"};
  const auto refuse = [&](std::uint8_t cause, const char* why) {
    return AttachAnswer{.kind = AttachAnswer::Kind::rejected, .cause = cause, .integrity = plmn->protects && !plmn->fake, .t3346 = plmn->t3346, .t3402 = plmn->t3402, .why = why};
  };
  if (plmn->silent) return {.why = "the core does not answer"};
  const bool checks = parts_.world.scenario().rejects;
  if (plmn->rejects != 0 && checks) return refuse(plmn->rejects, plmn->fake ? "a cell that is not what it says" : "the network refuses everybody");
  if (plmn->congested && checks) return refuse(22, "the network is congested");
  const SponsorSpec* sponsor = parts_.world.sponsor_of_imsi(request.imsi);
  if (sponsor == nullptr) return refuse(plmn->causes.barred, "no home network knows this IMSI");
  const Country* country = plmn->country.empty() ? nullptr : parts_.world.country(plmn->country);
  if (checks) {
    if (sponsor->down) return refuse(17, "the home network does not answer");
    if (sponsor->barred) return refuse(plmn->causes.barred, "the home network has barred the subscription");
    if (sponsor->home != plmn->mccmnc) {
      const Agreement* agreement = parts_.world.agreement(sponsor->id, plmn->id);
      if (agreement == nullptr) return refuse(plmn->causes.no_agreement, "no roaming agreement");
      if (!agreement->rats.empty() && !agreement->rats.contains(request.cell.rat)) return refuse(plmn->causes.no_rat, "the agreement does not have this technology");
    }
    if (country != nullptr && parts_.world.scenario().rules_on) {
      if (const auto cause = legal(*sponsor, *country)) return refuse(*cause, "a limit of days has been passed");
    }
  }
  AttachAnswer answer{.kind = AttachAnswer::Kind::accepted, .t3402 = plmn->t3402, .t3412 = t3324_ ? t3412_ : plmn->t3412, .t3324 = t3324_};
  if (edrx_) answer.edrx = radio::edrx_cycle(request.cell.rat, *edrx_);
  if (request.procedure == radio::Procedure::attach) {
    const auto outcome = terminal::authenticate(hss_, request.imsi, card);
    answer.authenticated = outcome.outcome == terminal::Authentication::Outcome::done;
    if (!answer.authenticated) {
      AttachAnswer refused = refuse(plmn->causes.authentication, "authentication failed");
      refused.why += ": " + terminal::describe(outcome);
      return refused;
    }
  }
  if (country != nullptr) count_day(*sponsor, *country);
  return answer;
}

radio::SessionAnswer Sky::session(const radio::SessionRequest& request) {
  constexpr std::uint8_t kUnknownApn = 27, kBarredByOperator = 8;  // TS 24.301 9.9.4.4
  const SponsorSpec* sponsor = parts_.world.sponsor_of_imsi(request.imsi);
  if (sponsor == nullptr) return {};
  if (sponsor->session_rejects != 0) return {.cause = sponsor->session_rejects, .t3396 = sponsor->t3396};
  if (!request.apn.empty() && request.apn != sponsor->apn) return {.cause = kUnknownApn, .t3396 = sponsor->t3396};
  if (parts_.quota_spent(*sponsor)) return {.cause = kBarredByOperator, .t3396 = sponsor->t3396};
  return {};
}

}  // namespace simurgh::world
