#include <CLI/CLI.hpp>
#include <iostream>
#include <nlohmann/json.hpp>

#include "tools/simurgh/command.h"
#include "tools/simurgh/commands.h"
#include "tools/trace/explain.h"

namespace simurgh::tool {
namespace {

struct Options {
  std::vector<std::string> octets;
  std::string as = "auto";
};

nlohmann::ordered_json to_json(const trace::Node& node) {
  nlohmann::ordered_json out{{"name", node.name}};
  if (!node.value.empty()) out["value"] = node.value;
  if (!node.meaning.empty()) out["meaning"] = node.meaning;
  for (const trace::Node& child : node.children) out["children"].push_back(to_json(child));
  return out;
}

void run(const Options& options, const Globals& globals) {
  trace::Reading as = trace::Reading::automatic;
  if (options.as != "auto") as = trace::reading_of(options.as).value();
  std::vector<std::string> all;
  for (const std::string& word : options.octets) {
    if (word != "-") {
      all.push_back(word);
      continue;
    }
    for (std::string line; std::getline(std::cin, line);) {
      if (!line.empty() && line[0] != '#') all.push_back(line);
    }
  }
  nlohmann::ordered_json document = nlohmann::ordered_json::array();
  for (const std::string& hex : all) {
    const auto octets = from_hex(hex);
    if (!octets) throw Failure(Exit::usage, "'" + hex + "' is not hexadecimal; give octets such as 00A40004023F00");
    const auto explained = trace::explain(*octets, as);
    if (!explained) throw Failure(Exit::refused, hex + ": " + explained.error());
    if (globals.json) {
      document.push_back({{"octets", to_hex(*octets)}, {"reading", trace::word_of(explained->reading)}, {"explanation", to_json(explained->node)}});
    } else {
      std::cout << trace::to_text(explained->node);
    }
  }
  if (globals.json) print_json(globals, document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

}  // namespace

void add_explain(CLI::App& root, Globals& globals) {
  auto options = std::make_shared<Options>();
  CLI::App* app = root.add_subcommand("explain", "Say what an APDU, a status word or a data object means");
  app->add_option("octets", options->octets, "Hexadecimal; - reads lines from standard input")->required();
  app->add_option("--as", options->as, "How to read it, where the narrowest reading that fits is not meant")
      ->check(CLI::IsMember({"auto", "apdu", "response", "sw", "tlv", "fcp", "proactive", "terminal-response", "envelope", "aid"}));
  app->footer("Examples:\n  simurgh explain 00A40004022FE2 6A82\n  simurgh explain D009810301010982028182\n  simurgh explain --as fcp 62178202412183022FE2");
  app->callback([options, &globals] { run(*options, globals); });
}

}  // namespace simurgh::tool
