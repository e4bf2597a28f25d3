// What every subcommand shares: exit codes, the error that carries one, and how a subcommand joins the tree.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace simurgh::tool {

// Scripts branch on these; documented in simurgh(1).
enum class Exit : int { done = 0, refused = 1, usage = 2, unreachable = 3, local = 4, internal = 5 };

// One sentence for people that names the step and what to try; `detail` (codes) goes to --json and behind the sentence.
class Failure : public std::runtime_error {
 public:
  Failure(Exit code, const std::string& sentence, std::string detail = {})
      : std::runtime_error(sentence), code_(code), detail_(std::move(detail)) {}
  [[nodiscard]] Exit code() const noexcept { return code_; }
  [[nodiscard]] const std::string& detail() const noexcept { return detail_; }

 private:
  Exit code_;
  std::string detail_;
};

// A program that was run ended with this exit code; it becomes ours. Nothing is printed.
struct ProgramExit {
  int code = 0;
};

// Set by the command line before a subcommand runs.
struct Globals {
  bool json = false;  // one JSON document on stdout, on success and on failure: {"schema":1,"command":..,"ok":..,"result":..|"error":..}
  std::string command;  // "profile list"
  std::vector<std::string> after_dashes;  // what follows "--": the program of 'simurgh exec', never read as options
};

// Each subcommand lives in a file of its own and registers with one of these. A callback that returns normally means exit 0;
// anything else is thrown as Failure. With Globals::json it prints its result with print_json.
using AddCommand = void (*)(CLI::App& root, Globals& globals);

// {"schema":1,"command":"...","ok":true,"result":<result>} on stdout.
void print_json(const Globals& globals, const std::string& result_json);

// The file's octets; Failure(local) with the path and the reason otherwise.
[[nodiscard]] std::string read_file(const std::string& path);
// Write to a temporary file beside it, fsync, rename, fsync the folder; `mode` such as 0600.
void write_file(const std::string& path, const std::string& content, unsigned mode = 0644);

}  // namespace simurgh::tool
