#include <CLI/CLI.hpp>
#include <stdexcept>

#include "tools/simurgh/command.h"
#include "tools/simurgh/commands.h"
#include "tools/trace/recorder.h"

namespace simurgh::tool {
namespace {

struct Options {
  std::string file;
  std::vector<std::string> targets{"text"};
};

void run(const Options& options) {
  trace::Recorder recorder;
  try {
    for (const std::string& target : options.targets) recorder.add(trace::open_format(target == "text" || target == "json" ? target + ":-" : target));
  } catch (const std::runtime_error& failure) {
    throw Failure(Exit::usage, failure.what());
  }
  const std::string text = read_file(options.file);
  try {
    trace::replay_json(text, recorder);
  } catch (const std::runtime_error& failure) {
    throw Failure(Exit::local, options.file + ": " + failure.what() + "; record one with 'simurgh --record json:FILE'");
  }
}

}  // namespace

void add_trace(CLI::App& root, Globals&) {
  auto options = std::make_shared<Options>();
  CLI::App* app = root.add_subcommand("trace", "Show a recorded session, or turn it into another format");
  app->add_option("file", options->file, "What --record json:FILE wrote")->required();
  app->add_option("--to", options->targets, "text[:FILE], json[:FILE] (standard output without a file), pcap:FILE or gsmtap[:HOST[:PORT]]; repeat for several")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app->footer("Examples:\n  simurgh --record json:s.jsonl --record gsmtap exec --card my.card -- pcsc_scan -r\n  simurgh trace s.jsonl --to pcap:s.pcap");
  app->callback([options] { run(*options); });
}

}  // namespace simurgh::tool
