// YAML maps read strictly: every key is taken by name, and what nobody took is an error with its path and the nearest known key.
#pragma once

#include <yaml-cpp/yaml.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "tools/world/scenario.h"

namespace simurgh::world {

class YamlMap {
 public:
  // Throws ScenarioError when it is no map, has a key twice or one that YAML reads as a truth value.
  YamlMap(const YAML::Node& node, std::string path);

  [[nodiscard]] bool has(const std::string& key) const;
  [[nodiscard]] YAML::Node take(const std::string& key);
  [[nodiscard]] std::string text(const std::string& key, const std::string& otherwise = {});
  [[nodiscard]] std::string required(const std::string& key);
  [[nodiscard]] std::int64_t integer(const std::string& key, std::int64_t otherwise, std::int64_t least, std::int64_t most);
  [[nodiscard]] double number(const std::string& key, double otherwise);
  [[nodiscard]] bool truth(const std::string& key, bool otherwise);
  [[nodiscard]] Time duration(const std::string& key, Time otherwise);
  [[nodiscard]] std::optional<Time> maybe_duration(const std::string& key);
  [[nodiscard]] std::vector<std::string> texts(const std::string& key);
  // Each entry of a list of maps; nothing when absent.
  void each(const std::string& key, const std::function<void(YamlMap&)>& take);
  // The map of a key; false when it is absent.
  bool inside(const std::string& key, const std::function<void(YamlMap&)>& reader);
  // All keys have been taken.
  void done() const;
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[noreturn]] void wrong(const std::string& key, const std::string& sentence) const;
  [[nodiscard]] std::vector<std::string> keys() const;

 private:
  YAML::Node node_;
  std::string path_;
  std::set<std::string> known_;
};

// The scalar of a node; ScenarioError with the path otherwise.
[[nodiscard]] std::string scalar(const YAML::Node& node, const std::string& path);
[[nodiscard]] Time duration_at(const YAML::Node& node, const std::string& path);

}  // namespace simurgh::world
