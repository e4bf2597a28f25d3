#include "tools/perso_upp/multi_imsi_recipe.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "euicc/applets/multi_imsi/applet.h"
#include "euicc/applets/multi_imsi/log.h"
#include "euicc/applets/multi_imsi/table.h"
#include "tools/perso_upp/upp_coding.h"

namespace simurgh::perso {
namespace {

using multi_imsi::Config;
using multi_imsi::Identity;

void known_keys(const YAML::Node& node, const std::string& what, const std::set<std::string>& known) {
  if (!node.IsMap()) throw RecipeError(what + " is not a mapping");
  for (const auto& entry : node) {
    if (!known.contains(entry.first.Scalar())) throw RecipeError(what + " has no key \"" + entry.first.Scalar() + "\"");
  }
}

std::string text(const YAML::Node& node, const std::string& what) {
  if (!node.IsScalar()) throw RecipeError(what + " is not a single value");
  return node.Scalar();
}

std::uint32_t number(const YAML::Node& node, const std::string& what, std::uint32_t highest) {
  const std::string spelling = text(node, what);
  try {
    std::size_t end = 0;
    const unsigned long value = std::stoul(spelling, &end, 0);
    if (end == spelling.size() && value <= highest && spelling.front() != '-') return static_cast<std::uint32_t>(value);
  } catch (const std::logic_error&) {
    // answered below
  }
  throw RecipeError(what + " is not a number up to " + std::to_string(highest));
}

Bytes hex(const YAML::Node& node, const std::string& what) {
  auto octets = from_hex(text(node, what));
  if (!octets) throw RecipeError(what + " is not hexadecimal");
  return *std::move(octets);
}

std::vector<std::string> list(const YAML::Node& node, const std::string& what) {
  if (!node.IsSequence()) throw RecipeError(what + " is not a list");
  std::vector<std::string> out;
  for (const auto& item : node) out.push_back(text(item, what));
  return out;
}

using Names = std::vector<std::pair<const char*, std::uint8_t>>;

std::uint8_t bit_of(const std::string& name, const std::string& what, const Names& names) {
  for (const auto& [known, bit] : names) {
    if (name == known) return bit;
  }
  std::string all;
  for (const auto& [known, bit] : names) all += (all.empty() ? "" : ", ") + std::string(known);
  throw RecipeError(what + " knows " + all);
}

std::uint8_t bits(const YAML::Node& node, const std::string& what, const Names& names) {
  std::uint8_t out = 0;
  for (const std::string& name : list(node, what)) out |= bit_of(name, what, names);
  return out;
}

const Names kPolicies{{"prefer", multi_imsi::policy::prefer}, {"data_check", multi_imsi::policy::data_check}, {"sensing", multi_imsi::policy::sensing},
                      {"menu", multi_imsi::policy::menu}, {"boots", multi_imsi::policy::boots},
                      {"trust_unprotected", multi_imsi::policy::trust_unprotected}, {"privacy", multi_imsi::policy::privacy},
                      {"always_mac", multi_imsi::policy::always_mac}};
const Names kFlags{{"local", multi_imsi::flag::local}, {"roaming_only", multi_imsi::flag::roaming_only}, {"last_resort", multi_imsi::flag::last_resort},
                   {"data_check", multi_imsi::flag::data_check}, {"disabled", multi_imsi::flag::disabled}, {"metered", multi_imsi::flag::metered},
                   {"pooled", multi_imsi::flag::pooled}};
const Names kAccess{{"gsm", 0x01}, {"utran", 0x02}, {"eutran", 0x04}, {"ltem", 0x08}, {"nbiot", 0x10}, {"nr", 0x20}};
const Names kFplmn{{"clear", 0}, {"restore", 1}, {"seed", 2}, {"leave", 3}};
const Names kTimers{{"obs", 0}, {"lim", 1}, {"nosvc", 2}, {"stable", 3}, {"settle", 4}, {"min_stay", 5}, {"home", 6}, {"defer", 7},
                    {"hold", 8}, {"poll", 9}, {"data", 10}, {"escape", 11}, {"manual", 12}, {"q_base", 13}, {"q_max", 14}, {"freeze", 15}};

std::uint16_t mcc_of(const std::string& digits, const std::string& what) {
  if (digits.size() != 3 || digits.find_first_not_of("0123456789") != std::string::npos) throw RecipeError(what + ": a country is three digits");
  return static_cast<std::uint16_t>((digits[0] - '0') << 8 | (digits[1] - '0') << 4 | (digits[2] - '0'));
}

// "999-70", "310-410", "999-7x", "999-xx", "any".
multi_imsi::Pattern pattern_of(const std::string& spelling, const std::string& what) {
  if (spelling == "any") return {};
  const auto fail = [&]() -> RecipeError { return RecipeError(what + ": a network is 999-70, 310-410, 999-7x, 999-xx or any"); };
  if (spelling.size() < 6 || spelling.size() > 7 || spelling[3] != '-') throw fail();
  std::vector<std::uint8_t> nibbles;
  for (std::size_t i = 0; i < spelling.size(); ++i) {
    if (i == 3) continue;
    if (spelling[i] == 'x' && i > 3) nibbles.push_back(0x0E);
    else if (spelling[i] >= '0' && spelling[i] <= '9') nibbles.push_back(static_cast<std::uint8_t>(spelling[i] - '0'));
    else throw fail();
  }
  // A wildcard at the end covers MNCs of two and of three digits.
  if (nibbles.size() == 5) nibbles.push_back(nibbles[4] == 0x0E ? std::uint8_t{0x0E} : std::uint8_t{0x0F});
  const auto pair = [&](std::size_t high, std::size_t low) { return static_cast<std::uint8_t>(nibbles[high] << 4 | nibbles[low]); };
  return {{pair(1, 0), pair(5, 2), pair(4, 3)}};
}

std::vector<multi_imsi::Pattern> patterns(const YAML::Node& node, const std::string& what) {
  std::vector<multi_imsi::Pattern> out;
  for (const std::string& spelling : list(node, what)) out.push_back(pattern_of(spelling, what));
  return out;
}

// "2026-03-01" as days since 1970.
std::uint32_t day_of(const std::string& spelling, const std::string& what) {
  const auto part = [&](std::size_t at, std::size_t size) -> unsigned {
    unsigned out = 0;
    for (std::size_t i = at; i < at + size; ++i) {
      if (spelling[i] < '0' || spelling[i] > '9') throw RecipeError(what + " is not a day such as 2026-03-01");
      out = out * 10 + static_cast<unsigned>(spelling[i] - '0');
    }
    return out;
  };
  if (spelling.size() != 10 || spelling[4] != '-' || spelling[7] != '-') throw RecipeError(what + " is not a day such as 2026-03-01");
  const std::chrono::year_month_day day{std::chrono::year{static_cast<int>(part(0, 4))}, std::chrono::month{part(5, 2)}, std::chrono::day{part(8, 2)}};
  const auto days = day.ok() ? std::chrono::sys_days{day}.time_since_epoch().count() : 0;
  if (days <= 0) throw RecipeError(what + " is no day after 1970");
  return static_cast<std::uint32_t>(days);
}

std::vector<multi_imsi::TimerOverride> timers_of(const YAML::Node& node, const std::string& what) {
  if (!node.IsMap()) throw RecipeError(what + " is not a mapping");
  std::vector<multi_imsi::TimerOverride> out;
  for (const auto& entry : node) {
    const std::string name = entry.first.Scalar();
    out.push_back({static_cast<multi_imsi::Timer>(bit_of(name, what, kTimers)), number(entry.second, what + "." + name, 0x00FFFFFF)});
  }
  return out;
}

Bytes spn_octets(const std::string& name) {
  Bytes out{0x00};
  append(out, text_view(name));
  return out;
}

Identity read_identity(const YAML::Node& node, const ProfileRecipe& recipe, Config& config) {
  const std::string what = "multi_imsi.identities";
  known_keys(node, what, {"id", "label", "imsi", "mnc_digits", "k", "opc", "algorithm", "flags", "at_home_in", "priority", "access", "acc", "spn", "smsc",
                          "allow", "deny", "ehplmn", "fplmn", "apn", "valid_from", "valid_to"});
  if (!node["id"]) throw RecipeError(what + " needs id");
  const auto id = static_cast<std::uint8_t>(number(node["id"], what + ".id", multi_imsi::kMostIdentities));
  if (config.find(id) != nullptr) throw RecipeError(what + ": id " + std::to_string(id) + " is there twice");
  Identity out = own_identity(recipe, id);
  const bool own = !node["imsi"];
  if (!own) {
    out = {};
    out.id = id;
    out.imsi = imsi_octets(text(node["imsi"], what + ".imsi"));
    out.mnc_length = static_cast<std::uint8_t>(node["mnc_digits"] ? number(node["mnc_digits"], what + ".mnc_digits", 3) : recipe.mnc_digits);
    const std::string digits = out.imsi_digits();
    Bytes home = plmn_octets(digits.substr(0, 3U + out.mnc_length));
    append(home, Bytes{0xC8, 0x80});
    out.hplmn_act = std::move(home);
    out.spn = spn_octets(recipe.spn);
    if (!node["k"] || !node["opc"]) throw RecipeError(what + ": an identity with an IMSI of its own needs k and opc");
    multi_imsi::KeySet set;
    set.ref = id;
    set.parameters.key = crypto::SecretBytes(hex(node["k"], what + ".k"));
    set.parameters.opc = crypto::SecretBytes(hex(node["opc"], what + ".opc"));
    if (node["algorithm"]) {
      const Names names{{"milenage", 1}, {"tuak", 2}, {"xor", 3}};
      set.parameters.algorithm = static_cast<usim::Algorithm>(bit_of(text(node["algorithm"], what + ".algorithm"), what + ".algorithm", names));
    }
    if (!set.parameters.well_formed()) throw RecipeError(what + ": k or opc has a wrong size");
    out.key_set = id;
    config.key_sets.push_back(std::move(set));
  } else if (node["k"] || node["opc"] || node["algorithm"]) {
    throw RecipeError(what + ": k belongs to an identity with an IMSI of its own");
  }
  if (node["label"]) out.label = text(node["label"], what + ".label");
  if (out.label.size() > 10) throw RecipeError(what + ": a label has ten characters at most");
  if (node["flags"]) out.flags = bits(node["flags"], what + ".flags", kFlags);
  if (node["access"]) out.rats = bits(node["access"], what + ".access", kAccess);
  if (node["priority"]) out.priority = static_cast<std::uint8_t>(number(node["priority"], what + ".priority", 255));
  if (node["acc"]) out.acc = static_cast<std::uint16_t>(number(node["acc"], what + ".acc", 0xFFFF));
  if (node["spn"]) out.spn = spn_octets(text(node["spn"], what + ".spn"));
  if (node["smsc"]) {
    const Bytes address = number_octets(text(node["smsc"], what + ".smsc"));
    out.smsp.assign(address.begin() + 1, address.begin() + 1 + address[0]);
  }
  if (node["allow"]) out.allow = patterns(node["allow"], what + ".allow");
  if (node["deny"]) out.deny = patterns(node["deny"], what + ".deny");
  if (node["ehplmn"]) {
    out.ehplmn.clear();
    for (const std::string& plmn : list(node["ehplmn"], what + ".ehplmn")) append(out.ehplmn, plmn_octets(plmn));
  }
  if (node["fplmn"]) out.fplmn = static_cast<multi_imsi::FplmnPolicy>(bit_of(text(node["fplmn"], what + ".fplmn"), what + ".fplmn", kFplmn));
  if (node["apn"]) out.apn = to_bytes(text_view(text(node["apn"], what + ".apn")));
  if (node["valid_from"]) out.valid_from = day_of(text(node["valid_from"], what), what + ".valid_from");
  if (node["valid_to"]) out.valid_to = day_of(text(node["valid_to"], what), what + ".valid_to");
  if (out.valid_to != 0 && out.valid_to < out.valid_from) throw RecipeError(what + ": valid_to is before valid_from");
  if (node["at_home_in"]) {
    out.mcc_preferences.clear();
    for (const std::string& mcc : list(node["at_home_in"], what + ".at_home_in")) out.mcc_preferences.push_back({mcc_of(mcc, what), 0});
  }
  return out;
}

multi_imsi::Rule read_rule(const YAML::Node& node) {
  const std::string what = "multi_imsi.rules";
  known_keys(node, what, {"network", "region", "ids", "exclusive", "sticky", "max_days", "timers"});
  multi_imsi::Rule out;
  if (node["region"]) out.pattern.octets = {static_cast<std::uint8_t>(number(node["region"], what + ".region", multi_imsi::kMostRegions))};
  else if (node["network"]) out.pattern = pattern_of(text(node["network"], what + ".network"), what);
  else throw RecipeError(what + " needs network or region");
  if (!node["ids"]) throw RecipeError(what + " needs ids");
  for (const auto& item : node["ids"]) out.ids.push_back(static_cast<std::uint8_t>(number(item, what + ".ids", multi_imsi::kMostIdentities)));
  if (node["exclusive"] && node["exclusive"].as<bool>()) out.flags |= multi_imsi::rule_flag::exclusive;
  if (node["sticky"] && node["sticky"].as<bool>()) out.flags |= multi_imsi::rule_flag::sticky;
  if (node["timers"]) out.timers = timers_of(node["timers"], what + ".timers");
  if (node["max_days"]) {
    out.max_days = static_cast<std::uint16_t>(number(node["max_days"], what + ".max_days", 128));
    out.flags |= multi_imsi::rule_flag::legal;
  }
  return out;
}

}  // namespace

std::uint32_t days_since_1970(const std::string& day) { return day_of(day, "the day"); }

Identity own_identity(const ProfileRecipe& recipe, std::uint8_t id) {
  Identity out;
  out.id = id;
  out.imsi = imsi_octets(recipe.imsi);
  out.mnc_length = static_cast<std::uint8_t>(recipe.mnc_digits);
  Bytes home = plmn_octets(recipe.imsi.substr(0, 3 + recipe.mnc_digits));
  append(home, Bytes{0xC8, 0x80});
  out.hplmn_act = std::move(home);
  out.spn = spn_octets(recipe.spn);
  out.gid1 = recipe.gid1;
  out.gid2 = recipe.gid2;
  return out;
}

ApplicationRecipe multi_imsi_application(const Config& config, const Bytes& tar, std::uint8_t minimum_security_level) {
  ApplicationRecipe out;
  out.package_aid = multi_imsi::package_aid();
  out.code = {0x00};  // the class is native: what a load file must have, and nothing that runs
  InstanceRecipe instance;
  instance.class_aid = multi_imsi::class_aid();
  instance.aid = multi_imsi::instance_aid();
  // TS 102 226 8.2.1.3.2.1: priority, timers, menu texts and entries, channels, minimum security level, TAR, services.
  instance.toolkit = {0x01, 0x02, 0x00, 0x00, 0x00, 0x02, 0x01, minimum_security_level, 0x03};
  append(instance.toolkit, tar.empty() ? multi_imsi::default_tar() : tar);
  instance.toolkit.push_back(0x00);
  instance.process_data = {multi_imsi::write_table(config)};
  out.instances.push_back(std::move(instance));
  return out;
}

std::vector<FileRecipe> multi_imsi_log_files() {
  using Type = FileRecipe::Type;
  const auto name = [](std::uint16_t fid) { return to_hex(be_bytes(fid, 2)); };
  FileRecipe directory, log;
  directory.path = {name(multi_imsi::kLogDirectory)};
  directory.type = Type::directory;
  log.path = {name(multi_imsi::kLogDirectory), name(multi_imsi::kLogFile)};
  log.type = Type::linear_fixed;
  log.record_length = multi_imsi::LogRecord::kSize;
  log.records = multi_imsi::kMostRecords;
  log.rule = 12;  // PIN1 reads, nobody else writes
  return {directory, log};
}

namespace {

Config read_config(const YAML::Node& section, const ProfileRecipe& recipe) {
  known_keys(section, "multi_imsi", {"version", "policy", "default", "fallback", "swaps_an_hour", "swaps_a_day", "refresh", "limited_spread", "table_key",
                                     "group", "tar", "msl", "timers", "identities", "rules", "regions", "log_file"});
  Config config;
  config.version = 1;
  const auto byte = [&](const char* key, std::uint8_t& out, std::uint32_t highest) {
    if (section[key]) out = static_cast<std::uint8_t>(number(section[key], std::string("multi_imsi.") + key, highest));
  };
  if (section["version"]) config.version = number(section["version"], "multi_imsi.version", 0xFFFFFFFF);
  if (section["policy"]) config.policy = bits(section["policy"], "multi_imsi.policy", kPolicies);
  byte("default", config.default_id, multi_imsi::kMostIdentities);
  byte("fallback", config.fallback_id, multi_imsi::kMostIdentities);
  byte("swaps_an_hour", config.swaps_an_hour, 255);
  byte("swaps_a_day", config.swaps_a_day, 255);
  byte("limited_spread", config.limited_spread, 50);
  if (section["refresh"]) {
    for (const auto& mode : section["refresh"]) append(config.refresh_modes, hex(mode, "multi_imsi.refresh"));
  }
  if (section["table_key"]) config.table_key = crypto::SecretBytes(hex(section["table_key"], "multi_imsi.table_key"));
  if (section["group"]) config.group = hex(section["group"], "multi_imsi.group");
  if (section["timers"]) {
    for (const auto& own : timers_of(section["timers"], "multi_imsi.timers")) config.timers[static_cast<std::size_t>(own.timer)] = own.seconds;
  }
  if (!section["identities"] || !section["identities"].IsSequence()) throw RecipeError("multi_imsi.identities is not a list");
  for (const auto& item : section["identities"]) config.identities.push_back(read_identity(item, recipe, config));
  if (section["rules"]) {
    for (const auto& item : section["rules"]) config.rules.push_back(read_rule(item));
  }
  if (section["regions"]) {
    if (!section["regions"].IsMap()) throw RecipeError("multi_imsi.regions is not a mapping");
    for (const auto& entry : section["regions"]) {
      multi_imsi::Region region;
      region.number = static_cast<std::uint8_t>(number(entry.first, "multi_imsi.regions", multi_imsi::kMostRegions));
      for (const std::string& mcc : list(entry.second, "multi_imsi.regions")) region.mccs.push_back(mcc_of(mcc, "multi_imsi.regions"));
      config.regions.push_back(std::move(region));
    }
  }
  // The card would refuse it: say so now.
  if (const auto applied = multi_imsi::apply_table({}, multi_imsi::write_table(config), {}, {}); !applied) {
    throw RecipeError("multi_imsi: the card would not take this table (tag " + to_hex(Bytes{applied.error().tag}) +
                      "): identities need different ids and IMSIs, rules only known ids, default an identity");
  }
  return config;
}

}  // namespace

multi_imsi::Config read_multi_imsi_table(const std::string& yaml) {
  const ProfileRecipe recipe = read_recipe(yaml);
  const YAML::Node section = YAML::Load(yaml)["multi_imsi"];
  if (!section) throw RecipeError("the recipe has no section multi_imsi");
  return read_config(section, recipe);
}

void read_multi_imsi(const YAML::Node& section, ProfileRecipe& recipe) {
  const Config config = read_config(section, recipe);
  const Bytes tar = section["tar"] ? hex(section["tar"], "multi_imsi.tar") : Bytes{};
  if (!tar.empty() && tar.size() != 3) throw RecipeError("multi_imsi.tar has three octets");
  std::uint8_t level = 0x06;
  if (section["msl"]) level = static_cast<std::uint8_t>(number(section["msl"], "multi_imsi.msl", 255));
  recipe.applications.push_back(multi_imsi_application(config, tar, level));
  if (section["log_file"] && !section["log_file"].as<bool>()) return;
  const auto files = multi_imsi_log_files();
  recipe.files.insert(recipe.files.end(), files.begin(), files.end());
}

}  // namespace simurgh::perso
