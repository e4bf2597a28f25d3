// Conditions over the state of a thing: comparisons, and, or, not. No loops, no variables of its own.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace simurgh::world {

// A number or a text; an unknown name is an error when the predicate is read against a list of names, never when it runs.
struct Value {
  bool is_text = false;
  double number = 0;
  std::string text = {};
};

// name, argument of a call ("rule('br').used" is the name "rule.used" with the argument "br")
using Lookup = std::function<Value(const std::string& name, const std::string& argument)>;

class Predicate {
 public:
  // The error is a sentence with the place.
  [[nodiscard]] static std::expected<Predicate, std::string> read(std::string_view text);
  [[nodiscard]] bool holds(const Lookup& lookup) const;
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

  struct Node;

 private:
  std::string text_;
  std::shared_ptr<const Node> root_;
};

// Names a predicate may use.
[[nodiscard]] bool is_state_name(std::string_view name);

}  // namespace simurgh::world
