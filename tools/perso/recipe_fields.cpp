#include "tools/perso/recipe_fields.h"

#include <charconv>

#include "tools/perso/card_maker.h"

namespace simurgh::perso::recipe {

void fail(const std::string& what) { throw CardError("card recipe: " + what); }

std::string text(const YAML::Node& node, const std::string& key) {
  if (!node.IsScalar()) fail("'" + key + "' takes one value");
  return node.as<std::string>();
}

std::uint64_t number(const YAML::Node& node, const std::string& key, std::uint64_t most) {
  const std::string value = text(node, key);
  std::uint64_t out = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), out);
  if (error != std::errc{} || end != value.data() + value.size() || out > most) fail("'" + key + "' takes a number up to " + std::to_string(most));
  return out;
}

bool flag(const YAML::Node& node, const std::string& key) {
  const std::string value = text(node, key);
  if (value == "true" || value == "yes" || value == "on") return true;
  if (value == "false" || value == "no" || value == "off") return false;
  fail("'" + key + "' takes true or false");
}

Bytes hex(const YAML::Node& node, const std::string& key) {
  auto out = from_hex(text(node, key));
  if (!out) fail("'" + key + "' takes hexadecimal octets");
  return *std::move(out);
}

std::array<std::uint8_t, 3> version(const YAML::Node& node, const std::string& key) {
  const std::string value = text(node, key);
  std::array<std::uint8_t, 3> out{};
  const char* at = value.data();
  const char* const end = value.data() + value.size();
  for (std::size_t i = 0; i < 3; ++i) {
    unsigned part = 0;
    const auto [next, error] = std::from_chars(at, end, part);
    if (error != std::errc{} || part > 255 || (i < 2 ? next == end || *next != '.' : next != end)) fail("'" + key + "' takes a version such as 2.5.0");
    out[i] = static_cast<std::uint8_t>(part);
    at = next + (i < 2 ? 1 : 0);
  }
  return out;
}

std::uint64_t bits(const YAML::Node& node, const std::string& key, std::initializer_list<const char*> names) {
  if (!node.IsSequence()) fail("'" + key + "' takes a list");
  std::uint64_t out = 0;
  for (const auto& item : node) {
    const std::string name = text(item, key);
    std::uint64_t bit = 0;
    bool found = false;
    for (const char* known : names) {
      if (name == known) {
        out |= std::uint64_t{1} << bit;
        found = true;
      }
      ++bit;
    }
    if (!found) fail("'" + key + "' does not know '" + name + "'");
  }
  return out;
}

}  // namespace simurgh::perso::recipe
