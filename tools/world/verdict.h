// What was expected, and what became of it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tools/world/scenario.h"
#include "tools/world/timeline.h"

namespace simurgh::world {

struct Outcome {
  std::string id, text, device;  // device: the thing's name
  enum class State : std::uint8_t { open, passed, failed } state = State::open;
  Time at{0};                    // when it was decided
  std::string why;               // of a failure, for people
};

// How one thing stands.
struct Witness {
  std::string name, device;      // of the thing and of its description
  Lookup state;
};

class Judge {
 public:
  Judge(const Scenario& scenario, std::vector<Witness> witnesses);
  // A mark has been added for this thing.
  void marked(std::size_t thing, const Mark& mark);
  // Something of this thing may have changed.
  void look(std::size_t thing, Time now);
  // When somebody should look at all of them, beside their own changes.
  [[nodiscard]] std::optional<Time> next_probe(Time now) const;
  void probe(Time now);
  // Everything that has a time is decided.
  [[nodiscard]] bool decided() const noexcept { return open_timed_ == 0 && timed_ != 0; }
  void end(Time now);
  [[nodiscard]] const std::vector<Outcome>& outcomes() const noexcept { return outcomes_; }
  [[nodiscard]] bool passed() const;

 private:
  struct Case {
    const Expectation* expectation;
    std::size_t thing;
    std::size_t step = 0;   // of an order
    unsigned seen = 0;      // marks to count
  };
  void decide(std::size_t at, Outcome::State state, Time now, std::string why = {});
  void look_at(std::size_t at, Time now);
  [[nodiscard]] static bool timed(const Expectation& expectation);
  [[nodiscard]] std::string facts(std::size_t thing) const;

  const Scenario& scenario_;
  std::vector<Witness> witnesses_;
  std::vector<Case> cases_;
  std::vector<Outcome> outcomes_;
  std::vector<std::vector<std::size_t>> of_thing_;
  std::vector<Time> probes_;
  std::size_t open_timed_ = 0, timed_ = 0;
};

}  // namespace simurgh::world
