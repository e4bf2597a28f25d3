#include "tools/simurgh/zero_touch_bench.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

namespace simurgh::tool {
namespace {

using Json = nlohmann::ordered_json;
using SteadyClock = std::chrono::steady_clock;

double seconds_since(SteadyClock::time_point start) { return std::chrono::duration<double>(SteadyClock::now() - start).count(); }
double seconds_of(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

// Of all threads of this process.
double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// A line of /proc/self/status in KiB (proc(5)): VmRSS what is resident now, VmHWM the most that ever was. 0 where there is no such file.
std::uint64_t kibibytes(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name + ":")) return std::strtoull(line.c_str() + name.size() + 1, nullptr, 10);
  }
  return 0;
}

struct Speed {
  double runs = 0, steps = 0, virtual_seconds = 0;  // per second
  double card = 0, servers = 0;                     // shares of the time
  double cpu = 0;                                   // milliseconds of CPU for a run
};

// For about the time given, on so many threads; every run has a seed of its own.
Speed measure(const world::Scenario& scenario, const world::CardKit& kit, unsigned jobs, double seconds) {
  std::atomic<std::uint64_t> runs{0}, steps{0}, virtual_ms{0}, next{1};
  std::atomic<std::int64_t> card{0}, servers{0};
  const double cpu = cpu_seconds();
  const auto start = SteadyClock::now();
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < jobs; ++i) {
    threads.emplace_back([&] {
      while (seconds_since(start) < seconds) {
        const auto result = world::run(scenario, kit, {.seed = next.fetch_add(1), .detail = false, .timeline = false});
        runs.fetch_add(1);
        steps.fetch_add(result.steps);
        virtual_ms.fetch_add(static_cast<std::uint64_t>(result.ended.count()));
        card.fetch_add(result.effort.card.count());
        servers.fetch_add(result.effort.servers.count());
      }
    });
  }
  threads.clear();
  const double took = seconds_since(start), worked = took * jobs;
  return {.runs = static_cast<double>(runs) / took,
          .steps = static_cast<double>(steps) / took,
          .virtual_seconds = static_cast<double>(virtual_ms) / 1000 / took,
          .card = static_cast<double>(card) / 1e9 / worked,
          .servers = static_cast<double>(servers) / 1e9 / worked,
          .cpu = (cpu_seconds() - cpu) * 1000 / static_cast<double>(std::max<std::uint64_t>(1, runs))};
}

BenchLine bench_runs(const world::Scenario& scenario, double seconds) {
  const auto kit = world::make_kit(scenario);
  const unsigned all = std::max(1U, std::thread::hardware_concurrency());
  BenchLine out;
  Json list = Json::array();
  for (const unsigned jobs : all == 1 ? std::vector<unsigned>{1} : std::vector<unsigned>{1, all}) {
    const Speed speed = measure(scenario, *kit, jobs, seconds);
    const double rest = std::max(0.0, 1 - speed.card - speed.servers);
    list.push_back({{"threads", jobs},
                    {"runs_per_second", speed.runs},
                    {"steps_per_second", speed.steps},
                    {"virtual_seconds_per_second", speed.virtual_seconds},
                    {"cpu_milliseconds_per_run", speed.cpu},
                    {"share", {{"card", speed.card}, {"servers", speed.servers}, {"world", rest}}}});
    char line[256];
    std::snprintf(line, sizeof line, "%-24s %2u thread%s %9.1f runs/s %7.1f ms CPU %11.0f steps/s %12.0f virtual s/s   card %2.0f %%, servers %2.0f %%, terminal and world %2.0f %%\n", scenario.name.c_str(), jobs,
                  jobs == 1 ? " " : "s", speed.runs, speed.cpu, speed.steps, speed.virtual_seconds, speed.card * 100, speed.servers * 100, rest * 100);
    out.text += line;
  }
  out.json = Json{{"scenario", scenario.name}, {"measurements", list}}.dump();
  return out;
}

BenchLine bench_fleet(world::Scenario scenario, unsigned devices) {
  scenario.devices.resize(1);
  scenario.devices.front().count = devices;
  // Expectations for other devices have nobody to fit.
  const std::string id = scenario.devices.front().id;
  std::erase_if(scenario.expectations, [&](const world::Expectation& one) { return !one.device.empty() && one.device != id; });
  const std::uint64_t before = kibibytes("VmRSS");
  const auto making = SteadyClock::now();
  const auto kit = world::make_kit(scenario);
  const double made = seconds_since(making);
  const std::uint64_t cards = kibibytes("VmRSS");
  const double cpu_before = cpu_seconds();
  const auto start = SteadyClock::now();
  const auto result = world::run(scenario, *kit, {.seed = scenario.seed, .detail = false, .timeline = false});
  const double took = seconds_since(start), cpu = cpu_seconds() - cpu_before;
  const std::uint64_t peak = kibibytes("VmHWM");
  std::uint64_t apdus = 0, octets = 0, good = 0;
  for (const auto& thing : result.things) {
    apdus += thing.totals.apdus;
    octets += thing.totals.up + thing.totals.down;
  }
  std::map<std::string, bool> passed;
  for (const auto& outcome : result.outcomes) {
    const auto [at, fresh] = passed.emplace(outcome.device, true);
    at->second = at->second && outcome.state == world::Outcome::State::passed;
  }
  good = static_cast<std::uint64_t>(std::ranges::count_if(passed, [](const auto& one) { return one.second; }));
  const double each = took / devices, card = seconds_of(result.effort.card) / took, servers = seconds_of(result.effort.servers) / took, rest = std::max(0.0, 1 - card - servers);
  const std::uint64_t used = peak - std::min(peak, before);
  BenchLine out;
  out.json = Json{{"scenario", scenario.name},
                  {"devices", devices},
                  {"as_expected", good},
                  {"seconds_to_make_cards", made},
                  {"seconds", took},
                  {"cpu_seconds", cpu},
                  {"virtual_seconds", static_cast<double>(result.ended.count()) / 1000},
                  {"steps", result.steps},
                  {"apdus", apdus},
                  {"octets", octets},
                  {"peak_kibibytes", peak},
                  {"kibibytes_per_device", static_cast<double>(used) / devices},
                  {"share", {{"card", card}, {"servers", servers}, {"world", rest}}}}
                 .dump();
  char line[1024];
  std::snprintf(line, sizeof line,
                "%s with %u devices in one process, on one thread\n"
                "  %llu of them came out as expected, after %s of virtual time\n"
                "  cards made in %.2f s (%.2f ms each), %.1f KiB each\n"
                "  the run took %.2f s: %.2f ms for a device, %.2f ms of them CPU; %.0f devices/s\n"
                "  peak memory %.1f MiB, %.1f KiB for a device\n"
                "  %llu steps, %llu APDUs (%.0f/s), %.1f MB over the air\n"
                "  card %.0f %%, servers %.0f %%, terminal and world %.0f %%\n",
                scenario.name.c_str(), devices, static_cast<unsigned long long>(good), world::write_duration(result.ended).c_str(), made, made * 1000 / devices,
                static_cast<double>(cards - std::min(cards, before)) / devices, took, each * 1000, cpu * 1000 / devices, 1 / each, static_cast<double>(peak) / 1024, static_cast<double>(used) / devices,
                static_cast<unsigned long long>(result.steps), static_cast<unsigned long long>(apdus), static_cast<double>(apdus) / took, static_cast<double>(octets) / 1e6, card * 100,
                servers * 100, rest * 100);
  out.text = line;
  return out;
}

}  // namespace

BenchLine bench_scenario(const world::Scenario& scenario, const BenchOptions& options) {
  try {
    return options.devices == 0 ? bench_runs(scenario, options.seconds) : bench_fleet(scenario, options.devices);
  } catch (const world::ScenarioError& wrong) {
    throw Failure(Exit::usage, scenario.name + ": " + wrong.what());
  }
}

}  // namespace simurgh::tool
