#include "tools/eim/policy.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>

#include "tools/eim/identifiers.h"

namespace simurgh::eim {
namespace {

[[noreturn]] void fail(const YAML::Node& node, const std::string& why) {
  const YAML::Mark mark = node.Mark();
  throw PolicyError("line " + std::to_string(mark.line + 1) + " of the rules: " + why);
}

std::string scalar(const YAML::Node& node, const char* name) {
  if (!node.IsScalar()) fail(node, std::string(name) + " takes one value");
  return node.as<std::string>();
}

bool truth(const YAML::Node& node, const char* name) {
  try {
    return node.as<bool>();
  } catch (const YAML::Exception&) {
    fail(node, std::string(name) + " is true or false");
  }
}

std::string country(const YAML::Node& node) {
  const std::string out = scalar(node, "country");
  if (out.size() != 3 || !std::ranges::all_of(out, [](char c) { return c >= '0' && c <= '9'; })) fail(node, "country is a mobile country code of three digits");
  return out;
}

Rule read_rule(const YAML::Node& node) {
  if (!node.IsMap()) fail(node, "a rule is a map");
  Rule out;
  for (const auto& entry : node) {
    const std::string key = scalar(entry.first, "a key");
    const YAML::Node& value = entry.second;
    if (key == "name") {
      out.name = scalar(value, "name");
    } else if (key == "group") {
      out.group = scalar(value, "group");
    } else if (key == "country") {
      if (value.IsSequence()) {
        for (const auto& each : value) out.countries.push_back(country(each));
      } else {
        out.countries.push_back(country(value));
      }
    } else if (key == "activation-code") {
      out.activation_code = scalar(value, "activation-code");
      if (!parse_activation_code(out.activation_code)) fail(value, "activation-code is none (1$address$matchingId)");
    } else if (key == "iccid") {
      out.iccid = scalar(value, "iccid");
      if (!iccid_octets(out.iccid)) fail(value, "iccid is no ICCID");
    } else if (key == "enable") {
      out.enable = truth(value, "enable");
    } else if (key == "rollback") {
      out.rollback = truth(value, "rollback");
    } else {
      fail(entry.first, "unknown key " + key);
    }
  }
  if (out.name.empty()) fail(node, "a rule needs a name");
  if (out.activation_code.empty() == out.iccid.empty()) fail(node, "a rule needs an activation-code or an iccid");
  return out;
}

}  // namespace

std::vector<Rule> read_rules(const std::string& yaml) {
  try {
    const YAML::Node root = YAML::Load(yaml);
    if (!root.IsMap() || root.size() != 1 || !root["rules"] || !root["rules"].IsSequence()) throw PolicyError("the rules are a list under 'rules'");
    std::vector<Rule> out;
    std::set<std::string> names;
    for (const auto& node : root["rules"]) {
      out.push_back(read_rule(node));
      if (!names.insert(out.back().name).second) fail(node, "two rules are named " + out.back().name);
    }
    return out;
  } catch (const YAML::Exception& error) {
    throw PolicyError(std::string("the rules are no YAML: ") + error.what());
  }
}

const Rule* matching_rule(const std::vector<Rule>& rules, const std::string& group, const std::string& plmn) {
  if (plmn.size() < 3) return nullptr;
  const std::string mcc = plmn.substr(0, 3);
  const auto found = std::ranges::find_if(rules, [&](const Rule& rule) {
    return (rule.group.empty() || rule.group == group) && (rule.countries.empty() || std::ranges::find(rule.countries, mcc) != rule.countries.end());
  });
  return found == rules.end() ? nullptr : &*found;
}

}  // namespace simurgh::eim
