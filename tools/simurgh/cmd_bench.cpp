#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "tools/bench/bench.h"
#include "tools/simurgh/commands.h"
#include "tools/simurgh/counting_trace.h"

namespace simurgh::tool {

void add_bench(CLI::App& root, Globals& globals) {
  auto options = std::make_shared<bench::BenchOptions>();
  CLI::App* app = root.add_subcommand("bench", "Measure this build on this machine; ratios to bare cryptography first");
  app->add_option("--seconds", options->seconds, "Time for each measurement")->check(CLI::Range(0.05, 60.0));
  app->add_option("--fleet", options->fleet, "Cards held at once for the memory figure")->check(CLI::Range(1, 1000000));
  app->footer("Examples:\n  simurgh bench\n  simurgh --json bench --seconds 2");
  app->callback([options, &globals] {
    options->direct_library = direct_library_folder() + "/libpcsclite.so.1";
    options->ifd_driver = ifd_driver();
    const auto rows = bench::run_all(*options, [&](const bench::Row& row) {
      if (globals.json) return;
      if (!row.not_measured.empty()) {
        std::printf("%-42s not measured: %s\n", row.name.c_str(), row.not_measured.c_str());
        return;
      }
      std::printf("%-42s %14.2f %-7s %s\n", row.name.c_str(), row.value, row.unit.c_str(), row.aim.empty() ? "" : ((row.met ? "meets " : "misses ") + row.aim).c_str());
      std::fflush(stdout);
    });
    if (!globals.json) return;
    nlohmann::ordered_json out = nlohmann::ordered_json::object();
    for (const auto& row : rows) {
      if (row.not_measured.empty()) {
        out[row.name] = {{"value", row.value}, {"unit", row.unit}, {"aim", row.aim}, {"met", row.met}};
      } else {
        out[row.name] = {{"not_measured", row.not_measured}, {"unit", row.unit}, {"aim", row.aim}};
      }
    }
    print_json(globals, out.dump());
  });
}

}  // namespace simurgh::tool
