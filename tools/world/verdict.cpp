#include "tools/world/verdict.h"

#include <algorithm>

namespace simurgh::world {

using Kind = Expectation::Kind;
using State = Outcome::State;

namespace {

bool compare(double left, const std::string& op, double right) {
  if (op == "==") return left == right;
  if (op == "!=") return left != right;
  if (op == "<=") return left <= right;
  if (op == ">=") return left >= right;
  return op == "<" ? left < right : left > right;
}

bool fits(const Mark& mark, const std::string& name, const std::map<std::string, std::string>& where) {
  if (mark.name != name) return false;
  return std::all_of(where.begin(), where.end(), [&](const auto& one) {
    const std::string* value = mark.field(one.first);
    return value != nullptr && *value == one.second;
  });
}

std::string plain(double number) {
  std::string out = std::to_string(number);
  out.erase(out.find_last_not_of('0') + 1);
  if (out.ends_with('.')) out.pop_back();
  return out;
}

}  // namespace

bool Judge::timed(const Expectation& expectation) {
  if (expectation.kind == Kind::within || expectation.kind == Kind::at) return true;
  return (expectation.kind == Kind::always || expectation.kind == Kind::never) && expectation.within.has_value();
}

Judge::Judge(const Scenario& scenario, std::vector<Witness> witnesses)
    : scenario_(scenario), witnesses_(std::move(witnesses)), of_thing_(witnesses_.size()) {
  for (const Expectation& expectation : scenario_.expectations) {
    for (std::size_t thing = 0; thing < witnesses_.size(); ++thing) {
      if (!expectation.device.empty() && expectation.device != witnesses_[thing].device) continue;
      of_thing_[thing].push_back(cases_.size());
      cases_.push_back({&expectation, thing});
      outcomes_.push_back({.id = expectation.id, .text = expectation.text, .device = witnesses_[thing].name, .why = {}});
      if (timed(expectation)) ++timed_;
    }
    probes_.push_back(expectation.after);
    if (expectation.within) probes_.push_back(expectation.after + *expectation.within);
  }
  open_timed_ = timed_;
  std::sort(probes_.begin(), probes_.end());
  probes_.erase(std::unique(probes_.begin(), probes_.end()), probes_.end());
}

std::string Judge::facts(std::size_t thing) const {
  const Lookup& state = witnesses_[thing].state;
  const auto text = [&](const char* name) {
    const Value value = state(name, "");
    return value.is_text ? value.text : plain(value.number);
  };
  std::string out = "service " + text("service") + ", identity " + text("identity") + ", profile " + text("profile");
  if (const std::string plmn = text("plmn"); !plmn.empty()) out += ", network " + plmn;
  return out + ", " + text("swaps") + " swaps, " + text("rejects") + " rejections";
}

void Judge::decide(std::size_t at, State state, Time now, std::string why) {
  Outcome& outcome = outcomes_[at];
  if (outcome.state != State::open) return;
  outcome.state = state;
  outcome.at = now;
  outcome.why = std::move(why);
  if (timed(*cases_[at].expectation)) --open_timed_;
}

void Judge::marked(std::size_t thing, const Mark& mark) {
  for (const std::size_t at : of_thing_[thing]) {
    if (outcomes_[at].state != State::open) continue;
    Case& one = cases_[at];
    const Expectation& expectation = *one.expectation;
    const bool in_time = mark.at >= expectation.after && (!expectation.within || mark.at <= expectation.after + *expectation.within);
    if (expectation.kind == Kind::within && !expectation.mark.empty()) {
      if (in_time && fits(mark, expectation.mark, expectation.where)) decide(at, State::passed, mark.at);
    } else if (expectation.kind == Kind::count) {
      if (in_time && fits(mark, expectation.quantity, expectation.where)) ++one.seen;
    } else if (expectation.kind == Kind::order && one.step < expectation.order.size() && mark.at >= expectation.after && mark.name == expectation.order[one.step]) {
      if (++one.step == expectation.order.size()) decide(at, State::passed, mark.at);
    }
  }
}

void Judge::look_at(std::size_t at, Time now) {
  if (outcomes_[at].state != State::open) return;
  const Case& one = cases_[at];
  const Expectation& expectation = *one.expectation;
  const Lookup& state = witnesses_[one.thing].state;
  const Time end = expectation.within ? expectation.after + *expectation.within : Time::max();
  switch (expectation.kind) {
    case Kind::within:
      if (now >= expectation.after && now <= end && expectation.predicate && expectation.predicate->holds(state)) {
        decide(at, State::passed, now);
      } else if (now >= end) {
        decide(at, State::failed, end, "not until " + write_duration(end) + ": " + facts(one.thing));
      }
      return;
    case Kind::at:
      if (now < expectation.after) return;
      if (expectation.predicate && expectation.predicate->holds(state)) {
        decide(at, State::passed, now);
      } else {
        decide(at, State::failed, now, facts(one.thing));
      }
      return;
    case Kind::always:
    case Kind::never:
      if (now < expectation.after) return;
      if (now <= end && expectation.predicate && expectation.predicate->holds(state) == (expectation.kind == Kind::never)) {
        decide(at, State::failed, now, facts(one.thing));
      } else if (now >= end) {
        decide(at, State::passed, end);
      }
      return;
    case Kind::count:
    case Kind::sum:
    case Kind::order:
    case Kind::final:
      return;
  }
}

void Judge::look(std::size_t thing, Time now) {
  for (const std::size_t at : of_thing_[thing]) look_at(at, now);
}

std::optional<Time> Judge::next_probe(Time now) const {
  const auto at = std::upper_bound(probes_.begin(), probes_.end(), now);
  return at == probes_.end() ? std::nullopt : std::optional(*at);
}

void Judge::probe(Time now) {
  for (std::size_t at = 0; at < cases_.size(); ++at) look_at(at, now);
}

void Judge::end(Time now) {
  for (std::size_t at = 0; at < cases_.size(); ++at) {
    look_at(at, now);
    if (outcomes_[at].state != State::open) continue;
    const Case& one = cases_[at];
    const Expectation& expectation = *one.expectation;
    const Lookup& state = witnesses_[one.thing].state;
    switch (expectation.kind) {
      case Kind::always:
      case Kind::never:
        decide(at, State::passed, now);
        break;
      case Kind::final:
        if (expectation.predicate && expectation.predicate->holds(state)) {
          decide(at, State::passed, now);
        } else {
          decide(at, State::failed, now, facts(one.thing));
        }
        break;
      case Kind::sum:
      case Kind::count: {
        const double value = expectation.kind == Kind::sum ? state(expectation.quantity, "").number : one.seen;
        const bool good = compare(value, expectation.op, expectation.number);
        decide(at, good ? State::passed : State::failed, now, good ? "" : expectation.quantity + " is " + plain(value));
        if (good) outcomes_[at].why = expectation.quantity + " is " + plain(value);
        break;
      }
      case Kind::order:
        decide(at, State::failed, now, "'" + expectation.order[one.step] + "' did not come in its turn");
        break;
      case Kind::within:
      case Kind::at:
        decide(at, State::failed, now, "the run ended before: " + facts(one.thing));
        break;
    }
  }
}

bool Judge::passed() const {
  return std::all_of(outcomes_.begin(), outcomes_.end(), [](const Outcome& one) { return one.state == State::passed; });
}

}  // namespace simurgh::world
