#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "pcsc/ifd/device.h"
#include "pcsc/ifd/serve.h"
#include "pcsc/vpcd/serve.h"
#include "tools/simurgh/commands.h"
#include "tools/simurgh/counting_trace.h"

namespace simurgh::tool {
namespace {

namespace fs = std::filesystem;

// 'simurgh insert' needs pcscd, and one of the two readers under it.
enum class Need { exec, pcscd, ifd, vpcd };

struct Finding {
  std::string what;
  bool good = false;
  Need need = Need::exec;
  std::string mend;  // empty when good
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

// Whether a file below pcscd's configuration names our driver.
bool ifd_handler_installed() {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/etc/reader.conf.d", error)) {
    std::ifstream in(entry.path());
    std::string line;
    while (std::getline(in, line)) {
      if (line.starts_with("LIBPATH") && line.find("libifdsimurgh.so") != std::string::npos) return true;
    }
  }
  return false;
}

std::vector<Finding> examine() {
  std::vector<Finding> out;
  const auto add = [&](Need need, const std::string& what, bool good, const std::string& mend) {
    out.push_back({what, good, need, good ? std::string() : mend});
  };
  const std::string library = direct_library_folder();
  add(Need::exec, "drop-in libpcsclite.so.1 for 'simurgh exec'", fs::exists(library + "/libpcsclite.so.1"),
      "build the target simurgh_pcsclite, or install simurgh; looked in " + library);
  const char* temporary = std::getenv("TMPDIR");
  add(Need::exec, "folder for private sockets", ::access(temporary == nullptr ? "/tmp" : temporary, W_OK) == 0, "set TMPDIR to a folder you may write to");

  add(Need::pcscd, "pcscd installed", in_path("pcscd"), "apt-get install pcscd");
  const bool running = process_runs("pcscd");
  add(Need::pcscd, "pcscd running", running,
      fs::exists("/run/systemd/system") ? "systemctl start pcscd" : "without systemd (a container, say) start it by hand as root: pcscd --foreground &");
  add(Need::pcscd, "pcscd's socket open to you", ::access("/run/pcscd/pcscd.comm", W_OK) == 0,
      running ? "you may not use pcscd: run as root, or allow org.debian.pcsc-lite.access_pcsc in polkit" : "start pcscd first");

  const bool installed = ifd_handler_installed();
  add(Need::ifd, "Simurgh's IFD handler installed", installed,
      "install simurgh; with a prefix other than /usr, copy PREFIX/etc/reader.conf.d/simurgh to /etc/reader.conf.d yourself");
  const std::string socket = pcsc::ifd::socket_path();
  const auto reachable = pcsc::ifd::probe(socket);
  add(Need::ifd, "the IFD handler's socket open to you", reachable == pcsc::ifd::Reachable::yes,
      installed && reachable == pcsc::ifd::Reachable::absent ? "restart pcscd, so that it loads the handler; looked at " + socket
                                                             : pcsc::ifd::advice(reachable, socket));

  add(Need::vpcd, "virtual reader driver installed",
      fs::exists("/usr/lib/pcsc/drivers/serial/libifdvpcd.so") || fs::exists("/etc/reader.conf.d/vpcd"), "apt-get install vsmartcard-vpcd");
  const auto slot = pcsc::vpcd::probe(pcsc::vpcd::kFirstPort);
  add(Need::vpcd, "a free slot in the virtual reader", slot == pcsc::vpcd::SlotState::free, pcsc::vpcd::advice(slot, {}));
  return out;
}

void run(bool quiet, bool reader, const Globals& globals) {
  const auto findings = examine();
  const auto ready = [&](Need need) {
    return std::ranges::all_of(findings, [need](const Finding& finding) { return finding.need != need || finding.good; });
  };
  const bool exec_ready = ready(Need::exec);
  // A handler that answers is installed, wherever its configuration lies.
  const bool ifd_ready = pcsc::ifd::probe(pcsc::ifd::socket_path()) == pcsc::ifd::Reachable::yes;
  const bool reader_ready = ready(Need::pcscd) && (ifd_ready || ready(Need::vpcd));
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Finding& finding : findings) {
    list.push_back({{"check", finding.what}, {"good", finding.good}, {"mend", finding.mend}});
    if (quiet || globals.json) continue;
    std::cout << (finding.good ? "  good   " : "  wrong  ") << finding.what << '\n';
    if (!finding.good) std::cout << "         " << finding.mend << '\n';
  }
  if (globals.json) {
    print_json(globals, nlohmann::ordered_json{{"exec", exec_ready}, {"reader", reader_ready}, {"ifd", ifd_ready}, {"vpcd", ready(Need::vpcd)}, {"checks", list}}.dump());
  } else if (!quiet) {
    std::cout << (exec_ready ? "'simurgh exec' works here." : "'simurgh exec' does not work here yet.") << '\n'
              << (reader_ready ? "'simurgh insert' works here." : "'simurgh insert' needs pcscd and one of the two readers, see above.") << '\n';
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
