#include "tools/world/yaml_map.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace simurgh::world {
namespace {

std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

std::string scalar(const YAML::Node& node, const std::string& path) {
  if (!node.IsScalar()) throw ScenarioError(path + " is one value");
  return node.Scalar();
}

Time duration_at(const YAML::Node& node, const std::string& path) {
  const std::string text = scalar(node, path);
  const auto out = read_duration(text);
  if (!out) throw ScenarioError(path + ": '" + text + "' is no length of time; write PT5M, P40D, 90s or 24h");
  return *out;
}

YamlMap::YamlMap(const YAML::Node& node, std::string path) : node_(node), path_(std::move(path)) {
  if (!node.IsMap()) throw ScenarioError((path_.empty() ? "the document" : path_) + " is a map");
  std::set<std::string> seen;
  for (const auto& entry : node) {
    const std::string key = scalar(entry.first, path_ + ": a key");
    static const std::set<std::string> kTruths{"on", "off", "yes", "no", "On", "Off", "Yes", "No", "ON", "OFF", "YES", "NO"};
    if (entry.first.Tag() != "!" && kTruths.contains(key)) wrong(key, "reads as a truth value in YAML 1.1; put it in quotes");
    if (!seen.insert(key).second) wrong(key, "is there twice");
  }
}

void YamlMap::wrong(const std::string& key, const std::string& sentence) const {
  throw ScenarioError((path_.empty() ? key : path_ + "." + key) + " " + sentence);
}

bool YamlMap::has(const std::string& key) const { return node_[key].IsDefined(); }

YAML::Node YamlMap::take(const std::string& key) {
  known_.insert(key);
  return node_[key];
}

std::string YamlMap::text(const std::string& key, const std::string& otherwise) {
  const YAML::Node node = take(key);
  return node.IsDefined() ? scalar(node, path_ + "." + key) : otherwise;
}

std::string YamlMap::required(const std::string& key) {
  std::string out = text(key);
  if (out.empty()) wrong(key, "is needed");
  return out;
}

std::int64_t YamlMap::integer(const std::string& key, std::int64_t otherwise, std::int64_t least, std::int64_t most) {
  const std::string word = text(key);
  if (word.empty()) return otherwise;
  std::int64_t out = 0;
  const bool hexadecimal = word.starts_with("0x");
  const auto got = std::from_chars(word.data() + (hexadecimal ? 2 : 0), word.data() + word.size(), out, hexadecimal ? 16 : 10);
  if (got.ec != std::errc{} || got.ptr != word.data() + word.size() || out < least || out > most) {
    wrong(key, "is a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  }
  return out;
}

double YamlMap::number(const std::string& key, double otherwise) {
  const std::string word = text(key);
  if (word.empty()) return otherwise;
  double out = 0;
  const auto got = std::from_chars(word.data(), word.data() + word.size(), out);
  if (got.ec != std::errc{} || got.ptr != word.data() + word.size() || !std::isfinite(out)) wrong(key, "is a number");
  return out;
}

bool YamlMap::truth(const std::string& key, bool otherwise) {
  const std::string word = text(key);
  if (word.empty()) return otherwise;
  if (word != "true" && word != "false") wrong(key, "is true or false");
  return word == "true";
}

Time YamlMap::duration(const std::string& key, Time otherwise) { return maybe_duration(key).value_or(otherwise); }

std::optional<Time> YamlMap::maybe_duration(const std::string& key) {
  const YAML::Node node = take(key);
  return node.IsDefined() ? std::optional(duration_at(node, path_ + "." + key)) : std::nullopt;
}

std::vector<std::string> YamlMap::texts(const std::string& key) {
  const YAML::Node node = take(key);
  std::vector<std::string> out;
  if (!node.IsDefined()) return out;
  if (!node.IsSequence()) wrong(key, "is a list");
  for (const auto& one : node) out.push_back(scalar(one, path_ + "." + key));
  return out;
}

void YamlMap::each(const std::string& key, const std::function<void(YamlMap&)>& reader) {
  const YAML::Node node = take(key);
  if (!node.IsDefined()) return;
  if (!node.IsSequence()) wrong(key, "is a list");
  std::size_t i = 0;
  for (const auto& one : node) {
    YamlMap map(one, (path_.empty() ? "" : path_ + ".") + key + "[" + std::to_string(i++) + "]");
    reader(map);
    map.done();
  }
}

std::vector<std::string> YamlMap::keys() const {
  std::vector<std::string> out;
  for (const auto& entry : node_) out.push_back(entry.first.Scalar());
  return out;
}

bool YamlMap::inside(const std::string& key, const std::function<void(YamlMap&)>& reader) {
  const bool there = has(key);
  const YAML::Node node = take(key);
  if (!there) return false;
  YamlMap map(node, path_.empty() ? key : path_ + "." + key);
  reader(map);
  map.done();
  return true;
}

void YamlMap::done() const {
  for (const std::string& key : keys()) {
    if (known_.contains(key)) continue;
    std::string nearest;
    for (const std::string& known : known_) {
      if (nearest.empty() || distance(key, known) < distance(key, nearest)) nearest = known;
    }
    wrong(key, "is no key here" + (nearest.empty() ? std::string() : "; did you mean " + nearest));
  }
}

}  // namespace simurgh::world
