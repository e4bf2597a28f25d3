#include "tools/world/engine.h"

#include <algorithm>

#include "tools/world/seeded_openssl.h"
#include "tools/world/servers.h"

namespace simurgh::world {
namespace {

constexpr std::uint64_t kMostStepsAtOnce = 1'000'000;

ThingSummary summary_of(const Thing& thing) {
  ThingSummary out;
  out.name = thing.name();
  out.device = thing.spec().id;
  out.counts = thing.counts();
  for (std::size_t use = 0; use < radio::kUses; ++use) {
    const auto which = static_cast<radio::Use>(use);
    if (const auto value = thing.energy().microjoules(which); value != 0) out.microjoules[std::string(radio::name_of(which))] = value;
  }
  for (const auto& [key, usage] : thing.usage()) out.octets[key.first + " " + key.second] = {usage.up, usage.down};
  out.totals = thing.totals();
  out.online_percent = thing.state("online_percent", "").number;
  out.first_online = thing.first_online();
  return out;
}

radio::Fields fields_of(const WorldEvent& event) {
  radio::Fields out{{"what", event.what}, {"id", event.what == "agreement" ? event.agreement_sponsor + " in " + event.agreement_plmn : event.id}};
  if (event.what == "table") out.emplace_back("device", event.message.device);
  if (event.what == "order") {
    out.emplace_back("device", event.order.device);
    for (const auto& [key, profile] : {std::pair("download", &event.order.download), std::pair("enable", &event.order.enable), std::pair("disable", &event.order.disable)}) {
      if (!profile->empty()) out.emplace_back(key, *profile);
    }
  }
  for (const auto& [key, value] : event.set) out.emplace_back(key, value);
  return out;
}

// What is to happen to the world, when its time is known.
class Agenda {
 public:
  explicit Agenda(const Scenario& scenario) {
    for (const WorldEvent& event : scenario.events) {
      if (event.when) {
        waiting_.push_back(&event);
      } else {
        due_.emplace(event.at, &event);
      }
    }
  }
  void heard(const Mark& mark) {
    for (auto at = waiting_.begin(); at != waiting_.end();) {
      const Cue& cue = *(*at)->when;
      const bool it = cue.mark == mark.name && (cue.device.empty() || mark.thing == cue.device || mark.thing.starts_with(cue.device + "-")) &&
                      std::ranges::all_of(cue.where, [&](const auto& one) {
                        const std::string* value = mark.field(one.first);
                        return value != nullptr && *value == one.second;
                      });
      if (!it) {
        ++at;
        continue;
      }
      due_.emplace(mark.at + (*at)->at, *at);
      at = waiting_.erase(at);
    }
  }
  [[nodiscard]] Time next() const { return due_.empty() ? Time::max() : due_.begin()->first; }
  [[nodiscard]] const WorldEvent& take() {
    const WorldEvent& out = *due_.begin()->second;
    due_.erase(due_.begin());
    return out;
  }

 private:
  std::multimap<Time, const WorldEvent*> due_;
  std::vector<const WorldEvent*> waiting_;
};

}  // namespace

RunResult run(const Scenario& scenario, const CardKit& kit, const RunOptions& options) {
  RunResult out;
  out.scenario = scenario.name;
  out.seed = options.seed;
  World world(scenario);
  card::ImageCache images;
  const auto randomness = crypto::seeded_rng(radio::Draw(options.seed, scenario.name, "servers").next());
  std::optional<SeededOpenssl> seeded;  // a card from elsewhere keeps its own randomness
  if (options.card == nullptr) seeded.emplace(*randomness);
  Servers servers(world, kit, radio::Draw(options.seed, scenario.name, "orders").next());

  if (options.card != nullptr && (scenario.devices.size() != 1 || scenario.devices.front().count != 1)) {
    throw ScenarioError("a card from elsewhere fits a scenario with one device");
  }
  std::vector<std::unique_ptr<Thing>> things;
  std::vector<Witness> witnesses;
  std::unique_ptr<Judge> judge;
  // A thing's step may add marks; they are judged when the step is over, so that predicates see a settled state.
  Agenda agenda(scenario);
  const auto mark = [&](Mark one) {
    agenda.heard(one);
    out.timeline.marks.push_back(std::move(one));
  };
  for (const DeviceSpec& device : scenario.devices) {
    for (unsigned i = 0; i < device.count; ++i) {
      const std::string name = device.count == 1 ? device.id : device.id + "-" + std::to_string(i + 1);
      things.push_back(std::make_unique<Thing>(
          Thing::Parts{.world = world, .kit = kit, .images = images, .mark = mark, .services = servers.services(), .detail = options.detail,
                       .card = options.card, .patience = options.patience}, device,
          radio::Draw(options.seed, scenario.name, "run").next(), name, i));
      if (options.cut && options.cut->first == name) things.back()->cut_at(options.cut->second);
      witnesses.push_back({.name = name, .device = device.id, .state = [thing = things.back().get()](const std::string& what, const std::string& argument) {
                             return thing->state(what, argument);
                           }});
    }
  }
  judge = std::make_unique<Judge>(scenario, std::move(witnesses));

  std::set<std::pair<Time, std::size_t>> queue;
  std::vector<Time> due(things.size());
  const auto enqueue = [&](std::size_t i) {
    due[i] = things[i]->next();
    if (due[i] != Time::max()) queue.emplace(due[i], i);
  };
  for (std::size_t i = 0; i < things.size(); ++i) enqueue(i);

  std::size_t judged = 0;
  Time now(0);
  std::uint64_t at_once = 0;
  const auto judge_marks = [&](std::size_t thing) {
    for (; judged < out.timeline.marks.size(); ++judged) {
      if (out.timeline.marks[judged].thing == things[thing]->name()) judge->marked(thing, out.timeline.marks[judged]);
    }
    if (options.timeline) return;
    out.timeline.marks.clear();
    judged = 0;
  };
  judge->probe(now);
  while (true) {
    Time next = queue.empty() ? Time::max() : queue.begin()->first;
    const Time event = agenda.next();
    const Time probe = judge->next_probe(now).value_or(Time::max());
    next = std::min({next, event, probe});
    if (next > scenario.duration) break;
    at_once = next == now ? at_once + 1 : 0;
    if (at_once > kMostStepsAtOnce) throw ScenarioError("the world stands still at " + write_duration(now) + ": too much happens at one instant");
    now = std::max(now, next);
    world.set_now(now);
    ++out.steps;
    if (event == next) {
      const WorldEvent& change = agenda.take();
      mark({.at = now, .thing = {}, .name = "world", .fields = fields_of(change)});
      if (change.what == "order") {
        std::vector<std::string> eids;
        for (const auto& thing : things) {
          if (thing->spec().id == change.order.device) eids.push_back(thing->eid());
        }
        servers.order(change.order, eids);
        continue;
      }
      world.apply(change);
      for (std::size_t i = 0; i < things.size(); ++i) {
        if (change.what == "device") {
          if (things[i]->spec().id != change.id) continue;
          things[i]->told(change, now);
        } else if (change.what == "table") {
          if (things[i]->spec().id != change.message.device) continue;
          things[i]->send_table(change.message, now);
        } else {
          things[i]->world_changed(now);
        }
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
  for (const auto& thing : things) {
    out.things.push_back(summary_of(*thing));
    out.effort.card += thing->effort().card;
    out.effort.servers += thing->effort().servers;
  }
  return out;
}

std::vector<AblationResult> ablate(const std::string& yaml, const Scenario& scenario, const RunOptions& options) {
  std::vector<AblationResult> out;
  for (const Ablation& ablation : scenario.ablations) {
    const Scenario changed = read_scenario(yaml, ablation.set);
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
