// simurgh: one executable, one file per subcommand. Errors become one sentence and an exit code here and nowhere else.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <iostream>
#include <nlohmann/json.hpp>

#include "tools/simurgh/command.h"
#include "tools/simurgh/commands.h"
#include "tools/simurgh/recording.h"

namespace simurgh::tool {

void print_json(const Globals& globals, const std::string& result_json) {
  nlohmann::ordered_json document{{"schema", 1}, {"command", globals.command}, {"ok", true}};
  document["result"] = nlohmann::ordered_json::parse(result_json);
  std::cout << document.dump(2) << '\n';
}

namespace {

void print_failure(const Globals& globals, Exit code, const std::string& sentence, const std::string& detail) {
  if (globals.json) {
    nlohmann::ordered_json error{{"exit", static_cast<int>(code)}, {"message", sentence}};
    if (!detail.empty()) error["detail"] = detail;
    nlohmann::ordered_json document{{"schema", 1}, {"command", globals.command}, {"ok", false}, {"error", error}};
    std::cout << document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
  }
  std::cerr << "simurgh: " << sentence << '\n';
  if (!detail.empty() && !globals.json) std::cerr << "  (" << detail << ")\n";
}

std::string command_name(const CLI::App& root) {
  std::string out;
  for (const CLI::App* app = &root; app != nullptr;) {
    const auto chosen = app->get_subcommands();
    app = chosen.empty() ? nullptr : chosen.front();
    if (app != nullptr) out += (out.empty() ? "" : " ") + app->get_name();
  }
  return out;
}

int run(int argc, char** argv) {
  Globals globals;
  CLI::App root{"Simurgh: a software eUICC for any PC/SC program, with the servers around it"};
  root.name("simurgh");
  root.set_version_flag("--version", std::string("simurgh " SIMURGH_VERSION " (SGP.22 v2.5, SGP.32 v1.2, SAIP 2.1-3.3; test keys only)"));
  root.add_flag("--json", globals.json, "One JSON document on standard output, on success and on failure");
  std::vector<std::string> record;
  bool reveal_secrets = false;
  root.add_option("--record", record, "Record every APDU: text[:FILE], json[:FILE], pcap:FILE or gsmtap[:HOST[:PORT]]; repeat for several")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  root.add_flag("--reveal-secrets", reveal_secrets, "PIN values, keys and authentication results stay readable in what is recorded");
  root.require_subcommand(1);
  root.fallthrough();
  root.footer("Examples:\n  simurgh pki new pki && simurgh new my.card --pki pki\n  simurgh exec --card my.card -- lpac chip info");
  // Callbacks run during parse; the name must be known before the first of them.
  root.parse_complete_callback([&] {
    globals.command = command_name(root);
    if (!record.empty()) start_recording(record, reveal_secrets);
  });
  for (const AddCommand add : all_commands()) add(root, globals);
  const char* const kDashes = "--";
  const auto dashes = std::find_if(argv, argv + argc, [&](const char* word) { return std::string_view(word) == kDashes; });
  if (dashes != argv + argc) globals.after_dashes.assign(dashes + 1, argv + argc);
  try {
    root.parse(static_cast<int>(dashes - argv), argv);
    return static_cast<int>(Exit::done);
  } catch (const CLI::Success& success) {  // --help, --version
    return root.exit(success);
  } catch (const CLI::ParseError& wrong) {
    for (int i = 1; i < argc; ++i) globals.json = globals.json || std::string_view(argv[i]) == "--json";
    print_failure(globals, Exit::usage, wrong.what(), "see 'simurgh --help'");
    return static_cast<int>(Exit::usage);
  } catch (const ProgramExit& program) {
    return program.code;
  } catch (const Failure& failure) {
    print_failure(globals, failure.code(), failure.what(), failure.detail());
    return static_cast<int>(failure.code());
  } catch (const std::exception& failure) {
    print_failure(globals, Exit::internal, failure.what(), {});
    return static_cast<int>(Exit::internal);
  }
}

}  // namespace
}  // namespace simurgh::tool

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a peer that goes away is an error code, not a death
  return simurgh::tool::run(argc, argv);
}
