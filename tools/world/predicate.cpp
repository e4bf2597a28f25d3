#include "tools/world/predicate.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

namespace simurgh::world {

struct Predicate::Node {
  enum class Kind { number, text, name, either, both, negation, compare } kind = Kind::number;
  Value value;
  std::string name, argument, op;
  std::vector<std::shared_ptr<const Node>> children;
};

namespace {

using Node = Predicate::Node;
using NodePtr = std::shared_ptr<const Node>;

constexpr unsigned kMostDepth = 32;
constexpr std::size_t kMostText = 1000;
constexpr std::array kNames{"service", "plmn", "rat", "identity", "imsi", "profile", "phase", "swaps", "attaches", "rejects", "boots", "refreshes", "joules",
                            "bytes", "octets", "cost", "round_trips", "online_percent", "online_seconds", "forbidden", "searches", "apdus", "invalid", "powered", "count", "rule.used", "rule.left",
                            "battery_percent", "region", "profiles", "unproven", "on_fallback", "polls", "owed"};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::expected<NodePtr, std::string> all() {
    auto out = either(0);
    if (!out) return out;
    skip();
    if (at_ != text_.size()) return wrong("something is left over");
    return out;
  }

 private:
  std::unexpected<std::string> wrong(const char* what) const { return std::unexpected(std::string(what) + " at character " + std::to_string(at_ + 1)); }
  void skip() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool word(std::string_view wanted) {
    skip();
    if (text_.substr(at_, wanted.size()) != wanted) return false;
    const std::size_t end = at_ + wanted.size();
    if (std::isalpha(static_cast<unsigned char>(wanted.front())) != 0 && end < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[end])) != 0 || text_[end] == '_')) {
      return false;
    }
    at_ = end;
    return true;
  }
  std::string identifier() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '_')) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  std::expected<NodePtr, std::string> joined(unsigned depth, std::string_view by, Node::Kind kind, std::expected<NodePtr, std::string> (Parser::*next)(unsigned)) {
    auto first = (this->*next)(depth);
    if (!first) return first;
    auto out = std::make_shared<Node>();
    out->kind = kind;
    out->children.push_back(*first);
    while (word(by)) {
      auto more = (this->*next)(depth);
      if (!more) return more;
      out->children.push_back(*more);
    }
    return out->children.size() == 1 ? *first : NodePtr(out);
  }
  std::expected<NodePtr, std::string> either(unsigned depth) { return joined(depth, "or", Node::Kind::either, &Parser::both); }
  std::expected<NodePtr, std::string> both(unsigned depth) { return joined(depth, "and", Node::Kind::both, &Parser::negation); }

  std::expected<NodePtr, std::string> negation(unsigned depth) {
    if (depth > kMostDepth) return wrong("too deep");
    if (!word("not")) return comparison(depth);
    auto inner = negation(depth + 1);
    if (!inner) return inner;
    auto out = std::make_shared<Node>();
    out->kind = Node::Kind::negation;
    out->children.push_back(*inner);
    return out;
  }

  std::expected<NodePtr, std::string> comparison(unsigned depth) {
    skip();
    if (word("(")) {
      auto inner = either(depth + 1);
      if (!inner) return inner;
      if (!word(")")) return wrong("a ) is missing");
      return inner;
    }
    auto left = operand();
    if (!left) return left;
    static constexpr std::array<std::string_view, 6> kOperators{"==", "!=", "<=", ">=", "<", ">"};
    for (const std::string_view op : kOperators) {
      if (!word(op)) continue;
      auto right = operand();
      if (!right) return right;
      auto out = std::make_shared<Node>();
      out->kind = Node::Kind::compare;
      out->op = op;
      out->children = {*left, *right};
      return out;
    }
    return left;
  }

  std::expected<NodePtr, std::string> operand() {
    skip();
    auto out = std::make_shared<Node>();
    if (at_ >= text_.size()) return wrong("a value is missing");
    if (text_[at_] == '\'') {
      const std::size_t end = text_.find('\'', at_ + 1);
      if (end == std::string_view::npos) return wrong("a ' is missing");
      out->kind = Node::Kind::text;
      out->value = {.is_text = true, .text = std::string(text_.substr(at_ + 1, end - at_ - 1))};
      at_ = end + 1;
      return out;
    }
    if (std::isdigit(static_cast<unsigned char>(text_[at_])) != 0) {
      double value = 0, scale = 1;
      bool fraction = false;
      for (; at_ < text_.size() && (std::isdigit(static_cast<unsigned char>(text_[at_])) != 0 || (text_[at_] == '.' && !fraction)); ++at_) {
        if (text_[at_] == '.') {
          fraction = true;
          continue;
        }
        value = value * 10 + (text_[at_] - '0');
        if (fraction) scale *= 10;
      }
      out->value.number = value / scale;
      return out;
    }
    std::string name = identifier();
    if (name.empty()) return wrong("a name, a number or a 'text' is expected");
    if (word("(")) {
      auto argument = operand();
      if (!argument) return argument;
      if ((*argument)->kind != Node::Kind::text) return wrong("a call takes one 'text'");
      if (!word(")")) return wrong("a ) is missing");
      out->argument = (*argument)->value.text;
      if (at_ < text_.size() && text_[at_] == '.') {
        ++at_;
        name += "." + identifier();
      }
    }
    if (!is_state_name(name)) {
      // A bare word that is no name of the state is a text: service == normal.
      out->kind = Node::Kind::text;
      out->value = {.is_text = true, .text = name};
      if (!out->argument.empty()) return wrong("there is no such function");
      return out;
    }
    out->kind = Node::Kind::name;
    out->name = std::move(name);
    return out;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

Value value_of(const Node& node, const Lookup& lookup) { return node.kind == Node::Kind::name ? lookup(node.name, node.argument) : node.value; }

bool truth(const Node& node, const Lookup& lookup) {
  switch (node.kind) {
    case Node::Kind::either:
      return std::any_of(node.children.begin(), node.children.end(), [&](const NodePtr& child) { return truth(*child, lookup); });
    case Node::Kind::both:
      return std::all_of(node.children.begin(), node.children.end(), [&](const NodePtr& child) { return truth(*child, lookup); });
    case Node::Kind::negation:
      return !truth(*node.children[0], lookup);
    case Node::Kind::compare: {
      const Value left = value_of(*node.children[0], lookup), right = value_of(*node.children[1], lookup);
      if (left.is_text || right.is_text) {
        const auto text = [](const Value& value) { return value.is_text ? value.text : std::to_string(static_cast<long long>(value.number)); };
        return node.op == "==" ? text(left) == text(right) : node.op == "!=" && text(left) != text(right);
      }
      if (node.op == "==") return left.number == right.number;
      if (node.op == "!=") return left.number != right.number;
      if (node.op == "<=") return left.number <= right.number;
      if (node.op == ">=") return left.number >= right.number;
      return node.op == "<" ? left.number < right.number : left.number > right.number;
    }
    default: {
      const Value value = value_of(node, lookup);
      return value.is_text ? !value.text.empty() : value.number != 0;
    }
  }
}

}  // namespace

bool is_state_name(std::string_view name) { return std::find(kNames.begin(), kNames.end(), name) != kNames.end(); }

std::expected<Predicate, std::string> Predicate::read(std::string_view text) {
  if (text.size() > kMostText) return std::unexpected("a predicate has at most 1000 characters");
  auto root = Parser(text).all();
  if (!root) return std::unexpected(root.error());
  Predicate out;
  out.text_ = text;
  out.root_ = *root;
  return out;
}

bool Predicate::holds(const Lookup& lookup) const { return root_ != nullptr && truth(*root_, lookup); }

}  // namespace simurgh::world
