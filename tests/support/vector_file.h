// Test data as text: `name = value` lines, blocks divided by empty lines, `#` starts a comment line (vectors/*/README.md).
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "asn1/bytes.h"

namespace simurgh::test {

class VectorCase {
 public:
  [[nodiscard]] bool has(const std::string& name) const { return fields_.contains(name); }
  // A missing or malformed field is a broken vector file: it throws.
  [[nodiscard]] const std::string& text(const std::string& name) const {
    const auto found = fields_.find(name);
    if (found == fields_.end()) throw std::runtime_error(where_ + ": no field " + name);
    return found->second;
  }
  [[nodiscard]] Bytes hex(const std::string& name) const {
    const auto bytes = from_hex(text(name));
    if (!bytes) throw std::runtime_error(where_ + ": " + name + " is not hexadecimal");
    return *bytes;
  }
  [[nodiscard]] unsigned long number(const std::string& name) const { return std::stoul(text(name)); }
  [[nodiscard]] const std::string& where() const noexcept { return where_; }

 private:
  friend std::vector<VectorCase> load_vectors(const std::filesystem::path& file);
  std::map<std::string, std::string> fields_;
  std::string where_;  // file and line of the block
};

[[nodiscard]] inline std::vector<VectorCase> load_vectors(const std::filesystem::path& file) {
  const auto trim = [](const std::string& text) {
    const std::size_t from = text.find_first_not_of(" \t\r");
    return from == std::string::npos ? std::string() : text.substr(from, text.find_last_not_of(" \t\r") - from + 1);
  };
  std::ifstream in(file);
  if (!in) throw std::runtime_error("cannot read " + file.string());
  std::vector<VectorCase> out;
  bool open = false;
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    line = trim(line);
    if (line.empty()) open = false;
    if (line.empty() || line[0] == '#') continue;
    const std::size_t equals = line.find('=');
    if (equals == std::string::npos) throw std::runtime_error(file.string() + ":" + std::to_string(number) + ": no '='");
    if (!open) {
      out.emplace_back();
      out.back().where_ = file.filename().string() + ":" + std::to_string(number);
      open = true;
    }
    out.back().fields_[trim(line.substr(0, equals))] = trim(line.substr(equals + 1));
  }
  return out;
}

}  // namespace simurgh::test
