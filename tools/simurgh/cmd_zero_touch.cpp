// simurgh zero-touch: runs scenarios in virtual time and tells which expectations came true.
#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

#include "tools/simurgh/card_link.h"
#include "tools/simurgh/commands.h"
#include "tools/simurgh/zero_touch_bench.h"
#include "tools/world/compare.h"
#include "tools/world/engine.h"
#include "tools/world/report.h"
#include "tools/world/story.h"

namespace simurgh::tool {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::vector<std::string> scenarios, servers;
  CardChoice card;
  std::string report;
  std::optional<std::uint64_t> seed;
  unsigned runs = 1, jobs = 1;
  bool ablate = false, timeline = false, story = false, bench = false, compare = false;
  double seconds = 2;
  unsigned devices = 0;
};

struct Loaded {
  std::string path, yaml;
  world::Scenario scenario;
  std::shared_ptr<const world::CardKit> kit;
};

// --server ID=ADDRESS:PORT, and ID/udp=ADDRESS:PORT for datagrams that go to another port
void place_servers(const Options& options, Loaded& loaded) {
  constexpr std::string_view kDatagrams = "/udp";
  for (const std::string& text : options.servers) {
    const std::size_t sign = text.find('=');
    std::string id = text.substr(0, sign);
    const bool datagrams = id.ends_with(kDatagrams);
    if (datagrams) id.resize(id.size() - kDatagrams.size());
    const auto place = sign == std::string::npos ? std::nullopt : terminal::read_endpoint(text.substr(sign + 1));
    if (!place) throw Failure(Exit::usage, "--server takes ID=ADDRESS:PORT, such as eim=127.0.0.1:9443, not '" + text + "'");
    auto& servers = loaded.scenario.servers;
    const auto server = std::find_if(servers.begin(), servers.end(), [&](const auto& one) { return one.id == id; });
    if (server == servers.end()) throw Failure(Exit::usage, "--server: " + loaded.path + " has no server '" + id + "'");
    (datagrams ? server->outside_udp : server->outside) = *place;
  }
}

Loaded read(const Options& options, const std::string& path) {
  Loaded out{.path = path, .yaml = read_file(path), .scenario = {}, .kit = nullptr};
  try {
    out.scenario = world::read_scenario(out.yaml);
  } catch (const world::ScenarioError& wrong) {
    throw Failure(Exit::usage, path + ": " + wrong.what());
  }
  place_servers(options, out);
  return out;
}

Loaded load(const Options& options, const std::string& path) {
  Loaded out = read(options, path);
  try {
    out.kit = world::make_kit(out.scenario);
  } catch (const world::ScenarioError& wrong) {
    throw Failure(Exit::usage, path + ": " + wrong.what());
  }
  return out;
}

world::RunResult run_one(const Loaded& loaded, std::uint64_t seed, bool detail, terminal::Link* card) {
  try {
    return world::run(loaded.scenario, *loaded.kit, {.seed = seed, .detail = detail, .card = card});
  } catch (const world::ScenarioError& wrong) {
    throw Failure(Exit::internal, loaded.path + ": " + wrong.what());
  } catch (const terminal::LinkError& gone) {
    throw Failure(Exit::unreachable, gone.what());
  }
}

void print_run(const Loaded& loaded, const world::RunResult& run, const Options& options) {
  std::printf("%s %s (seed %llu): %s after %s of virtual time, %llu steps\n", run.passed ? "PASS" : "FAIL", run.scenario.c_str(), static_cast<unsigned long long>(run.seed),
              run.passed ? "everything came true" : "not everything came true", world::write_duration(run.ended).c_str(), static_cast<unsigned long long>(run.steps));
  if (!loaded.scenario.about.empty()) std::printf("     %s\n", loaded.scenario.about.c_str());
  if (options.timeline) std::printf("%s", run.timeline.text().c_str());
  if (options.story) std::printf("%s", world::story(run.timeline).c_str());
  std::size_t shown = 0;
  for (const auto& outcome : run.outcomes) {
    const bool good = outcome.state == world::Outcome::State::passed;
    // Of a fleet only what failed, and not all of it.
    if (run.outcomes.size() > 64 && (good || ++shown > 20)) continue;
    std::printf("  %s %-10s %s%s", good ? "ok  " : "FAIL", outcome.id.c_str(), outcome.text.c_str(), run.things.size() > 1 ? (" [" + outcome.device + "]").c_str() : "");
    std::printf("  at %s%s%s\n", world::write_duration(outcome.at).c_str(), outcome.why.empty() ? "" : ": ", outcome.why.c_str());
  }
  if (run.things.size() > 8) return;
  for (const auto& thing : run.things) {
    const auto count = [&](const char* name) {
      const auto at = thing.counts.find(name);
      return at == thing.counts.end() ? 0U : at->second;
    };
    std::uint64_t up = 0, down = 0;
    for (const auto& [key, octets] : thing.octets) {
      up += octets.first;
      down += octets.second;
    }
    std::printf("  %s: online %s, %.0f %% of its time; %u attaches, %u rejections, %u swaps, %u searches, %u boots; %llu APDUs; %llu octets up, %llu down; %.1f J\n", thing.name.c_str(),
                thing.first_online ? ("first at " + world::write_duration(*thing.first_online)).c_str() : "never", thing.online_percent, count("attach_ok"), count("attach_rej"),
                count("swap_done"), count("scan_start"), count("boot"), static_cast<unsigned long long>(thing.totals.apdus), static_cast<unsigned long long>(up),
                static_cast<unsigned long long>(down), static_cast<double>(thing.totals.microjoules) / 1e6);
  }
}

Json json_of(const Loaded& loaded, const world::RunResult& run, const std::vector<world::AblationResult>& ablations, bool timeline) {
  Json out{{"scenario", run.scenario}, {"file", loaded.path}, {"seed", run.seed}, {"passed", run.passed}, {"virtual_ms", run.ended.count()}, {"steps", run.steps}};
  out["expectations"] = Json::array();
  for (const auto& outcome : run.outcomes) {
    Json one{{"id", outcome.id}, {"device", outcome.device}, {"text", outcome.text}, {"passed", outcome.state == world::Outcome::State::passed}, {"at_ms", outcome.at.count()}};
    if (!outcome.why.empty()) one["why"] = outcome.why;
    out["expectations"].push_back(std::move(one));
  }
  out["devices"] = Json::array();
  for (const auto& thing : run.things) {
    Json one{{"name", thing.name}, {"online_percent", thing.online_percent}, {"apdus", thing.totals.apdus}, {"round_trips", thing.totals.round_trips}, {"cost", thing.totals.cost},
             {"joules", static_cast<double>(thing.totals.microjoules) / 1e6}};
    if (thing.first_online) one["first_online_ms"] = thing.first_online->count();
    one["marks"] = thing.counts;
    one["microjoules"] = thing.microjoules;
    for (const auto& [key, octets] : thing.octets) one["octets"][key] = {{"up", octets.first}, {"down", octets.second}};
    out["devices"].push_back(std::move(one));
  }
  if (!ablations.empty()) {
    out["ablations"] = Json::array();
    for (const auto& ablation : ablations) out["ablations"].push_back({{"disable", ablation.disable}, {"proven", ablation.proven}, {"failed", ablation.failed}});
  }
  if (timeline) {
    out["timeline"] = Json::array();
    for (const auto& mark : run.timeline.marks) {
      Json one{{"at_ms", mark.at.count()}, {"device", mark.thing}, {"mark", mark.name}};
      for (const auto& [key, value] : mark.fields) one[key] = value;
      out["timeline"].push_back(std::move(one));
    }
  }
  return out;
}

void run_bench(const Options& options, const Globals& globals) {
  Json out = Json::array();
  for (const std::string& path : options.scenarios) {
    const BenchLine line = bench_scenario(read(options, path).scenario, {.seconds = options.seconds, .devices = options.devices});
    if (globals.json) {
      out.push_back(Json::parse(line.json));
    } else {
      std::printf("%s", line.text.c_str());
      std::fflush(stdout);
    }
  }
  if (globals.json) print_json(globals, out.dump());
}

// What each way of a scenario's `compare` costs.
void run_comparison(const Options& options, const Globals& globals) {
  Json out = Json::array();
  unsigned failed = 0;
  for (const std::string& path : options.scenarios) {
    const Loaded loaded = read(options, path);
    if (loaded.scenario.comparison.variants.empty()) throw Failure(Exit::usage, path + ": --compare needs a scenario with a 'compare' block, such as vectors/scenarios/bindings.yaml");
    std::vector<world::VariantResult> results;
    try {
      results = world::compare(loaded.yaml, loaded.scenario, {.seed = options.seed.value_or(loaded.scenario.seed), .detail = false});
    } catch (const world::ScenarioError& wrong) {
      throw Failure(Exit::usage, path + ": " + wrong.what());
    }
    for (const auto& result : results) failed += result.run.passed ? 0 : 1;
    if (!globals.json) {
      std::printf("%s: %s\n\n%s", loaded.scenario.name.c_str(), loaded.scenario.about.c_str(), world::comparison_text(results).c_str());
      for (const auto& result : results) {
        if (!result.run.passed) std::printf("FAIL %s: not everything came true\n", result.name.c_str());
      }
      continue;
    }
    for (const auto& result : results) {
      Json one{{"scenario", loaded.scenario.name}, {"variant", result.name}, {"passed", result.run.passed}, {"spans", Json::array()}};
      for (const auto& span : result.spans) {
        one["spans"].push_back({{"name", span.name}, {"there", span.there}, {"up", span.used.up}, {"down", span.used.down}, {"round_trips", span.used.round_trips},
                                {"channels", span.channels}, {"polls", span.polls}, {"apdus", span.used.apdus}, {"ms", span.took.count()},
                                {"joules", static_cast<double>(span.used.microjoules) / 1e6}, {"cost", span.used.cost}});
      }
      out.push_back(std::move(one));
    }
  }
  if (globals.json) print_json(globals, out.dump());
  if (failed != 0) throw Failure(Exit::refused, std::to_string(failed) + " variants did not come out as expected");
}

void run(const Options& options, const Globals& globals) {
  const bool outside = !options.card.reader.empty() || !options.card.card.empty();
  // What a card remembers of one run would be another run's beginning.
  if (outside && (options.bench || options.ablate || options.compare || options.runs != 1 || options.scenarios.size() != 1)) {
    throw Failure(Exit::usage, "a card in a reader or a file lives once: --reader and --card go with one scenario, without --runs, --ablate, --compare and --bench");
  }
  if (!options.servers.empty() && (options.bench || options.ablate || options.compare)) throw Failure(Exit::usage, "--server goes with none of --ablate, --compare and --bench");
  if (options.devices != 0 && !options.bench) throw Failure(Exit::usage, "--devices goes with --bench");
  if (options.bench) return run_bench(options, globals);
  if (options.compare) return run_comparison(options, globals);
  const std::unique_ptr<terminal::Link> card = outside ? open_link(options.card) : nullptr;
  Json out = Json::array();
  std::vector<world::ReportRun> pages;
  unsigned failed = 0, unproven = 0, total = 0;
  for (const std::string& path : options.scenarios) {
    const Loaded loaded = load(options, path);
    const std::uint64_t first = options.seed.value_or(loaded.scenario.seed);
    std::vector<world::RunResult> results(options.runs);
    std::atomic<unsigned> next{0};
    std::atomic<bool> broken{false};
    std::vector<std::jthread> threads;
    std::vector<std::exception_ptr> errors(options.runs);
    for (unsigned job = 0; job < std::min(options.jobs, options.runs); ++job) {
      threads.emplace_back([&] {
        for (unsigned i = next.fetch_add(1); i < options.runs && !broken; i = next.fetch_add(1)) {
          try {
            results[i] = run_one(loaded, first + i, options.runs == 1, card.get());
          } catch (...) {
            errors[i] = std::current_exception();
            broken = true;
          }
        }
      });
    }
    threads.clear();
    for (const auto& error : errors) {
      if (error) std::rethrow_exception(error);
    }
    std::vector<world::AblationResult> ablations;
    if (options.ablate) {
      try {
        ablations = world::ablate(loaded.yaml, loaded.scenario, {.seed = first, .detail = false});
      } catch (const world::ScenarioError& wrong) {
        throw Failure(Exit::usage, path + ": " + wrong.what());
      }
    }
    for (const auto& result : results) {
      ++total;
      failed += result.passed ? 0 : 1;
      if (!globals.json && (options.runs == 1 || !result.passed)) print_run(loaded, result, options);
      if (globals.json) out.push_back(json_of(loaded, result, ablations, options.timeline));
    }
    if (!globals.json && options.runs > 1) {
      const auto good = std::count_if(results.begin(), results.end(), [](const auto& one) { return one.passed; });
      std::printf("%s: %lld of %u seeds pass\n", loaded.scenario.name.c_str(), static_cast<long long>(good), options.runs);
    }
    for (const auto& ablation : ablations) {
      unproven += ablation.proven ? 0 : 1;
      if (globals.json) continue;
      std::string ids;
      for (const std::string& id : ablation.failed) ids += (ids.empty() ? "" : ", ") + id;
      std::printf("  %s without %s: %s\n", ablation.proven ? "ok  " : "FAIL", ablation.disable.c_str(), ids.empty() ? "nothing fails, so nothing is proven" : ("fails " + ids).c_str());
    }
    if (!options.report.empty()) pages.push_back({loaded.scenario, std::move(results.front()), std::move(ablations)});
  }
  if (!options.report.empty()) {
    write_file(options.report, world::report(pages));
    if (!globals.json) std::printf("report: %s\n", options.report.c_str());
  }
  if (globals.json) print_json(globals, out.dump());
  if (failed + unproven == 0) return;
  std::string sentence = std::to_string(failed) + " of " + std::to_string(total) + " runs did not come out as expected";
  if (unproven != 0) sentence += ", " + std::to_string(unproven) + " ablations prove nothing";
  throw Failure(Exit::refused, sentence + "; --timeline shows what happened");
}

}  // namespace

void add_zero_touch(CLI::App& root, Globals& globals) {
  auto options = std::make_shared<Options>();
  CLI::App* app = root.add_subcommand("zero-touch", "Run scenarios of devices, networks and servers in virtual time");
  app->add_option("SCENARIO", options->scenarios, "Scenario files (YAML)")->required()->check(CLI::ExistingFile);
  CLI::Option* reader = app->add_option("--reader", options->card.reader, "The device's card is in this reader (name or part of it), as simurgh exec gives one");
  app->add_option("--card", options->card.card, "The device's card is this file")->excludes(reader);
  app->add_option("--server", options->servers, "ID=ADDRESS:PORT: this server of the world is the process that listens there; ID/udp for datagrams to another port; may be repeated")->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app->add_option("--report", options->report, "Write what happened as one HTML page");
  app->add_option("--seed", options->seed, "Instead of the scenario's own");
  app->add_option("--runs", options->runs, "So many runs with consecutive seeds")->check(CLI::Range(1, 1000000));
  app->add_option("--jobs", options->jobs, "Runs at the same time")->check(CLI::Range(1, 1024));
  app->add_flag("--ablate", options->ablate, "Also run with each mechanism of 'ablate' switched off; the scenario must then fail");
  app->add_flag("--timeline", options->timeline, "Print every mark of the timeline");
  app->add_flag("--story", options->story, "Print what happened in sentences, without the searching and the octets in between");
  app->add_flag("--compare", options->compare, "Run each variant of 'compare' instead and put their costs side by side");
  app->add_flag("--bench", options->bench, "Measure runs per second instead, and where their time goes");
  app->add_option("--devices", options->devices, "With --bench: one run with so many of the first device in one process")->check(CLI::Range(1, 1000000));
  app->add_option("--seconds", options->seconds, "Time for each measurement of --bench")->check(CLI::Range(0.1, 600.0));
  app->footer("Examples:\n  simurgh zero-touch vectors/scenarios/*.yaml --ablate\n  simurgh zero-touch ship.yaml --report ship.html --timeline\n"
              "  simurgh exec --card tracker.card -- simurgh zero-touch tracker.yaml --reader tracker --server eim=127.0.0.1:9443");
  app->callback([options, &globals] { run(*options, globals); });
}

}  // namespace simurgh::tool
