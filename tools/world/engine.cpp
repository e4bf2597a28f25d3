#include "tools/world/engine.h"

#include <algorithm>

namespace simurgh::world {
namespace {

constexpr std::uint64_t kMostStepsAtOnce = 1'000'000;

ThingSummary summary_of(const Thing& thing, const Timeline& timeline) {
  ThingSummary out;
  out.name = thing.name();
  out.device = thing.spec().id;
  out.counts = thing.counts();
  for (std::size_t use = 0; use < radio::kUses; ++use) {
    const auto which = static_cast<radio::Use>(use);
    if (const auto value = thing.energy().microjoules(which); value != 0) out.microjoules[std::string(radio::name_of(which))] = value;
  }
  out.energy = thing.energy().total_microjoules();
  for (const auto& [key, usage] : thing.usage()) out.octets[key.first + " " + key.second] = {usage.up, usage.down};
  out.apdus = thing.apdus();
  out.online_percent = thing.state("online_percent", "").number;
  for (const Mark& mark : timeline.marks) {
    if (mark.name == "attach_ok" && mark.thing == thing.name()) {
      out.first_online = mark.at;
      break;
    }
  }
  return out;
}

}  // namespace

RunResult run(const Scenario& scenario, const CardKit& kit, const RunOptions& options) {
  RunResult out;
  out.scenario = scenario.name;
  out.seed = options.seed;
  World world(scenario);
  card::ImageCache images;
  const auto echo = echo_service();
  std::map<std::string, Service*> services;
  for (const ServerSpec& server : scenario.servers) {
    if (server.kind == "echo") services[server.id] = echo.get();
  }

  if (options.card != nullptr && (scenario.devices.size() != 1 || scenario.devices.front().count != 1)) {
    throw ScenarioError("a card from elsewhere fits a scenario with one device");
  }
  std::vector<std::unique_ptr<Thing>> things;
  std::vector<Witness> witnesses;
  std::unique_ptr<Judge> judge;
  // A thing's step may add marks; they are judged when the step is over, so that predicates see a settled state.
  const auto mark = [&](Mark one) { out.timeline.marks.push_back(std::move(one)); };
  for (const DeviceSpec& device : scenario.devices) {
    for (unsigned i = 0; i < device.count; ++i) {
      const std::string name = device.count == 1 ? device.id : device.id + "-" + std::to_string(i + 1);
      things.push_back(std::make_unique<Thing>(
          Thing::Parts{.world = world, .kit = kit, .images = images, .mark = mark, .services = services, .detail = options.detail,
                       .card = options.card, .patience = options.patience}, device,
          radio::Draw(options.seed, scenario.name, "run").next(), name));
      witnesses.push_back({.name = name, .device = device.id, .state = [thing = things.back().get()](const std::string& what, const std::string& argument) {
                             return thing->state(what, argument);
                           }});
    }
  }
  judge = std::make_unique<Judge>(scenario, std::move(witnesses), out.timeline);

  std::set<std::pair<Time, std::size_t>> queue;
  std::vector<Time> due(things.size());
  const auto enqueue = [&](std::size_t i) {
    due[i] = things[i]->next();
    if (due[i] != Time::max()) queue.emplace(due[i], i);
  };
  for (std::size_t i = 0; i < things.size(); ++i) enqueue(i);

  std::size_t judged = 0, next_event = 0;
  Time now(0);
  std::uint64_t at_once = 0;
  const auto judge_marks = [&](std::size_t thing) {
    for (; judged < out.timeline.marks.size(); ++judged) {
      if (out.timeline.marks[judged].thing == things[thing]->name()) judge->marked(thing, out.timeline.marks[judged]);
    }
  };
  judge->probe(now);
  while (true) {
    Time next = queue.empty() ? Time::max() : queue.begin()->first;
    const Time event = next_event < scenario.events.size() ? scenario.events[next_event].at : Time::max();
    const Time probe = judge->next_probe(now).value_or(Time::max());
    next = std::min({next, event, probe});
    if (next > scenario.duration) break;
    at_once = next == now ? at_once + 1 : 0;
    if (at_once > kMostStepsAtOnce) throw ScenarioError("the world stands still at " + write_duration(now) + ": too much happens at one instant");
    now = std::max(now, next);
    world.set_now(now);
    ++out.steps;
    if (event == next) {
      const WorldEvent& change = scenario.events[next_event++];
      world.apply(change);
      radio::Fields fields{{"what", change.what}, {"id", change.what == "agreement" ? change.agreement_sponsor + " in " + change.agreement_plmn : change.id}};
      for (const auto& [key, value] : change.set) fields.emplace_back(key, value);
      mark({.at = now, .thing = {}, .name = "world", .fields = std::move(fields)});
      for (std::size_t i = 0; i < things.size(); ++i) {
        things[i]->world_changed(now);
        judge_marks(i);
        queue.erase({due[i], i});
        enqueue(i);
        judge->look(i, now);
      }
    } else if (!queue.empty() && queue.begin()->first == next) {
      const std::size_t i = queue.begin()->second;
      queue.erase(queue.begin());
      things[i]->step(now);
      judge_marks(i);
      judge->look(i, now);
      enqueue(i);
    } else {
      judge->probe(now);
    }
    if (scenario.stop_when_decided && judge->decided()) break;
  }
  const Time end = scenario.stop_when_decided && judge->decided() ? now : scenario.duration;
  for (std::size_t i = 0; i < things.size(); ++i) {
    things[i]->finish(end);
    judge_marks(i);
  }
  judge->end(end);
  out.ended = end;
  out.outcomes = judge->outcomes();
  out.passed = judge->passed();
  // Things that ran ahead of the world wrote ahead of it.
  std::stable_sort(out.timeline.marks.begin(), out.timeline.marks.end(), [](const Mark& a, const Mark& b) { return a.at < b.at; });
  for (const auto& thing : things) out.things.push_back(summary_of(*thing, out.timeline));
  return out;
}

std::vector<AblationResult> ablate(const std::string& yaml, const Scenario& scenario, const RunOptions& options) {
  std::vector<AblationResult> out;
  for (const Ablation& ablation : scenario.ablations) {
    const Scenario changed = read_scenario(yaml, &ablation);
    AblationResult result{.disable = ablation.disable, .failed = {}, .run = run(changed, *make_kit(changed), options)};
    std::set<std::string> failed;
    for (const Outcome& outcome : result.run.outcomes) {
      if (outcome.state == Outcome::State::failed) failed.insert(outcome.id);
    }
    result.failed = {failed.begin(), failed.end()};
    result.proven = std::any_of(failed.begin(), failed.end(), [&](const std::string& id) { return ablation.fails.contains(id); });
    out.push_back(std::move(result));
  }
  return out;
}

}  // namespace simurgh::world
