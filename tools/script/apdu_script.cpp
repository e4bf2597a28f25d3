#include "tools/script/apdu_script.h"

#include <algorithm>
#include <cctype>

namespace simurgh::script {
namespace {

std::string squeeze(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::isspace(static_cast<unsigned char>(c)) == 0) out.push_back(static_cast<char>(std::toupper(static_cast<unsigned char>(c))));
  }
  return out;
}

bool is_pattern(std::string_view text) {
  if (text.ends_with("..")) text.remove_suffix(2);
  if (text.size() % 2 != 0) return false;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const std::string_view octet = text.substr(i, 2);
    if (octet != "XX" && !from_hex(octet)) return false;
  }
  return true;
}

}  // namespace

Script parse(std::string_view text) {
  Script out;
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view raw = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    raw = raw.substr(0, std::min(raw.find('#'), raw.size()));
    const std::string line = squeeze(raw);
    if (line.empty()) continue;
    const auto give_up = [&](const char* what) {
      out.error = ScriptError{number, what};
      return out;
    };
    if (line == "RESET") {
      out.steps.push_back({.line = number, .reset = true, .command = {}, .expected = {}});
    } else if (line.front() == '>') {
      auto command = from_hex(std::string_view(line).substr(1));
      if (!command || command->empty()) return give_up("the command is not hexadecimal");
      out.steps.push_back({.line = number, .reset = false, .command = *std::move(command), .expected = {}});
    } else if (line.front() == '<') {
      if (out.steps.empty() || out.steps.back().expected) return give_up("an expectation without a command before it");
      const std::string pattern = line.substr(1);
      if (!is_pattern(pattern)) return give_up("the expectation is neither hexadecimal nor xx");
      out.steps.back().expected = pattern;
    } else {
      return give_up("a line starts with '>', '<', '#' or is 'reset'");
    }
  }
  return out;
}

bool matches(std::string_view expected, ByteView response) {
  const bool open_end = expected.ends_with("..");
  if (open_end) expected.remove_suffix(2);
  const std::string got = to_hex(response);
  if (open_end ? got.size() < expected.size() : got.size() != expected.size()) return false;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (expected[i] != 'X' && expected[i] != got[i]) return false;
  }
  return true;
}

std::optional<Mismatch> replay(const Script& script, const Link& link, const std::function<void(const Step&, ByteView)>& seen) {
  for (const Step& step : script.steps) {
    const Bytes response = step.reset ? link.reset() : link.transmit(step.command);
    if (seen) seen(step, response);
    if (step.expected && !matches(*step.expected, response)) return Mismatch{step.line, *step.expected, to_hex(response)};
  }
  return std::nullopt;
}

}  // namespace simurgh::script
