#include <CLI/CLI.hpp>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <system_error>

#include "pcsc/direct/run.h"
#include "pcsc/direct/server.h"
#include "tools/simurgh/card_file.h"
#include "tools/simurgh/commands.h"
#include "tools/simurgh/counting_trace.h"

namespace simurgh::tool {
namespace {

struct Options {
  std::vector<std::string> cards;
  bool stats = false, trace = false;
};

void run(const Options& options, const std::vector<std::string>& command) {
  if (command.empty()) throw Failure(Exit::usage, "no program to run: simurgh exec --card my.card -- PROGRAM ARGUMENTS");
  const std::string library = direct_library_folder();
  if (!std::filesystem::exists(library + "/libpcsclite.so.1")) {
    throw Failure(Exit::local, "the drop-in libpcsclite.so.1 is not in " + library + "; build the target simurgh_pcsclite or install simurgh");
  }
  // Ctrl-C is the program's: the cards stay until it has ended.
  std::signal(SIGINT, SIG_IGN);
  std::signal(SIGQUIT, SIG_IGN);
  CountingTrace trace(options.trace);
  std::vector<std::unique_ptr<pcsc::CardSlot>> slots;
  int code = 0;
  try {
    pcsc::direct::Server server({.socket_path = {}, .on_fault = [](const std::string& reader, const std::string& what) {
                                   std::cerr << "simurgh: " << reader << ": " << what << '\n';
                                 }});
    for (std::size_t i = 0; i < options.cards.size(); ++i) {
      slots.push_back(open_card_slot(options.cards[i], &trace));
      const std::string name = std::filesystem::path(options.cards[i]).stem().string();
      // PC/SC names end in two numbers of two digits: reader and slot.
      const std::string number = i < 10 ? "0" + std::to_string(i) : std::to_string(i);
      server.add_reader("Simurgh " + name + " " + number + " 00", *slots.back());
    }
    code = pcsc::direct::run({.program = command.front(),
                              .arguments = {command.begin() + 1, command.end()},
                              .socket_path = server.socket_path(),
                              .library_folder = library});
  } catch (const std::system_error& failure) {
    throw Failure(Exit::local, "cannot run " + command.front() + " (" + failure.code().message() + ")");
  }
  if (options.stats) std::cerr << "exec: " << trace.summary() << '\n';
  if (code != 0) throw ProgramExit{code};
}

}  // namespace

void add_exec(CLI::App& root, Globals& globals) {
  auto options = std::make_shared<Options>();
  CLI::App* app = root.add_subcommand("exec", "Run any PC/SC program against card files: no daemon, no root, no port");
  app->add_option("--card", options->cards, "Card file; repeat for several readers")->required()->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app->add_flag("--stats", options->stats, "Tell how many APDUs and octets crossed, on standard error");
  app->add_flag("--trace", options->trace, "Print every APDU and the reasons of refusals, on standard error");
  app->footer("The program and its arguments follow --. The exit code is the program's.\nExamples:\n  simurgh exec --card my.card -- pcsc_scan -r\n  simurgh exec --card a.card --card b.card -- lpac driver apdu list");
  app->callback([options, &globals] { run(*options, globals.after_dashes); });
}

}  // namespace simurgh::tool
