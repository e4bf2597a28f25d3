// The scenario file. Every key is known, every reference resolves, every number has its range; anything else is one sentence with the path.
#include <algorithm>
#include <charconv>

#include "euicc/crypto/symmetric.h"
#include "tools/world/scenario_parts.h"

namespace simurgh::world {
namespace {

using std::chrono::hours;

constexpr std::size_t kMostText = 1024 * 1024;

std::set<radio::Rat> read_rats(YamlMap& map, const std::string& key) {
  std::set<radio::Rat> out;
  for (const std::string& name : map.texts(key)) {
    const auto rat = radio::rat_of(name);
    if (!rat) map.wrong(key, "has gsm, utran, lte, ltem, nbiot and nr; '" + name + "' is none of them");
    out.insert(*rat);
  }
  return out;
}

void read_rule(YamlMap& map, Scenario& out) {
  Rule rule;
  rule.id = map.required("id");
  rule.confidence = map.text("confidence", "low");
  if (rule.confidence != "low" && rule.confidence != "medium" && rule.confidence != "high") map.wrong("confidence", "is low, medium or high");
  rule.source = map.required("source");
  static const std::map<std::string, Rule::Subject> kSubjects{{"imsi", Rule::Subject::imsi}, {"iccid", Rule::Subject::iccid}, {"eid", Rule::Subject::eid}, {"imei", Rule::Subject::imei}};
  const auto subject = kSubjects.find(map.text("subject", "imsi"));
  if (subject == kSubjects.end()) map.wrong("subject", "is imsi, iccid, eid or imei");
  rule.subject = subject->second;
  rule.limit_days = static_cast<unsigned>(map.integer("limit_days", 90, 0, 3650));
  rule.window_days = static_cast<unsigned>(map.integer("window_days", 365, 1, 3650));
  rule.cause = static_cast<std::uint8_t>(map.integer("cause", 11, 2, 111));
  rule.spread_per_day = static_cast<std::uint32_t>(map.number("spread_per_day", 1) * 1'000'000);
  out.rules.push_back(std::move(rule));
}

void read_country(YamlMap& map, Scenario& out) {
  Country country;
  country.id = map.required("id");
  country.mccs = map.texts("mcc");
  for (const std::string& mcc : country.mccs) {
    if (!digits(mcc, 3, 3)) map.wrong("mcc", "lists codes of three digits, in quotes");
  }
  country.zone_minutes = static_cast<int>(map.integer("zone_minutes", 0, -14 * 60, 14 * 60));
  country.rules = map.texts("rules");
  for (const std::string& rule : country.rules) {
    if (std::none_of(out.rules.begin(), out.rules.end(), [&](const Rule& one) { return one.id == rule; })) map.wrong("rules", "names '" + rule + "', which is no rule of the world");
  }
  out.countries.push_back(std::move(country));
}

void read_plmn(YamlMap& map, Scenario& out) {
  PlmnSpec plmn;
  plmn.id = map.required("id");
  plmn.mccmnc = map.required("mccmnc");
  if (!digits(plmn.mccmnc, 5, 6)) map.wrong("mccmnc", "has five or six digits, in quotes so that its zeros stay");
  plmn.name = map.text("name", plmn.id);
  plmn.country = map.text("country");
  if (!plmn.country.empty() && std::none_of(out.countries.begin(), out.countries.end(), [&](const Country& one) { return one.id == plmn.country; })) {
    map.wrong("country", "is '" + plmn.country + "', which is no country of the world");
  }
  std::uint64_t id = 1;
  map.each("cells", [&](YamlMap& cell) {
    RegionCell one;
    one.region = cell.required("region");
    const auto rat = radio::rat_of(cell.text("rat", "lte"));
    if (!rat) cell.wrong("rat", "is gsm, utran, lte, ltem, nbiot or nr");
    one.cell = {.plmn = plmn.mccmnc,
                .rat = *rat,
                .area = static_cast<std::uint32_t>(cell.integer("area", 1, 1, 0xFFFE)),
                .id = id++,
                .level = static_cast<int>(cell.integer("level", -95, -150, -30)),
                .coverage = static_cast<unsigned>(cell.integer("coverage", 0, 0, 2))};
    plmn.cells.push_back(std::move(one));
  });
  map.inside("causes", [&](YamlMap& causes) {
    const auto cause = [&](const char* key, std::uint8_t& value) { value = static_cast<std::uint8_t>(causes.integer(key, value, 2, 111)); };
    cause("no_agreement", plmn.causes.no_agreement);
    cause("barred", plmn.causes.barred);
    cause("authentication", plmn.causes.authentication);
    cause("no_rat", plmn.causes.no_rat);
  });
  plmn.down = map.truth("down", false);
  plmn.silent = map.truth("silent", false);
  plmn.congested = map.truth("congested", false);
  plmn.fake = map.truth("fake", false);
  plmn.rejects = static_cast<std::uint8_t>(map.integer("rejects", 0, 0, 111));
  plmn.protects = map.truth("protects", true);
  plmn.t3346 = map.maybe_duration("t3346");
  plmn.t3402 = map.maybe_duration("t3402");
  plmn.t3412 = map.maybe_duration("t3412");
  out.plmns.push_back(std::move(plmn));
}

void read_sponsor(YamlMap& map, Scenario& out) {
  SponsorSpec sponsor;
  sponsor.id = map.required("id");
  sponsor.home = map.required("home");
  if (!digits(sponsor.home, 5, 6)) map.wrong("home", "has five or six digits, in quotes");
  sponsor.imsi = map.required("imsi");
  if (!digits(sponsor.imsi, 14, 15) || !sponsor.imsi.starts_with(sponsor.home)) map.wrong("imsi", "has 14 or 15 digits and begins with its home, in quotes");
  sponsor.algorithm = map.text("algorithm", "milenage");
  sponsor.key = map.text("k");
  sponsor.opc = map.text("opc");
  // Test keys, from the names: nothing secret is in a scenario.
  const auto derived = [&](const char* what) {
    const auto digest = crypto::sha256({text_view(out.name), text_view(sponsor.id), text_view(what)});
    return to_hex(ByteView(digest).first(16));
  };
  if (sponsor.key.empty()) sponsor.key = derived("k");
  if (sponsor.opc.empty()) sponsor.opc = derived("opc");
  sponsor.apn = map.text("apn", "boot");
  sponsor.filter = map.text("filter");
  if (!sponsor.filter.empty() && std::none_of(out.filters.begin(), out.filters.end(), [&](const Filter& one) { return one.id == sponsor.filter; })) {
    map.wrong("filter", "is '" + sponsor.filter + "', which is no filter of the world");
  }
  sponsor.gateway = map.duration("gateway", Time(50));
  sponsor.down = map.truth("down", false);
  sponsor.barred = map.truth("barred", false);
  sponsor.data_down = map.truth("data_down", false);
  sponsor.quota = static_cast<std::uint64_t>(map.integer("quota_bytes", 0, 0, kMostQuota));
  sponsor.price = map.number("price_mb", 0);
  if (sponsor.price < 0) map.wrong("price_mb", "is not negative");
  sponsor.session_rejects = static_cast<std::uint8_t>(map.integer("session_rejects", 0, 0, 113));
  sponsor.t3396 = map.maybe_duration("t3396");
  out.sponsors.push_back(std::move(sponsor));
}

void read_filter(YamlMap& map, Scenario& out) {
  Filter filter;
  filter.id = map.required("id");
  const std::string deny = map.text("deny", "drop");
  if (deny != "drop" && deny != "rst") map.wrong("deny", "is drop or rst");
  filter.reset = deny == "rst";
  map.each("allow", [&](YamlMap& one) {
    const std::string protocol = one.text("proto", "tcp");
    if (protocol != "tcp" && protocol != "udp") one.wrong("proto", "is tcp or udp");
    filter.allow.push_back({one.required("fqdn"), static_cast<std::uint16_t>(one.integer("port", 443, 1, 65535)), protocol == "tcp"});
  });
  out.filters.push_back(std::move(filter));
}

void read_agreement(YamlMap& map, Scenario& out) {
  Agreement agreement{.sponsor = map.required("sponsor"), .plmn = map.required("plmn"), .rats = read_rats(map, "rats")};
  if (out.sponsor(agreement.sponsor) == nullptr) map.wrong("sponsor", "is '" + agreement.sponsor + "', which is no sponsor of the world");
  if (std::none_of(out.plmns.begin(), out.plmns.end(), [&](const PlmnSpec& one) { return one.id == agreement.plmn; })) {
    map.wrong("plmn", "is '" + agreement.plmn + "', which is no network of the world");
  }
  agreement.price = map.number("price_mb", 0);
  if (agreement.price < 0) map.wrong("price_mb", "is not negative");
  agreement.from = map.duration("from", Time(0));
  agreement.until = map.duration("until", Time::max());
  out.agreements.push_back(std::move(agreement));
}

Table read_table(YamlMap& map, const Scenario& out) {
  Table table;
  table.version = static_cast<unsigned>(map.integer("version", 1, 1, 0x7FFFFFFF));
  table.default_id = static_cast<unsigned>(map.integer("default", 1, 1, 16));
  table.fallback_id = static_cast<unsigned>(map.integer("fallback", 0, 0, 16));
  table.swaps_an_hour = static_cast<unsigned>(map.integer("swaps_an_hour", 6, 0, 255));
  table.swaps_a_day = static_cast<unsigned>(map.integer("swaps_a_day", 24, 0, 255));
  table.limited_spread = static_cast<unsigned>(map.integer("limited_spread", 0, 0, 50));
  map.each("identities", [&](YamlMap& one) {
    IdentitySpec identity;
    identity.id = static_cast<unsigned>(one.integer("id", 1, 1, 16));
    identity.sponsor = one.required("sponsor");
    if (out.sponsor(identity.sponsor) == nullptr) one.wrong("sponsor", "is '" + identity.sponsor + "', which is no sponsor of the world");
    identity.flags = one.texts("flags");
    identity.fplmn = one.text("fplmn", "clear");
    table.identities.push_back(std::move(identity));
  });
  map.each("rules", [&](YamlMap& one) {
    RuleSpec rule;
    rule.match = one.required("match");
    for (const std::string& id : one.texts("ids")) {
      unsigned value = 0;
      if (std::from_chars(id.data(), id.data() + id.size(), value).ec != std::errc{} || value < 1 || value > 16) one.wrong("ids", "lists identities from 1 to 16");
      rule.ids.push_back(value);
    }
    rule.max_days = static_cast<unsigned>(one.integer("max_days", 0, 0, 3650));
    rule.flags = one.texts("flags");
    table.rules.push_back(std::move(rule));
  });
  map.inside("timers", [&](YamlMap& timers) {
    for (const std::string& key : timers.keys()) table.timers[key] = timers.duration(key, Time(0));
  });
  const auto policy = map.texts("policy");
  table.policy = {policy.begin(), policy.end()};
  if (const std::string modes = map.text("refresh_modes"); !modes.empty()) {
    const auto octets = from_hex(modes);
    if (!octets) map.wrong("refresh_modes", "is octets in hexadecimal");
    table.refresh_modes = *octets;
  }
  if (table.identities.empty()) map.wrong("identities", "has at least one");
  return table;
}

// One dotted path; an entry of a list is named by its number or by its id.
void patch(YAML::Node node, const std::string& path, const std::string& value) {
  std::string_view rest = path;
  for (;;) {
    const std::size_t dot = rest.find('.');
    const std::string step(rest.substr(0, dot));
    const bool last = dot == std::string_view::npos;
    if (!last) rest.remove_prefix(dot + 1);
    if (node.IsSequence()) {
      std::size_t index = node.size();
      for (std::size_t i = 0; i < node.size(); ++i) {
        if (node[i].IsMap() && node[i]["id"].IsDefined() && node[i]["id"].Scalar() == step) index = i;
      }
      if (index == node.size()) {
        const auto got = std::from_chars(step.data(), step.data() + step.size(), index);
        if (got.ec != std::errc{} || got.ptr != step.data() + step.size() || index >= node.size()) throw ScenarioError("a change: '" + path + "' leads nowhere at " + step);
      }
      if (last) {
        node[index] = YAML::Load(value);
        return;
      }
      node.reset(node[index]);
    } else {
      if (!node.IsMap()) throw ScenarioError("a change: '" + path + "' leads nowhere at " + step);
      if (last) {
        const YAML::Node content = YAML::Load(value);
        if (content.IsNull()) {
          node.remove(step);
        } else {
          node[step] = content;
        }
        return;
      }
      if (!node[step].IsDefined()) node[step] = YAML::Node(YAML::NodeType::Map);
      node.reset(node[step]);
    }
  }
}

Scenario read_document(const YAML::Node& document) {
  Scenario out;
  YamlMap map(document, "");
  out.name = map.required("scenario");
  out.about = map.text("about");
  if (map.integer("version", 1, 1, 1) != 1) map.wrong("version", "is 1");
  out.seed = static_cast<std::uint64_t>(map.integer("seed", 1, 0, std::int64_t{1} << 62));
  if (const std::string start = map.text("start"); !start.empty()) {
    const auto instant = read_instant(start);
    if (!instant) map.wrong("start", "looks like 2026-03-01T08:00:00Z");
    out.start = *instant;
  }
  out.duration = map.duration("duration", out.duration);
  if (out.duration <= Time(0) || out.duration > hours(24 * 3660)) map.wrong("duration", "is more than nothing and at most ten years");
  const std::string stop = map.text("stop_when", "decided");
  if (stop != "decided" && stop != "end") map.wrong("stop_when", "is decided or end");
  out.stop_when_decided = stop == "decided";
  out.apdu_microseconds = static_cast<std::uint32_t>(map.integer("apdu_us", 0, 0, 10'000'000));
  const bool placed = map.inside("world", [&](YamlMap& world) {
    out.rejects = world.truth("rejects", true);
    out.rules_on = world.truth("enforce", true);
    world.each("rules", [&](YamlMap& one) { read_rule(one, out); });
    world.each("countries", [&](YamlMap& one) { read_country(one, out); });
    world.each("plmns", [&](YamlMap& one) { read_plmn(one, out); });
    world.each("filters", [&](YamlMap& one) { read_filter(one, out); });
    world.each("sponsors", [&](YamlMap& one) { read_sponsor(one, out); });
    world.each("agreements", [&](YamlMap& one) { read_agreement(one, out); });
    // Profiles at an SM-DP+ may have a table.
    map.inside("tables", [&](YamlMap& tables) {
      for (const std::string& id : tables.keys()) tables.inside(id, [&](YamlMap& table) { out.tables.emplace(id, read_table(table, out)); });
    });
    world.each("servers", [&](YamlMap& one) { read_server(one, out); });
    world.each("events", [&](YamlMap& one) { read_event(one, out); });
  });
  if (!placed) map.wrong("world", "is needed");
  map.each("devices", [&](YamlMap& one) { read_device(one, out); });
  if (out.devices.empty()) map.wrong("devices", "has at least one");
  map.each("expect", [&](YamlMap& one) { read_expectation(one, out); });
  map.each("ablate", [&](YamlMap& one) { read_ablation(one, out); });
  map.inside("compare", [&](YamlMap& comparison) { read_comparison(comparison, out.comparison); });
  map.done();
  check_servers(out);
  check_events(out);
  std::stable_sort(out.events.begin(), out.events.end(), [](const WorldEvent& a, const WorldEvent& b) { return a.at < b.at; });
  return out;
}

}  // namespace

Scenario read_scenario(const std::string& yaml, const Changes& changes) {
  if (yaml.size() > kMostText) throw ScenarioError("a scenario has at most one mebibyte of text");
  try {
    YAML::Node document = YAML::Load(yaml);
    for (const auto& [path, value] : changes) patch(document, path, value);
    return read_document(document);
  } catch (const YAML::Exception& wrong) {
    throw ScenarioError("line " + std::to_string(wrong.mark.line + 1) + ": " + wrong.msg);
  }
}

}  // namespace simurgh::world
