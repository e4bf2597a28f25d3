// Devices of a scenario: cards, modems, routes, plugs.
#include "tools/world/scenario_parts.h"

namespace simurgh::world {
namespace {

using std::chrono::hours;

constexpr std::int64_t kMostDevices = 1'000'000;

Time end_or_duration(const YAML::Node& node, const std::string& path, Time end) {
  return node.IsScalar() && node.Scalar() == "end" ? end : duration_at(node, path);
}

}  // namespace

// ISO/IEC 7812-1 annex B
std::string with_check_digit(std::string number) {
  unsigned sum = 0;
  for (std::size_t i = 0; i < number.size(); ++i) {
    unsigned value = static_cast<unsigned>(number[number.size() - 1 - i] - '0') * (i % 2 == 0 ? 2 : 1);
    if (value > 9) value -= 9;
    sum += value;
  }
  number.push_back(static_cast<char>('0' + (10 - sum % 10) % 10));
  return number;
}

ProfileSpec read_profile(YamlMap& map, const Scenario& out, const std::string& iccid) {
  ProfileSpec profile;
  profile.id = map.required("id");
  profile.iccid = map.text("iccid", iccid);
  profile.table = map.text("table");
  if (!profile.table.empty() && !out.tables.contains(profile.table)) map.wrong("table", "is '" + profile.table + "', which is none of the tables");
  profile.sponsor = map.text("sponsor");
  if (profile.sponsor.empty() && !profile.table.empty()) {
    const Table& table = out.tables.at(profile.table);
    for (const IdentitySpec& identity : table.identities) {
      if (identity.id == table.default_id) profile.sponsor = identity.sponsor;
    }
  }
  if (out.sponsor(profile.sponsor) == nullptr) map.wrong("sponsor", "is '" + profile.sponsor + "', which is no sponsor of the world");
  profile.forbidden = map.texts("forbidden");
  profile.apn = map.text("apn");
  return profile;
}

void read_device(YamlMap& map, Scenario& out) {
  DeviceSpec device;
  device.id = map.required("id");
  device.count = static_cast<unsigned>(map.integer("count", 1, 1, kMostDevices));
  device.personality = map.text("personality", "ideal");
  if (!radio::personality_of(device.personality)) {
    std::string names;
    for (const std::string& name : radio::personality_names()) names += (names.empty() ? "" : ", ") + name;
    map.wrong("personality", "is one of " + names);
  }
  device.lacks = map.texts("lacks");
  for (const std::string& word : device.lacks) {
    terminal::TerminalProfile any;
    if (!any.set(word, false)) map.wrong("lacks", "names '" + word + "', which is no bit of TERMINAL PROFILE");
  }
  for (const std::string& word : map.texts("deaf")) {
    const auto mode = from_hex(word);
    if (!mode || mode->size() != 1) map.wrong("deaf", "lists REFRESH modes as two hexadecimal digits, in quotes");
    device.deaf.insert(mode->front());
  }
  device.t3245 = map.truth("t3245", false);
  device.imei = map.text("imei", device.imei);
  if (!digits(device.imei, 15, 15)) map.wrong("imei", "has 15 digits, in quotes");
  if (!map.has("card")) map.wrong("card", "is needed");
  YamlMap card(map.take("card"), map.path() + ".card");
  device.eid = card.text("eid");
  if (!device.eid.empty() && !digits(device.eid, 32, 32)) card.wrong("eid", "has 32 digits, in quotes");
  card.each("profiles", [&](YamlMap& one) {
    const std::string number = std::to_string(device.profiles.size() + 1);
    ProfileSpec profile = read_profile(one, out, with_check_digit("898821100000000" + std::string(3 - std::min<std::size_t>(3, number.size()), '0') + number));
    profile.enabled = one.truth("enabled", false);
    profile.fallback = one.truth("fallback", false);
    profile.emergency = one.truth("emergency", false);
    device.profiles.push_back(std::move(profile));
  });
  device.eims = card.texts("eims");
  for (const std::string& eim : device.eims) {
    const ServerSpec* server = out.server(eim);
    if (server == nullptr || server->kind != "eim") card.wrong("eims", "names '" + eim + "', which is no server of kind eim");
  }
  if (card.has("iot")) {
    YAML::Emitter text;
    text << card.take("iot");
    device.iot = text.c_str();
  } else {
    (void)card.take("iot");
  }
  card.done();
  if (std::count_if(device.profiles.begin(), device.profiles.end(), [](const ProfileSpec& one) { return one.enabled; }) != 1) card.wrong("profiles", "has exactly one that is enabled");
  map.inside("place", [&](YamlMap& place) {
    place.each("track", [&](YamlMap& one) { device.track.push_back({one.duration("at", Time(0)), one.required("region")}); });
    place.inside("alternate", [&](YamlMap& alternate) {
      const auto regions = alternate.texts("regions");
      const Time every = alternate.duration("every", std::chrono::minutes(10)), until = alternate.duration("until", out.duration);
      if (regions.empty() || every < Time(1000)) alternate.wrong("regions", "names where the device goes, every at least 1s");
      std::size_t i = 0;
      for (Time at = device.track.empty() ? Time(0) : device.track.back().at + every; at < until && i < 100'000; at += every) device.track.push_back({at, regions[i++ % regions.size()]});
    });
  });
  if (device.track.empty()) device.track.push_back({Time(0), out.plmns.empty() || out.plmns.front().cells.empty() ? "nowhere" : out.plmns.front().cells.front().region});
  map.inside("power", [&](YamlMap& power) {
    device.battery_microjoules = static_cast<std::uint64_t>(power.number("battery_j", 0) * 1e6);
    const YAML::Node powered = power.take("powered");
    for (const auto& window : powered) {
      if (!window.IsSequence() || window.size() != 2) power.wrong("powered", "lists windows like [PT0S, PT5M]");
      device.powered.emplace_back(end_or_duration(window[0], power.path() + ".powered", out.duration), end_or_duration(window[1], power.path() + ".powered", out.duration));
    }
    for (const auto& cut : power.take("cuts")) device.cuts.push_back(duration_at(cut, power.path() + ".cuts"));
    power.inside("sleep", [&](YamlMap& sleep) {
      device.t3324 = sleep.duration("t3324", std::chrono::seconds(20));
      device.t3412 = sleep.duration("t3412", hours(12));
    });
    if (power.has("cut_in_swap")) device.cut_in_swap = static_cast<unsigned>(power.integer("cut_in_swap", 0, 0, 100'000));
    (void)power.take("cut_in_swap");
    device.edrx = power.maybe_duration("edrx");
    device.torn = power.truth("torn", false);
    device.watchdog = power.maybe_duration("watchdog");
  });
  map.inside("application", [&](YamlMap& application) { device.application_period = application.maybe_duration("period"); });
  if (device.powered.empty()) device.powered.emplace_back(Time(0), out.duration);
  for (std::size_t i = 1; i < device.powered.size(); ++i) {
    if (device.powered[i].first < device.powered[i - 1].second) map.wrong("power", ".powered has windows in order that do not overlap");
  }
  out.devices.push_back(std::move(device));
}

}  // namespace simurgh::world
