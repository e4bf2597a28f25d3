#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "pcsc/vpcd/serve.h"
#include "tools/simurgh/commands.h"
#include "tools/simurgh/counting_trace.h"

namespace simurgh::tool {
namespace {

namespace fs = std::filesystem;

struct Finding {
  std::string what;
  bool good = false;
  bool needed_for_exec = false;  // else for the reader under pcscd only
  std::string mend;              // empty when good
};

bool in_path(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::string rest = path == nullptr ? "/usr/sbin:/usr/bin:/sbin:/bin" : std::string(path) + ":/usr/sbin:/sbin";
  while (!rest.empty()) {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    if (::access((rest.substr(0, colon) + "/" + program).c_str(), X_OK) == 0) return true;
    rest.erase(0, std::min(colon + 1, rest.size()));
  }
  return false;
}

bool process_runs(const std::string& name) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    std::ifstream comm(entry.path() / "comm");
    std::string line;
    if (std::getline(comm, line) && line == name) return true;
  }
  return false;
}

std::vector<Finding> examine() {
  std::vector<Finding> out;
  const bool library = fs::exists(direct_library_folder() + "/libpcsclite.so.1");
  out.push_back({"drop-in libpcsclite.so.1 for 'simurgh exec'", library, true,
                 library ? "" : "build the target simurgh_pcsclite, or install simurgh; looked in " + direct_library_folder()});
  const char* temporary = std::getenv("TMPDIR");
  const bool writable = ::access(temporary == nullptr ? "/tmp" : temporary, W_OK) == 0;
  out.push_back({"folder for private sockets", writable, true, writable ? "" : "set TMPDIR to a folder you may write to"});
  const bool pcscd = in_path("pcscd");
  out.push_back({"pcscd installed", pcscd, false, pcscd ? "" : "apt-get install pcscd"});
  const bool driver = fs::exists("/usr/lib/pcsc/drivers/serial/libifdvpcd.so") || fs::exists("/etc/reader.conf.d/vpcd");
  out.push_back({"virtual reader driver installed", driver, false, driver ? "" : "apt-get install vsmartcard-vpcd"});
  const bool running = process_runs("pcscd");
  const bool systemd = fs::exists("/run/systemd/system");
  out.push_back({"pcscd running", running, false,
                 running ? "" : systemd ? "systemctl start pcscd" : "without systemd (a container, say) start it by hand as root: pcscd --foreground &"});
  const bool socket = ::access("/run/pcscd/pcscd.comm", W_OK) == 0;
  out.push_back({"pcscd's socket open to you", socket, false,
                 socket ? "" : running ? "you may not use pcscd: run as root, or allow org.debian.pcsc-lite.access_pcsc in polkit"
                                       : "start pcscd first"});
  const auto slot = pcsc::vpcd::probe(pcsc::vpcd::kFirstPort);
  out.push_back({"a free slot in the virtual reader", slot == pcsc::vpcd::SlotState::free, false,
                 slot == pcsc::vpcd::SlotState::free ? "" : pcsc::vpcd::advice(slot, {})});
  return out;
}

void run(bool quiet, bool reader, const Globals& globals) {
  const auto findings = examine();
  bool exec_ready = true;
  bool reader_ready = true;
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Finding& finding : findings) {
    if (!finding.good) (finding.needed_for_exec ? exec_ready : reader_ready) = false;
    list.push_back({{"check", finding.what}, {"good", finding.good}, {"mend", finding.mend}});
    if (quiet || globals.json) continue;
    std::cout << (finding.good ? "  good   " : "  wrong  ") << finding.what << '\n';
    if (!finding.good) std::cout << "         " << finding.mend << '\n';
  }
  if (globals.json) {
    print_json(globals, nlohmann::ordered_json{{"exec", exec_ready}, {"reader", reader_ready}, {"checks", list}}.dump());
  } else if (!quiet) {
    std::cout << (exec_ready ? "'simurgh exec' works here." : "'simurgh exec' does not work here yet.") << '\n'
              << (reader_ready ? "'simurgh insert' works here." : "'simurgh insert' needs what is marked wrong above.") << '\n';
  }
  if (!(reader ? reader_ready : exec_ready)) {
    throw Failure(Exit::unreachable, reader ? "no reader for 'simurgh insert' here; 'simurgh doctor' tells how to mend it" : "'simurgh exec' does not work here");
  }
}

}  // namespace

void add_doctor(CLI::App& root, Globals& globals) {
  struct Options {
    bool quiet = false, reader = false;
  };
  auto options = std::make_shared<Options>();
  CLI::App* app = root.add_subcommand("doctor", "Check what a desk needs and say how to mend it");
  app->add_flag("--quiet", options->quiet, "Only the exit code");
  app->add_flag("--reader", options->reader, "The exit code is about the reader under pcscd, not about 'simurgh exec'");
  app->footer("Examples:\n  simurgh doctor\n  simurgh doctor --quiet --reader && simurgh insert my.card");
  app->callback([options, &globals] { run(options->quiet, options->reader, globals); });
}

}  // namespace simurgh::tool
