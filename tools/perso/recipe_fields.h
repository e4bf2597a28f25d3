// Values of a card recipe. What does not fit is a CardError that names the key.
#pragma once

#include <yaml-cpp/yaml.h>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>

#include "asn1/bytes.h"

namespace simurgh::perso::recipe {

[[noreturn]] void fail(const std::string& what);
[[nodiscard]] std::string text(const YAML::Node& node, const std::string& key);
[[nodiscard]] std::uint64_t number(const YAML::Node& node, const std::string& key, std::uint64_t most);
[[nodiscard]] bool flag(const YAML::Node& node, const std::string& key);
[[nodiscard]] Bytes hex(const YAML::Node& node, const std::string& key);
[[nodiscard]] std::array<std::uint8_t, 3> version(const YAML::Node& node, const std::string& key);
// A list of names, each a named bit.
[[nodiscard]] std::uint64_t bits(const YAML::Node& node, const std::string& key, std::initializer_list<const char*> names);

template <typename Visit>
void each(const YAML::Node& node, const std::string& where, Visit&& visit) {
  if (!node.IsMap()) fail(where + " is a list of 'name: value' lines");
  for (const auto& entry : node) visit(entry.first.as<std::string>(), entry.second);
}

}  // namespace simurgh::perso::recipe
