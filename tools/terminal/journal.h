// What happened, for people and for programs: one entry per fact, in the order of the facts.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace simurgh::terminal {

struct Entry {
  std::chrono::milliseconds at{};  // on the terminal's clock
  std::string kind;                // "apdu", "card", "file", "command", "response", "envelope", "event", "refresh", "network", "user", "note"
  std::string text;                // one line for people
  std::vector<std::pair<std::string, std::string>> fields = {};  // octets in hexadecimal
};

using Journal = std::function<void(const Entry&)>;

}  // namespace simurgh::terminal
