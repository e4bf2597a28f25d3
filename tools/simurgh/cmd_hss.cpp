#include <sys/signalfd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <ctime>
#include <iostream>

#include "tools/simurgh/commands.h"
#include "tools/terminal/eap_sim_db.h"

namespace simurgh::tool {
namespace {

struct Options {
  std::vector<std::string> subscribers;
  std::string socket;
};

void run(const Options& options) {
  const auto rng = crypto::system_rng();
  terminal::Hss network(*rng, [] { return static_cast<std::int64_t>(std::time(nullptr)); });
  std::size_t count = 0;
  for (const std::string& path : options.subscribers) {
    auto read = terminal::read_subscribers(read_file(path));
    if (!read) throw Failure(Exit::usage, path + ": " + read.error());
    for (terminal::Subscriber& subscriber : *read) {
      network.add(std::move(subscriber));
      ++count;
    }
  }
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  const int stop = ::signalfd(-1, &set, SFD_CLOEXEC);
  try {
    terminal::EapSimDbSocket socket(options.socket);
    std::cout << "Home network with " << count << (count == 1 ? " subscriber" : " subscribers") << " at " << options.socket << ", Ctrl-C ends it" << std::endl;
    socket.serve(network, stop, [](const std::string& line) { std::cout << line << std::endl; });
  } catch (const std::runtime_error& failure) {
    ::close(stop);
    throw Failure(Exit::local, failure.what());
  }
  ::close(stop);
}

}  // namespace

void add_hss(CLI::App& root, Globals&) {
  auto options = std::make_shared<Options>();
  CLI::App* app = root.add_subcommand("hss", "A home network with subscribers, for hostapd's EAP-SIM, EAP-AKA and EAP-AKA'");
  app->add_option("--subscribers", options->subscribers, "YAML file of subscribers, or a profile recipe; repeat for more")
      ->required()->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app->add_option("--eap-sim-db", options->socket, "Unix socket to answer on, as named in hostapd.conf: eap_sim_db=unix:SOCKET")->required();
  app->footer("Examples:\n  simurgh hss --subscribers recipe.yaml --eap-sim-db /run/user/1000/hss.sock");
  app->callback([options] { run(*options); });
}

}  // namespace simurgh::tool
