// What is expected of a scenario, and its changes: a mechanism switched off, the same story told in another way.
#include "tools/world/scenario_parts.h"

namespace simurgh::world {
namespace {

Changes read_changes(YamlMap& map) {
  Changes out;
  map.inside("set", [&](YamlMap& set) {
    for (const std::string& key : set.keys()) {
      YAML::Emitter text;
      text << set.take(key);
      out[key] = text.c_str();
    }
  });
  return out;
}

}  // namespace

void read_expectation(YamlMap& map, Scenario& out) {
  using Kind = Expectation::Kind;
  Expectation expectation;
  expectation.id = map.text("id", std::to_string(out.expectations.size()));
  expectation.device = map.text("device");
  if (!expectation.device.empty() && std::none_of(out.devices.begin(), out.devices.end(), [&](const DeviceSpec& one) { return one.id == expectation.device; })) {
    map.wrong("device", "is '" + expectation.device + "', which is no device of the scenario");
  }
  expectation.after = map.duration("after", Time(0));
  expectation.within = map.maybe_duration("within");
  const auto predicate_of = [&](const std::string& key) {
    const std::string text = map.text(key);
    if (text.empty()) return;
    auto read = Predicate::read(text);
    if (!read) map.wrong(key, ": " + read.error());
    expectation.predicate = *read;
    expectation.text = text;
  };
  expectation.mark = map.text("mark");
  map.inside("where", [&](YamlMap& where) {
    for (const std::string& key : where.keys()) expectation.where[key] = where.text(key);
  });
  expectation.op = map.text("op", "<=");
  static const std::set<std::string> kOperators{"==", "!=", "<=", ">=", "<", ">"};
  if (!kOperators.contains(expectation.op)) map.wrong("op", "is ==, !=, <=, >=, < or >");
  const bool has_number = map.has("n");
  expectation.number = map.number("n", 0);
  expectation.order = map.texts("order");
  const std::string count = map.text("count"), sum = map.text("sum");
  unsigned kinds = 0;
  const auto is = [&](Kind kind) {
    expectation.kind = kind;
    ++kinds;
  };
  if (map.has("never")) is(Kind::never);
  predicate_of("never");
  if (map.has("always")) is(Kind::always);
  predicate_of("always");
  if (map.has("final")) is(Kind::final);
  predicate_of("final");
  if (map.has("predicate") || !expectation.mark.empty()) is(Kind::within);
  predicate_of("predicate");
  if (const auto at = map.maybe_duration("at")) {
    if (kinds != 1 || expectation.kind != Kind::within) map.wrong("at", "needs a predicate");
    expectation.kind = Kind::at;
    expectation.after = *at;
  }
  if (!expectation.order.empty()) is(Kind::order);
  if (!count.empty()) is(Kind::count);
  if (!sum.empty()) is(Kind::sum);
  if (kinds != 1) map.wrong("id", "belongs to an expectation with exactly one of predicate, mark, never, always, final, count, sum and order");
  if (expectation.kind == Kind::count || expectation.kind == Kind::sum) {
    if (!has_number) map.wrong("n", "is needed");
    expectation.quantity = expectation.kind == Kind::count ? count : sum;
    if (expectation.kind == Kind::sum && !is_state_name(expectation.quantity)) map.wrong("sum", "is a number of the state, such as joules, bytes or swaps");
    std::string number = std::to_string(expectation.number);
    number.erase(number.find_last_not_of('0') + 1);
    if (number.ends_with('.')) number.pop_back();
    expectation.text = expectation.quantity + " " + expectation.op + " " + number;
  }
  if (expectation.kind == Kind::within && !expectation.within) map.wrong("within", "is needed: by when");
  if (!expectation.mark.empty()) {
    expectation.text = expectation.mark;
    for (const auto& [key, value] : expectation.where) expectation.text += " " + key + "=" + value;
  }
  for (const std::string& mark : expectation.order) expectation.text += (expectation.text.empty() ? "" : " < ") + mark;
  if (const std::string why = map.text("why"); !why.empty()) expectation.text = why + " (" + expectation.text + ")";
  out.expectations.push_back(std::move(expectation));
}

void read_ablation(YamlMap& map, Scenario& out) {
  Ablation ablation;
  ablation.disable = map.required("disable");
  ablation.set = read_changes(map);
  if (ablation.set.empty()) map.wrong("set", "says how it is switched off: paths in this document and their values");
  for (const std::string& id : map.texts("fails")) {
    if (std::none_of(out.expectations.begin(), out.expectations.end(), [&](const Expectation& one) { return one.id == id; })) {
      map.wrong("fails", "names '" + id + "', which is the id of no expectation");
    }
    ablation.fails.insert(id);
  }
  if (ablation.fails.empty()) map.wrong("fails", "names the expectations of which one must fail");
  out.ablations.push_back(std::move(ablation));
}

void read_comparison(YamlMap& map, Comparison& out) {
  map.each("variants", [&](YamlMap& one) {
    const std::string name = one.required("name");
    out.variants.push_back({name, read_changes(one)});
  });
  map.each("spans", [&](YamlMap& one) {
    const std::string name = one.required("name"), from = one.required("from");
    out.spans.push_back({name, from, one.text("until")});
  });
  if (out.variants.empty()) map.wrong("variants", "has at least one");
  if (out.spans.empty()) map.wrong("spans", "has at least one");
}

}  // namespace simurgh::world
